//! Faults of upstreams that it takes more than one request to see.

use std::time::Duration;

use futures_util::future::join_all;
use http_body_util::BodyExt as _;
use mock_upstream::{Behaviour, Fault, FaultProxy, Stop};

use super::run::{KEY, PRICE, PROMPT, at_rest, body, chat, gateway, row_of};
use crate::{
    support::PATIENCE,
    v1::chat::{mock, text_of},
};

#[tokio::test]
async fn u5_every_byte() {
    let mock = mock().await;
    let proxy = FaultProxy::start(mock.addr, Fault::default()).await.expect("a proxy");
    let url = proxy.base_url();
    // Nothing rests, so that each request is a case of its own.
    let rules = "routing = { failures = 64, of = 64 }";
    let gateway = gateway(&[("p", &url)], &[("m", &["p"])], rules, "").await;
    for streams in [false, true] {
        proxy.set(Fault::default());
        let before = proxy.passed();
        let whole = chat(&gateway, &body("m", streams)).await;
        assert_eq!(whole.status, 200);
        let length = proxy.passed() - before;
        let text = whole.text();
        for byte in 0..length {
            if byte % 50 == 0 {
                proxy.set(Fault::default());
                assert_eq!(chat(&gateway, &body("m", streams)).await.text(), text);
            }
            let stop = if byte % 2 == 0 { Stop::Reset } else { Stop::Close };
            proxy.set(Fault::stop_at(byte, stop));
            let reply = chat(&gateway, &body("m", streams)).await;
            let seen = reply.text();
            match reply.status.as_u16() {
                502 => assert_eq!(reply.code(), "upstream_error", "at {byte}: {seen}"),
                200 if streams && !seen.contains("[DONE]") => {
                    let (answer, event) = seen.rsplit_once("data: {\"error\":").expect("an event");
                    assert!(event.contains("\"code\":\"upstream_error\""), "at {byte}: {seen}");
                    assert!(text.starts_with(answer.trim_end()), "at {byte}: {seen}");
                    assert!(
                        answer.is_empty() || answer.trim_end().ends_with('}'),
                        "at {byte}: {seen}"
                    );
                }
                _ => assert_eq!(seen, text, "at {byte}"),
            }
        }
    }
    at_rest(&gateway).await;
}

#[tokio::test]
async fn u17_a_chain_of_five() {
    for streams in [false, true] {
        let mocks = join_all((0..5).map(|_| mock())).await;
        for (mock, status) in mocks.iter().zip([500, 429, 401, 503]) {
            mock.set_model("mock-model", Behaviour { status, ..Behaviour::default() });
        }
        let urls: Vec<String> = mocks.iter().map(|mock| mock.base_url()).collect();
        let names = ["p0", "p1", "p2", "p3", "p4"];
        let places: Vec<(&str, &str)> =
            names.into_iter().zip(urls.iter().map(String::as_str)).collect();
        let gateway = gateway(&places, &[("m", &names)], "", "").await;
        let reply = chat(&gateway, &body("m", streams)).await;
        assert_eq!((reply.status.as_u16(), reply.header("x-tabway-attempts")), (200, "5"));
        let (row, attempts) = row_of(&gateway, reply.header("x-request-id")).await;
        let ends: Vec<&str> = attempts.iter().map(|one| one.outcome.as_str()).collect();
        let failed = ["upstream_error", "upstream_rate_limited", "upstream_auth", "upstream_error"];
        assert_eq!((&ends[..4], ends[4]), (&failed[..], "ok"));
        assert_eq!(row.cost_micro_usd, row.output_tokens * PRICE, "one is paid for");
        at_rest(&gateway).await;
    }
}

#[tokio::test]
async fn u17_a_chain_ends_at_its_deadline() {
    for streams in [false, true] {
        let mocks = join_all((0..5).map(|_| mock())).await;
        for mock in &mocks {
            mock.set_model("mock-model", Behaviour { silent: true, ..Behaviour::default() });
        }
        let urls: Vec<String> = mocks.iter().map(|mock| mock.base_url()).collect();
        let names = ["p0", "p1", "p2", "p3", "p4"];
        let places: Vec<(&str, &str)> =
            names.into_iter().zip(urls.iter().map(String::as_str)).collect();
        let times = "first_byte_timeout = \"200ms\"\ntotal_timeout = \"500ms\"";
        let gateway = gateway(&places, &[("m", &names)], "", times).await;
        let reply = chat(&gateway, &body("m", streams)).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (504, "total_timeout"));
        let (_, attempts) = row_of(&gateway, reply.header("x-request-id")).await;
        assert!(attempts.len() < 5, "{attempts:?}");
        at_rest(&gateway).await;
    }
}

/// Answers that drip.
const SLOW: usize = 100;

#[tokio::test]
async fn u18_drips_starve_nobody() {
    let (slow, fast) = (mock().await, mock().await);
    let drip = Fault { pieces: Some(24), pause: Duration::from_millis(2), ..Fault::default() };
    let proxy = FaultProxy::start(slow.addr, drip).await.expect("a proxy");
    let (slow_url, fast_url) = (proxy.base_url(), fast.base_url());
    let places = [("slow", &*slow_url), ("fast", &*fast_url)];
    let gateway = gateway(&places, &[("s", &["slow"]), ("f", &["fast"])], "", "").await;
    let drips = join_all((0..SLOW).map(async |at| chat(&gateway, &body("s", at % 2 == 0)).await));
    let others = async {
        // Once the slow ones are on their way.
        while slow.journal().len() < SLOW {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut seen = 0;
        for at in 0..20 {
            let reply = chat(&gateway, &body("f", at % 2 == 0)).await;
            seen += usize::from(reply.status == 200);
        }
        seen
    };
    let (drips, others) = tokio::join!(drips, others);
    assert_eq!(others, 20);
    let expected = mock_upstream::expected_answer(PROMPT);
    for reply in drips {
        let whole = reply.text().contains(&expected) || text_of(&reply.text()) == expected;
        assert!(whole, "{}", reply.text());
    }
    at_rest(&gateway).await;
}

/// More than what the kernel holds for the sockets on the way, less than what comes in that time.
const HELD: usize = 48 << 20;

#[tokio::test]
async fn u19_the_upstream_is_held_back() {
    let mock = mock().await;
    let endless = Some("x".repeat(100_000));
    mock.push(Behaviour { endless: true, chunks: 1, answer: endless, ..Behaviour::default() });
    let proxy = FaultProxy::start(mock.addr, Fault::default()).await.expect("a proxy");
    let url = proxy.base_url();
    let limits = "limits = { write_timeout = \"2s\", max_answer_bytes = 4000000000 }";
    let gateway = gateway(&[("p", &url)], &[("m", &["p"])], limits, "").await;
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", &*bearer)];
    let asked = body("m", true).to_string();
    let path = "/v1/chat/completions";
    let mut open = gateway.open(http::Method::POST, path, &headers, &asked).await;
    open.body_mut().frame().await.expect("a frame").expect("a piece");
    // hyper's client reads only what is asked of it.
    let left = mock.wait_for(PATIENCE, |all| all[0].client_closed().then_some(())).await;
    left.expect("the upstream was left");
    assert!(proxy.passed() < HELD, "{} bytes were taken", proxy.passed());
    drop(open);
    at_rest(&gateway).await;
}

#[tokio::test]
async fn u25_a_connection_that_was_closed() {
    let mock = mock().await;
    let proxy = FaultProxy::start(mock.addr, Fault::default()).await.expect("a proxy");
    let url = proxy.base_url();
    let gateway = gateway(&[("p", &url)], &[("m", &["p"])], "workers = 1", "").await;
    for streams in [false, true] {
        let before = proxy.passed();
        proxy.set(Fault::default());
        assert_eq!(chat(&gateway, &body("m", streams)).await.status, 200);
        let length = proxy.passed() - before;
        for _ in 0..10 {
            // The whole answer, and then the end of its connection.
            let ended = proxy.ended();
            proxy.set(Fault::stop_at(length, Stop::Close));
            assert_eq!(chat(&gateway, &body("m", streams)).await.status, 200);
            let closed = async {
                while proxy.ended() == ended {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::time::timeout(PATIENCE, closed).await.expect("closed");
            proxy.set(Fault::default());
            let reply = chat(&gateway, &body("m", streams)).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(reply.header("x-tabway-attempts"), "1");
        }
    }
    at_rest(&gateway).await;
}
