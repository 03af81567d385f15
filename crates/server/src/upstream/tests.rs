use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use tabway_dialects::chat::{Failure, FailureClass};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

fn egress(configured: &[&str]) -> Egress {
    let rules = DialRules::new(configured.iter().map(|host| (*host).to_owned()));
    let options = EgressOptions::new(rules, Duration::from_secs(2)).expect("TLS set up");
    Egress::new(&options)
}

fn get(url: &str) -> Request<Full<Bytes>> {
    Request::get(url).body(Full::default()).expect("a request")
}

/// Answers one connection with `answer`, whatever is asked, and returns what was asked.
async fn answer_once(answer: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let task = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let mut asked = vec![0; 4096];
        let read = socket.read(&mut asked).await.expect("a request");
        socket.write_all(answer.as_bytes()).await.expect("written");
        String::from_utf8_lossy(&asked[..read]).into_owned()
    });
    (port, task)
}

#[tokio::test]
async fn a_configured_host_is_dialled_and_nothing_is_added() {
    let (port, asked) =
        answer_once("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await;
    let response = egress(&["127.0.0.1"])
        .send(get(&format!("http://127.0.0.1:{port}/v1/models")))
        .await
        .expect("a response");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(&body[..], b"ok");
    let asked = asked.await.expect("asked");
    assert_eq!(asked, format!("GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"));
}

#[tokio::test]
async fn loopback_by_another_name_is_not_dialled() {
    let (port, _asked) = answer_once("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
    ] {
        let error = egress(&["other.lan"]).send(get(&url)).await.expect_err("refused");
        assert!(!error.reached, "{url}: {error}");
        assert!(error.reason.contains("nothing that may be dialled"), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let (port, asked) = answer_once(
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let response = egress(&["127.0.0.1"])
        .send(get(&format!("http://127.0.0.1:{port}/")))
        .await
        .expect("a response");
    assert_eq!(response.status(), 302);
    assert!(forwarded(response.headers()).get("location").is_none());
    asked.await.expect("asked once");
}

#[tokio::test]
async fn an_unreachable_upstream_is_told_from_one_that_hung_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let client = egress(&["127.0.0.1"]);
    let error = client.send(get(&format!("http://127.0.0.1:{port}/"))).await.expect_err("refused");
    assert_eq!(Failure::from(error).class, FailureClass::UpstreamUnreachable);

    let (port, _asked) = answer_once("").await;
    let error = client.send(get(&format!("http://127.0.0.1:{port}/"))).await.expect_err("hung up");
    let failure = Failure::from(error);
    assert_eq!(failure.class, FailureClass::UpstreamError);
    assert!(!failure.message.contains("127.0.0.1"), "addresses are for the log");
}

#[tokio::test]
async fn schemes_other_than_http_are_refused() {
    for url in ["ftp://127.0.0.1/", "file://localhost/etc/passwd"] {
        let error = egress(&["127.0.0.1", "localhost"]).send(get(url)).await.expect_err("refused");
        assert!(!error.reached, "{url}");
    }
}

#[test]
fn only_listed_headers_reach_the_client() {
    let mut upstream = HeaderMap::new();
    for name in [
        "content-type",
        "retry-after",
        "openai-processing-ms",
        "set-cookie",
        "location",
        "server",
        "strict-transport-security",
        "access-control-allow-origin",
        "x-accel-buffering",
        "transfer-encoding",
    ] {
        upstream.insert(name, HeaderValue::from_static("x"));
    }
    let mut names: Vec<_> =
        forwarded(&upstream).keys().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["openai-processing-ms", "retry-after"]);
}

mod proxies;

#[tokio::test]
async fn u25_a_dead_address_beside_a_good_one() {
    // Its queue is full: nobody answers there.
    let dead = tokio::net::TcpSocket::new_v4().expect("a socket");
    dead.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let dead = dead.listen(0).expect("it listens");
    let at = dead.local_addr().expect("an address");
    let mut queue = Vec::new();
    let soon = Duration::from_millis(150);
    while let Ok(Ok(one)) = tokio::time::timeout(soon, tokio::net::TcpStream::connect(at)).await {
        queue.push(one);
    }
    let good = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let good = good.local_addr().expect("an address");
    let refused = "127.0.0.1:1".parse().expect("an address");
    for order in [vec![at, good], vec![good, at], vec![refused, at, good]] {
        let dialled = tokio::time::timeout(Duration::from_secs(20), connector::any_of(order)).await;
        let tcp = dialled.expect("in time").expect("some").expect("a connection");
        assert_eq!(tcp.peer_addr().expect("an address"), good);
    }
    assert!(connector::any_of(vec![refused]).await.expect("some").is_err());
    assert!(connector::any_of(Vec::new()).await.is_none());
}
