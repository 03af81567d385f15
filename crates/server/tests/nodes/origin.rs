//! W1-W3, W5: who may open the socket at all.

use http::Method;
use tabway::nodes::chromium_origin;

use crate::support::{FIREFOX, Gateway, Identity, Node};

#[tokio::test]
async fn w2_w3_w5_only_the_extension_gets_past_the_upgrade() {
    let gateway = Gateway::start().await;
    let own = format!("http://{}", gateway.address());
    for origin in [
        None,
        Some("null"),
        Some("https://evil.test"),
        Some(own.as_str()),
        Some("chrome-extension://abcdefghijklmnopabcdefghijklmnop"),
        Some("moz-extension://evil"),
    ] {
        let status = Node::open(&gateway, origin).await.err();
        assert_eq!(status, Some(403), "{origin:?}");
    }
    for origin in [chromium_origin().as_str(), FIREFOX] {
        let mut node = Node::open(&gateway, Some(origin)).await.expect(origin);
        node.challenge().await;
    }
}

#[tokio::test]
async fn w2_an_origin_proves_nothing() {
    let gateway = Gateway::start().await;
    let refused = Node::join(&gateway, &Identity::new(), None).await.err().expect("refused");
    assert_eq!((refused.code.as_str(), refused.close), ("unpaired", 4401));
}

#[tokio::test]
async fn w2_a_firefox_is_bound_to_the_install_that_was_paired() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    Node::join_from(&gateway, FIREFOX, &identity, Some(&code)).await.expect("in");
    Node::join_from(&gateway, FIREFOX, &identity, None).await.expect("in again");
    let other = "moz-extension://11111111-2222-3333-4444-555555555555";
    for origin in [other, &chromium_origin()] {
        let refused = Node::join_from(&gateway, origin, &identity, None).await.err();
        assert_eq!(refused.expect("refused").close, 4403, "{origin}");
    }
}

#[tokio::test]
async fn a_plain_request_is_no_socket() {
    let gateway = Gateway::start().await;
    let (status, _) = gateway.http(Method::GET, "/node", None, "").await;
    assert_eq!(status, 403);
    let (status, _) = gateway.http(Method::POST, "/node", None, "").await;
    assert_eq!(status, 405);
}
