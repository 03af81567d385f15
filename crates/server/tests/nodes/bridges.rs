//! Addresses of the bridges that people come from, and a queue's comments in a stream.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_protocol::message::{GatewayMessage, NodeMessage};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Gateway, PATIENCE};

#[tokio::test]
async fn their_monitors_still_read_the_state() {
    let gateway = Gateway::start().await;
    let node = gateway.browser(2).await;
    let (status, _) = gateway.http(Method::GET, "/admin/status", None, "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, body) = gateway.api(Method::GET, "/admin/status", "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&body["total_profiles"], &body["active_profiles"], &body["total_valid_tokens"]),
        (&json!(1), &json!(1), &json!(2))
    );
    let profile = &body["profiles"][&node.id];
    assert_eq!((&profile["active"], &profile["health_score"]), (&json!(true), &json!(100)));
    assert_eq!(profile["has_cookies"], false);

    let path = format!("/admin/profile/{}", node.id);
    let (status, body) = gateway.api(Method::GET, &path, "").await;
    assert_eq!((status, &body["node"]["id"]), (StatusCode::OK, &json!(node.id)));
    let (status, _) = gateway.api(Method::DELETE, &path, "").await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = gateway.api(Method::GET, &path, "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn their_clients_find_models_and_refresh_them() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let (status, bytes) = gateway.http(Method::GET, "/api/v1/models", None, "").await;
    let models: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(status, StatusCode::OK);
    assert!(models["data"].as_array().is_some_and(|models| !models.is_empty()), "{models}");
    let asked = gateway.http(Method::POST, "/v1/refresh-models", None, "");
    let read = async {
        let GatewayMessage::Reread { request, site: None } = node.next().await else {
            panic!("not asked to read again")
        };
        node.offer_models(1, &["new-one"]).await;
        let read = vec!["page".to_owned()];
        node.say(&NodeMessage::Reread { request, read, busy: vec![] }).await;
    };
    let ((status, bytes), ()) = tokio::join!(asked, read);
    let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((status, &answer["success"]), (StatusCode::OK, &json!(true)));
    assert_eq!(answer["message"], "models of page read again");
    let models = answer["models"].as_array().expect("models");
    assert!(models.contains(&json!("page/new-one")) && models.contains(&json!("new-one")));
    let (status, bytes) = gateway.http(Method::POST, "/api/v1/chat/completions", None, "{}").await;
    let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["error"]["code"], "invalid_request", "{answer}");
    let (status, _) = gateway.http(Method::GET, "/monitor", None, "").await;
    assert_eq!(status, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn their_scripts_hear_where_to_get_the_extension() {
    let gateway = Gateway::start().await;
    for path in ["/ws", "/v1/extension/push", "/internal/start_id_capture", "/internal/a/b"] {
        let (status, body) = gateway.http(Method::POST, path, None, "").await;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!((status, &body["error"]["code"]), (StatusCode::GONE, &json!("gone")), "{path}");
        assert!(
            body["error"]["message"].as_str().is_some_and(|words| words.contains("/extension/"))
        );
    }
    // Of a body that never comes nothing is waited for.
    let head =
        "POST /v1/extension/push HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n";
    let answer = gateway.raw(head).await;
    assert!(answer.starts_with("HTTP/1.1 410"), "{answer}");
}

#[tokio::test]
async fn a_stream_that_waits_says_where_it_stands() {
    let gateway = Gateway::start().await;
    let file = "[[sites]]\nname = \"other\"\nadapter = \"demo\"\norigin = \"http://127.0.0.1:1\"\n\
                [[models]]\nname = \"m\"\ncommit_after = \"10ms\"\n\
                targets = [{ site = \"other\", model = \"default\" }]\n";
    gateway.reload_with(file).expect("a good file");
    let _node = gateway.browser(1).await;
    let _turn = gateway.turn("first").await.expect("a lane");
    let body = json!({
        "model": "m", "stream": true, "messages": [{"role": "user", "content": "Hi"}],
    });
    let body = body.to_string();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(gateway.address()).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let read = async {
        let mut text = String::new();
        while !text.contains(": queued 1 of 1\n\n") {
            let mut piece = [0; 1_024];
            let length = stream.read(&mut piece).await.expect("bytes");
            assert!(length > 0, "{text}");
            text.push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    };
    timeout(PATIENCE, read).await.expect("its place");
    // Whoever leaves the queue frees its place.
    drop(stream);
    gateway.until(|_| gateway.app().nodes.queue().is_empty()).await;
}
