//! The first turn on a page whose adapter never ran against the real site.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_protocol::{
    adapter::Role,
    message::{Diagnosis, FoundLocator, FoundSignal, GatewayMessage, NodeMessage, SeatState, Site},
};

use crate::support::{Gateway, Identity, Node, site};

fn unverified(revision: u32) -> Site {
    let mut site = site(0, 0);
    site.adapter.verified = None;
    site.adapter.revision = revision;
    site.adapter.self_test.found = vec![Role::Composer, Role::NewChat];
    site
}

/// A gateway with an unverified page, and its browser.
async fn gateway() -> (Gateway, Node) {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![unverified(7)]);
    let code = gateway.fleet(1).await;
    let mut node = Node::join(&gateway, &Identity::new(), Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    (gateway, node)
}

/// The look that a turn waits for: its number and lane.
async fn look(node: &mut Node) -> (String, Option<u64>) {
    match node.next_word().await {
        GatewayMessage::Diagnose { request, site, lane, wait_ms, .. } if site == "page" => {
            assert!(wait_ms > Some(0), "a page may still build itself");
            (request, lane)
        }
        other => panic!("{other:?} instead of a look"),
    }
}

/// What the page shows: these roles and this signal.
fn shows(about: &str, roles: &[&str], signal: Option<(&str, &str)>) -> NodeMessage {
    let found = |role: &str| FoundLocator {
        role: role.to_owned(),
        locator: roles.contains(&role).then_some(0),
        count: u32::from(roles.contains(&role)),
        visible: true,
        enabled: true,
        element: String::new(),
    };
    let signal = signal.map(|(signal, words)| FoundSignal {
        signal: signal.to_owned(),
        probe: 0,
        words: words.to_owned(),
    });
    NodeMessage::Diagnosis(Diagnosis {
        about: about.to_owned(),
        site: "page".to_owned(),
        path: "/".to_owned(),
        state: SeatState::Ready,
        detail: String::new(),
        locators: ["composer", "new_chat", "send", "proof"].map(found).to_vec(),
        signals: signal.into_iter().collect(),
        sketch: String::new(),
    })
}

async fn ask(gateway: &Gateway) -> (StatusCode, Value) {
    let body = json!({"model": "page/default", "messages": [{"role": "user", "content": "Hi"}]});
    let path = "/v1/chat/completions";
    let (status, bytes) = gateway.http(Method::POST, path, None, &body.to_string()).await;
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn the_first_turn_waits_for_a_look_and_the_next_does_not() {
    let (gateway, mut node) = gateway().await;
    for turn in 0..2 {
        let given = async {
            if turn == 0 {
                let (about, lane) = look(&mut node).await;
                assert_eq!(lane, Some(1));
                node.say(&shows(&about, &["composer", "new_chat", "proof"], None)).await;
            }
            match node.next_word().await {
                GatewayMessage::Job(job) => job.job,
                other => panic!("{other:?} instead of a turn"),
            }
        };
        let job = tokio::select! {
            answer = ask(&gateway) => panic!("{answer:?} before the page had it"),
            job = given => job,
        };
        // Its client has left, and the gateway knows: else the page would have ended without an
        // answer, which is a failure of the page.
        let GatewayMessage::Cancel { job: left } = node.next_word().await else { panic!("cancel") };
        assert_eq!(left, job);
        node.done(&job, 0, true).await;
        gateway.until(|views| views[0].seats[0].lanes[0].job.is_none()).await;
    }
    let (_, status) = gateway.api(Method::GET, "/api/status", "").await;
    let expected = "composer found by test id, new_chat found by test id, send not there before \
                    there is text, proof found by css";
    assert_eq!(status["self_tests"][0]["summary"], expected);
    assert_eq!(status["self_tests"][0]["passed"], true);

    // A new revision is another adapter.
    gateway.app().nodes.set_sites(vec![unverified(8)]);
    gateway.offer(&mut node, 1).await;
    let started = tokio::select! {
        answer = ask(&gateway) => panic!("{answer:?} before the page had it"),
        word = async { loop {
            match node.next_word().await {
                GatewayMessage::Sites { .. } => {}
                word => return word,
            }
        } } => word,
    };
    assert!(matches!(started, GatewayMessage::Diagnose { .. }), "{started:?}");
}

#[tokio::test]
async fn a_page_without_its_roles_is_not_typed_into() {
    let (gateway, mut node) = gateway().await;
    let (answer, ()) = tokio::join!(ask(&gateway), async {
        let (about, _) = look(&mut node).await;
        node.say(&shows(&about, &["composer"], None)).await;
    });
    let (status, body) = answer;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_GATEWAY, &json!("page_changed")));
    let message = body["error"]["message"].as_str().expect("words");
    assert!(
        message.contains("new_chat missing, ") && message.contains("proof missing"),
        "{message}"
    );
    assert!(message.contains("(locator `new_chat, proof`)"), "{message}");
    assert!(message.contains("teach this page or mend the adapter"), "{message}");
    let (_, status) = gateway.api(Method::GET, "/api/status", "").await;
    assert_eq!(status["needs_human"][0]["problem"], "the self-test failed");
    let (_, page) = gateway.http(Method::GET, "/", None, "").await;
    assert!(String::from_utf8_lossy(&page).contains("self-test failed"));
    // The lane is free, and what was seen is kept.
    gateway.until(|views| views[0].seats[0].lanes[0].job.is_none()).await;
    assert_eq!(gateway.app().nodes.diagnoses("page").len(), 1);
}

#[tokio::test]
async fn a_signal_that_hinders_is_the_failure() {
    let (gateway, mut node) = gateway().await;
    let (answer, ()) = tokio::join!(ask(&gateway), async {
        let (about, _) = look(&mut node).await;
        node.say(&shows(&about, &["composer", "new_chat"], Some(("quota", "Upgrade")))).await;
    });
    assert_eq!(answer.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.1["error"]["code"], "site_quota");
}

#[tokio::test]
async fn a_client_that_leaves_during_the_look_frees_the_lane() {
    let (gateway, mut node) = gateway().await;
    let about = tokio::select! {
        answer = ask(&gateway) => panic!("{answer:?} before the page was looked at"),
        (about, _) = look(&mut node) => about,
    };
    gateway.until(|views| views[0].seats[0].lanes[0].job.is_none()).await;
    // Its answer is late and harmless.
    node.say(&shows(&about, &["composer", "new_chat", "proof"], None)).await;
    let again = tokio::select! {
        answer = ask(&gateway) => panic!("{answer:?} before the page was looked at"),
        (about, _) = look(&mut node) => about,
    };
    assert_ne!(again, about);
}

#[tokio::test]
async fn a_browser_that_goes_during_the_look_fails_the_turn_at_once() {
    let (gateway, mut node) = gateway().await;
    let (answer, ()) = tokio::join!(ask(&gateway), async {
        look(&mut node).await;
        drop(node);
    });
    assert_eq!(answer.1["error"]["code"], "node_lost", "{:?}", answer.1);
}
