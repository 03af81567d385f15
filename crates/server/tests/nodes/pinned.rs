//! Conversations that stand for a model: captured, used one turn at a time, strict or not.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_protocol::message::{
    Conversation, GatewayMessage, Job, NodeFailure, NodeFailureClass, NodeMessage,
};
use tokio::task::JoinHandle;

use crate::{
    harvest::{fails, harvest, next_job, show},
    support::{Gateway, Node},
};

const SITE: &str = "[[sites]]\nname = \"own\"\nadapter = \"demo\"\norigin = \"http://127.0.0.1:2\"\n\
                    limits.min_gap = \"1ms\"\n";

async fn pin(gateway: &Gateway, body: &Value) -> (StatusCode, Value) {
    gateway.api(Method::POST, "/api/conversations", &body.to_string()).await
}

fn ask(gateway: &Arc<Gateway>, model: &str, messages: Value) -> JoinHandle<(StatusCode, Value)> {
    let (gateway, body) = (gateway.clone(), json!({ "model": model, "messages": messages }));
    tokio::spawn(async move {
        let path = "/v1/chat/completions";
        let (status, bytes) = gateway.http(Method::POST, path, None, &body.to_string()).await;
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    })
}

async fn answer(node: &mut Node, job: &Job) {
    node.accept(&job.job).await;
    node.frame(&job.job, 1, &json!({ "kind": "text", "text": "well" }).to_string()).await;
    node.frame(&job.job, 2, &json!({ "kind": "done" }).to_string()).await;
    node.done(&job.job, 2, false).await;
}

async fn lost(node: &mut Node, job: &Job) {
    let failure = NodeFailure {
        class: NodeFailureClass::ConversationLost,
        message: "gone".to_owned(),
        locator: None,
        site_words: None,
    };
    let job = job.job.clone();
    node.say(&NodeMessage::Failed { job, last_seq: 0, accepted: false, failure }).await;
}

fn user(text: &str) -> Value {
    json!([{ "role": "user", "content": text }])
}

async fn started(lanes: u64) -> (Arc<Gateway>, Node) {
    let gateway = Gateway::start().await;
    gateway.reload_with(SITE).expect("a site");
    let node = gateway.browser(lanes).await;
    (Arc::new(gateway), node)
}

#[tokio::test]
async fn a_captured_conversation_answers_for_its_model_and_only_what_is_new_is_typed() {
    let (gateway, mut node) = started(1).await;
    let body = json!({ "site": "own", "model": "tutor" });
    let (captured, ()) = tokio::join!(pin(&gateway, &body), async {
        let GatewayMessage::Locate { request, site, .. } = node.next_word().await else {
            panic!("not asked where")
        };
        assert_eq!(site, "own");
        let address = Some("/c/42?side=a".to_owned());
        node.say(&NodeMessage::Located { request, address }).await;
    });
    assert_eq!((captured.0, &captured.1["node"]), (StatusCode::OK, &json!(node.id)));
    let (status, _) = pin(
        &gateway,
        &json!({ "site": "own", "model": "tutor", "node": node.id, "address": "/c/42?side=a" }),
    )
    .await;
    assert_eq!(status, StatusCode::CONFLICT, "once is enough");

    let (_, list) = gateway.http(Method::GET, "/v1/models", None, "").await;
    let list: Value = serde_json::from_slice(&list).expect("JSON");
    let has = |id: &str| list["data"].as_array().expect("a list").iter().any(|m| m["id"] == id);
    assert!(has("own/tutor") && has("tutor"), "{list}");

    let asked = ask(
        &gateway,
        "tutor",
        json!([
            { "role": "system", "content": "Be kind." },
            { "role": "user", "content": "one" }, { "role": "assistant", "content": "1" },
            { "role": "user", "content": "two" },
        ]),
    );
    let job = node.job().await;
    assert_eq!(job.place.as_deref(), Some("/c/42?side=a"));
    assert_eq!((job.conversation, &*job.prompt), (Conversation::Continue, "two"));
    answer(&mut node, &job).await;
    assert_eq!(asked.await.expect("asked").0, StatusCode::OK);

    // Another model's request does not go on there.
    let asked = ask(&gateway, "own/default", user("else"));
    let job = node.job().await;
    assert_eq!((job.place, job.conversation), (None, Conversation::Fresh));
    node.done(&job.job, 0, true).await;
    drop(asked);

    let (_, all) = gateway.api(Method::GET, "/api/conversations", "").await;
    let id = all["conversations"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/conversations/{id}");
    assert_eq!(gateway.api(Method::DELETE, &path, "").await.0, StatusCode::OK);
    assert_eq!(gateway.api(Method::DELETE, &path, "").await.0, StatusCode::NOT_FOUND);
    let (status, _) = ask(&gateway, "tutor", user("hi")).await.expect("asked");
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_lost_one_gives_way_to_the_next_and_to_any_chat_but_not_where_it_is_strict() {
    let (gateway, mut node) = started(1).await;
    for address in ["/c/1", "/c/2"] {
        let (status, _) =
            pin(&gateway, &json!({ "site": "own", "model": "default", "address": address })).await;
        assert_eq!(status, StatusCode::OK);
    }
    let asked = ask(&gateway, "own/default", user("hi"));
    let mut places = vec![];
    for _ in 0..2 {
        let job = node.job().await;
        places.push(job.place.clone());
        lost(&mut node, &job).await;
    }
    places.sort();
    assert_eq!(places, [Some("/c/1".to_owned()), Some("/c/2".to_owned())]);
    let job = node.job().await;
    assert_eq!((job.place.clone(), job.conversation), (None, Conversation::Fresh));
    answer(&mut node, &job).await;
    assert_eq!(asked.await.expect("asked").0, StatusCode::OK);

    gateway
        .reload_with(&format!("{SITE}pinned = {{ strict = true, pick = \"least_busy\" }}\n"))
        .expect("strict");
    let asked = ask(&gateway, "own/default", user("hi"));
    for _ in 0..2 {
        let job = node.job().await;
        assert!(job.place.is_some());
        lost(&mut node, &job).await;
    }
    let (status, body) = asked.await.expect("asked");
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{body}");
}

#[tokio::test]
async fn two_requests_never_type_in_one_conversation_at_once() {
    let (gateway, mut node) = started(2).await;
    gateway.reload_with(&format!("{SITE}pinned.strict = true\n")).expect("strict");
    let wish = json!({ "site": "own", "model": "m", "address": "/c/1", "key": null });
    assert_eq!(pin(&gateway, &wish).await.0, StatusCode::OK);
    let first = ask(&gateway, "own/m", user("one"));
    let job = node.job().await;
    let second = ask(&gateway, "own/m", user("two"));
    // The other lane is free: a request that may use it is served at once.
    let other = ask(&gateway, "own/default", user("other"));
    let fresh = node.job().await;
    assert_eq!((&*fresh.prompt, &fresh.place), ("other", &None));
    answer(&mut node, &fresh).await;
    answer(&mut node, &job).await;
    let next = node.job().await;
    assert_eq!((&*next.prompt, next.place.as_deref()), ("two", Some("/c/1")));
    answer(&mut node, &next).await;
    for asked in [first, second, other] {
        assert_eq!(asked.await.expect("asked").0, StatusCode::OK);
    }
}

#[tokio::test]
async fn n1_a_turn_whose_tab_dies_is_read_in_its_conversation_before_anybody_else_types_there() {
    let (gateway, mut node) = started(2).await;
    gateway.reload_with(&format!("{SITE}pinned.strict = true\n")).expect("strict");
    let wish = json!({ "site": "own", "model": "m", "address": "/c/1" });
    assert_eq!(pin(&gateway, &wish).await.0, StatusCode::OK);
    let lost = ask(&gateway, "own/m", user("one"));
    let job = node.job().await;
    assert_eq!((&*job.prompt, job.place.as_deref()), ("one", Some("/c/1")));
    node.accept(&job.job).await;
    node.frame(&job.job, 1, &json!({ "kind": "text", "text": "half an " }).to_string()).await;
    let next = ask(&gateway, "own/m", user("two"));
    fails(&mut node, &job.job, NodeFailureClass::LaneLost, true).await;
    let reading = harvest(&mut node).await;
    assert_eq!((&reading.of, &*reading.site), (&job.job, "own"));

    // The other lane is free; the second request of the conversation waits all the same.
    let other = ask(&gateway, "own/default", user("other"));
    let fresh = next_job(&mut node).await;
    assert_eq!((&*fresh.prompt, &fresh.place), ("other", &None));
    answer(&mut node, &fresh).await;
    show(&mut node, &reading.job, "<p>half an answer</p>").await;
    let (status, body) = lost.await.expect("asked");
    let text = &body["choices"][0]["message"]["content"];
    assert_eq!((status, text), (StatusCode::OK, &json!("half an answer")));

    let job = node.job().await;
    assert_eq!((&*job.prompt, job.place.as_deref()), ("two", Some("/c/1")), "“one” was typed once");
    answer(&mut node, &job).await;
    for asked in [next, other] {
        assert_eq!(asked.await.expect("asked").0, StatusCode::OK);
    }
}

#[tokio::test]
async fn n1_a_turn_that_is_not_found_there_is_unknown_and_typed_in_no_other_of_the_pool() {
    let (gateway, mut node) = started(1).await;
    for address in ["/c/1", "/c/2"] {
        let wish = json!({ "site": "own", "model": "m", "address": address });
        assert_eq!(pin(&gateway, &wish).await.0, StatusCode::OK);
    }
    let asked = ask(&gateway, "own/m", user("one"));
    let job = node.job().await;
    node.accept(&job.job).await;
    fails(&mut node, &job.job, NodeFailureClass::LaneLost, true).await;
    let reading = harvest(&mut node).await;
    fails(&mut node, &reading.job, NodeFailureClass::AnswerLost, true).await;
    let (status, body) = asked.await.expect("asked");
    let code = &body["error"]["code"];
    assert_eq!((status, code), (StatusCode::BAD_GATEWAY, &json!("outcome_unknown")));
    let asked = ask(&gateway, "own/m", user("two"));
    let job = next_job(&mut node).await;
    assert_eq!(&*job.prompt, "two");
    answer(&mut node, &job).await;
    assert_eq!(asked.await.expect("asked").0, StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_conversation_is_not_pinned_and_the_popup_hears_why() {
    let (gateway, mut node) = started(1).await;
    for (address, site) in
        [("/demo/", "own"), ("//evil.test/", "own"), ("c/1", "own"), ("/c/1", "none")]
    {
        let wish = json!({ "site": site, "model": "m", "address": address });
        assert_eq!(pin(&gateway, &wish).await.0, StatusCode::BAD_REQUEST, "{address}");
    }
    for (address, starts) in
        [("/c/7", "own/m is now answered in /c/7"), ("/demo/", "`/demo/` is where")]
    {
        let (site, model) = ("own".to_owned(), "m".to_owned());
        node.say(&NodeMessage::Pin { site, model, address: address.to_owned() }).await;
        let GatewayMessage::Pinned { words } = node.next_word().await else { panic!("no words") };
        assert!(words.starts_with(starts), "{words}");
    }
    let restarted = Arc::into_inner(gateway).expect("alone").restart().await;
    let (_, all) = restarted.api(Method::GET, "/api/conversations", "").await;
    let pins = all["conversations"].as_array().expect("a list");
    assert_eq!((pins.len(), &pins[0]["source"]), (1, &json!("popup")), "it outlives the gateway");
}
