use http::{Method, StatusCode};
use serde_json::json;

use super::{ask, ask_stream, before, mock};
use crate::support::Gateway;

const PRICE: &str = "[[prices]]\nprovider = \"mock0\"\nmodel = \"mock-*\"\ninput = 2\noutput = 10";

async fn last_cost(gateway: &Gateway) -> (i64, i64, i64) {
    let ledger = gateway.running.app.store.ledger();
    ledger.flush().await;
    let row = ledger.recent(1).await.expect("rows").pop().expect("a row");
    (row.input_tokens, row.output_tokens, row.cost_micro_usd)
}

#[tokio::test]
async fn a_row_says_what_the_request_cost() {
    let mock = mock().await;
    let gateway = before(&[&mock], PRICE).await;
    for body in [ask("one two three"), ask_stream("one two three")] {
        gateway.chat(&body).await;
        let (input, output, cost) = last_cost(&gateway).await;
        assert!(input > 0 && output > 0);
        assert_eq!(cost, 2 * input + 10 * output, "USD a million is micro-USD a token");
    }
}

#[tokio::test]
async fn an_owner_replaces_prices_while_running() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    let token = format!("Bearer {}", gateway.running.app.admin_token.expose());
    let post = async |file: &str| {
        let headers = [("authorization", &*token)];
        let body = json!({ "file": file }).to_string();
        gateway.send(Method::POST, "/api/prices", &headers, &body).await
    };
    gateway.chat(&ask("hello")).await;
    assert_eq!(last_cost(&gateway).await.2, 0, "no price is known");

    assert_eq!(post("[[prices]]\nmodel = \"*\"\ninput = 1\noutput = 1").await.json()["prices"], 1);
    gateway.chat(&ask("hello")).await;
    let (input, output, cost) = last_cost(&gateway).await;
    assert_eq!(cost, input + output);

    let refused = post("[[prices]]\nmodel = \"*\"\ninput = -1").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    gateway.running.reload().expect("the file in the data folder is read again");
    gateway.chat(&ask("hello")).await;
    assert_eq!(last_cost(&gateway).await.2, cost, "a wrong file changes nothing");

    assert_eq!(post("").await.json()["prices"], 0);
    gateway.chat(&ask("hello")).await;
    assert_eq!(last_cost(&gateway).await.2, 0);
}
