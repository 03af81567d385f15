use mock_upstream::Behaviour;

use super::{ask, ask_stream, before, mock};

fn silent() -> Behaviour {
    Behaviour { silent: true, ..Behaviour::default() }
}

#[tokio::test]
async fn each_deadline_has_its_code() {
    for (limit, behaviour, code) in [
        ("first_byte_timeout = \"50ms\"", silent(), "first_token_timeout"),
        ("total_timeout = \"50ms\"", silent(), "total_timeout"),
    ] {
        for body in [ask("hello"), ask_stream("hello")] {
            let mock = mock().await;
            let gateway = before(&[&mock], limit).await;
            mock.push(behaviour.clone());
            let reply = gateway.chat(&body).await;
            assert_eq!((reply.status.as_u16(), &*reply.code()), (504, code), "{limit}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_falls_silent_or_never_ends_is_ended() {
    let falls_silent = Behaviour { silent_after: Some(2), ..Behaviour::default() };
    let endless = Behaviour { endless: true, chunk_ms: 5, ..Behaviour::default() };
    for (limit, behaviour, code) in [
        ("idle_timeout = \"50ms\"", falls_silent.clone(), "silence_timeout"),
        ("total_timeout = \"200ms\"", falls_silent, "total_timeout"),
        ("total_timeout = \"200ms\"", endless, "total_timeout"),
    ] {
        let mock = mock().await;
        let gateway = before(&[&mock], limit).await;
        mock.push(behaviour.clone());
        let reply = gateway.chat(&ask_stream("one two three")).await;
        assert_eq!(reply.status, 200);
        assert!(reply.text().contains(&format!("\"code\":\"{code}\"")), "{limit} {}", reply.text());
        let left = mock
            .wait_for(crate::support::PATIENCE, |all| all[0].client_closed().then_some(()))
            .await;
        assert!(left.is_some(), "the upstream was told");
    }
}

#[tokio::test]
async fn a_slow_stream_that_goes_on_is_left_alone() {
    let mock = mock().await;
    let gateway = before(&[&mock], "idle_timeout = \"400ms\"").await;
    mock.push(Behaviour { chunk_ms: 100, ..Behaviour::default() });
    let reply = gateway.chat(&ask_stream("one two three four five")).await;
    assert!(reply.text().ends_with("data: [DONE]\n\n"), "{}", reply.text());
}
