//! The mock keeps its word: each behaviour as seen by a raw client.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use mock_upstream::{Behaviour, Done, Lines, MockConfig, MockUpstream, Outcome, expected_answer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const LIMIT: Duration = Duration::from_secs(10);

async fn mock() -> MockUpstream {
    MockUpstream::start(MockConfig::default()).await.expect("a free port")
}

async fn connect(mock: &MockUpstream, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(mock.addr).await.expect("connects");
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\
         authorization: Bearer secret\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("head");
    stream.write_all(body.as_bytes()).await.expect("body");
    stream
}

/// The whole reply as text, and whether the connection ended in good order.
async fn ask(mock: &MockUpstream, body: &str) -> (String, bool) {
    let mut stream = connect(mock, body).await;
    let (mut reply, mut block) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut block).await {
            Ok(0) => return (String::from_utf8_lossy(&reply).into_owned(), true),
            Ok(count) => reply.extend_from_slice(&block[..count]),
            Err(_) => return (String::from_utf8_lossy(&reply).into_owned(), false),
        }
    }
}

fn body(model: &str, stream: bool) -> String {
    serde_json::json!({
        "model": model,
        "stream": stream,
        "messages": [
            {"role": "system", "content": "Echo."},
            {"role": "user", "content": "canary-7"},
        ],
    })
    .to_string()
}

#[tokio::test]
async fn a_buffered_reply_echoes_the_last_user_message() {
    let mock = mock().await;
    let (reply, _) = ask(&mock, &body("mock-model", false)).await;
    let (head, json) = reply.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let json: serde_json::Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(json["choices"][0]["message"]["content"], expected_answer("canary-7"));
    assert!(json["usage"]["total_tokens"].as_u64().is_some_and(|total| total > 0));

    let received = &mock.journal()[0];
    assert_eq!(received.header("Authorization"), Some("Bearer secret"));
    assert_eq!(received.body, body("mock-model", false));
    assert_eq!(received.outcome, Outcome::Answered);
}

#[tokio::test]
async fn a_stream_has_the_same_text_and_tells_usage_only_when_asked() {
    let mock = mock().await;
    let (reply, _) = ask(&mock, &body("mock-model?chunks=5", true)).await;
    let text: String = reply
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok())
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(text, expected_answer("canary-7"));
    assert!(reply.contains("data: [DONE]\n\n"));
    assert!(!reply.contains("usage"));
}

#[tokio::test]
async fn scripts_go_before_names() {
    let mock = mock().await;
    mock.push(Behaviour { status: 429, retry_after: Some("soon".into()), ..Behaviour::default() });
    let (reply, _) = ask(&mock, &body("mock-model", false)).await;
    assert!(reply.starts_with("HTTP/1.1 429"), "{reply}");
    assert!(reply.contains("retry-after: soon"));
    let (reply, _) = ask(&mock, &body("mock-model", false)).await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

#[tokio::test]
async fn resets_are_resets() {
    let mock = mock().await;
    let (reply, orderly) = ask(&mock, &body("mock-model?reset_before_headers", true)).await;
    assert!(reply.is_empty() && !orderly, "{reply:?}");
    let (reply, orderly) = ask(&mock, &body("mock-model?reset_after=100", true)).await;
    assert!(!orderly);
    assert!(reply.contains("data: "), "{reply:?}");
    let (_, orderly) = ask(&mock, &body("mock-model?close_after=100", false)).await;
    assert!(orderly);
    assert!(mock.journal().iter().all(|received| received.outcome == Outcome::Cut));
}

#[tokio::test]
async fn odd_ends_and_lines() {
    let mock = mock().await;
    mock.push(Behaviour { done: Done::Missing, lines: Lines::Crlf, ..Behaviour::default() });
    let (reply, _) = ask(&mock, &body("mock-model", true)).await;
    assert!(!reply.contains("[DONE]"));
    assert!(reply.contains("}\r\n\r\n"));
    mock.push(Behaviour { done: Done::Double, comments: true, ..Behaviour::default() });
    let (reply, _) = ask(&mock, &body("mock-model", true)).await;
    assert_eq!(reply.matches("[DONE]").count(), 2);
    assert!(reply.contains(": keep-alive"));
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let mock = mock().await;
    for model in ["mock-model?silent_after=2", "mock-model?silent"] {
        mock.clear_journal();
        let stream = connect(&mock, &body(model, true)).await;
        let arrived = |seen: &[mock_upstream::Received]| (!seen[0].body.is_empty()).then_some(());
        mock.wait_for(LIMIT, |seen| seen.first().and_then(|_| arrived(seen))).await.expect("came");
        drop(stream);
        let gone = mock.wait_for(LIMIT, |seen| seen[0].client_closed().then_some(())).await;
        assert!(gone.is_some(), "{model}: {:?}", mock.journal());
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_can_be_echoed() {
    let config = MockConfig { api_key: Some("right".into()), ..MockConfig::default() };
    let mock = MockUpstream::start(config).await.expect("a free port");
    let (reply, _) = ask(&mock, &body("mock-model", false)).await;
    assert!(reply.starts_with("HTTP/1.1 401"), "{reply}");

    let open = self::mock().await;
    let (reply, _) = ask(&open, &body("mock-model?status=401&echo_key", false)).await;
    assert!(reply.contains("Incorrect API key provided: secret"), "{reply}");
}
