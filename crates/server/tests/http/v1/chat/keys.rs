//! Limits of keys, through the real router and the real database.

use http::{Method, StatusCode};
use http_body_util::BodyExt;
use mock_upstream::{Behaviour, MockUpstream};
use serde_json::{Value, json};

use super::{ask, ask_stream, before, mock};
use crate::support::{Gateway, PATIENCE, Reply};

const KEY: &str = "tw-limited-key-of-a-test";

/// A dollar a token, so that figures are plain: 1 token is 1,000,000 micro-USD.
const PRICE: &str = "[[prices]]\nmodel = \"*\"\ninput = 0\noutput = 1000000\n";

pub async fn limited(mocks: &[&MockUpstream], limits: &str) -> Gateway {
    let key = format!("[[keys]]\nname = \"dev\"\nsecret = \"{KEY}\"\n{limits}\n{PRICE}");
    before(mocks, &key).await
}

async fn chat(gateway: &Gateway, body: &Value) -> Reply {
    chat_by(gateway, ("authorization", &format!("Bearer {KEY}")), body).await
}

async fn chat_by(gateway: &Gateway, carrier: (&str, &str), body: &Value) -> Reply {
    gateway.send(Method::POST, "/v1/chat/completions", &[carrier], &body.to_string()).await
}

async fn api(gateway: &Gateway, method: Method, path: &str, body: &str) -> Reply {
    let token = format!("Bearer {}", gateway.running.app.admin_token.expose());
    gateway.send(method, path, &[("authorization", &token)], body).await
}

fn retry_after(reply: &Reply) -> u64 {
    reply.header("retry-after").parse().expect("seconds")
}

#[tokio::test]
async fn every_carrier_draws_on_the_same_limit_and_every_answer_says_how_it_stands() {
    let mock = mock().await;
    let gateway = limited(&[&mock], "rpm = 4").await;
    let bearer = format!("Bearer {KEY}");
    let carriers = [
        ("authorization", &*bearer),
        ("x-api-key", KEY),
        ("api-key", KEY),
        ("x-goog-api-key", KEY),
    ];
    for (at, carrier) in carriers.into_iter().enumerate() {
        let reply = chat_by(&gateway, carrier, &ask("hello")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("x-ratelimit-limit-requests"), "4");
        assert_eq!(reply.header("x-ratelimit-remaining-requests"), (3 - at).to_string());
        assert!(reply.header("x-ratelimit-reset-requests").starts_with("1m"), "{carrier:?}");
    }
    for carrier in carriers {
        let refused = chat_by(&gateway, carrier, &ask("hello")).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.code(), "key_rate_limited");
        assert_eq!(refused.json()["error"]["type"], "rate_limit_error");
        assert!((1..=65).contains(&retry_after(&refused)));
        assert_eq!(refused.header("x-ratelimit-remaining-requests"), "0");
    }
}

#[tokio::test]
async fn tokens_are_reserved_and_settled_with_what_was_used() {
    let mock = mock().await;
    let gateway = limited(&[&mock], "tpm = 10000").await;
    let mut body = ask("hello");
    body["max_tokens"] = json!(9_000);
    for _ in 0..3 {
        let reply = chat(&gateway, &body).await;
        assert_eq!(reply.status, 200, "settled: {}", reply.text());
    }
    let used: u64 = 10_000 - remaining(&chat(&gateway, &ask("hello")).await);
    assert!((1..500).contains(&used), "{used}: what was used, not what was reserved");
    body["max_tokens"] = json!(10_000);
    assert_eq!(chat(&gateway, &body).await.code(), "key_rate_limited");
    mock.push(Behaviour { status: 400, ..Behaviour::default() });
    body["max_tokens"] = json!(5_000);
    assert_eq!(chat(&gateway, &body).await.code(), "upstream_rejected");
    assert!(10_000 - remaining(&chat(&gateway, &ask("hello")).await) < 500, "given back");
}

fn remaining(reply: &Reply) -> u64 {
    reply.header("x-ratelimit-remaining-tokens").parse().expect("a number")
}

#[tokio::test]
async fn a_used_up_budget_says_when_it_begins_again_and_a_restart_does_not_forget_it() {
    let mock = mock().await;
    let gateway = limited(&[&mock], "budget_usd = 20\nperiod = \"month\"").await;
    mock.push(Behaviour { answer: Some("one two three".to_owned()), ..Behaviour::default() });
    let mut body = ask("hello");
    body["max_tokens"] = json!(20);
    assert_eq!(chat(&gateway, &body).await.status, 200);
    let refused = chat(&gateway, &body).await;
    assert_eq!((refused.status.as_u16(), &*refused.code()), (429, "key_budget_used"));
    assert_eq!(refused.json()["error"]["type"], "insufficient_quota");
    assert!(refused.text().contains("it begins again at"), "{}", refused.text());
    assert!(retry_after(&refused) > 1);
    let shown = api(&gateway, Method::GET, "/api/keys/dev", "").await.json();
    let spent = shown["used"]["cost_micro_usd"].as_i64().expect("money");
    assert!(spent > 0);
    assert_eq!(shown["limits"]["budget"]["left"], 20_000_000 - spent);
    assert_eq!((&shown["used"]["requests"], &shown["used"]["failed"]), (&json!(1), &json!(0)));
    assert_eq!(shown["requests"][0]["model"], "mock-model");

    let Gateway { running, folder } = gateway;
    let config = std::fs::read_to_string(folder.path().join("tabway.toml")).expect("the file");
    running.stop().await;
    let running = crate::support::start_in(folder.path(), &config, &[]).await.expect("starts");
    let gateway = Gateway { running, folder };
    assert_eq!(chat(&gateway, &body).await.code(), "key_budget_used", "not forgotten");
    let shown = api(&gateway, Method::GET, "/api/keys/dev", "").await.json();
    assert_eq!(shown["limits"]["budget"]["left"], 20_000_000 - spent);
    body["max_tokens"] = json!((20_000_000 - spent) / 1_000_000);
    assert_eq!(chat(&gateway, &body).await.status, 200, "what is left can be spent");
}

#[tokio::test]
async fn only_so_many_at_once() {
    let mock = mock().await;
    let gateway = limited(&[&mock], "concurrency = 1").await;
    mock.push(Behaviour { silent_after: Some(1), ..Behaviour::default() });
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", &*bearer)];
    let body = ask_stream("one two").to_string();
    let mut open = gateway.open(Method::POST, "/v1/chat/completions", &headers, &body).await;
    open.body_mut().frame().await.expect("a piece").expect("a piece");
    let refused = chat(&gateway, &ask("hello")).await;
    assert_eq!((&*refused.code(), retry_after(&refused)), ("key_busy", 1));
    drop(open);
    let freed = async { while chat(&gateway, &ask("hello")).await.status != 200 {} };
    tokio::time::timeout(PATIENCE, freed).await.expect("the permit is given back");
}

#[tokio::test]
async fn a_revoked_key_ends_its_open_answers() {
    let mock = mock().await;
    let gateway = before(&[&mock], "commit_after = \"20ms\"").await;
    let made = api(&gateway, Method::POST, "/api/keys", r#"{"name":"dev"}"#).await.json();
    let bearer = format!("Bearer {}", made["secret"].as_str().expect("a secret"));
    let headers = [("authorization", &*bearer)];
    let silent = Behaviour { silent_after: Some(1), ..Behaviour::default() };
    let never = Behaviour { silent: true, ..Behaviour::default() };
    let mut open = Vec::new();
    for behaviour in [silent, never] {
        mock.push(behaviour);
        let body = ask_stream("one two").to_string();
        let mut answer = gateway.open(Method::POST, "/v1/chat/completions", &headers, &body).await;
        answer.body_mut().frame().await.expect("a piece").expect("a piece");
        open.push(answer);
    }
    assert_eq!(api(&gateway, Method::DELETE, "/api/keys/dev", "").await.status, 200);
    let began = std::time::Instant::now();
    for answer in open {
        let rest = tokio::time::timeout(PATIENCE, answer.into_body().collect());
        let rest = rest.await.expect("it ends").expect("in good order").to_bytes();
        let rest = String::from_utf8_lossy(&rest).into_owned();
        assert!(rest.contains("\"code\":\"invalid_api_key\""), "{rest}");
        assert!(!rest.contains("[DONE]"), "{rest}");
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
    let body = ask("hello").to_string();
    let refused = gateway.send(Method::POST, "/v1/chat/completions", &headers, &body).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let ledger = gateway.running.app.store.ledger();
    ledger.flush().await;
    let ends = ledger.recent(2).await.expect("rows");
    assert!(ends.iter().all(|row| row.outcome == "invalid_api_key"), "{ends:?}");
    assert_eq!(ledger.in_flight(), 0);
}

#[tokio::test]
async fn a_keys_file_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |text: &str| std::fs::write(folder.path().join("old.txt"), text).expect("written");
    write("# from the old gateway\nshort1\nalice sk-of-alice-1\n");
    let gateway = Gateway {
        running: crate::support::start_in(folder.path(), "keys_file = \"old.txt\"", &[])
            .await
            .expect("starts"),
        folder,
    };
    let models = async |key: &str| {
        let bearer = format!("Bearer {key}");
        gateway.send(Method::GET, "/v1/models", &[("authorization", &bearer)], "").await.status
    };
    assert_eq!(
        (models("short1").await, models("sk-of-alice-1").await),
        (StatusCode::OK, StatusCode::OK)
    );
    let listed = api(&gateway, Method::GET, "/api/keys", "").await;
    let names: Vec<_> = listed.json()["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| key["name"].to_string())
        .collect();
    assert_eq!(names, ["\"keys-file-1\"", "\"alice\""]);
    assert!(!listed.text().contains("sk-of-alice"), "no list holds a secret");
    std::fs::write(gateway.folder.path().join("old.txt"), "sk-of-bob-2\n").expect("written");
    let seen = async { while models("sk-of-bob-2").await != 200 {} };
    tokio::time::timeout(PATIENCE, seen).await.expect("it is read by itself");
    assert_eq!(models("short1").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn keys_are_imported_rotated_and_shown() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    let keys = json!({ "keys": [
        { "name": "old-1", "value": "sk-existing-key-number-1" },
        { "name": "old-2", "value": "sk-existing-key-number-2", "rpm": 7, "labels": { "a": "b" } },
    ]});
    let imported = api(&gateway, Method::POST, "/api/key-files", &keys.to_string()).await;
    assert_eq!(imported.json()["imported"], json!(["old-1", "old-2"]));
    let again = api(&gateway, Method::POST, "/api/key-files", &keys.to_string()).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let by = async |secret: &str| chat_by(&gateway, ("x-api-key", secret), &ask("hi")).await.status;
    assert_eq!(by("sk-existing-key-number-2").await, StatusCode::OK);
    let body = r#"{"overlap_seconds":3600}"#;
    let rotated = api(&gateway, Method::POST, "/api/keys/old-2/rotate", body).await.json();
    let fresh = rotated["secret"].as_str().expect("a secret").to_owned();
    assert!(rotated["former_until_ms"].is_i64());
    assert_eq!(
        (by(&fresh).await, by("sk-existing-key-number-2").await),
        (StatusCode::OK, StatusCode::OK)
    );
    let rotated = api(&gateway, Method::POST, "/api/keys/old-2/rotate", "").await.json();
    assert_eq!(by(&fresh).await, StatusCode::UNAUTHORIZED, "no overlap");
    let newest = rotated["secret"].as_str().expect("a secret").to_owned();
    assert_eq!(by(&newest).await, StatusCode::OK);
    let shown = api(&gateway, Method::GET, "/api/keys/old-2", "").await;
    assert_eq!(shown.json()["used"]["requests"], 4);
    assert_eq!(shown.json()["limits"]["requests"]["left"], 3, "all secrets draw on one limit");
    assert_eq!(shown.json()["labels"], json!({ "a": "b" }));
    for secret in [&fresh, &newest, "sk-existing"] {
        assert!(!shown.text().contains(secret), "no secret is shown");
    }
    assert_eq!(api(&gateway, Method::GET, "/api/keys/nobody", "").await.status, 404);
    assert_eq!(api(&gateway, Method::POST, "/api/keys/nobody/rotate", "").await.status, 404);
}
