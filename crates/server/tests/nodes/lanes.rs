//! N11, pacing and waiting: which lane takes which turn, and when.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tabway::nodes::JobOrder;
use tabway_dialects::chat::FailureClass;
use tabway_protocol::message::GatewayMessage;

use crate::support::{Gateway, Node, all, order, site, texts};

/// Answers every turn with its own prompt in three pieces, until the socket ends.
async fn echo(mut node: Node) {
    loop {
        let GatewayMessage::Job(job) = node.next_word().await else { return };
        node.accept(&job.job).await;
        for seq in 1..=3 {
            node.frame(&job.job, seq, &format!("{seq}:{}", job.prompt)).await;
        }
        node.done(&job.job, 3, false).await;
    }
}

#[tokio::test]
async fn n11_no_text_reaches_another_turn() {
    const TURNS: usize = 10_000;
    const AT_ONCE: usize = 100;
    let gateway = Arc::new(Gateway::start().await);
    let mut browsers = Vec::new();
    for lanes in [1, 2, 2, 4] {
        browsers.push(tokio::spawn(echo(gateway.browser(lanes).await)));
    }
    let clients = (0..AT_ONCE).map(|client| {
        let gateway = gateway.clone();
        tokio::spawn(async move {
            for turn in 0..TURNS / AT_ONCE {
                let canary = format!("canary-{client}-{turn}");
                let patient = JobOrder { wait: Duration::from_secs(60), ..order(&canary) };
                let job = gateway.app().nodes.start(patient).await.expect("a lane");
                let expected: Vec<_> = (1..=3).map(|seq| format!("{seq}:{canary}")).collect();
                assert_eq!(texts(&all(job).await), expected);
            }
        })
    });
    for client in join_all(clients).await {
        client.expect("a client");
    }
    let views = gateway.app().nodes.nodes();
    let turns: u64 = views.iter().flat_map(|view| &view.seats).map(|seat| seat.turns).sum();
    assert_eq!(turns, TURNS as u64);
    for browser in browsers {
        browser.abort();
    }
}

#[tokio::test]
async fn n11_one_lane_takes_one_turn_at_a_time_in_the_order_of_asking() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let first = gateway.turn("first").await.expect("a lane");
    let nodes = gateway.app().nodes.clone();
    let waiting: Vec<_> = ["second", "third"]
        .into_iter()
        .map(|prompt| {
            let nodes = nodes.clone();
            // In this order: each is in the queue before the next asks.
            let asked = Box::pin(async move { nodes.start(order(prompt)).await });
            tokio::spawn(asked)
        })
        .collect();
    let job = node.job().await;
    assert_eq!(job.prompt, "first");
    node.done(&job.job, 0, false).await;
    all(first).await;
    for (expected, waiting) in ["second", "third"].into_iter().zip(waiting) {
        let job = node.job().await;
        assert_eq!(job.prompt, expected);
        node.done(&job.job, 0, false).await;
        all(waiting.await.unwrap().expect("a lane")).await;
    }
}

#[tokio::test]
async fn the_least_busy_browser_is_asked_first() {
    let gateway = Gateway::start().await;
    let (mut one, mut two) = (gateway.browser(2).await, gateway.browser(2).await);
    let _turns = [
        gateway.turn("a").await.expect("a lane"),
        gateway.turn("b").await.expect("a lane"),
        gateway.turn("c").await.expect("a lane"),
        gateway.turn("d").await.expect("a lane"),
    ];
    for node in [&mut one, &mut two] {
        let (first, second) = (node.job().await, node.job().await);
        assert_ne!(first.lane, second.lane);
    }
}

#[tokio::test]
async fn who_waits_too_long_hears_that_all_are_busy() {
    let gateway = Gateway::start().await;
    let _node = gateway.browser(1).await;
    let _turn = gateway.turn("first").await.expect("a lane");
    let hasty = JobOrder { wait: Duration::from_millis(50), ..order("second") };
    let failure = gateway.app().nodes.start(hasty).await.expect_err("busy");
    assert_eq!(failure.class, FailureClass::Busy);
    assert!(failure.retry_after_ms.is_some());
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_queue() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let first = gateway.turn("first").await.expect("a lane");
    let gone = gateway.app().nodes.clone();
    let gone = tokio::spawn(async move { gone.start(order("gone")).await });
    tokio::task::yield_now().await;
    gone.abort();
    let _ = gone.await;
    let job = node.job().await.job;
    node.done(&job, 0, false).await;
    all(first).await;
    let _last = gateway.turn("last").await.expect("a lane");
    assert_eq!(node.job().await.prompt, "last");
}

#[tokio::test]
async fn n18_pacing_is_the_seat_s_however_many_lanes_it_has() {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![site(300, 0)]);
    let mut node = gateway.browser(4).await;
    let started = Instant::now();
    let turns = join_all((0..4).map(|_| gateway.turn("paced"))).await;
    assert!(turns.iter().all(Result::is_ok));
    assert!(started.elapsed() >= Duration::from_millis(900), "{:?}", started.elapsed());
    for _ in 0..4 {
        node.job().await;
    }
}

#[tokio::test]
async fn n18_the_cap_of_an_hour_holds_under_many_clients() {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![site(0, 5)]);
    let node = gateway.browser(8).await;
    let turns = join_all((0..100).map(|_| gateway.turn("capped"))).await;
    assert_eq!(turns.iter().filter(|turn| turn.is_ok()).count(), 5);
    let refused = turns.iter().find_map(|turn| turn.as_ref().err()).expect("refused");
    assert_eq!(refused.class, FailureClass::SiteRateLimited);
    assert!(refused.retry_after_ms.is_some_and(|ms| ms > 3_000_000), "{refused:?}");
    // To leave and come back changes nothing.
    drop(turns);
    drop(node);
}
