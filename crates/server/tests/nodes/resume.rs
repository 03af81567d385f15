//! N4: a socket that drops in the middle, and a gateway that restarts.

use tabway::nodes::JobEvent;
use tabway_dialects::chat::FailureClass;

use crate::support::{Gateway, Identity, Node, all, order, texts};

#[tokio::test]
async fn n4_an_answer_survives_its_socket() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    node.accept(&job).await;
    let mut sent = 0;
    for round in 1..=4 {
        for _ in 0..10 {
            sent += 1;
            node.frame(&job, sent, &sent.to_string()).await;
        }
        if round < 4 {
            drop(node);
            node = Node::join(&gateway, &identity, None).await.expect("in again");
            // What was under way may be lost: it goes on from where the gateway is.
            sent = node.resume(&job, true, sent).await.expect("still wanted");
        }
    }
    node.done(&job, sent, false).await;
    let expected: Vec<String> = (1..=sent).map(|seq| seq.to_string()).collect();
    assert_eq!(texts(&all(turn).await), expected);
}

#[tokio::test]
async fn n4_a_client_that_left_meanwhile_is_answered_with_stop() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    drop(node);
    gateway.until(|views| !views[0].connected).await;
    drop(turn);
    let mut node = Node::join(&gateway, &identity, None).await.expect("in again");
    assert_eq!(node.resume(&job, true, 3).await, None, "stop");
    // Its lane is free.
    gateway.offer(&mut node, 1).await;
    let _turn = gateway.turn("again").await.expect("a lane");
    assert_ne!(node.job().await.job, job);
}

#[tokio::test]
async fn n2_what_a_machine_held_in_its_sleep_reaches_no_later_request() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    let turn = gateway.turn("before").await.expect("a lane");
    let old = node.job().await.job;
    node.accept(&old).await;
    drop(node);
    gateway.until(|views| !views[0].connected).await;
    drop(turn);
    // Back, it goes on with what it held before it has heard that nobody waits for it.
    let mut node = Node::join(&gateway, &identity, None).await.expect("in again");
    assert_eq!(node.resume(&old, true, 2).await, None, "stop");
    gateway.offer(&mut node, 1).await;
    let turn = gateway.turn("after").await.expect("a lane");
    let new = node.job().await.job;
    node.frame(&old, 1, "zombie").await;
    node.accept(&new).await;
    node.frame(&new, 1, "hello").await;
    node.frame(&old, 2, "zombie").await;
    node.done(&old, 2, false).await;
    node.done(&new, 1, false).await;
    assert_eq!(texts(&all(turn).await), ["hello"]);
}

#[tokio::test]
async fn a_pairing_outlives_the_gateway_and_its_turns_do_not() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    let (id, epoch) = (node.id.clone(), node.epoch);
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    drop(turn);
    let gateway = gateway.restart().await;
    let mut node = Node::join(&gateway, &identity, None).await.expect("in again");
    assert_eq!(node.id, id);
    assert!(node.epoch > epoch);
    assert_eq!(node.resume(&job, true, 3).await, None, "stop");
    gateway.offer(&mut node, 1).await;
    gateway.turn("again").await.expect("a lane");
}

#[tokio::test]
async fn a_node_that_is_removed_fails_its_turns() {
    for accepted in [false, true] {
        let gateway = Gateway::start().await;
        let mut node = gateway.browser(1).await;
        let mut turn = gateway.turn("hello").await.expect("a lane");
        let job = node.job().await.job;
        if accepted {
            node.accept(&job).await;
            assert_eq!(turn.next().await, JobEvent::Accepted);
        }
        gateway.app().nodes.remove(node.id.parse().unwrap()).await.unwrap();
        let JobEvent::Failed { failure, .. } = turn.next().await else { panic!("failed") };
        // Whether it had typed is not known: its word is missing.
        assert_eq!(failure.class, FailureClass::OutcomeUnknown, "{accepted}");
    }
}

#[tokio::test]
async fn a_request_waits_for_a_node_that_was_just_lost() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    drop(gateway.turn("first").await.expect("a lane"));
    drop(node);
    gateway.until(|views| !views[0].connected).await;
    let nodes = gateway.app().nodes.clone();
    let waiting = tokio::spawn(async move { nodes.start(order("second")).await });
    let mut node = Node::join(&gateway, &identity, None).await.expect("in again");
    gateway.offer(&mut node, 1).await;
    assert_eq!(node.job().await.prompt, "second");
    waiting.await.unwrap().expect("a lane");
}

#[tokio::test]
async fn a_stopping_gateway_lets_turns_end_and_says_goodbye() {
    let gateway = Gateway::start().await;
    let mut idle = gateway.browser(0).await;
    let mut node = gateway.browser(1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    gateway.app().shutdown.begin();
    assert_eq!(idle.closed().await, 1001);
    node.accept(&job).await;
    node.frame(&job, 1, "still").await;
    node.done(&job, 1, false).await;
    assert_eq!(texts(&all(turn).await), ["still"]);
    assert_eq!(node.closed().await, 1001);
}
