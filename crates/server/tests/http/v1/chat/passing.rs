use mock_upstream::{Behaviour, Done, Lines, Shape, UsageStyle, expected_answer};
use serde_json::json;

use super::{ask, ask_stream, before, mock, text_of};

#[tokio::test]
async fn a_whole_answer_passes_byte_for_byte() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    let reply = gateway.chat(&ask("hello")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["choices"][0]["message"]["content"], expected_answer("hello"));
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-tabway-target"), "mock0/mock-model");
    assert_eq!(reply.header("x-tabway-attempts"), "1");
    let sent = &mock.journal()[0];
    assert_eq!(sent.json(), ask("hello"), "nothing was edited");
    assert_eq!(sent.path, "/v1/chat/completions");
}

#[tokio::test]
async fn a_request_goes_out_as_it_came_but_for_the_model() {
    let mock = mock().await;
    let mut config = format!(
        "[[providers]]\nname = \"p\"\nbase_url = \"{}\"\n[[providers.accounts]]\nname = \"a\"\nsecret = \"{}\"\n",
        mock.base_url(),
        super::CANARY
    );
    config += "[[models]]\nname = \"public\"\ntargets = [{ provider = \"p\", model = \"inner\" }]";
    let gateway = crate::support::Gateway::start(&config).await;
    let body = r#"{"seed" : 1.50, "model":"public","messages":[{"role":"user","content":"h\u00e9"}],"x_new":{"model":"public"}}"#;
    let headers = [
        ("content-type", "application/json"),
        ("cookie", "a=b"),
        ("authorization", "Bearer client-key"),
        ("x-forwarded-for", "1.2.3.4"),
        ("proxy-authorization", "Basic x"),
        ("x-request-id", "http://169.254.169.254/"),
        ("openai-organization", "org"),
    ];
    let reply = gateway.send(http::Method::POST, "/v1/chat/completions", &headers, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let sent = &mock.journal()[0];
    assert_eq!(String::from_utf8_lossy(&sent.body), body.replacen("\"public\"", "\"inner\"", 1));
    let mut names: Vec<_> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["accept", "authorization", "content-length", "content-type", "host", "user-agent"]
    );
    assert_eq!(sent.header("authorization"), Some(&*format!("Bearer {}", super::CANARY)));
    assert_eq!(sent.header("host"), Some(&*mock.addr.to_string()));
}

#[tokio::test]
async fn a_stream_passes_and_the_usage_record_only_where_it_was_asked_for() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    let reply = gateway.chat(&ask_stream("one two three")).await;
    assert_eq!(reply.header("content-type"), "text/event-stream");
    assert_eq!(text_of(&reply.text()), expected_answer("one two three"));
    assert!(reply.text().ends_with("data: [DONE]\n\n"), "{}", reply.text());
    assert!(!reply.text().contains("prompt_tokens"), "{}", reply.text());
    assert_eq!(mock.journal()[0].json()["stream_options"], json!({ "include_usage": true }));

    let mut body = ask_stream("one");
    body["stream_options"] = json!({ "include_usage": true });
    let reply = gateway.chat(&body).await;
    assert!(reply.text().contains("prompt_tokens"), "{}", reply.text());
    assert_eq!(mock.journal()[1].json(), body, "nothing was edited");
}

#[tokio::test]
async fn odd_streams_pass_too() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    for (name, behaviour) in [
        ("crlf", Behaviour { lines: Lines::Crlf, ..Behaviour::default() }),
        ("mixed", Behaviour { lines: Lines::Mixed, ..Behaviour::default() }),
        ("comments", Behaviour { comments: true, ..Behaviour::default() }),
        ("split", Behaviour { split_utf8: true, ..Behaviour::default() }),
        ("double", Behaviour { done: Done::Double, ..Behaviour::default() }),
        ("then data", Behaviour { done: Done::ThenData, ..Behaviour::default() }),
        ("no done", Behaviour { done: Done::Missing, ..Behaviour::default() }),
        ("null role", Behaviour { shape: Shape::NullRole, ..Behaviour::default() }),
        ("sparse", Behaviour { shape: Shape::Sparse, ..Behaviour::default() }),
        ("growing", Behaviour { usage: UsageStyle::Growing, ..Behaviour::default() }),
        ("never", Behaviour { usage: UsageStyle::Never, ..Behaviour::default() }),
        ("huge", Behaviour { usage: UsageStyle::Huge, ..Behaviour::default() }),
    ] {
        mock.push(behaviour);
        let reply = gateway.chat(&ask_stream("grüße dich")).await;
        assert_eq!(reply.status, 200, "{name}");
        assert_eq!(text_of(&reply.text()), expected_answer("grüße dich"), "{name}");
        let dones = reply.text().matches("[DONE]").count();
        assert_eq!(dones, usize::from(name != "no done"), "{name}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_chunk_does_not_wait_for_the_next() {
    use http_body_util::BodyExt;
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    mock.push(Behaviour { silent_after: Some(2), ..Behaviour::default() });
    let body = ask_stream("one two three").to_string();
    let headers = [("content-type", "application/json")];
    let response = gateway.open(http::Method::POST, "/v1/chat/completions", &headers, &body).await;
    let mut stream = response.into_body();
    let mut seen = String::new();
    while text_of(&seen).split(' ').count() < 2 {
        let frame = tokio::time::timeout(crate::support::PATIENCE, stream.frame());
        let frame = frame.await.expect("a chunk, though the next never comes").unwrap().unwrap();
        seen += &String::from_utf8_lossy(frame.data_ref().unwrap());
    }
}

#[tokio::test]
async fn connections_to_the_upstream_are_used_again() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    for _ in 0..3 {
        assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
        assert_eq!(gateway.chat(&ask_stream("hello")).await.status, 200);
    }
    let metrics = gateway.get("/metrics").await.text();
    for kind in ["whole", "stream"] {
        let counted = format!("kind=\"{kind}\",outcome=\"ok\"}} 3");
        assert!(metrics.contains(&counted), "{metrics}");
    }
    assert!(metrics.contains("tabway_requests_in_flight 0"), "{metrics}");
    assert!(metrics.contains("tabway_attempts_total{target=\"mock0/"), "{metrics}");
}
