//! W11: a node speaks of its own turns only.

use tabway_protocol::message::{NodeFailure, NodeFailureClass, NodeMessage};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Gateway, all, texts};

#[tokio::test]
async fn w11_words_about_another_node_s_turn_change_nothing_and_end_the_socket() {
    let gateway = Gateway::start().await;
    let mut owner = gateway.browser(1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = owner.job().await.job;
    let mut stranger = gateway.browser(0).await;
    stranger.accept(&job).await;
    stranger.frame(&job, 1, "forged").await;
    let failure = NodeFailure {
        class: NodeFailureClass::PageError,
        message: "forged".to_owned(),
        locator: None,
        site_words: None,
    };
    stranger
        .say(&NodeMessage::Failed { job: job.clone(), last_seq: 0, accepted: true, failure })
        .await;
    assert_eq!(stranger.closed().await, 4400);
    owner.accept(&job).await;
    owner.frame(&job, 1, "true").await;
    owner.done(&job, 1, false).await;
    assert_eq!(texts(&all(turn).await), ["true"]);
}

#[tokio::test]
async fn w11_unknown_turns_are_counted_and_ended_ones_are_not() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    node.done(&job, 0, false).await;
    all(turn).await;
    // Late words about it are only late.
    for _ in 0..10 {
        node.frame(&job, 1, "late").await;
        node.done(&job, 0, false).await;
    }
    let turn = gateway.turn("again").await.expect("the socket is still open");
    let second = node.job().await.job;
    node.done(&second, 0, false).await;
    all(turn).await;
    for _ in 0..3 {
        node.done("job_0199aaaaaaaa7bbb8ccc0123456789ab", 0, false).await;
    }
    assert_eq!(node.closed().await, 4400);
}

#[tokio::test]
async fn w11_what_names_no_turn_or_is_no_message_ends_the_socket_at_once() {
    let gateway = Gateway::start().await;
    for words in [
        r#"{"type":"done","last_seq":0,"cancelled":false}"#,
        r#"{"type":"accepted"}"#,
        r#"{"type":"accepted","job":""}"#,
        r#"{"type":"accepted","job":"*"}"#,
        r#"{"type":"resume","jobs":[{"job":"all","accepted":true,"last_seq":0}]}"#,
        r#"{"type":"open_url","url":"https://evil.test"}"#,
        "[]",
        "",
    ] {
        let mut node = gateway.browser(0).await;
        node.send(Message::text(words)).await;
        assert_eq!(node.closed().await, 4400, "{words}");
    }
    for bytes in [vec![], vec![2; 10], vec![9; 40]] {
        let mut node = gateway.browser(0).await;
        node.send(Message::binary(bytes.clone())).await;
        assert_eq!(node.closed().await, 4400, "{bytes:?}");
    }
}
