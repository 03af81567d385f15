//! `/api/requests` and `/api/usage`: what an owner looks up about requests.

use http::{Method, StatusCode};
use mock_upstream::{Behaviour, MockConfig, MockUpstream};
use serde_json::{Value, json};

use crate::support::{Gateway, Reply};

/// The credential that the mock wants, and that must show up nowhere else.
const CANARY: &str = "sk-canary-of-usage-77";

async fn gateway() -> (MockUpstream, Gateway) {
    gateway_with("").await
}

async fn gateway_with(more: &str) -> (MockUpstream, Gateway) {
    let config = MockConfig { api_key: Some(CANARY.to_owned()), ..MockConfig::default() };
    let mock = MockUpstream::start(config).await.expect("a mock");
    let config = format!(
        "{more}[[keys]]\nname = \"dev\"\nsecret = \"tw-a-key-of-the-file\"\n\
         [[providers]]\nname = \"mock\"\nbase_url = \"{}\"\n\
         [[providers.accounts]]\nname = \"main\"\nsecret = \"{CANARY}\"\n\
         [[models]]\nname = \"one\"\ntargets = [{{ provider = \"mock\", model = \"m-1\" }}]\n\
         [[models]]\nname = \"two\"\ntargets = [{{ provider = \"mock\", model = \"m-2\" }}]\n",
        mock.base_url()
    );
    (mock, Gateway::start(&config).await)
}

async fn ask(gateway: &Gateway, model: &str) -> Reply {
    let headers =
        [("content-type", "application/json"), ("authorization", "Bearer tw-a-key-of-the-file")];
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
    let reply =
        gateway.send(Method::POST, "/v1/chat/completions", &headers, &body.to_string()).await;
    gateway.running.app.store.ledger().flush().await;
    reply
}

async fn api(gateway: &Gateway, path: &str) -> Reply {
    let token = format!("Bearer {}", gateway.running.app.admin_token.expose());
    gateway.send(Method::GET, path, &[("authorization", &token)], "").await
}

fn ids(reply: &Reply) -> Vec<String> {
    let json = reply.json();
    let rows = json["requests"].as_array().expect("a list");
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn the_log_is_filtered_searched_and_paged() {
    let (mock, gateway) = gateway().await;
    let mut sent = Vec::new();
    for model in ["one", "two", "one"] {
        sent.push(ask(&gateway, model).await.header("x-request-id").to_owned());
    }
    mock.push(Behaviour { status: 401, echo_key: true, ..Behaviour::default() });
    sent.push(ask(&gateway, "two").await.header("x-request-id").to_owned());
    let [a, b, c, d] = <[String; 4]>::try_from(sent).expect("four");

    assert_eq!(ids(&api(&gateway, "/api/requests").await), [&*d, &*c, &*b, &*a]);
    assert_eq!(ids(&api(&gateway, "/api/requests?model=one").await), [&*c, &*a]);
    assert_eq!(ids(&api(&gateway, "/api/requests?target=mock%2Fm-2").await), [&*b]);
    assert_eq!(ids(&api(&gateway, "/api/requests?outcome=failed&key=dev").await), [&*d]);
    assert_eq!(ids(&api(&gateway, "/api/requests?from=2030-01-01T00:00:00Z").await).len(), 0);

    let first = api(&gateway, "/api/requests?limit=3").await.json();
    let next = first["next"].as_str().expect("there is more").to_owned();
    let second = api(&gateway, &format!("/api/requests?limit=3&cursor={next}")).await;
    assert_eq!(ids(&second), [&*a]);
    assert_eq!(second.json()["next"], Value::Null);
    for bad in [
        format!("cursor={next}&model=one"),
        "cursor=AAAA".to_owned(),
        "limit=0".to_owned(),
        "limit=1001".to_owned(),
        "q=%25".to_owned(),
        "from=soon".to_owned(),
        "colour=red".to_owned(),
    ] {
        let reply = api(&gateway, &format!("/api/requests?{bad}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{bad}: {}", reply.text());
    }

    let one = api(&gateway, &format!("/api/requests/{d}")).await;
    let words = one.json()["attempts"][0]["error"].as_str().expect("words").to_owned();
    assert!(!words.is_empty() && !one.text().contains(CANARY), "{}", one.text());
    let word = words.split_whitespace().find(|word| word.len() > 5).expect("a word");
    assert_eq!(ids(&api(&gateway, &format!("/api/requests?q={word}")).await), [&*d]);
}

#[tokio::test]
async fn charts_are_by_what_one_asks_for() {
    let (mock, gateway) = gateway().await;
    for model in ["one", "two", "one"] {
        ask(&gateway, model).await;
    }
    mock.push(Behaviour { status: 429, ..Behaviour::default() });
    ask(&gateway, "two").await;
    let lines = async |query: &str| {
        let reply = api(&gateway, &format!("/api/usage{query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text());
        let json = reply.json();
        let lines = json["lines"].as_array().expect("lines").clone();
        lines
            .iter()
            .map(|line| {
                assert_eq!(line["points"][0]["requests"], line["sum"]["requests"], "one hour");
                (line["name"].as_str().expect("a name").to_owned(), line["sum"]["requests"].clone())
            })
            .collect::<Vec<_>>()
    };
    let pair = |name: &str, count: u64| (name.to_owned(), json!(count));
    assert_eq!(lines("?step=day").await, [pair("", 4)]);
    assert_eq!(lines("?step=day&by=model").await, [pair("one", 2), pair("two", 2)]);
    assert_eq!(lines("?step=day&by=key").await, [pair("dev", 4)]);
    assert_eq!(lines("?step=day&by=model&key=dev").await, [pair("one", 2), pair("two", 2)]);
    let outcomes = lines("?step=day&by=outcome").await;
    assert_eq!(outcomes, [pair("ok", 3), pair("upstream_rate_limited", 1)]);
    let all = api(&gateway, "/api/usage?step=day").await.json();
    let sum = &all["lines"][0]["sum"];
    assert_eq!((&sum["ok"], &sum["limited"], &sum["unpriced"]), (&json!(3), &json!(1), &json!(3)));
    assert!(sum["total_ms_p95"].is_u64());
    for bad in ["by=colour", "step=week", "by=outcome&key=dev", "lines=0", "from=1"] {
        let reply = api(&gateway, &format!("/api/usage?step=minute&{bad}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn texts_are_kept_of_the_keys_that_ask_for_it() {
    let (mock, gateway) =
        gateway_with("[ledger]\nstore_bodies = [\"de*\"]\nbody_max_bytes = 300\n").await;
    let headers =
        [("content-type", "application/json"), ("authorization", "Bearer tw-a-key-of-the-file")];
    let texts = async |body: &Value| {
        let path = "/v1/chat/completions";
        let reply = gateway.send(Method::POST, path, &headers, &body.to_string()).await;
        let path = format!("/api/requests/{}/body", reply.header("x-request-id"));
        let kept = tokio::time::timeout(crate::support::PATIENCE, async {
            loop {
                let kept = api(&gateway, &path).await;
                if kept.status == StatusCode::OK {
                    return kept.json();
                }
                tokio::task::yield_now().await;
            }
        });
        kept.await.expect("kept")
    };
    let prompt = "my key is sk-0123456789abcdef, keep it";
    let ask = |stream: bool, prompt: &str| {
        let messages = json!([{ "role": "user", "content": prompt }]);
        json!({ "model": "one", "stream": stream, "messages": messages })
    };
    for stream in [false, true] {
        let kept = texts(&ask(stream, prompt)).await;
        assert!(kept["request"].as_str().expect("a text").contains("my key is [redacted], keep"));
        assert!(!kept.to_string().contains("sk-0123456789abcdef"), "{kept}");
        assert_eq!(kept["request_cut"], false);
        assert!(!kept["answer"].as_str().expect("a text").is_empty());
    }
    let long = texts(&ask(true, &"word ".repeat(200))).await;
    assert_eq!((&long["request_cut"], &long["answer_cut"]), (&json!(true), &json!(true)));
    mock.push(Behaviour { status: 503, ..Behaviour::default() });
    let failed = texts(&ask(false, "hello")).await;
    assert!(failed["answer"].as_str().expect("a text").starts_with("upstream_error"), "{failed}");
    assert_eq!(api(&gateway, "/api/requests/x/body").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn no_text_is_kept_unless_it_is_asked_for() {
    let (_mock, gateway) = gateway().await;
    let id = ask(&gateway, "one").await.header("x-request-id").to_owned();
    let kept = api(&gateway, &format!("/api/requests/{id}/body")).await;
    assert_eq!(kept.status, StatusCode::NOT_FOUND);
    let folder = gateway.folder.path().join("data/bodies");
    assert_eq!(std::fs::read_dir(folder).expect("a folder").count(), 0);
}
