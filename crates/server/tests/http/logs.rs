//! `/api/logs`: requests followed as they end, and their files.

use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use mock_upstream::{Behaviour, MockUpstream};
use serde_json::{Value, json};

use crate::support::{Gateway, PATIENCE};

async fn gateway(more: &str) -> (MockUpstream, Gateway) {
    let mock = MockUpstream::start(mock_upstream::MockConfig::default()).await.expect("a mock");
    let config = format!(
        "[[providers]]\nname = \"mock\"\nbase_url = \"{}\"\n\
         [[models]]\nname = \"one\"\ntargets = [{{ provider = \"mock\", model = \"m\" }}]\n\
         [[models]]\nname = \"two\"\ntargets = [{{ provider = \"mock\", model = \"m\" }}]\n{more}",
        mock.base_url()
    );
    (mock, Gateway::start(&config).await)
}

async fn ask(gateway: &Gateway, model: &str) -> String {
    let body =
        json!({ "model": model, "messages": [{ "role": "user", "content": "canary words" }] });
    gateway.chat(&body).await.header("x-request-id").to_owned()
}

async fn api(gateway: &Gateway, path: &str) -> http::Response<Incoming> {
    let token = format!("Bearer {}", gateway.running.app.admin_token.expose());
    gateway.open(Method::GET, path, &[("authorization", &token)], "").await
}

/// The next request that a follower hears of.
async fn next(feed: &mut http::Response<Incoming>) -> Value {
    let heard = tokio::time::timeout(PATIENCE, async {
        loop {
            let frame = feed.body_mut().frame().await.expect("more").expect("a frame");
            let bytes = frame.into_data().expect("data");
            if let Some(data) = bytes.strip_prefix(b"data: ") {
                return serde_json::from_slice(data).expect("JSON");
            }
            assert!(bytes.starts_with(b":"), "a comment");
        }
    });
    heard.await.expect("in time")
}

#[tokio::test]
async fn requests_are_followed_as_they_end() {
    let (mock, gateway) = gateway("").await;
    let mut all = api(&gateway, "/api/logs").await;
    let mut errors = api(&gateway, "/api/logs?errors=true").await;
    let mut two = api(&gateway, "/api/logs?model=tw*").await;
    assert_eq!(all.headers()["content-type"], "text/event-stream");
    let first = ask(&gateway, "one").await;
    mock.push(Behaviour { status: 503, ..Behaviour::default() });
    let second = ask(&gateway, "two").await;
    let heard = next(&mut all).await;
    assert_eq!((&heard["id"], &heard["outcome"]), (&json!(first), &json!("ok")));
    assert_eq!(heard["attempts"][0]["target"], "mock/m");
    assert!(!heard.to_string().contains("canary"), "no texts");
    for feed in [&mut all, &mut errors, &mut two] {
        let heard = next(feed).await;
        assert_eq!((&heard["id"], &heard["outcome"]), (&json!(second), &json!("upstream_error")));
        assert!(heard["error"].as_str().is_some_and(|words| !words.is_empty()));
    }
    gateway.running.app.shutdown.begin();
    let rest = tokio::time::timeout(PATIENCE, all.into_body().collect()).await;
    rest.expect("a follower ends with the gateway").expect("in good order");
}

#[tokio::test]
async fn a_day_is_taken_away_as_lines() {
    let (mock, gateway) = gateway("[log]\nfile_bytes = 300\n").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(ask(&gateway, "one").await);
        gateway.running.app.store.ledger().flush().await;
    }
    mock.push(Behaviour { status: 503, ..Behaviour::default() });
    ids.push(ask(&gateway, "one").await);
    gateway.running.app.store.ledger().flush().await;
    let lines = async |what: &str| {
        let day = jiff::Timestamp::now().to_string()[..10].to_owned();
        let reply = api(&gateway, &format!("/api/logs/download?day={day}&what={what}")).await;
        let status = reply.status();
        let bytes = reply.into_body().collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        (status, lines.map(|line| line["id"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>())
    };
    // The files are written by a thread that nobody waits for.
    let written = tokio::time::timeout(PATIENCE, async {
        while lines("requests").await.1.len() < 4 || lines("errors").await.0 != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    });
    written.await.expect("written");
    assert_eq!(lines("requests").await.1, ids);
    assert_eq!(lines("errors").await.1, ids[3..]);
    let files =
        std::fs::read_dir(gateway.folder.path().join("data/logs")).expect("a folder").count();
    assert!(files > 2, "{files} files: they are small here");

    let days = api(&gateway, "/api/logs/days").await.into_body().collect().await.expect("a body");
    let days: Value = serde_json::from_slice(&days.to_bytes()).expect("JSON");
    assert_eq!(days["days"].as_array().map(Vec::len), Some(2), "{days}");
    for (bad, status) in [
        ("day=../../etc", StatusCode::BAD_REQUEST),
        ("day=2026-13-01", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
        ("day=1999-01-01", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(
            api(&gateway, &format!("/api/logs/download?{bad}")).await.status(),
            status,
            "{bad}"
        );
    }
}
