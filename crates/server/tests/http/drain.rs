use std::time::Duration;

use http_body_util::BodyExt;
use mock_upstream::Behaviour;

use crate::{
    support::PATIENCE,
    v1::chat::{ask_stream, before, mock, text_of},
};

#[tokio::test]
async fn an_answer_in_flight_ends_in_peace() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    mock.push(Behaviour { chunk_ms: 30, ..Behaviour::default() });
    let mut response = gateway.open_chat(&ask_stream("one two three")).await;
    let first = response.body_mut().frame().await.expect("a frame").expect("a piece");
    let address = gateway.address();
    let stopping = tokio::spawn(gateway.running.stop());
    let rest = response.into_body().collect().await.expect("a whole answer").to_bytes();
    let text = [first.into_data().expect("data"), rest].concat();
    let text = String::from_utf8_lossy(&text);
    assert_eq!(text_of(&text), mock_upstream::expected_answer("one two three"));
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    tokio::time::timeout(PATIENCE, stopping).await.expect("stops").expect("no panic");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_stream_that_does_not_end_is_cut_after_the_drain_time_or_at_the_second_word() {
    for (limits, hurry) in [("limits = { drain_timeout = \"200ms\" }", false), ("", true)] {
        let mock = mock().await;
        let config = format!(
            "{limits}\n[[providers]]\nname = \"p\"\nbase_url = \"{}\"\n\
             [[providers.accounts]]\nname = \"a\"\nsecret = \"{}\"\n\
             [[models]]\nname = \"mock-model\"\ntargets = [{{ provider = \"p\", model = \"m\" }}]",
            mock.base_url(),
            crate::v1::chat::CANARY
        );
        let gateway = crate::support::Gateway::start(&config).await;
        mock.push(Behaviour { silent_after: Some(1), ..Behaviour::default() });
        let mut response = gateway.open_chat(&ask_stream("one two")).await;
        response.body_mut().frame().await.expect("a frame").expect("a piece");
        if hurry {
            gateway.running.app.shutdown.hurry();
        }
        let stopped = tokio::time::timeout(Duration::from_secs(10), gateway.running.stop());
        stopped.await.expect("stops long before the usual drain time");
        let cut = response.into_body().collect().await;
        assert!(cut.is_err(), "a cut answer must not look whole");
    }
}
