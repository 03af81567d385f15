//! Tabs that have done no turn for long are loaded again by the clock; whatever is in use is not.

use std::time::Duration;

use tabway::nodes::Nodes;
use tabway_protocol::message::{GatewayMessage, SeatState};

use crate::support::{Gateway, Node, site};

/// No time at all: every idle tab is due.
fn at_once(nodes: &Nodes) -> usize {
    nodes.reload_idle(|_| Some(Duration::ZERO), |_, _| false)
}

async fn reloaded(node: &mut Node) -> (String, u64, u64) {
    match node.next_word().await {
        GatewayMessage::ReloadIdle { site, lane, idle_ms } => (site, lane, idle_ms),
        other => panic!("{other:?} instead of a word on an idle tab"),
    }
}

#[tokio::test]
async fn an_idle_tab_is_loaded_again_one_at_a_time_and_once_in_its_time() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(2).await;
    let nodes = &gateway.app().nodes;
    let hour = Duration::from_secs(3_600);
    assert_eq!(nodes.reload_idle(|_| None, |_, _| false), 0, "nobody wants it");
    assert_eq!(nodes.reload_idle(|_| Some(hour), |_, _| false), 0, "it is not time yet");
    assert_eq!(at_once(nodes), 1);
    let (site, first, idle_ms) = reloaded(&mut node).await;
    assert_eq!((site.as_str(), idle_ms), ("page", 0));
    // The other has been idle for longer now.
    assert_eq!(at_once(nodes), 1);
    let (_, second, _) = reloaded(&mut node).await;
    assert_ne!(first, second);
    assert_eq!(nodes.reload_idle(|_| Some(hour), |_, _| false), 0, "their time began anew");
}

#[tokio::test]
async fn what_is_in_use_is_left_alone() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let nodes = gateway.app().nodes.clone();
    assert_eq!(nodes.reload_idle(|_| Some(Duration::ZERO), |_, _| true), 0, "its conversation");
    let turn = gateway.turn("one").await.expect("a lane");
    let job = node.job().await;
    assert_eq!(at_once(&nodes), 0, "a turn runs");
    node.accept(&job.job).await;
    node.done(&job.job, 0, false).await;
    drop(turn);
    gateway.until(|views| views[0].seats[0].lanes[0].job.is_none()).await;
    node.seats(SeatState::Ready, 1, true).await;
    gateway.until(|views| views[0].paused).await;
    assert_eq!(at_once(&nodes), 0, "its human has paused it");
    for state in
        [SeatState::SignedOut, SeatState::Challenge, SeatState::Consent, SeatState::Loading]
    {
        node.seats(state, 1, false).await;
        gateway.until(|views| !views[0].paused && views[0].seats[0].state == state).await;
        assert_eq!(at_once(&nodes), 0, "{state:?}");
    }
    node.seats(SeatState::Ready, 1, false).await;
    gateway.until(|views| views[0].seats[0].state == SeatState::Ready).await;
    let mut quiet = site(0, 0);
    quiet.adapter.limits.quiet = vec!["00:00-12:00".to_owned(), "12:00-00:00".to_owned()];
    nodes.set_sites(vec![quiet]);
    assert_eq!(at_once(&nodes), 0, "its quiet hours");
    nodes.set_sites(vec![site(0, 0)]);
    assert_eq!(at_once(&nodes), 1);
    drop(node);
    gateway.until(|views| !views[0].connected).await;
    assert_eq!(at_once(&nodes), 0, "the browser is away");
}
