use http::Method;

use crate::support::Gateway;

#[tokio::test]
async fn a_foreign_host_is_misdirected_on_every_route() {
    let gateway = Gateway::start("hosts = [\"box.lan\"]").await;
    for path in ["/", "/v1/models", "/healthz", "/metrics", "/nowhere"] {
        let reply = gateway.send(Method::GET, path, &[("host", "rebind.test:7070")], "").await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (421, "misdirected"), "{path}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains("`hosts`"), "{path}");
    }
    let ours = gateway.send(Method::GET, "/healthz", &[("host", "BOX.lan")], "").await;
    assert_eq!(ours.status, 200);
}

#[tokio::test]
async fn every_answer_has_our_id_and_the_clients_beside_it() {
    let gateway = Gateway::start("").await;
    let reply = gateway.send(Method::GET, "/nowhere", &[("x-request-id", "mine-1")], "").await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (404, "not_found"));
    assert!(reply.header("x-request-id").starts_with("req_"));
    assert_eq!(reply.json()["error"]["request_id"], reply.header("x-request-id"));
    assert_eq!(reply.header("x-client-request-id"), "mine-1");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let odd = gateway.send(Method::GET, "/healthz", &[("x-request-id", "a b")], "").await;
    assert_eq!(odd.header("x-client-request-id"), "");
}

#[tokio::test]
async fn methods_that_a_route_does_not_take_are_405() {
    let gateway = Gateway::start("").await;
    for (method, path) in [
        ("POST", "/v1/models"),
        ("TRACE", "/v1/models"),
        ("PROPFIND", "/healthz"),
        ("DELETE", "/metrics"),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let reply = gateway.send(method.clone(), path, &[], "").await;
        assert_eq!(reply.status, 405, "{method} {path}");
        assert_eq!(reply.code(), "method_not_allowed", "{method} {path}");
        assert!(reply.header("allow").contains("GET"), "{method} {path}");
    }
}

#[tokio::test]
async fn foreign_pages_may_not_change_anything() {
    let gateway = Gateway::start("cors_origins = [\"http://chat.lan\"]").await;
    let evil = [("origin", "https://evil.test"), ("content-type", "text/plain")];
    let reply = gateway.send(Method::POST, "/v1/chat/completions", &evil, "{}").await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (403, "permission_denied"));
    assert_eq!(reply.header("access-control-allow-origin"), "");

    let declared = [("origin", "http://chat.lan"), ("access-control-request-method", "POST")];
    let reply = gateway.send(Method::OPTIONS, "/v1/chat/completions", &declared, "").await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), "http://chat.lan");
}

#[tokio::test]
async fn tricks_with_the_path_reach_no_other_route() {
    let gateway = Gateway::start("").await;
    for path in [
        "//healthz",
        "/v1/..%2fhealthz",
        "/HEALTHZ",
        "/healthz/",
        "/%68ealthz",
        "/v1/models/../../healthz",
    ] {
        let reply = gateway.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
    }
}

#[tokio::test]
async fn malformed_heads_are_refused_and_the_connection_closed() {
    let gateway = Gateway::start("").await;
    let second = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for head in [
        "POST /v1/models HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        "POST /v1/models HTTP/1.1\r\nhost: localhost\r\ncontent-length: +5\r\n\r\nhello",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\n folded: x\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
    ] {
        let answer = gateway.raw(&format!("{head}{second}connection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{head}\n{answer}");
        if !head.ends_with("HTTP/1.1\r\n\r\n") {
            assert!(!answer.contains("200 OK"), "{head}\n{answer}");
        }
    }
}
