//! W8-W10, W20, N8: a node is whoever holds its private key, speaks our version, and is still
//! paired.

use std::time::Instant;

use tabway::nodes::chromium_origin;
use tabway_protocol::message::{GatewayMessage, NodeMessage, PROTOCOL_VERSION};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Gateway, Identity, Node};

#[tokio::test]
async fn w8_the_public_half_of_a_key_is_worth_nothing() {
    let gateway = Gateway::start().await;
    let (owner, thief) = (Identity::new(), Identity::new());
    let code = gateway.fleet(1).await;
    Node::join(&gateway, &owner, Some(&code)).await.expect("in");
    let mut node = Node::open(&gateway, Some(&chromium_origin())).await.unwrap();
    let (id, nonce) = node.challenge().await;
    let mut stolen = thief.hello(&id, &nonce, None);
    let NodeMessage::Hello { key, .. } = &mut stolen else { panic!("a hello") };
    *key = owner.key();
    node.say(&stolen).await;
    let refused = node.welcomed().await.err().expect("refused");
    assert_eq!((refused.code.as_str(), refused.close), ("bad_proof", 4403));
}

#[tokio::test]
async fn w9_a_recorded_handshake_is_worth_nothing() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut first = Node::open(&gateway, Some(&chromium_origin())).await.unwrap();
    let (id, nonce) = first.challenge().await;
    let recorded = identity.hello(&id, &nonce, Some(&code));
    first.say(&recorded).await;
    first.welcomed().await.expect("in");
    let mut second = Node::open(&gateway, Some(&chromium_origin())).await.unwrap();
    let (_, other) = second.challenge().await;
    assert_ne!(nonce, other);
    second.say(&recorded).await;
    assert_eq!(second.welcomed().await.err().unwrap().code, "bad_proof");
    // Nor one for another gateway.
    let mut third = Node::open(&gateway, Some(&chromium_origin())).await.unwrap();
    let (_, nonce) = third.challenge().await;
    third.say(&identity.hello("gw_other", &nonce, None)).await;
    assert_eq!(third.welcomed().await.err().unwrap().code, "bad_proof");
}

#[tokio::test]
async fn w10_a_removed_node_is_out_at_once_and_stays_out() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    let started = Instant::now();
    let id = node.id.parse().unwrap();
    assert!(gateway.app().nodes.remove(id).await.unwrap());
    assert_eq!(node.closed().await, 4401);
    assert!(started.elapsed().as_secs() < 2);
    let refused = Node::join(&gateway, &identity, None).await.err().expect("refused");
    assert_eq!(refused.code, "unpaired");
    assert!(!gateway.app().nodes.remove(id).await.unwrap());
}

#[tokio::test]
async fn n8_w20_another_version_is_told_to_update() {
    let gateway = Gateway::start().await;
    for (protocol, says) in [
        (PROTOCOL_VERSION - 1, "update the extension"),
        (PROTOCOL_VERSION + 1, "update the gateway"),
        (u32::MAX, "update the gateway"),
    ] {
        let mut node = Node::open(&gateway, Some(&chromium_origin())).await.unwrap();
        node.challenge().await;
        // Of another version all but these two fields may be unknown.
        let hello = format!(r#"{{"type":"hello","protocol":{protocol},"novelty":[1]}}"#);
        node.send(Message::text(hello)).await;
        let GatewayMessage::Refused { code, message } = node.next().await else {
            panic!("refused")
        };
        assert_eq!(code, "version");
        assert!(message.contains(says), "{message}");
        assert_eq!(node.closed().await, 4426);
    }
}

#[tokio::test]
async fn n8_what_is_no_hello_ends_the_handshake() {
    let gateway = Gateway::start().await;
    for words in [
        "",
        "{}",
        "null",
        "[",
        r#"{"type":"hello"}"#,
        r#"{"type":"heartbeat"}"#,
        r#"{"type":"seats","paused":false,"seats":[]}"#,
        r#"{"type":"hello","protocol":1,"extension":"1","browser":"b","label":"l","key":"k","signature":"s","novelty":1}"#,
    ] {
        let mut node = Node::open(&gateway, Some(&chromium_origin())).await.unwrap();
        node.challenge().await;
        node.send(Message::text(words)).await;
        assert_eq!(node.closed().await, 4400, "{words}");
    }
    let mut node = Node::open(&gateway, Some(&chromium_origin())).await.unwrap();
    node.challenge().await;
    node.send(Message::binary(vec![1; 30])).await;
    assert_eq!(node.closed().await, 4400);
}

#[tokio::test]
async fn whoever_says_nothing_is_not_waited_for() {
    let gateway = Gateway::start().await;
    let mut node = Node::open(&gateway, Some(&chromium_origin())).await.unwrap();
    node.challenge().await;
    let started = Instant::now();
    assert_eq!(node.closed().await, 4400);
    assert!(started.elapsed().as_secs() < 15);
}
