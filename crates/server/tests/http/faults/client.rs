//! Faults of clients: they leave, do not read, send slowly or all at once.

use std::time::Duration;

use futures_util::future::join_all;
use mock_upstream::{Behaviour, Fault, FaultProxy, MockUpstream, Stop};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::run::{KEY, PRICE, at_rest, black_hole, body, chat, gateway};
use crate::{
    support::{Gateway, PATIENCE},
    v1::chat::mock,
};

/// A request on a socket of its own.
async fn open(gateway: &Gateway, body: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.address()).await.expect("a connection");
    stream.write_all(request(&body.to_string()).as_bytes()).await.expect("sent");
    stream
}

fn request(body: &str) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// How a client leaves.
#[derive(Debug, Clone, Copy)]
enum Way {
    Fin,
    Reset,
}

fn leave(stream: TcpStream, way: Way) {
    if let Way::Reset = way {
        stream.set_zero_linger().expect("a socket");
    }
    drop(stream);
}

/// The row that a client left behind, once nothing is held any more, and its attempts' ends.
async fn left_behind(gateway: &Gateway) -> (tabway_store::ledger::RequestRow, Vec<String>) {
    at_rest(gateway).await;
    let ledger = gateway.running.app.store.ledger();
    let row = ledger.recent(1).await.expect("rows").pop().expect("a row");
    let attempts = ledger.attempts(&row.id).await.expect("attempts");
    assert_eq!(row.outcome, "client_gone", "{row:?}");
    (row, attempts.into_iter().map(|one| one.outcome).collect())
}

async fn is_left(mock: &MockUpstream) {
    let left = mock.wait_for(PATIENCE, |all| {
        all.iter().any(mock_upstream::Received::client_closed).then_some(())
    });
    left.await.expect("the upstream's socket was closed");
}

async fn is_asked(mock: &MockUpstream) {
    let asked = mock.wait_for(PATIENCE, |all| {
        all.last().is_some_and(|last| !last.body.is_empty()).then_some(())
    });
    asked.await.expect("the upstream was asked");
}

/// Both forms, both ways to leave.
const WAYS: [(bool, Way); 4] =
    [(false, Way::Fin), (false, Way::Reset), (true, Way::Fin), (true, Way::Reset)];

#[tokio::test]
async fn d1_leaves_while_it_is_dialled() {
    let (at, _listener, _waiting) = black_hole().await;
    let url = format!("http://{at}/v1");
    for (streams, way) in WAYS {
        let limits = "limits = { connect_timeout = \"60s\" }";
        let gateway = gateway(&[("p", &url)], &[("m", &["p"])], limits, "").await;
        let client = open(&gateway, &body("m", streams)).await;
        let ledger = gateway.running.app.store.ledger();
        let config = gateway.running.app.config_snapshot();
        let place = gateway.running.app.places.of(&config.providers[0]);
        let dialled = async {
            while ledger.in_flight() == 0 || place.load() == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, dialled).await.expect("it is on its way");
        leave(client, way);
        let (row, attempts) = left_behind(&gateway).await;
        assert_eq!((row.output_tokens, row.cost_micro_usd), (0, 0), "{row:?}");
        assert_eq!(attempts, ["client_gone"]);
    }
}

#[tokio::test]
async fn d1_leaves_before_the_first_byte() {
    for (streams, way) in WAYS {
        let mock = mock().await;
        mock.push(Behaviour { silent: true, ..Behaviour::default() });
        let url = mock.base_url();
        let gateway = gateway(&[("p", &url)], &[("m", &["p"])], "", "").await;
        let client = open(&gateway, &body("m", streams)).await;
        is_asked(&mock).await;
        leave(client, way);
        is_left(&mock).await;
        let (row, attempts) = left_behind(&gateway).await;
        assert!(row.usage_estimated && row.input_tokens > 0, "{row:?}");
        assert_eq!((row.output_tokens, row.target.as_str()), (0, "p/mock-model"));
        assert_eq!(attempts, ["client_gone"]);
    }
}

#[tokio::test]
async fn d1_leaves_while_another_takes_over() {
    for (streams, way) in WAYS {
        let (first, second) = (mock().await, mock().await);
        first.push(Behaviour { status: 500, ..Behaviour::default() });
        second.push(Behaviour { silent: true, ..Behaviour::default() });
        let (one, two) = (first.base_url(), second.base_url());
        let places = [("one", &*one), ("two", &*two)];
        let gateway = gateway(&places, &[("m", &["one", "two"])], "", "").await;
        let client = open(&gateway, &body("m", streams)).await;
        is_asked(&second).await;
        leave(client, way);
        is_left(&second).await;
        let (row, attempts) = left_behind(&gateway).await;
        assert_eq!(row.target, "two/mock-model");
        assert_eq!(attempts, ["upstream_error", "client_gone"]);
    }
}

#[tokio::test]
async fn d1_leaves_in_the_middle() {
    for (streams, way) in WAYS {
        let mock = mock().await;
        let stalls = Fault::stop_at(900, Stop::Stall);
        let silent = Behaviour { silent_after: Some(3), ..Behaviour::default() };
        mock.push(silent);
        let proxy = FaultProxy::start(mock.addr, Fault::default()).await.expect("a proxy");
        if !streams {
            proxy.set(stalls);
        }
        let url = proxy.base_url();
        let gateway = gateway(&[("p", &url)], &[("m", &["p"])], "", "").await;
        let mut client = open(&gateway, &body("m", streams)).await;
        is_asked(&mock).await;
        if streams {
            let mut seen = String::new();
            let mut block = [0; 4096];
            while !seen.contains("said") {
                let count = client.read(&mut block).await.expect("a piece");
                assert!(count > 0, "{seen}");
                seen += &String::from_utf8_lossy(&block[..count]);
            }
        } else {
            let began = async {
                while proxy.passed() == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::time::timeout(PATIENCE, began).await.expect("the answer has begun");
        }
        leave(client, way);
        is_left(&mock).await;
        let (row, attempts) = left_behind(&gateway).await;
        assert!(row.usage_estimated && row.input_tokens > 0, "{row:?}");
        // A few words were relayed.
        let output = if streams { 2..=10 } else { 0..=0 };
        assert!(output.contains(&row.output_tokens), "{row:?}");
        assert_eq!(row.cost_micro_usd, row.output_tokens * PRICE);
        assert_eq!(attempts, ["client_gone"]);
    }
}

#[tokio::test]
async fn d1_leaves_a_stream_of_comments() {
    for way in [Way::Fin, Way::Reset] {
        let mock = mock().await;
        mock.push(Behaviour { silent: true, ..Behaviour::default() });
        let url = mock.base_url();
        let commits = "commit_after = \"20ms\"";
        let gateway = gateway(&[("p", &url)], &[("m", &["p"])], "", commits).await;
        let mut client = open(&gateway, &body("m", true)).await;
        let mut seen = Vec::new();
        while !seen.ends_with(b": waiting\n\n\r\n") {
            assert!(client.read_buf(&mut seen).await.expect("a piece") > 0);
        }
        leave(client, way);
        is_left(&mock).await;
        let (row, _) = left_behind(&gateway).await;
        assert!(row.usage_estimated && row.input_tokens > 0 && row.output_tokens == 0, "{row:?}");
    }
}

#[tokio::test]
async fn d4_slow_readers() {
    let (slow, fast) = (mock().await, mock().await);
    let endless = Some("x".repeat(100_000));
    let endless = Behaviour { endless: true, chunks: 1, answer: endless, ..Behaviour::default() };
    slow.set_model("mock-model", endless);
    let (slow_url, fast_url) = (slow.base_url(), fast.base_url());
    let places = [("slow", &*slow_url), ("fast", &*fast_url)];
    let limits = "limits = { write_timeout = \"1s\", max_answer_bytes = 4000000000 }";
    let gateway = gateway(&places, &[("s", &["slow"]), ("f", &["fast"])], limits, "").await;
    let asked = body("s", true);
    let stalled = join_all((0..50).map(|_| open(&gateway, &asked))).await;
    for at in 0..20 {
        assert_eq!(chat(&gateway, &body("f", at % 2 == 0)).await.status, 200);
    }
    let left = slow.wait_for(PATIENCE, |all| {
        (all.len() == 50 && all.iter().all(mock_upstream::Received::client_closed)).then_some(())
    });
    left.await.expect("every client that did not read was cut");
    at_rest(&gateway).await;
    drop(stalled);
}

#[tokio::test]
async fn d7_a_thousand_requests_on_one_connection() {
    let mock = mock().await;
    let url = mock.base_url();
    let gateway = gateway(&[("p", &url)], &[("m", &["p"])], "", "").await;
    let stream = TcpStream::connect(gateway.address()).await.expect("a connection");
    let (mut from, mut to) = stream.into_split();
    let requests: Vec<String> = (0..1_000)
        .map(|at| {
            let mut body = body("m", at % 2 == 1);
            body["messages"][0]["content"] = format!("no{at}end").into();
            request(&body.to_string())
        })
        .collect();
    let sending = tokio::spawn(async move {
        for request in requests {
            to.write_all(request.as_bytes()).await.expect("sent");
        }
        to
    });
    let reading = async {
        let mut all = Vec::new();
        let last = "no999end";
        while !String::from_utf8_lossy(&all[all.len().saturating_sub(2_000)..]).contains(last) {
            assert!(from.read_buf(&mut all).await.expect("a piece") > 0, "closed too early");
        }
        String::from_utf8_lossy(&all).into_owned()
    };
    let text = tokio::time::timeout(6 * PATIENCE, reading).await.expect("all are answered");
    let mut from = 0;
    for at in 0..1_000 {
        let found = text[from..].find(&format!("no{at}end"));
        from += found.unwrap_or_else(|| panic!("the answer {at} is not in its place"));
    }
    drop(sending.await.expect("no panic"));
    at_rest(&gateway).await;
}

#[tokio::test]
async fn d7_idle_connections() {
    let mock = mock().await;
    let url = mock.base_url();
    let limits = "limits = { header_timeout = \"500ms\" }";
    let gateway = gateway(&[("p", &url)], &[("m", &["p"])], limits, "").await;
    let idle = join_all((0..300).map(|at| {
        let asked = body("m", at % 2 == 0);
        let gateway = &gateway;
        async move { open(gateway, &asked).await }
    }))
    .await;
    for mut connection in idle {
        let mut all = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut all)).await;
        ended.expect("closed when it was idle for too long").expect("in good order");
        assert!(all.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&all));
    }
    assert_eq!(chat(&gateway, &body("m", false)).await.status, 200);
    at_rest(&gateway).await;
}

#[tokio::test]
async fn d8_a_body_after_its_refusal() {
    let mock = mock().await;
    let url = mock.base_url();
    let limits = "limits = { max_body_bytes = 10000 }";
    let gateway = gateway(&[("p", &url)], &[("m", &["p"])], limits, "").await;
    let inner = request(&body("m", false).to_string());
    let inner = format!("{inner}{}", " ".repeat(20_000));
    for (key, refusal) in [(KEY, "413"), ("tw-wrong-key-of-a-test", "401")] {
        let head = request(&inner).replace(KEY, key);
        let head = &head[..head.find("\r\n\r\n").expect("a head") + 4];
        let mut client = TcpStream::connect(gateway.address()).await.expect("a connection");
        client.write_all(head.as_bytes()).await.expect("sent");
        let mut all = Vec::new();
        while !String::from_utf8_lossy(&all).contains("request_id") {
            assert!(client.read_buf(&mut all).await.expect("a piece") > 0);
        }
        // The rest of the body, which looks like a request, and a request of its own.
        let rest =
            format!("{inner}GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        // It may be closed already.
        let _ = client.write_all(rest.as_bytes()).await;
        let _ = tokio::time::timeout(PATIENCE, client.read_to_end(&mut all)).await.expect("an end");
        let seen = String::from_utf8_lossy(&all).into_owned();
        assert!(seen.starts_with(&format!("HTTP/1.1 {refusal}")), "{seen}");
        assert!(!seen.contains("chat.completion"), "the body was taken for a request: {seen}");
        assert!(seen.matches("HTTP/1.1").count() <= 2, "{seen}");
    }
    assert!(mock.journal().is_empty(), "nothing of it was sent on");
    at_rest(&gateway).await;
}
