//! Many clients at one key. A request costs one micro-USD, so that a budget is a number of them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures_util::future::join_all;
use http::Method;
use http_body_util::BodyExt;
use mock_upstream::Behaviour;
use serde_json::{Value, json};

use super::{ask, ask_stream, before, mock};
use crate::support::Gateway;

const CLIENTS: usize = 200;
const BUDGET: u64 = 1_000;
const KEY: &str = "tw-key-of-a-crowd-of-clients";

/// A gateway whose key may spend so many micro-USD a month, a token of the answer costing one.
async fn gateway(mock: &mock_upstream::MockUpstream) -> Gateway {
    let config = format!(
        "[[keys]]\nname = \"crowd\"\nsecret = \"{KEY}\"\nbudget_usd = {}\n\
         [[prices]]\nmodel = \"*\"\ninput = 0\noutput = 1\n",
        BUDGET as f64 / 1_000_000.0
    );
    before(&[mock], &config).await
}

async fn open(gateway: &Gateway, body: &Value) -> http::Response<hyper::body::Incoming> {
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", &*bearer)];
    gateway.open(Method::POST, "/v1/chat/completions", &headers, &body.to_string()).await
}

/// What the ledger says was spent.
async fn spent(gateway: &Gateway) -> u64 {
    let ledger = gateway.running.app.store.ledger();
    ledger.flush().await;
    ledger.key_totals_since(0).await.expect("sums")["crowd"].cost_micro_usd
}

/// One token in the answer, and no more asked for: what is reserved is what is used.
fn exact(mut body: Value) -> Value {
    body["max_tokens"] = json!(1);
    body
}

#[tokio::test]
async fn two_hundred_clients_get_exactly_the_budget() {
    let mock = mock().await;
    mock.set_model(
        "mock-model",
        Behaviour { answer: Some("x".to_owned()), ..Behaviour::default() },
    );
    let gateway = Arc::new(gateway(&mock).await);
    let (served, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    let client = async |number: usize| {
        // Each asks until it is told that there is nothing left.
        loop {
            let body = exact(if number.is_multiple_of(2) { ask("a") } else { ask_stream("a") });
            let answer = open(&gateway, &body).await;
            let status = answer.status().as_u16();
            let text = answer.into_body().collect().await.expect("an answer").to_bytes();
            let text = String::from_utf8_lossy(&text);
            match status {
                200 => served.fetch_add(1, Ordering::SeqCst),
                429 if text.contains("key_budget_used") => {
                    return refused.fetch_add(1, Ordering::SeqCst);
                }
                // Others hold what is left.
                429 => {
                    assert!(text.contains("key_busy"), "{text}");
                    tokio::task::yield_now().await;
                    0
                }
                _ => panic!("{status} {text}"),
            };
        }
    };
    join_all((0..CLIENTS).map(client)).await;
    assert_eq!(served.load(Ordering::SeqCst), BUDGET, "all of it and no more");
    assert_eq!(refused.load(Ordering::SeqCst), CLIENTS as u64);
    assert_eq!(spent(&gateway).await, BUDGET, "the ledger agrees");
}

#[tokio::test]
async fn what_the_clients_that_left_held_can_be_spent() {
    let mock = mock().await;
    let gateway = Arc::new(gateway(&mock).await);
    // Each holds five of the thousand and leaves in the middle of its answer.
    mock.set_model("mock-model", Behaviour { silent_after: Some(1), ..Behaviour::default() });
    let mut body = ask_stream("one two");
    body["max_tokens"] = json!(BUDGET / CLIENTS as u64);
    let mut held = Vec::with_capacity(CLIENTS);
    for _ in 0..CLIENTS {
        let mut answer = open(&gateway, &body).await;
        assert_eq!(answer.status(), 200);
        answer.body_mut().frame().await.expect("a piece").expect("a piece");
        held.push(answer);
    }
    let refused = open(&gateway, &exact(ask("a"))).await;
    assert_eq!(refused.status(), 429, "all of it is held");
    assert_eq!(refused.headers()["retry-after"], "1");
    drop(held);
    let ledger = gateway.running.app.store.ledger();
    let freed = async {
        while ledger.in_flight() > 0 {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, freed).await.expect("every place is freed");
    mock.set_model(
        "mock-model",
        Behaviour { answer: Some("x".to_owned()), ..Behaviour::default() },
    );
    let took = spent(&gateway).await;
    assert!((1..=BUDGET / 2 + BUDGET / 4).contains(&took), "what they got is paid for: {took}");
    for number in took..BUDGET {
        let answer = open(&gateway, &exact(ask("a"))).await;
        assert_eq!(answer.status(), 200, "request {number}: a false refusal");
    }
    assert_eq!(open(&gateway, &exact(ask("a"))).await.status(), 429);
    assert_eq!(spent(&gateway).await, BUDGET);
}

#[tokio::test]
async fn what_costs_more_than_was_reserved_exceeds_the_budget_by_that_alone() {
    let mock = mock().await;
    // Forty tokens where one was reserved.
    let text = "x".repeat(4 * 39);
    mock.set_model("mock-model", Behaviour { answer: Some(text), ..Behaviour::default() });
    let gateway = Arc::new(gateway(&mock).await);
    let client = async |_: usize| while open(&gateway, &exact(ask("a"))).await.status() == 200 {};
    join_all((0..CLIENTS).map(client)).await;
    let spent = spent(&gateway).await;
    assert!((BUDGET..=BUDGET + CLIENTS as u64 * 39).contains(&spent), "{spent}");
    assert_eq!(open(&gateway, &exact(ask("a"))).await.status(), 429, "and stays refused");
}
