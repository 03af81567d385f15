use std::time::Duration;

use http_body_util::BodyExt;
use mock_upstream::{Behaviour, MockUpstream};

use super::{ask, ask_stream, before, mock};
use crate::support::{Gateway, PATIENCE};

/// Waits until the upstream sees that its client closed, and checks that everything is freed.
async fn upstream_is_left(mock: &MockUpstream, gateway: &Gateway) {
    let left = mock.wait_for(PATIENCE, |all| {
        all.iter().any(mock_upstream::Received::client_closed).then_some(())
    });
    left.await.expect("the upstream's socket was closed");
    let freed = tokio::time::timeout(PATIENCE, async {
        loop {
            let metrics = gateway.get("/metrics").await.text();
            if metrics.contains("tabway_requests_in_flight 0")
                && metrics.contains("outcome=\"client_gone\"} 1")
            {
                return;
            }
        }
    });
    freed.await.expect("the request is counted as left");
}

async fn asked(mock: &MockUpstream) {
    let asked = mock.wait_for(PATIENCE, |all| (!all.is_empty()).then_some(()));
    asked.await.expect("the upstream was asked");
}

#[tokio::test]
async fn leaving_before_the_first_byte_cancels_the_upstream() {
    for body in [ask("hello"), ask_stream("hello")] {
        let mock = mock().await;
        let gateway = before(&[&mock], "").await;
        mock.push(Behaviour { silent: true, ..Behaviour::default() });
        tokio::select! {
            _ = gateway.open_chat(&body) => panic!("a silent upstream answered"),
            () = asked(&mock) => {}
        }
        upstream_is_left(&mock, &gateway).await;
    }
}

#[tokio::test]
async fn leaving_in_mid_stream_cancels_the_upstream() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    mock.push(Behaviour { silent_after: Some(2), ..Behaviour::default() });
    let mut response = gateway.open_chat(&ask_stream("one two three")).await;
    response.body_mut().frame().await.unwrap().unwrap();
    drop(response);
    upstream_is_left(&mock, &gateway).await;
}

#[tokio::test]
async fn leaving_a_committed_stream_cancels_the_upstream() {
    let mock = mock().await;
    let gateway = before(&[&mock], "commit_after = \"20ms\"").await;
    mock.push(Behaviour { silent: true, ..Behaviour::default() });
    let mut response = gateway.open_chat(&ask_stream("hello")).await;
    let comment = response.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(comment.data_ref().unwrap(), ": waiting\n\n");
    drop(response);
    upstream_is_left(&mock, &gateway).await;
}

#[tokio::test]
async fn a_client_that_stops_reading_holds_the_upstream_back_and_is_cut() {
    let mock = mock().await;
    let config = format!(
        "limits = {{ write_timeout = \"300ms\", max_answer_bytes = 1000000000 }}\n\
         [[providers]]\nname = \"p\"\nbase_url = \"{}\"\n\
         [[providers.accounts]]\nname = \"a\"\nsecret = \"{}\"\n\
         [[models]]\nname = \"mock-model\"\ntargets = [{{ provider = \"p\", model = \"m\" }}]",
        mock.base_url(),
        super::CANARY
    );
    let gateway = Gateway::start(&config).await;
    mock.push(Behaviour { endless: true, answer: Some("x".repeat(2_000)), ..Behaviour::default() });
    let response = gateway.open_raw_chat(&ask_stream("hello")).await;
    let left = mock.wait_for(PATIENCE, |all| {
        all.iter().any(mock_upstream::Received::client_closed).then_some(())
    });
    left.await.expect("the upstream was left when the client did not read");
    drop(response);
    tokio::time::timeout(Duration::from_secs(5), gateway.running.stop()).await.expect("stops");
}
