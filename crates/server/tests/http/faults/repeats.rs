//! Clients that send a request again with the same `Idempotency-Key`.

use http::Method;
use mock_upstream::Behaviour;

use super::run::{KEY, at_rest, body, chat, gateway};
use crate::{
    support::{Gateway, PATIENCE, Reply},
    v1::chat::mock,
};

async fn named(gateway: &Gateway, name: &str, streams: bool) -> Reply {
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", &*bearer), ("idempotency-key", name)];
    let body = body("m", streams).to_string();
    gateway.send(Method::POST, "/v1/chat/completions", &headers, &body).await
}

#[tokio::test]
async fn d6_a_repeat_while_the_first_is_at_work() {
    for streams in [false, true] {
        let mock = mock().await;
        let url = mock.base_url();
        let gateway = gateway(&[("p", &url)], &[("m", &["p"])], "", "").await;
        mock.push(Behaviour { silent: true, ..Behaviour::default() });
        let mut first = Box::pin(named(&gateway, "one", streams));
        let asked = mock.wait_for(PATIENCE, |all| (!all.is_empty()).then_some(()));
        tokio::select! {
            _ = &mut first => panic!("a silent upstream answered"),
            asked = asked => asked.expect("the upstream was asked"),
        }
        let again = named(&gateway, "one", streams).await;
        assert_eq!((again.status.as_u16(), &*again.code()), (409, "duplicate_request"));
        assert_eq!(again.header("retry-after"), "1");
        assert_eq!(named(&gateway, "two", streams).await.status, 200, "another name");
        assert_eq!(chat(&gateway, &body("m", streams)).await.status, 200, "no name");
        assert_eq!(mock.journal().len(), 3);
        drop(first);
        at_rest(&gateway).await;
        assert_eq!(named(&gateway, "one", streams).await.status, 200, "the first was left");
    }
}

#[tokio::test]
async fn d6_a_repeat_after_the_end() {
    for streams in [false, true] {
        let mock = mock().await;
        let url = mock.base_url();
        let gateway = gateway(&[("p", &url)], &[("m", &["p"])], "", "").await;
        mock.push(Behaviour { status: 400, ..Behaviour::default() });
        assert_eq!(named(&gateway, "one", streams).await.status, 400);
        let answered = named(&gateway, "one", streams).await;
        assert_eq!(answered.status, 200, "what failed is done anew");
        let again = named(&gateway, "one", streams).await;
        assert_eq!((again.status.as_u16(), &*again.code()), (409, "duplicate_request"));
        assert!(again.text().contains(answered.header("x-request-id")), "{}", again.text());
        assert_eq!(mock.journal().len(), 2, "the upstream was left alone");
        for bad in [" ".to_owned(), "x".repeat(256)] {
            assert_eq!(named(&gateway, &bad, streams).await.code(), "invalid_request");
        }
        at_rest(&gateway).await;
    }
}
