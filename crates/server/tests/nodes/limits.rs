//! W12, N10: sizes and rates.

use tabway::nodes::JobEvent;
use tabway_dialects::{chat::FailureClass, site_chat::PageRecord};
use tabway_protocol::{
    frame::{Frame, HEADER_BYTES, MAX_PAYLOAD_BYTES},
    message::GatewayMessage,
};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Gateway, Wire, record};

#[tokio::test]
async fn w12_one_byte_too_many_is_too_large() {
    let gateway = Gateway::start().await;
    let most = HEADER_BYTES + MAX_PAYLOAD_BYTES;
    for size in [most + 1, 4 << 20] {
        let mut wire = Wire::open(&gateway).await;
        wire.send(0x82, &vec![2; size]).await;
        assert_eq!(wire.closed().await, 1009, "{size}");
    }
}

#[tokio::test]
async fn w12_what_is_not_the_protocol_of_the_socket_ends_it() {
    let gateway = Gateway::start().await;
    let text_that_is_none = [0xc3, 0x28];
    for (first, payload, close) in [
        (0x81, &text_that_is_none[..], 1007),
        (0xc1, b"reserved bit", 1002),
        (0x83, b"reserved opcode", 1002),
        (0x80, b"continues nothing", 1002),
    ] {
        let mut wire = Wire::open(&gateway).await;
        wire.send(first, payload).await;
        assert_eq!(wire.closed().await, close, "{first:x}");
    }
    let mut unmasked = Wire::open(&gateway).await;
    unmasked.raw(&[0x81, 2, b'h', b'i']).await;
    assert_eq!(unmasked.closed().await, 1002);
}

#[tokio::test]
async fn w12_a_flood_of_pings_ends_the_socket() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(0).await;
    for _ in 0..5_000 {
        node.send(Message::Ping(vec![].into())).await;
    }
    assert_eq!(node.closed().await, 1008);
}

#[tokio::test]
async fn w13_a_head_that_is_too_large_is_refused() {
    let gateway = Gateway::start().await;
    for (name, value, lines) in
        [("x-large", "a".repeat(1 << 20), 1), ("x-many", "b".into(), 10_000)]
    {
        let head: String = (0..lines).map(|_| format!("{name}: {value}\r\n")).collect();
        let answer =
            gateway.raw(&format!("GET /node HTTP/1.1\r\nhost: localhost\r\n{head}\r\n")).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}

#[tokio::test]
async fn n10_an_answer_without_an_end_is_cut() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let mut turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    node.accept(&job).await;
    let reading = tokio::spawn(async move {
        loop {
            if let JobEvent::Failed { failure, accepted } = turn.next().await {
                return (failure.class, accepted);
            }
        }
    });
    let bytes = bytes::Bytes::from(vec![b'x'; MAX_PAYLOAD_BYTES]);
    for seq in 1..=401 {
        let record = PageRecord::Bytes { stream: 0, bytes: bytes.clone() };
        let frame = Frame { job: job.parse().unwrap(), seq, record, more: false };
        node.send(Message::Binary(frame.encode().unwrap())).await;
    }
    assert_eq!(reading.await.unwrap(), (FailureClass::AnswerTooLarge, true));
    // Stop is pressed, and the lane is free when the page has stopped.
    let GatewayMessage::Cancel { job: stopped } = node.next_word().await else { panic!("cancel") };
    assert_eq!(stopped, job);
    node.done(&job, 401, true).await;
    gateway.turn("again").await.expect("the lane is free");
}

#[tokio::test]
async fn records_are_acknowledged_as_the_client_takes_them() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let mut turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    for seq in 1..=100 {
        node.frame(&job, seq, "x").await;
    }
    for _ in 0..64 {
        assert_eq!(turn.next().await, JobEvent::Record(record("x")));
    }
    let GatewayMessage::Ack { seq: 32, .. } = node.next().await else { panic!("an ack") };
    let GatewayMessage::Ack { seq: 64, .. } = node.next().await else { panic!("an ack") };
    node.done(&job, 100, false).await;
    // At the end all are safe, whoever reads them when.
    let GatewayMessage::Ack { seq: 100, .. } = node.next().await else { panic!("an ack") };
    for _ in 64..100 {
        assert_eq!(turn.next().await, JobEvent::Record(record("x")));
    }
    assert_eq!(turn.next().await, JobEvent::Done { cancelled: false });
}
