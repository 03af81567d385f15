use http::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{ask, before, mock};
use crate::support::{Gateway, PATIENCE};

const PATH: &str = "/v1/chat/completions";
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_bad_request_says_what_is_wrong() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    for (body, status, code) in [
        ("", 400, "invalid_json"),
        ("{", 400, "invalid_json"),
        ("[]", 400, "invalid_request"),
        ("{}", 400, "invalid_request"),
        (r#"{"model":"mock-model","Model":"x"}"#, 400, "invalid_request"),
        (r#"{"model":"nope","messages":[]}"#, 404, "model_not_found"),
        (r#"{"model":"MOCK-MODEL","messages":[]}"#, 404, "model_not_found"),
        (r#"{"model":"mock-model ","messages":[]}"#, 404, "model_not_found"),
    ] {
        let reply = gateway.send(Method::POST, PATH, &[JSON], body).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (status, code), "{body}");
    }
    let zipped = [JSON, ("content-encoding", "gzip")];
    let reply = gateway.send(Method::POST, PATH, &zipped, "x").await;
    assert_eq!(reply.code(), "invalid_request");
    assert_eq!(gateway.send(Method::GET, PATH, &[], "").await.status, 405);
    assert!(mock.journal().is_empty(), "nothing of this reached the upstream");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_whatever_it_declares() {
    let gateway = Gateway::start("limits = { max_body_bytes = 1000 }").await;
    let honest = gateway.send(Method::POST, PATH, &[JSON], &"x".repeat(1_001)).await;
    assert_eq!((honest.status.as_u16(), &*honest.code()), (413, "body_too_large"));
    let chunk = format!("{:x}\r\n{}\r\n", 600, "x".repeat(600));
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    let answer = gateway.raw(&format!("{head}{chunk}{chunk}0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_refused() {
    let gateway = Gateway::start("limits = { body_timeout = \"100ms\" }").await;
    let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\n\r\n{{");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is an end like any other.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("closed");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("invalid_request"), "{answer}");
}

#[tokio::test]
async fn a_key_is_held_to_its_models_however_it_is_sent() {
    let mock = mock().await;
    let config = format!(
        "[[keys]]\nname = \"k\"\nsecret = \"tw-narrow\"\nmodels = [\"other\"]\n\
         [[providers]]\nname = \"p\"\nbase_url = \"{}\"\n\
         [[models]]\nname = \"mock-model\"\ntargets = [{{ provider = \"p\", model = \"m\" }}]",
        mock.base_url()
    );
    let gateway = Gateway::start(&config).await;
    let body = ask("hello").to_string();
    for (name, value) in [
        ("authorization", "Bearer tw-narrow"),
        ("x-api-key", "tw-narrow"),
        ("api-key", "tw-narrow"),
        ("x-goog-api-key", "tw-narrow"),
    ] {
        let reply = gateway.send(Method::POST, PATH, &[JSON, (name, value)], &body).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (403, "permission_denied"), "{name}");
    }
    let reply = gateway.send(Method::POST, &format!("{PATH}?key=tw-narrow"), &[JSON], &body).await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (401, "invalid_api_key"));
    assert!(mock.journal().is_empty());
}

#[tokio::test]
async fn the_body_never_chooses_where_it_goes() {
    let (mock, trap) = (mock().await, super::mock().await);
    let gateway = before(&[&mock], "").await;
    let mut body = ask("hello");
    for name in
        ["api_base", "base_url", "endpoint", "proxy", "callback_url", "mcp_endpoint", "Base_URL"]
    {
        body[name] = json!(trap.base_url());
    }
    body["user_config"] = json!({ "deep": { "api_base": trap.base_url() } });
    assert_eq!(gateway.chat(&body).await.status, 200);
    assert!(trap.journal().is_empty());
}
