//! What models can take and give: told by pages and adapters, shown in the list, and held to.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_protocol::{
    adapter::{Capability, FileWay, Files},
    message::{GatewayMessage, Lane, LaneState, NodeMessage, Seat, SeatState, Site},
};

use crate::support::{Gateway, Node, site};

fn page_with_files() -> Site {
    let mut site = site(0, 0);
    site.adapter.files = Some(Files {
        by: vec![FileWay::Input],
        accept: vec![],
        max_count: 2,
        max_bytes: 1_000,
        wait_ms: 1_000,
    });
    site
}

/// Offers two models, one of which has no eyes, by the page's own word.
async fn offer(node: &mut Node) {
    let told = |vision| BTreeMap::from([(Capability::Vision, vision)]);
    let seat = Seat {
        site: "page".to_owned(),
        state: SeatState::Ready,
        detail: String::new(),
        picture: false,
        lanes: vec![Lane { lane: 1, state: LaneState::Idle, after: None }],
        models: vec!["blind".to_owned(), "seeing".to_owned()],
        told: BTreeMap::from([
            ("blind".to_owned(), told(false)),
            ("seeing".to_owned(), told(true)),
        ]),
        harvests: true,
    };
    node.say(&NodeMessage::Seats { paused: false, seats: vec![seat] }).await;
}

async fn listed(gateway: &Gateway) -> Value {
    let (_, bytes) = gateway.http(Method::GET, "/v1/models", None, "").await;
    serde_json::from_slice::<Value>(&bytes).expect("JSON")["data"].clone()
}

fn entry<'a>(list: &'a Value, id: &str) -> &'a Value {
    let all = list.as_array().expect("a list");
    all.iter().find(|model| model["id"] == id).unwrap_or_else(|| panic!("no {id} in {list}"))
}

#[tokio::test]
async fn the_list_says_what_models_can_and_a_picture_needs_eyes() {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![page_with_files()]);
    let mut node = gateway.browser(1).await;
    offer(&mut node).await;
    gateway.until(|views| views.iter().any(|node| node.seats[0].models.len() == 2)).await;

    let list = listed(&gateway).await;
    assert_eq!(entry(&list, "blind")["capabilities"], json!(["text", "files"]));
    assert_eq!(entry(&list, "page/seeing")["capabilities"], json!(["text", "vision", "files"]));
    assert_eq!(entry(&list, "seeing")["type"], "chat");

    let body = |model: &str| {
        let picture =
            json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } });
        let text = json!({ "type": "text", "text": "what is this?" });
        json!({ "model": model, "messages": [{ "role": "user", "content": [text, picture] }] })
            .to_string()
    };
    let path = "/v1/chat/completions";
    let (status, answer) = gateway.http(Method::POST, path, None, &body("blind")).await;
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    assert_eq!(answer["error"]["param"], "messages.0.content.1");
    let body = body("seeing");
    let asked = gateway.http(Method::POST, path, None, &body);
    let taken = async {
        let (files, job) = node.job_with_files().await;
        assert_eq!((files.len(), job.files.len()), (1, 1));
        node.accept(&job.job).await;
        node.frame(&job.job, 1, &json!({ "kind": "text", "text": "a dot" }).to_string()).await;
        node.frame(&job.job, 2, &json!({ "kind": "done" }).to_string()).await;
        node.done(&job.job, 2, false).await;
    };
    let ((status, _), ()) = tokio::join!(asked, taken);
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn one_site_is_read_again_and_a_page_in_use_is_left_alone() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let asked = gateway.api(Method::POST, "/api/models/refresh", r#"{"site":"page"}"#);
    let heard = async {
        let GatewayMessage::Reread { request, site } = node.next().await else {
            panic!("not asked")
        };
        assert_eq!(site.as_deref(), Some("page"));
        let (read, busy) = (vec![], vec!["page".to_owned()]);
        node.say(&NodeMessage::Reread { request, read, busy }).await;
    };
    let ((status, answer), ()) = tokio::join!(asked, heard);
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["result"]["busy"], json!(["page"]));
    let words = answer["message"].as_str().expect("words");
    assert!(words.ends_with("in use and left alone: page"), "{words}");
    let (status, _) = gateway.api(Method::POST, "/api/models/refresh", r#"{"site":"none"}"#).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_adapter_may_say_it_for_all_models_and_for_one() {
    let gateway = Gateway::start().await;
    let mut page = site(0, 0);
    page.adapter.models.names = vec!["painter".to_owned(), "writer".to_owned()];
    page.adapter.models.capabilities = Some(vec![Capability::Text, Capability::Thinking]);
    page.adapter.models.of = BTreeMap::from([("painter".to_owned(), vec![Capability::ImageOut])]);
    gateway.app().nodes.set_sites(vec![page]);
    let list = listed(&gateway).await;
    assert_eq!(entry(&list, "painter")["type"], "image");
    assert_eq!(entry(&list, "page/painter")["capabilities"], json!(["image_out"]));
    assert_eq!(entry(&list, "writer")["capabilities"], json!(["text", "thinking"]));
}
