use mock_upstream::Behaviour;
use tabway_store::ledger::{AttemptRow, RequestRow};

use super::{ask, ask_stream, before, mock};
use crate::support::Gateway;

/// The last request's row and its attempts, once the writer has them.
async fn last(gateway: &Gateway) -> (RequestRow, Vec<AttemptRow>) {
    let ledger = gateway.running.app.store.ledger();
    ledger.flush().await;
    let row = ledger.recent(1).await.expect("rows").pop().expect("a row");
    let attempts = ledger.attempts(&row.id).await.expect("attempts");
    (row, attempts)
}

#[tokio::test]
async fn every_end_is_one_row_with_its_attempts() {
    let (first, second) = (mock().await, mock().await);
    let gateway = before(&[&first, &second], "").await;
    for body in [ask("hello"), ask_stream("hello")] {
        first.push(Behaviour { status: 500, ..Behaviour::default() });
        let reply = gateway.chat(&body).await;
        let (row, attempts) = last(&gateway).await;
        assert_eq!(row.id, reply.header("x-request-id"));
        assert_eq!((&*row.outcome, &*row.target), ("ok", "mock1/mock-model"));
        assert_eq!(row.stream, body["stream"] == true);
        let tries: Vec<_> = attempts.iter().map(|a| (&*a.target, &*a.outcome)).collect();
        assert_eq!(tries, [("mock0/mock-model", "upstream_error"), ("mock1/mock-model", "ok")]);
    }
    assert_eq!(gateway.running.app.store.ledger().in_flight(), 0);
}

#[tokio::test]
async fn a_failure_is_a_row_with_its_code() {
    let mock = mock().await;
    let gateway = before(&[&mock], "idle_timeout = \"50ms\"").await;
    mock.push(Behaviour { status: 429, ..Behaviour::default() });
    gateway.chat(&ask("hello")).await;
    assert_eq!(last(&gateway).await.0.outcome, "upstream_rate_limited");
}

#[tokio::test]
async fn the_end_is_written_before_the_client_sees_it() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    let headers = [("content-type", "application/json"), ("x-request-id", "mine-7")];
    for body in [ask("one two"), ask_stream("one two")] {
        let path = "/v1/chat/completions";
        let reply = gateway.send(http::Method::POST, path, &headers, &body.to_string()).await;
        // No wait for anything but the writer: the spool has it.
        let (row, _) = last(&gateway).await;
        assert_eq!((&*row.id, &*row.outcome), (reply.header("x-request-id"), "ok"));
        assert_eq!(row.client_id.as_deref(), Some("mine-7"));
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_a_row_too() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    mock.push(Behaviour { silent_after: Some(2), ..Behaviour::default() });
    let mut response = gateway.open_chat(&ask_stream("one two three")).await;
    let frame = http_body_util::BodyExt::frame(response.body_mut()).await;
    frame.expect("a frame").expect("a piece");
    drop(response);
    let ledger = gateway.running.app.store.ledger();
    let left = tokio::time::timeout(crate::support::PATIENCE, async {
        while ledger.in_flight() > 0 {
            tokio::task::yield_now().await;
        }
    });
    left.await.expect("the slot is given back");
    let (row, _) = last(&gateway).await;
    assert_eq!((&*row.outcome, &*row.target), ("client_gone", "mock0/mock-model"));
}
