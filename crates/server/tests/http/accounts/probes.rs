//! `tabway account test`: each thing that goes wrong has its own line.

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::before;
use crate::support::{
    Gateway,
    edge::{Answer, Edge, provider},
};

const SECRET: &str = "sk-canary-0123456789";

async fn tested(gateway: &Gateway, body: Value) -> (String, String) {
    let reply = gateway.api(Method::POST, "/api/accounts/edge/main/test", &body).await;
    let found = reply.json();
    assert!(!reply.text().contains("canary"), "{}", reply.text());
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(found["ok"], text("code") == "ok", "{}", reply.text());
    (text("code"), text("words"))
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let said = |words: &str| json!({ "error": { "message": words } }).to_string();
    let html = || "<html>hello</html>".to_owned();
    let json = "application/json";
    let cases: Vec<(Answer, &str, &str)> = vec![
        ((401, json, said(&format!("bad key {SECRET}"))), "unauthorized", "bad key [redacted]"),
        ((402, json, said("Insufficient Balance")), "no_funds", "add credit"),
        ((403, json, said("API disabled")), "forbidden", "check its permissions"),
        ((404, json, said("nope")), "not_found", "usually ends in /v1"),
        ((429, json, said("insufficient_quota: see billing")), "no_funds", "add credit"),
        ((429, json, said("slow down")), "rate_limited", "the key works"),
        ((302, json, String::new()), "redirect", "put the final address in base_url"),
        ((503, json, said("overloaded")), "upstream_error", "try later"),
        ((200, "text/html", html()), "not_an_api", "answers with text/html"),
        ((200, json, "{}".to_owned()), "not_an_api", "usually ends in /v1"),
    ];
    for (answer, code, words) in cases {
        let edge = Edge::start(move |_| answer.clone()).await;
        let gateway = before(&edge, "").await;
        gateway.add("edge", "main", SECRET).await;
        let (found, line) = tested(&gateway, Value::Null).await;
        assert_eq!(found, code, "{line}");
        assert!(line.contains(words) && !line.contains('\n'), "{line}");
    }
}

#[tokio::test]
async fn a_chat_of_one_token_is_asked_where_a_model_is_named() {
    let edge = Edge::start(provider).await;
    let gateway = before(&edge, "").await;
    gateway.add("edge", "main", SECRET).await;
    let (code, words) = tested(&gateway, json!({ "model": "m1" })).await;
    assert_eq!((code.as_str(), words.as_str()), ("ok", "works: m1 answers"));
    let asked = edge.asked().pop().expect("asked");
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.credential, format!("Bearer {SECRET}"));
    assert!(asked.body.contains("\"max_tokens\":1"), "{}", asked.body);
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let edge = Edge::start(provider).await;
    // It speaks HTTP in the clear to who comes with TLS.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let plain = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("written");
            let mut asked = [0; 1_024];
            let _ = stream.read(&mut asked).await;
        }
    });
    let cases = [
        (format!("http://127.0.0.1:{closed}/v1"), "", "connection_refused"),
        ("http://no-such-host.invalid/v1".to_owned(), "", "dns"),
        (format!("https://127.0.0.1:{plain}/v1"), "", "tls"),
        ("http://169.254.169.254/v1".to_owned(), "", "forbidden_address"),
        ("http://x.test/v1".to_owned(), "proxy = \"http://127.0.0.1:CLOSED\"", "proxy_away"),
        ("http://x.test/v1".to_owned(), "proxy = \"http://127.0.0.1:EDGE\"", "proxy_refused"),
    ];
    for (base_url, proxy, code) in cases {
        let proxy = proxy.replace("CLOSED", &closed.to_string());
        let proxy = proxy.replace("EDGE", &edge.port.to_string());
        let gateway = Gateway::start(&format!(
            "[[providers]]\nname = \"edge\"\nbase_url = \"{base_url}\"\n{proxy}\n"
        ))
        .await;
        gateway.add("edge", "main", SECRET).await;
        let (found, line) = tested(&gateway, Value::Null).await;
        assert_eq!(found, code, "{line}");
    }
}
