//! The law of re-chunking: where a stream is cut means nothing. And whatever comes, a decoder says
//! something that follows the grammar, or fails in words.

use proptest::prelude::*;
use tabway_dialects::{
    chat::Event,
    site_chat::{DecoderSpec, Sides},
    stream::Order,
};

use crate::kinds::{self, Carrier, Kind, Said};

fn with_bodies() -> impl Iterator<Item = Kind> {
    let has_body = |kind: &Kind| kind.streams.iter().any(|one| one.carrier == Carrier::Body);
    kinds::all().into_iter().filter(has_body)
}

fn cut(spec: &DecoderSpec, bytes: &[u8], cuts: &[usize]) -> Said {
    kinds::decode(spec, Sides::Both, kinds::records(Carrier::Body, bytes, cuts))
}

#[test]
fn a_stream_byte_by_byte_is_the_same_stream() {
    let mut seen = 0;
    for kind in with_bodies() {
        for stream in kind.streams.iter().filter(|stream| stream.carrier == Carrier::Body) {
            let whole = cut(&kind.spec, &stream.bytes, &[]);
            for size in [1, 2, 3, 7, 64] {
                let cuts: Vec<usize> = (0..stream.bytes.len()).step_by(size).collect();
                let said = cut(&kind.spec, &stream.bytes, &cuts);
                assert_eq!(said, whole, "{}/{} in pieces of {size}", kind.name, stream.name);
            }
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen} streams");
}

/// What a decoder says follows the grammar as it is: nothing that it said is dropped or added.
pub fn follows_the_grammar(said: &Said) -> bool {
    let (mut order, mut out) = (Order::default(), Vec::new());
    said.events.iter().for_each(|event| order.push(event.clone(), &mut out));
    if said.failure.is_none() {
        order.finish(&mut out);
    }
    out == said.events && !out.iter().any(|event| matches!(event, Event::Failed(_)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn where_a_stream_is_cut_means_nothing(
        cuts in proptest::collection::vec(0usize..2_500, 0..40),
        lost in 0usize..2_500,
    ) {
        for kind in with_bodies() {
            for stream in kind.streams.iter().filter(|stream| stream.carrier == Carrier::Body) {
                // Of a stream that was cut off, too.
                for bytes in [&stream.bytes[..], &stream.bytes[..lost.min(stream.bytes.len())]] {
                    let whole = cut(&kind.spec, bytes, &[]);
                    prop_assert!(follows_the_grammar(&whole), "{}: {whole:?}", kind.name);
                    prop_assert_eq!(cut(&kind.spec, bytes, &cuts), whole, "{}", kind.name);
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_said_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        cuts in proptest::collection::vec(0usize..400, 0..8),
    ) {
        for kind in kinds::all() {
            for carrier in [Carrier::Body, Carrier::Messages, Carrier::Blocks] {
                let said = kinds::decode(
                    &kind.spec,
                    Sides::Both,
                    kinds::records(carrier, &bytes, &cuts),
                );
                prop_assert!(follows_the_grammar(&said), "{}: {said:?}", kind.name);
            }
            prop_assert_eq!(cut(&kind.spec, &bytes, &cuts), cut(&kind.spec, &bytes, &[]));
        }
    }
}
