//! N9: what a page shows becomes the failure that a client is told.

use std::time::Duration;

use tabway::nodes::{JobEvent, JobOrder};
use tabway_dialects::chat::FailureClass;
use tabway_protocol::message::{NodeFailure, NodeFailureClass, NodeMessage, SeatState};

use crate::support::{Gateway, all, order};

#[tokio::test]
async fn without_a_browser_there_is_none() {
    let gateway = Gateway::start().await;
    let failure = gateway.turn("hello").await.expect_err("nobody");
    assert_eq!(failure.class, FailureClass::NoNode);
    assert!(failure.retry_after_ms.is_some());
    let elsewhere = JobOrder::new("elsewhere", "default", "hello");
    let failure = gateway.app().nodes.start(elsewhere).await.expect_err("no such site");
    assert_eq!(failure.class, FailureClass::NoNode);
}

#[tokio::test]
async fn n9_each_state_of_a_page_has_its_failure() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    for (state, class) in [
        (SeatState::SignedOut, FailureClass::SignedOut),
        (SeatState::Challenge, FailureClass::Challenge),
        (SeatState::Consent, FailureClass::Consent),
        (SeatState::PageChanged, FailureClass::PageChanged),
        (SeatState::Error, FailureClass::PageError),
        (SeatState::NoTab, FailureClass::NoNode),
        (SeatState::NotPermitted, FailureClass::NoNode),
    ] {
        node.seats(state, 1, false).await;
        gateway.until(|views| views[0].seats[0].state == state).await;
        let failure = gateway.turn("hello").await.expect_err("not now");
        assert_eq!(failure.class, class, "{state:?}");
        assert!(failure.retry_after_ms.is_some());
    }
    node.seats(SeatState::Ready, 1, true).await;
    gateway.until(|views| views[0].paused).await;
    let failure = gateway.turn("hello").await.expect_err("paused");
    assert_eq!(failure.class, FailureClass::NoNode);
    node.offer(1).await;
    gateway.until(|views| !views[0].paused).await;
    gateway.turn("hello").await.expect("a lane");
}

#[tokio::test]
async fn a_page_that_loads_is_waited_for() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(0).await;
    node.seats(SeatState::Loading, 0, false).await;
    gateway.until(|views| views[0].seats[0].state == SeatState::Loading).await;
    let (turn, job) = tokio::join!(gateway.turn("hello"), async {
        node.offer(1).await;
        node.job().await
    });
    turn.expect("a lane");
    assert_eq!(job.prompt, "hello");
    let hasty = JobOrder { wait: Duration::from_millis(20), ..order("again") };
    node.seats(SeatState::Loading, 0, false).await;
    gateway.until(|views| views[0].seats[0].state == SeatState::Loading).await;
    let failure = gateway.app().nodes.start(hasty).await.expect_err("still loading");
    assert_eq!(failure.class, FailureClass::PageNotStarted);
}

#[tokio::test]
async fn n9_a_broken_page_is_not_tried_again_at_once() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    let failure = NodeFailure {
        class: NodeFailureClass::PageChanged,
        message: "not found".to_owned(),
        locator: Some("send".to_owned()),
        site_words: None,
    };
    node.say(&NodeMessage::Failed { job, last_seq: 0, accepted: false, failure }).await;
    let events = all(turn).await;
    let Some(JobEvent::Failed { failure, accepted: false }) = events.last() else {
        panic!("{events:?}")
    };
    assert_eq!(failure.class, FailureClass::PageChanged);
    assert!(failure.message.contains("`send`"), "{}", failure.message);
    let failure = gateway.turn("again").await.expect_err("it rests");
    assert_eq!(failure.class, FailureClass::PageChanged);
    assert!(failure.retry_after_ms.is_some_and(|ms| ms <= 5_000), "{failure:?}");
    assert!(gateway.app().nodes.seats()[0].rests_ms.is_some());
}

#[tokio::test]
async fn n15_a_flapping_browser_is_not_picked() {
    let gateway = Gateway::start().await;
    let (identity, code) = (crate::support::Identity::new(), gateway.fleet(1).await);
    let mut node = None;
    for _ in 0..5 {
        drop(node.take());
        let joined = crate::support::Node::join(&gateway, &identity, Some(&code)).await;
        node = Some(joined.expect("in"));
    }
    let mut node = node.expect("in");
    node.offer(1).await;
    gateway.until(|views| views[0].flapping && !views[0].seats.is_empty()).await;
    let failure = gateway.turn("hello").await.expect_err("it rests");
    assert_eq!(failure.class, FailureClass::NoNode);
}
