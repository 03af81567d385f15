//! W6, W7: one code lets in one browser, with its owner's word.

use std::time::Duration;

use futures_util::future::join_all;
use tabway_protocol::message::GatewayMessage;

use crate::support::{Gateway, Identity, Node};

#[tokio::test]
async fn w6_the_owner_compares_and_says_yes() {
    let gateway = Gateway::start().await;
    let open = gateway.app().nodes.open_pairing().await.unwrap().unwrap();
    let identity = Identity::new();
    let (node, fingerprint) = tokio::join!(
        Node::join(&gateway, &identity, Some(&open.code)),
        gateway.answer_pairing(&open.id, true),
    );
    let node = node.expect("in");
    assert_eq!(fingerprint.len(), 9, "{fingerprint}");
    assert_eq!(node.sites[0].name, "page");
    let paired = gateway.app().nodes.paired().await.unwrap();
    assert_eq!((paired.len(), paired[0].label.as_str()), (1, "test"));
    assert_eq!(paired[0].id.to_string(), node.id);
    // From now on the key is enough, and the id stays.
    let again = Node::join(&gateway, &identity, None).await.expect("in again");
    assert_eq!(again.id, node.id);
}

#[tokio::test]
async fn w6_both_sides_show_the_same_fingerprint() {
    let gateway = Gateway::start().await;
    let open = gateway.app().nodes.open_pairing().await.unwrap().unwrap();
    let mut node = Node::open(&gateway, Some(&tabway::nodes::chromium_origin())).await.unwrap();
    let (id, nonce) = node.challenge().await;
    node.say(&Identity::new().hello(&id, &nonce, Some(&open.code))).await;
    let GatewayMessage::Pairing { fingerprint } = node.next().await else { panic!("pairing") };
    let (shown, refused) = tokio::join!(gateway.answer_pairing(&open.id, false), node.welcomed());
    assert_eq!(shown, fingerprint);
    let refused = refused.err().expect("the owner said no");
    assert_eq!((refused.code.as_str(), refused.close), ("rejected", 4403));
    assert!(gateway.app().nodes.paired().await.unwrap().is_empty());
}

#[tokio::test]
async fn w6_five_wrong_codes_end_every_open_one() {
    let gateway = Gateway::start().await;
    let open = gateway.app().nodes.open_pairing().await.unwrap().unwrap();
    for wrong in 0..5 {
        let code = format!("AAAA-AAAA-A{wrong}");
        let refused = Node::join(&gateway, &Identity::new(), Some(&code)).await.err().unwrap();
        assert_eq!((refused.code.as_str(), refused.close), ("bad_code", 4403));
    }
    let refused = Node::join(&gateway, &Identity::new(), Some(&open.code)).await.err().unwrap();
    assert_eq!(refused.code, "bad_code");
}

#[tokio::test]
async fn w7_of_many_with_one_code_one_is_let_in() {
    let gateway = Gateway::start().await;
    let open = gateway.app().nodes.open_pairing().await.unwrap().unwrap();
    let identities: Vec<Identity> = (0..200).map(|_| Identity::new()).collect();
    let tries = identities.iter().map(|one| Node::join(&gateway, one, Some(&open.code)));
    let (outcomes, _) = tokio::join!(join_all(tries), gateway.answer_pairing(&open.id, true));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(gateway.app().nodes.paired().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_fleet_key_lets_in_as_many_as_it_says() {
    let gateway = Gateway::start().await;
    let key = gateway.fleet(2).await;
    for expected in [true, true, false] {
        let joined = Node::join(&gateway, &Identity::new(), Some(&key)).await;
        assert_eq!(joined.is_ok(), expected);
    }
}

#[tokio::test]
async fn w7_of_many_browsers_at_once_a_fleet_key_lets_in_as_many_as_it_says() {
    let gateway = Gateway::start().await;
    let key = gateway.fleet(3).await;
    let identities: Vec<Identity> = (0..40).map(|_| Identity::new()).collect();
    let outcomes =
        join_all(identities.iter().map(|one| Node::join(&gateway, one, Some(&key)))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    assert_eq!(gateway.app().nodes.paired().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_browser_that_is_paired_costs_a_fleet_key_nothing_and_stays_the_same_node() {
    let gateway = Gateway::start().await;
    let key = gateway.fleet(2).await;
    let identity = Identity::new();
    for _ in 0..4 {
        assert!(Node::join(&gateway, &identity, Some(&key)).await.is_ok());
    }
    assert_eq!(gateway.app().nodes.paired().await.unwrap().len(), 1);
    assert!(Node::join(&gateway, &Identity::new(), Some(&key)).await.is_ok(), "one use is left");
    assert!(Node::join(&gateway, &Identity::new(), Some(&key)).await.is_err());
}

#[tokio::test]
async fn a_fleet_key_that_has_ended_lets_nobody_in() {
    let gateway = Gateway::start().await;
    let ended = gateway.app().nodes.open_fleet(2, Duration::ZERO).await.unwrap();
    assert!(Node::join(&gateway, &Identity::new(), Some(&ended.text)).await.is_err());
}

#[tokio::test]
async fn a_browser_that_leaves_before_the_answer_is_not_paired() {
    let gateway = Gateway::start().await;
    let nodes = &gateway.app().nodes;
    let open = nodes.open_pairing().await.unwrap().unwrap();
    let mut node = Node::open(&gateway, Some(&tabway::nodes::chromium_origin())).await.unwrap();
    let (id, nonce) = node.challenge().await;
    node.say(&Identity::new().hello(&id, &nonce, Some(&open.code))).await;
    assert!(matches!(node.next().await, GatewayMessage::Pairing { .. }));
    let compare = nodes.watch_pairing(&open.id, None, Duration::ZERO).await.unwrap();
    drop(node);
    let over = nodes.watch_pairing(&open.id, Some(&compare), crate::support::PATIENCE).await;
    assert_eq!(over, Some(tabway::nodes::PairingState::Gone));
    assert!(nodes.paired().await.unwrap().is_empty());
}
