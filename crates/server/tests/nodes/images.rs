//! `/v1/images/generations`: a turn of the page for each picture, side by side.

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tabway_dialects::site_chat::{MediaHead, PageRecord};
use tabway_protocol::message::{NodeFailure, NodeFailureClass, NodeMessage};

use crate::{
    media::{answer_job, fetch, gallery, header},
    support::{Gateway, Identity, Node, site},
};

async fn start(lanes: u64) -> (Gateway, Node) {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![gallery()]);
    let code = gateway.fleet(1).await;
    let mut node = Node::join(&gateway, &Identity::new(), Some(&code)).await.expect("in");
    gateway.offer(&mut node, lanes).await;
    (gateway, node)
}

async fn ask(gateway: &Gateway, body: &Value) -> Response<Bytes> {
    let headers = [("content-type", "application/json")];
    gateway.send(Method::POST, "/v1/images/generations", &headers, body.to_string()).await
}

fn asking(more: &Value) -> Value {
    let mut body = json!({"model": "page/default", "prompt": "a red dot"});
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).expect("JSON")
}

#[tokio::test]
async fn each_picture_is_a_turn_and_they_run_side_by_side() {
    let (gateway, mut node) = start(2).await;
    let body = asking(&json!({"n": 2, "response_format": "b64_json", "size": "1024x1024"}));
    let (response, ()) = tokio::join!(ask(&gateway, &body), async {
        // Both are asked before either is answered.
        let jobs = [node.job().await, node.job().await];
        for (job, bytes) in jobs.iter().zip([b"one", b"two"]) {
            assert_eq!(job.prompt, "a red dot");
            answer_job(&mut node, &job.job, "Here.", &[("image/png", "dot", bytes)]).await;
        }
    });
    assert_eq!(response.status(), StatusCode::OK, "{response:?}");
    let reply = json_of(&response);
    let mut pictures: Vec<_> = reply["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["b64_json"].as_str())
        .collect();
    pictures.sort_unstable();
    assert_eq!(pictures, [Some("b25l"), Some("dHdv")]);
    assert!(reply["created"].as_u64().is_some_and(|at| at > 1_700_000_000));
    assert_eq!(header(&response, "x-tabway-target"), "page/default");
    assert_eq!(header(&response, "x-tabway-attempts"), "2");
    assert_eq!(header(&response, "x-tabway-losses"), "size");
}

#[tokio::test]
async fn what_came_is_given_where_a_turn_fails() {
    let (gateway, mut node) = start(2).await;
    let body = asking(&json!({"n": 2}));
    let (response, ()) = tokio::join!(ask(&gateway, &body), async {
        let (good, bad) = (node.job().await.job, node.job().await.job);
        let failure = NodeFailure {
            class: NodeFailureClass::Moderated,
            message: "refused".to_owned(),
            locator: None,
            site_words: None,
        };
        node.say(&NodeMessage::Failed { job: bad, last_seq: 0, accepted: true, failure }).await;
        answer_job(&mut node, &good, "Here.", &[("image/png", "dot", b"one")]).await;
    });
    assert_eq!(response.status(), StatusCode::OK, "{response:?}");
    assert_eq!(header(&response, "x-tabway-losses"), "n");
    let reply = json_of(&response);
    assert_eq!(reply["data"].as_array().map(Vec::len), Some(1));
    let kept = fetch(&gateway, reply["data"][0]["url"].as_str().expect("an address"), &[]).await;
    assert_eq!(
        (kept.body().as_ref(), header(&kept, "content-type")),
        (b"one".as_slice(), "image/png")
    );
}

#[tokio::test]
async fn words_alone_are_no_picture() {
    let (gateway, mut node) = start(1).await;
    let body = asking(&json!({}));
    let (response, ()) = tokio::join!(ask(&gateway, &body), async {
        let job = node.job().await.job;
        answer_job(&mut node, &job, "I cannot draw.", &[("text/csv", "a.csv", b"a")]).await;
    });
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let error = &json_of(&response)["error"];
    assert_eq!(error["code"], "no_image");
    assert!(
        error["message"].as_str().is_some_and(|words| words.contains("I cannot draw.")),
        "{error}"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_the_page_hears_of_it() {
    let (gateway, _node) = start(1).await;
    for (more, status, code, param) in [
        (json!({"n": 0}), 400, "invalid_request", "n"),
        (json!({"n": 11}), 400, "invalid_request", "n"),
        (json!({"prompt": " "}), 400, "invalid_request", "prompt"),
        (json!({"stream": true}), 400, "unsupported_by_target", "stream"),
        (json!({"response_format": "bmp"}), 400, "invalid_request", ""),
        (json!({"model": "nobody/knows"}), 404, "model_not_found", "model"),
    ] {
        let response = ask(&gateway, &asking(&more)).await;
        let error = json_of(&response)["error"].clone();
        let seen = (response.status().as_u16(), error["code"].as_str().unwrap_or_default());
        assert_eq!(seen, (status, code), "{more}: {error}");
        assert_eq!(error["param"].as_str().unwrap_or_default(), param, "{more}: {error}");
    }
    // A page whose answers are text, and a provider.
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    let text_only = ask(&gateway, &asking(&json!({}))).await;
    assert_eq!(json_of(&text_only)["error"]["code"], "unsupported_by_target");
    let provider = "[[providers]]\nname = \"p\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
        [[models]]\nname = \"m\"\ntargets = [{ provider = \"p\", model = \"m\" }]";
    gateway.reload_with(provider).expect("read");
    let refused = ask(&gateway, &asking(&json!({"model": "m"}))).await;
    assert_eq!(json_of(&refused)["error"]["code"], "unsupported_by_target");
}

#[tokio::test]
async fn a_picture_that_the_page_may_not_read_has_its_own_address_alone() {
    let (gateway, mut node) = start(1).await;
    let address = "https://cdn.example/dot.png";
    for (form, status) in [("url", StatusCode::OK), ("b64_json", StatusCode::UNPROCESSABLE_ENTITY)]
    {
        let body = asking(&json!({"response_format": form}));
        let (response, ()) = tokio::join!(ask(&gateway, &body), async {
            let job = node.job().await.job;
            node.accept(&job).await;
            let head = MediaHead {
                mime: "image/*".to_owned(),
                name: "dot".to_owned(),
                size: 0,
                choice: 0,
                unread: Some(address.to_owned()),
            };
            let done = Bytes::from_static(b"data: {\"kind\":\"done\"}\n\n");
            for (seq, record) in (1..).zip([
                PageRecord::Opened { stream: 1, tap: 0, status: 200 },
                PageRecord::Bytes { stream: 1, bytes: done },
                PageRecord::Media { media: 1, head },
            ]) {
                node.record(&job, seq, record).await;
            }
            node.done(&job, 3, false).await;
        });
        assert_eq!(response.status(), status, "{response:?}");
        let said = std::str::from_utf8(response.body()).expect("JSON");
        assert!(said.contains(address), "{said}");
    }
}
