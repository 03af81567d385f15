use mock_upstream::{Behaviour, ErrorBody, MockUpstream};

use super::{CANARY, ask, ask_stream, before, mock};

fn fails(status: u16) -> Behaviour {
    Behaviour { status, ..Behaviour::default() }
}

#[tokio::test]
async fn each_failure_of_an_upstream_has_its_status_and_code() {
    for (behaviour, status, code) in [
        (fails(400), 400, "upstream_rejected"),
        (fails(401), 502, "upstream_auth"),
        (fails(403), 502, "upstream_auth"),
        (fails(404), 400, "upstream_rejected"),
        (fails(429), 429, "upstream_rate_limited"),
        (fails(500), 502, "upstream_error"),
        (fails(503), 502, "upstream_error"),
        (fails(302), 502, "upstream_bad_response"),
        (fails(204), 502, "upstream_bad_response"),
        (Behaviour { error_in_ok: true, ..Behaviour::default() }, 502, "upstream_error"),
        (Behaviour { reset_before_headers: true, ..Behaviour::default() }, 502, "upstream_error"),
        (Behaviour { reset_after: Some(30), ..Behaviour::default() }, 502, "upstream_error"),
    ] {
        for body in [ask("hello"), ask_stream("hello")] {
            let mock = mock().await;
            let gateway = before(&[&mock], "").await;
            mock.set_model("mock-model", behaviour.clone());
            let reply = gateway.chat(&body).await;
            if reply.status == 200 && behaviour.reset_after.is_some() {
                // A stream's first bytes were an answer already.
                assert!(reply.text().contains("\"code\":\"upstream_error\""), "{}", reply.text());
                continue;
            }
            assert_eq!((reply.status.as_u16(), &*reply.code()), (status, code), "{behaviour:?}");
            let id = reply.header("x-request-id");
            assert_eq!(reply.json()["error"]["request_id"], id);
            assert!(
                reply.json()["error"]["message"].as_str().is_some_and(|words| !words.is_empty())
            );
        }
    }
}

#[tokio::test]
async fn any_form_of_error_body_is_understood() {
    for form in [
        ErrorBody::Json,
        ErrorBody::IntegerCode,
        ErrorBody::Bare,
        ErrorBody::Text,
        ErrorBody::Html,
        ErrorBody::Truncated,
        ErrorBody::Empty,
    ] {
        let mock = mock().await;
        let gateway = before(&[&mock], "").await;
        mock.push(Behaviour { error: form, ..fails(500) });
        let reply = gateway.chat(&ask("hello")).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (502, "upstream_error"), "{form:?}");
        assert!(!reply.text().contains("<html"), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_wrong_content_type_is_not_an_answer() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    let html = || Behaviour { content_type: Some("text/html".to_owned()), ..Behaviour::default() };
    mock.push(html());
    let reply = gateway.chat(&ask_stream("hello")).await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (502, "upstream_bad_response"));
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_is_said_so() {
    let gone = MockUpstream::start(mock_upstream::MockConfig::default()).await.unwrap();
    let gateway = before(&[&gone], "").await;
    drop(gone);
    // The mock's task is cancelled, not awaited: until it has ended the port may still answer.
    let mut reply = gateway.chat(&ask("hello")).await;
    while reply.code() != "upstream_unreachable" {
        reply = gateway.chat(&ask("hello")).await;
    }
    assert_eq!(reply.status, 502);
    assert!(!reply.text().contains("127.0.0.1"), "{}", reply.text());
}

#[tokio::test]
async fn a_stream_that_breaks_says_so_and_never_done() {
    for behaviour in [
        Behaviour { error_after: Some(2), ..Behaviour::default() },
        Behaviour { reset_after: Some(600), ..Behaviour::default() },
        Behaviour { close_after: Some(600), ..Behaviour::default() },
    ] {
        let mock = mock().await;
        let gateway = before(&[&mock], "").await;
        mock.push(behaviour.clone());
        let reply = gateway.chat(&ask_stream("one two three four")).await;
        assert_eq!(reply.status, 200, "{behaviour:?}");
        let text = reply.text();
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        assert!(last.contains("\"code\":\"upstream_error\""), "{behaviour:?}\n{text}");
        assert!(last.contains(reply.header("x-request-id")), "{behaviour:?}\n{text}");
        assert!(!text.contains("[DONE]"), "{behaviour:?}\n{text}");
    }
}

#[tokio::test]
async fn our_credential_is_taken_out_of_the_upstreams_words() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    for status in [400, 500] {
        mock.push(Behaviour { echo_key: true, ..fails(status) });
        let reply = gateway.chat(&ask("hello")).await;
        assert!(!reply.text().contains(CANARY), "{}", reply.text());
        assert!(reply.text().contains("[redacted]"), "{}", reply.text());
    }
    for path in ["/metrics", "/health", "/v1/models"] {
        assert!(!gateway.get(path).await.text().contains(CANARY), "{path}");
    }
}

#[tokio::test]
async fn secrets_are_in_no_log_and_no_file() {
    let mock = mock().await;
    let config = format!(
        "[[keys]]\nname = \"k\"\nsecret = \"tw-canary-key-91c2\"\n\
         [[providers]]\nname = \"p\"\nbase_url = \"{}\"\n\
         [[providers.accounts]]\nname = \"a\"\nsecret = \"env:UPSTREAM\"\n\
         [[models]]\nname = \"mock-model\"\ntargets = [{{ provider = \"p\", model = \"m\" }}]",
        mock.base_url()
    );
    let secret = "sk-canary-4b1d";
    let gateway = crate::support::Gateway::try_start(&config, &[("UPSTREAM", secret)]).await;
    let gateway = gateway.expect("starts");
    for (behaviour, key) in [
        (Behaviour::default(), "tw-canary-key-91c2"),
        (Behaviour { echo_key: true, ..fails(500) }, "tw-canary-key-91c2"),
        (Behaviour::default(), "tw-canary-wrong-5577"),
    ] {
        mock.push(behaviour);
        let headers = [("authorization", &*format!("Bearer {key}"))];
        let path = "/v1/chat/completions";
        let body = ask("canary prompt 0d6e").to_string();
        let reply = gateway.send(http::Method::POST, path, &headers, &body).await;
        assert!(!reply.text().contains("sk-canary"), "{}", reply.text());
        assert!(!reply.text().contains("tw-canary"), "{}", reply.text());
    }
    gateway.running.app.store.ledger().flush().await;
    let mut everything = crate::support::log::text();
    assert!(everything.contains("attempt failed"), "the log is kept");
    let mut open = vec![gateway.folder.path().join("data")];
    while let Some(path) = open.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.map(|entry| entry.expect("an entry").path())),
            Err(_) => {
                everything += &String::from_utf8_lossy(&std::fs::read(&path).expect("a file"))
            }
        }
    }
    assert!(everything.contains("openai_chat"), "the ledger's rows were read");
    for canary in ["tw-canary-key-91c2", "tw-canary-wrong-5577", "canary prompt 0d6e", secret] {
        assert!(!everything.contains(canary), "{canary} was written down");
    }
}

#[tokio::test]
async fn a_limit_rests_the_account_for_as_long_as_it_says() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    mock.push(Behaviour { retry_after: Some("40".to_owned()), ..fails(429) });
    let reply = gateway.chat(&ask("hello")).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "40"));
    let reply = gateway.chat(&ask("hello")).await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (429, "upstream_rate_limited"));
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((30..=40).contains(&wait), "{wait}");
    assert_eq!(mock.journal().len(), 1, "the upstream was left alone");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_cut() {
    let mock = mock().await;
    let config = format!(
        "limits = {{ max_answer_bytes = 2000 }}\n[[providers]]\nname = \"p\"\nbase_url = \"{}\"\n\
         [[providers.accounts]]\nname = \"a\"\nsecret = \"{CANARY}\"\n\
         [[models]]\nname = \"mock-model\"\ntargets = [{{ provider = \"p\", model = \"m\" }}]",
        mock.base_url()
    );
    let gateway = crate::support::Gateway::start(&config).await;
    mock.push(Behaviour { answer: Some("x".repeat(5_000)), ..Behaviour::default() });
    let reply = gateway.chat(&ask("hello")).await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (502, "answer_too_large"));
    mock.push(Behaviour { endless: true, ..Behaviour::default() });
    let reply = gateway.chat(&ask_stream("hello")).await;
    assert!(reply.text().contains("\"code\":\"answer_too_large\""), "{}", reply.text());
    mock.push(Behaviour { giant_line: Some(50 << 20), ..Behaviour::default() });
    let reply = gateway.chat(&ask_stream("hello")).await;
    assert!(reply.text().contains("_too_large") || reply.text().contains("bad_response"));
}
