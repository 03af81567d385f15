//! Revisions of adapters over the admin API: drafts stay here, what is published reaches browsers.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_protocol::message::GatewayMessage;

use crate::support::{Gateway, Identity, Node};

const DEMO: &str = include_str!("../../../../adapters/demo.toml");

/// The demo's adapter under a title of its own.
fn titled(title: &str) -> String {
    DEMO.lines()
        .map(|line| match line.starts_with("title = ") {
            true => format!("title = \"{title}\"\n"),
            false => format!("{line}\n"),
        })
        .collect()
}

async fn draft(gateway: &Gateway, text: &str) -> Value {
    let body = json!({ "text": text }).to_string();
    let (status, made) = gateway.api(Method::POST, "/api/adapters", &body).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    made
}

async fn act(gateway: &Gateway, what: &str, body: Value) -> (StatusCode, Value) {
    gateway.api(Method::POST, &format!("/api/adapters/demo/{what}"), &body.to_string()).await
}

/// The title of the adapter that a connected browser is told next for the site.
async fn told(node: &mut Node) -> String {
    loop {
        let GatewayMessage::Sites { sites } = node.next_word().await else { continue };
        if let Some(site) = sites.into_iter().find(|site| site.name == "chat") {
            return site.adapter.title;
        }
    }
}

#[tokio::test]
async fn what_is_published_reaches_every_browser_and_one_call_leads_back() {
    let gateway = Gateway::start().await;
    let own = gateway.app().adapters.all()["demo"].adapter.clone();
    let first = draft(&gateway, &titled("First")).await;
    assert_eq!(first["revision"], own.revision + 1);
    assert_eq!(gateway.app().adapters.all()["demo"].adapter.title, own.title);

    let site = json!({ "site": { "name": "chat", "origin": "http://127.0.0.1:9" } });
    let (status, refused) = act(&gateway, "publish", json!({ "site": { "name": "chat" } })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "it was not taught anywhere: {refused}");
    let code = gateway.fleet(1).await;
    let mut node = Node::join(&gateway, &Identity::new(), Some(&code)).await.expect("in");
    let (status, published) = act(&gateway, "publish", site.clone()).await;
    assert_eq!(status, StatusCode::OK, "{published}");
    assert_eq!(published["copy_of"], first["revision"]);
    assert_eq!(told(&mut node).await, "First");

    draft(&gateway, &titled("Second")).await;
    let (status, _) = act(&gateway, "publish", site).await;
    assert_eq!(status, StatusCode::CONFLICT, "the site is there");
    let (_, second) = act(&gateway, "publish", json!({})).await;
    assert_eq!(told(&mut node).await, "Second");
    let (status, nothing) = act(&gateway, "publish", json!({ "revision": 99 })).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{nothing}");

    let (_, back) = act(&gateway, "rollback", json!({})).await;
    assert_eq!((&back["copy_of"], told(&mut node).await), (&published["revision"], "First".into()));
    act(&gateway, "rollback", json!({})).await;
    assert_eq!(told(&mut node).await, own.title, "the next step leads to the program's own");
    let (status, _) = act(&gateway, "rollback", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nothing is before it");
    act(&gateway, "rollback", json!({ "revision": second["revision"] })).await;
    assert_eq!(told(&mut node).await, "Second");

    let (_, history) = gateway.api(Method::GET, "/api/adapters/demo/revisions", "").await;
    let states: Vec<&str> = history["revisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(states.len(), 8, "two drafts, five publications, the program's own: {history}");
    assert_eq!(states.last(), Some(&"built_in"));

    let gateway = gateway.restart().await;
    assert_eq!(gateway.app().adapters.all()["demo"].adapter.title, "Second", "it outlives us");
}

#[tokio::test]
async fn a_text_that_is_no_adapter_is_refused_with_its_line() {
    let gateway = Gateway::start().await;
    let body = json!({ "text": DEMO.replace("[send]", "[sent]") }).to_string();
    let (status, refused) = gateway.api(Method::POST, "/api/adapters", &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let words = refused["error"]["message"].as_str().unwrap();
    assert!(words.starts_with("line ") && words.contains("did you mean `send`?"), "{words}");
    let (status, _) = gateway.api(Method::GET, "/api/adapters/nobody/revisions", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
