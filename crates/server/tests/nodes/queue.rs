//! Waiting for a lane: whose turn it is, how many may wait, and who leaves.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use tabway::nodes::{Cancelled, JobHandle, JobOrder, QueuePlace};
use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::RequestId,
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::{Gateway, all, order, site};

fn request() -> RequestId {
    RequestId::from_uuid(Uuid::now_v7())
}

/// Asks for a turn, and waits until it is in the queue.
async fn queued(
    gateway: &Gateway,
    order: JobOrder,
) -> (RequestId, JoinHandle<Result<JobHandle, Failure>>) {
    let (id, nodes) = (request(), gateway.app().nodes.clone());
    let order = JobOrder { request: Some(id), ..order };
    let asked = tokio::spawn(async move { nodes.start(order).await });
    gateway.until(|_| gateway.app().nodes.place_of(id).is_some()).await;
    (id, asked)
}

fn of_key(key: &str, prompt: &str) -> JobOrder {
    JobOrder { key: key.to_owned(), ..order(prompt) }
}

#[tokio::test]
async fn keys_take_turns() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let first = gateway.turn("first").await.expect("a lane");
    let mut waiting = Vec::new();
    for (key, prompt) in
        [("greedy", "1"), ("greedy", "2"), ("greedy", "3"), ("modest", "4"), ("modest", "5")]
    {
        waiting.push(queued(&gateway, of_key(key, prompt)).await);
    }
    let place = |at: usize| gateway.app().nodes.place_of(waiting[at].0);
    assert_eq!(place(3), Some(QueuePlace { position: 2, of: 5 }));
    assert_eq!(place(2), Some(QueuePlace { position: 5, of: 5 }));
    let mut served = Vec::new();
    for _ in 0..6 {
        let job = node.job().await;
        node.done(&job.job, 0, false).await;
        served.push(job.prompt);
    }
    assert_eq!(served, ["first", "1", "4", "2", "5", "3"]);
    all(first).await;
    for (_, turn) in waiting {
        all(turn.await.expect("no panic").expect("a lane")).await;
    }
    assert!(gateway.app().nodes.queue().is_empty());
}

#[tokio::test]
async fn a_full_queue_says_so_and_a_client_that_leaves_makes_room() {
    let gateway = Gateway::start().await;
    gateway.reload_with("[queue]\nsize = 3\nper_key = 2\n").expect("a good file");
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    let _node = gateway.browser(1).await;
    let _turn = gateway.turn("first").await.expect("a lane");
    let (_, one) = queued(&gateway, of_key("a", "1")).await;
    let _two = queued(&gateway, of_key("a", "2")).await;
    let nodes = &gateway.app().nodes;
    let refused = nodes.start(of_key("a", "3")).await.expect_err("its share is used up");
    assert_eq!(refused.class, FailureClass::QueueFull);
    assert!(refused.message.contains("queue.per_key"), "{refused:?}");
    let _three = queued(&gateway, of_key("b", "3")).await;
    let refused = nodes.start(of_key("c", "4")).await.expect_err("full");
    assert_eq!(refused.class, FailureClass::QueueFull);
    assert!(refused.retry_after_ms.is_some_and(|ms| ms > 0), "{refused:?}");
    one.abort();
    gateway.until(|_| nodes.queue().len() == 2).await;
    let _four = queued(&gateway, of_key("c", "4")).await;
}

#[tokio::test]
async fn who_waits_is_woken_by_the_clock_when_pacing_allows_it() {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![site(200, 0)]);
    let mut node = gateway.browser(1).await;
    let _first = gateway.turn("first").await.expect("a lane");
    let (_, second) = queued(&gateway, order("second")).await;
    let (_, third) = queued(&gateway, order("third")).await;
    // Each ends at once: nothing but the clock lets the next one go.
    for expected in ["first", "second", "third"] {
        let job = node.job().await;
        assert_eq!(job.prompt, expected);
        node.done(&job.job, 0, false).await;
    }
    for turn in [second, third] {
        all(turn.await.expect("no panic").expect("a lane")).await;
    }
}

#[tokio::test]
async fn too_long_a_wait_says_what_for_and_where_it_stood() {
    let gateway = Gateway::start().await;
    let _node = gateway.browser(1).await;
    let _turn = gateway.turn("first").await.expect("a lane");
    let _other = queued(&gateway, order("second")).await;
    let hasty = JobOrder { wait: Duration::from_millis(30), ..order("third") };
    let failure = gateway.app().nodes.start(hasty).await.expect_err("busy");
    assert_eq!(failure.class, FailureClass::Busy);
    assert!(failure.message.ends_with("waited 0.03 s, at place 2 of 2"), "{failure:?}");
    assert!(failure.retry_after_ms.is_some());
}

#[tokio::test]
async fn the_owner_ends_what_waits_and_what_runs() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let running = request();
    let order_of = |id, prompt| JobOrder { request: Some(id), ..order(prompt) };
    let turn = gateway.app().nodes.start(order_of(running, "first")).await.expect("a lane");
    let job = node.job().await;
    node.accept(&job.job).await;
    let (waiting, asked) = queued(&gateway, order("second")).await;

    let (status, queue) = gateway.api(Method::GET, "/api/queue", "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(queue["waiting"][0]["request"], waiting.to_string());
    assert_eq!(queue["waiting"][0]["position"], 1);
    assert_eq!(queue["sites"][0], json!({"site": "page", "waiting": 1}));
    assert_eq!(queue["size"], 256);

    let path = format!("/api/requests/{waiting}");
    let (status, body) = gateway.api(Method::DELETE, &path, "").await;
    assert_eq!((status, &body["cancelled"]), (StatusCode::OK, &json!("waiting")));
    let failure = asked.await.expect("no panic").expect_err("cancelled");
    assert_eq!(failure.class, FailureClass::Cancelled);

    assert_eq!(gateway.app().nodes.cancel(running), Some(Cancelled::Running));
    let events = all(turn).await;
    assert!(format!("{:?}", events.last()).contains("Cancelled"), "{events:?}");
    let word = node.next_word().await;
    assert!(format!("{word:?}").contains("Cancel"), "Stop is pressed: {word:?}");

    let (status, body) = gateway.api(Method::DELETE, &path, "").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
}
