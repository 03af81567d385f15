//! N8: an extension of another age hears nothing that it has not said it understands, and whoever
//! asks for more is told what to update.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway::nodes::chromium_origin;
use tabway_protocol::{
    ability::Abilities,
    message::{
        GatewayMessage, Lane, LaneState, NodeFailure, NodeFailureClass, NodeMessage, Seat,
        SeatState,
    },
};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Gateway, Identity, Node};

const STRICT: &str = "[[sites]]\nname = \"own\"\nadapter = \"demo\"\norigin = \"http://127.0.0.1:2\"\n\
                      limits.min_gap = \"1ms\"\npinned.strict = true\n";

/// A browser of the first version of the protocol, with a lane of every site.
async fn old(gateway: &Gateway) -> Node {
    let code = gateway.fleet(1).await;
    let identity = Identity::of_the_first_version();
    let mut node = Node::join(gateway, &identity, Some(&code)).await.expect("in");
    let seats = node.sites.iter().map(|site| Seat {
        site: site.name.clone(),
        state: SeatState::Ready,
        detail: String::new(),
        lanes: vec![Lane { lane: 1, state: LaneState::Idle, after: None }],
        models: vec![],
        told: [].into(),
        picture: false,
        harvests: false,
    });
    let seats = seats.collect();
    node.say(&NodeMessage::Seats { paused: false, seats }).await;
    gateway.until(|views| views.iter().any(|view| !view.seats.is_empty())).await;
    node
}

async fn strict() -> Arc<Gateway> {
    let gateway = Gateway::start().await;
    gateway.reload_with(STRICT).expect("a site");
    Arc::new(gateway)
}

fn ask(gateway: &Arc<Gateway>, model: &str) -> JoinHandle<(StatusCode, Value)> {
    let messages = json!([{ "role": "user", "content": "one" }]);
    let body = json!({ "model": model, "messages": messages }).to_string();
    let gateway = gateway.clone();
    tokio::spawn(async move {
        let path = "/v1/chat/completions";
        let (status, bytes) = gateway.http(Method::POST, path, Some("any"), &body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    })
}

/// That the browser has heard nothing but turns is shown by the turn that it still takes.
async fn still_serves(gateway: &Arc<Gateway>, node: &mut Node) {
    let asked = ask(gateway, "own/default");
    let job = node.job().await;
    assert_eq!(job.place, None);
    node.accept(&job.job).await;
    node.frame(&job.job, 1, &json!({ "kind": "text", "text": "well" }).to_string()).await;
    node.frame(&job.job, 2, &json!({ "kind": "done" }).to_string()).await;
    node.done(&job.job, 2, false).await;
    assert_eq!(asked.await.expect("asked").0, StatusCode::OK);
}

fn told(answer: &(StatusCode, Value)) -> (StatusCode, &str, &str) {
    let error = &answer.1["error"];
    let word = |name: &str| error[name].as_str().unwrap_or_default();
    (answer.0, word("code"), word("message"))
}

#[tokio::test]
async fn n8_an_older_extension_is_not_asked_what_it_does_not_know() {
    let gateway = strict().await;
    let mut node = old(&gateway).await;
    let refresh = gateway.api(Method::POST, "/api/models/refresh", "{}").await;
    let (status, code, words) = told(&refresh);
    assert_eq!((status, code), (StatusCode::CONFLICT, "node_outdated"));
    assert!(words.ends_with("update the extension of test"), "{words}");

    let wish = json!({ "site": "own", "model": "tutor" }).to_string();
    let captured = gateway.api(Method::POST, "/api/conversations", &wish).await;
    let outdated = (StatusCode::CONFLICT, "node_outdated", "own: update the extension of test");
    assert_eq!(told(&captured), outdated);

    let (_, refreshed) = gateway.http(Method::POST, "/v1/refresh-models", Some("any"), "").await;
    let refreshed: Value = serde_json::from_slice(&refreshed).expect("JSON");
    assert_eq!(refreshed["success"], false);

    let (_, nodes) = gateway.api(Method::GET, "/api/nodes", "").await;
    let advice = nodes["nodes"][0]["extension_advice"].as_str().expect("advice");
    assert!(advice.contains("download it"), "{advice}");
    still_serves(&gateway, &mut node).await;
}

#[tokio::test]
async fn n8_a_conversation_at_an_address_is_not_given_to_an_older_extension() {
    let gateway = strict().await;
    let mut node = old(&gateway).await;
    for (address, named) in [("/c/1", Value::Null), ("/c/2", json!(node.id))] {
        let wish = json!({ "site": "own", "model": "tutor", "address": address, "node": named });
        let (status, pin) =
            gateway.api(Method::POST, "/api/conversations", &wish.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{pin}");
        let answer = ask(&gateway, "own/tutor").await.expect("asked");
        let outdated = (StatusCode::CONFLICT, "node_outdated", "own: update the extension of test");
        assert_eq!(told(&answer), outdated, "{address}");
        let path = format!("/api/conversations/{}", pin["id"].as_str().expect("an id"));
        gateway.api(Method::DELETE, &path, "").await;
    }
    still_serves(&gateway, &mut node).await;
    // A browser of today beside it takes it.
    let mut present = gateway.browser(1).await;
    let wish = json!({ "site": "own", "model": "tutor", "address": "/c/1" });
    gateway.api(Method::POST, "/api/conversations", &wish.to_string()).await;
    let asked = ask(&gateway, "own/tutor");
    let job = present.job().await;
    assert_eq!(job.place.as_deref(), Some("/c/1"));
    present.done(&job.job, 0, true).await;
    drop(asked);
    still_serves(&gateway, &mut node).await;
}

#[tokio::test]
async fn n8_an_older_extension_is_not_asked_to_harvest() {
    let gateway = strict().await;
    let mut node = old(&gateway).await;
    let asked = ask(&gateway, "own/default");
    let job = node.job().await.job;
    node.accept(&job).await;
    let failure = NodeFailure {
        class: NodeFailureClass::LaneLost,
        message: "gone".to_owned(),
        locator: None,
        site_words: None,
    };
    node.say(&NodeMessage::Failed { job, last_seq: 0, accepted: true, failure }).await;
    let answer = asked.await.expect("asked");
    assert_eq!(told(&answer).1, "outcome_unknown");
    // The end of the lost turn is all that it hears of it.
    assert!(matches!(node.next_word().await, GatewayMessage::Stop { .. }));
    still_serves(&gateway, &mut node).await;
}

#[tokio::test]
async fn n8_a_later_extension_may_name_abilities_that_nobody_knows_here() {
    let gateway = strict().await;
    let code = gateway.fleet(1).await;
    let mut node = Node::open(&gateway, Some(&chromium_origin())).await.expect("a socket");
    let GatewayMessage::Challenge { gateway: id, nonce, abilities, .. } = node.next().await else {
        panic!("no challenge")
    };
    assert_eq!(abilities, Abilities::all(), "it says of itself what it understands");
    let mut hello = json!(Identity::new().hello(&id, &nonce, Some(&code)));
    let named = hello["abilities"].as_array_mut().expect("a list");
    named.insert(0, json!("telepathy"));
    node.send(Message::text(hello.to_string())).await;
    let mut node = node.welcomed().await.expect("in");
    gateway.offer(&mut node, 1).await;
    let (asked, ()) = tokio::join!(gateway.api(Method::POST, "/api/models/refresh", "{}"), async {
        let GatewayMessage::Reread { request, .. } = node.next_word().await else {
            panic!("not asked")
        };
        let (read, busy) = (vec!["own".to_owned()], vec![]);
        node.say(&NodeMessage::Reread { request, read, busy }).await;
    });
    assert_eq!(asked.1["message"], "models of own read again");
    still_serves(&gateway, &mut node).await;
}
