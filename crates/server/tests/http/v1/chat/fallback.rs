use mock_upstream::Behaviour;

use super::{ask, ask_stream, before, mock, text_of};

#[tokio::test]
async fn the_next_target_takes_over_before_the_first_byte() {
    for behaviour in [
        Behaviour { status: 500, ..Behaviour::default() },
        Behaviour { status: 429, ..Behaviour::default() },
        Behaviour { status: 401, ..Behaviour::default() },
        Behaviour { reset_before_headers: true, ..Behaviour::default() },
        Behaviour { error_in_ok: true, ..Behaviour::default() },
        Behaviour { close_after: Some(0), ..Behaviour::default() },
    ] {
        for body in [ask("hello"), ask_stream("hello")] {
            let (first, second) = (mock().await, mock().await);
            let gateway = before(&[&first, &second], "").await;
            first.set_model("mock-model", behaviour.clone());
            let reply = gateway.chat(&body).await;
            assert_eq!(reply.status, 200, "{behaviour:?} {}", reply.text());
            assert_eq!(reply.header("x-tabway-target"), "mock1/mock-model");
            assert_eq!(reply.header("x-tabway-attempts"), "2");
        }
    }
}

#[tokio::test]
async fn a_fault_of_the_request_is_not_tried_elsewhere() {
    let (first, second) = (mock().await, mock().await);
    let gateway = before(&[&first, &second], "").await;
    first.push(Behaviour { status: 400, ..Behaviour::default() });
    assert_eq!(gateway.chat(&ask("hello")).await.code(), "upstream_rejected");
    assert!(second.journal().is_empty());
}

#[tokio::test]
async fn after_the_first_byte_nobody_takes_over() {
    let (first, second) = (mock().await, mock().await);
    let gateway = before(&[&first, &second], "").await;
    first.push(Behaviour { error_after: Some(2), ..Behaviour::default() });
    let reply = gateway.chat(&ask_stream("one two three")).await;
    assert!(reply.text().contains("upstream_error"));
    assert!(second.journal().is_empty());
}

#[tokio::test]
async fn the_last_failure_is_told_when_all_fail() {
    let (first, second) = (mock().await, mock().await);
    let gateway = before(&[&first, &second], "").await;
    first.push(Behaviour { status: 500, ..Behaviour::default() });
    second.push(Behaviour { status: 429, ..Behaviour::default() });
    let reply = gateway.chat(&ask("hello")).await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (429, "upstream_rate_limited"));
}

#[tokio::test]
async fn before_the_commit_only_comments_reach_the_client() {
    let (first, second) = (mock().await, mock().await);
    let limits = "commit_after = \"30ms\"\nfirst_byte_timeout = \"300ms\"";
    let gateway = before(&[&first, &second], limits).await;
    first.push(Behaviour { silent: true, ..Behaviour::default() });
    let reply = gateway.chat(&ask_stream("hello")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-tabway-target"), "", "not known when the head was sent");
    assert!(reply.text().starts_with(": waiting\n\n"), "{}", reply.text());
    assert_eq!(text_of(&reply.text()), mock_upstream::expected_answer("hello"));

    first.push(Behaviour { silent: true, ..Behaviour::default() });
    second.push(Behaviour { silent: true, ..Behaviour::default() });
    let reply = gateway.chat(&ask_stream("hello")).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("\"code\":\"first_token_timeout\""), "{}", reply.text());
    assert!(!reply.text().contains("[DONE]"));
}

#[tokio::test]
async fn weights_and_load_choose_among_targets() {
    let (first, second) = (mock().await, mock().await);
    let gateway = before(&[&first, &second], "strategy = \"least_busy\"").await;
    first.set_model("mock-model", Behaviour { silent: true, ..Behaviour::default() });
    let body = ask("hello");
    let waiting = gateway.open_chat(&body);
    tokio::pin!(waiting);
    // The first request stays with the first target; the second finds that one busy.
    tokio::select! {
        _ = &mut waiting => panic!("a silent upstream answered"),
        seen = first.wait_for(crate::support::PATIENCE, |all| (!all.is_empty()).then_some(())) => {
            seen.expect("the first target was asked");
        }
    }
    let reply = gateway.chat(&ask("hello")).await;
    assert_eq!(reply.header("x-tabway-target"), "mock1/mock-model");
}
