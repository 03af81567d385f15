//! The binary chunk frames: golden vectors shared with the extension, and laws.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that finds nonsense stops")]

use bytes::Bytes;
use data_encoding::HEXLOWER;
use proptest::prelude::*;
use serde_json::Value;
use tabway_dialects::{
    ids::JobId,
    site_chat::{MediaHead, PageRecord},
};
use tabway_protocol::frame::{Frame, FrameError, HEADER_BYTES, MAX_PAYLOAD_BYTES};
use uuid::Uuid;

const GOLDEN: &str = include_str!("golden/frames.json");

fn hex(text: &Value) -> Bytes {
    HEXLOWER.decode(text.as_str().unwrap().as_bytes()).unwrap().into()
}

fn number<T: TryFrom<u64>>(value: &Value) -> T {
    T::try_from(value.as_u64().unwrap()).ok().unwrap()
}

fn record(value: &Value) -> PageRecord {
    let text = |key: &str| value[key].as_str().unwrap().to_owned();
    let flag = |key: &str| value[key].as_bool().unwrap();
    match value["kind"].as_str().unwrap() {
        "opened" => PageRecord::Opened {
            stream: number(&value["stream"]),
            tap: number(&value["tap"]),
            status: number(&value["status"]),
        },
        "bytes" => {
            PageRecord::Bytes { stream: number(&value["stream"]), bytes: hex(&value["hex"]) }
        }
        "message" => PageRecord::Message { stream: number(&value["stream"]), text: text("text") },
        "closed" => PageRecord::Closed { stream: number(&value["stream"]), failed: flag("failed") },
        "dom" => PageRecord::Dom {
            block: number(&value["block"]),
            html: text("html"),
            closed: flag("closed"),
            thought: value["thought"].as_bool().unwrap_or_default(),
            choice: value["choice"].as_u64().map_or(0, |choice| u8::try_from(choice).unwrap()),
        },
        "media" => PageRecord::Media {
            media: number(&value["stream"]),
            head: serde_json::from_value(value["head"].clone()).unwrap(),
        },
        "media_bytes" => {
            PageRecord::MediaBytes { media: number(&value["stream"]), bytes: hex(&value["hex"]) }
        }
        other => panic!("unknown kind {other} in the golden file"),
    }
}

#[test]
fn golden_vectors_hold_both_ways() {
    let cases: Vec<Value> = serde_json::from_str(GOLDEN).unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let frame = Frame {
            job: case["job"].as_str().unwrap().parse().unwrap(),
            seq: number(&case["seq"]),
            record: record(&case["record"]),
            more: case["more"].as_bool().unwrap_or_default(),
        };
        let bytes = hex(&case["hex"]);
        assert_eq!(frame.encode().unwrap(), bytes, "{}", case["name"]);
        assert_eq!(Frame::decode(bytes).unwrap(), frame, "{}", case["name"]);
    }
}

#[test]
fn what_is_not_a_frame_is_refused_by_its_own_error() {
    let header = |kind: u8, seq: u32, stream: u8| {
        let mut bytes = vec![kind];
        bytes.extend([7; 16]);
        bytes.extend(seq.to_be_bytes());
        bytes.push(stream);
        bytes
    };
    let decode = |bytes: Vec<u8>| Frame::decode(bytes.into());
    let with = |mut bytes: Vec<u8>, payload: &[u8]| {
        bytes.extend(payload);
        bytes
    };
    assert!(matches!(decode(Vec::new()), Err(FrameError::Short(0))));
    assert!(matches!(
        decode(vec![2; HEADER_BYTES - 1]),
        Err(FrameError::Short(n)) if n == HEADER_BYTES - 1
    ));
    assert!(matches!(decode(header(2, 0, 1)), Err(FrameError::Unnumbered)));
    assert!(matches!(decode(header(0, 1, 1)), Err(FrameError::Kind(0))));
    assert!(matches!(decode(header(16, 1, 1)), Err(FrameError::Kind(16))));
    assert!(matches!(decode(header(0x82, 1, 1)), Err(FrameError::More(2))));
    assert!(matches!(decode(with(header(3, 1, 1), &[0xff])), Err(FrameError::Text)));
    assert!(matches!(decode(with(header(1, 1, 1), b"{}")), Err(FrameError::Json(_))));
    assert!(matches!(decode(with(header(4, 1, 1), b"")), Err(FrameError::Json(_))));
    assert!(matches!(
        decode(with(header(5, 1, 9), br#"{"block":0,"html":"","closed":true}"#)),
        Err(FrameError::DomStream(9))
    ));
}

#[test]
fn the_largest_payload_passes_and_one_byte_more_does_not() {
    let frame = |size: usize| Frame {
        job: JobId::from_uuid(Uuid::from_bytes([9; 16])),
        seq: 1,
        record: PageRecord::Bytes { stream: 1, bytes: vec![b'x'; size].into() },
        more: false,
    };
    let largest = frame(MAX_PAYLOAD_BYTES).encode().unwrap();
    assert_eq!(Frame::decode(largest.clone()).unwrap(), frame(MAX_PAYLOAD_BYTES));
    assert!(matches!(frame(MAX_PAYLOAD_BYTES + 1).encode(), Err(FrameError::TooLarge(_))));
    let longer = Bytes::from([largest.as_ref(), b"x"].concat());
    assert!(matches!(Frame::decode(longer), Err(FrameError::TooLarge(_))));
}

fn any_record() -> impl Strategy<Value = PageRecord> {
    prop_oneof![
        (any::<u8>(), any::<u8>(), any::<u16>())
            .prop_map(|(stream, tap, status)| PageRecord::Opened { stream, tap, status }),
        (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..64))
            .prop_map(|(stream, bytes)| PageRecord::Bytes { stream, bytes: bytes.into() }),
        (any::<u8>(), ".*").prop_map(|(stream, text)| PageRecord::Message { stream, text }),
        (any::<u8>(), any::<bool>())
            .prop_map(|(stream, failed)| PageRecord::Closed { stream, failed }),
        (any::<u32>(), ".*", any::<bool>(), any::<bool>(), any::<u8>()).prop_map(
            |(block, html, closed, thought, choice)| PageRecord::Dom {
                block,
                html,
                closed,
                thought,
                choice
            }
        ),
        (any::<u8>(), ".*", ".*", any::<u64>(), any::<u8>(), any::<Option<String>>()).prop_map(
            |(media, mime, name, size, choice, unread)| PageRecord::Media {
                media,
                head: MediaHead { mime, name, size, choice, unread }
            }
        ),
        (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..64))
            .prop_map(|(media, bytes)| PageRecord::MediaBytes { media, bytes: bytes.into() }),
    ]
}

proptest! {
    #[test]
    fn every_record_survives_the_wire(
        id in any::<[u8; 16]>(),
        seq in 1..=u32::MAX,
        record in any_record(),
        more in any::<bool>(),
    ) {
        let is_text = matches!(record, PageRecord::Message { .. } | PageRecord::Dom { .. });
        let more = more && is_text;
        let frame = Frame { job: JobId::from_uuid(Uuid::from_bytes(id)), seq, record, more };
        prop_assert_eq!(Frame::decode(frame.encode().unwrap()).unwrap(), frame);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Frame::decode(bytes.into());
    }
}
