//! What a page shows: asked for, kept from turns that fail.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway::nodes::JobEvent;
use tabway_protocol::message::{
    Diagnosis, FoundLocator, GatewayMessage, NodeFailure, NodeFailureClass, NodeMessage, SeatState,
};

use crate::support::{Gateway, Node, all, site};

/// A page that shows a composer and nothing else.
fn shows(about: &str) -> Diagnosis {
    let found = |role: &str, count| FoundLocator {
        role: role.to_owned(),
        locator: (count > 0).then_some(0),
        count,
        visible: count > 0,
        enabled: count > 0,
        element: if count > 0 { "textarea#prompt".to_owned() } else { String::new() },
    };
    Diagnosis {
        about: about.to_owned(),
        site: "page".to_owned(),
        path: "/demo/".to_owned(),
        state: SeatState::PageChanged,
        detail: String::new(),
        locators: vec![found("composer", 1), found("send", 0), found("proof", 1)],
        signals: vec![],
        sketch: "<svg/>".to_owned(),
    }
}

/// The number of the next question.
async fn asked(node: &mut Node) -> String {
    match node.next_word().await {
        GatewayMessage::Diagnose { request, site, .. } if site == "page" => request,
        other => panic!("{other:?} instead of a question"),
    }
}

#[tokio::test]
async fn a_question_is_answered_by_the_browser() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let (answer, ()) =
        tokio::join!(gateway.api(Method::POST, "/api/sites/page/diagnose", "{}"), async {
            let request = asked(&mut node).await;
            // What nobody asked for is no answer.
            node.say(&NodeMessage::Diagnosis(shows("diagnosis-of-nobody"))).await;
            node.say(&NodeMessage::Diagnosis(shows(&request))).await;
        });
    let (status, body) = answer;
    assert_eq!(status, StatusCode::OK, "{body}");
    let summary =
        "composer found by test id, send not there before there is text, proof found by css";
    assert_eq!(body["summary"], summary);
    assert_eq!(body["locators"][0]["element"], "textarea#prompt");
    let (_, kept) = gateway.api(Method::GET, "/api/sites/page/diagnoses", "").await;
    assert_eq!(kept["diagnoses"].as_array().map(Vec::len), Some(1), "{kept}");
}

#[tokio::test]
async fn a_page_that_has_moved_is_told_from_one_that_has_changed() {
    let gateway = Gateway::start().await;
    let mut moved = site(0, 0);
    moved.adapter.page.origins = vec!["https://new.example".to_owned(), moved.origin.clone()];
    gateway.app().nodes.set_sites(vec![moved]);
    let mut node = gateway.browser(1).await;
    let (answer, ()) =
        tokio::join!(gateway.api(Method::POST, "/api/sites/page/diagnose", "{}"), async {
            let request = asked(&mut node).await;
            node.say(&NodeMessage::Diagnosis(shows(&request))).await;
        });
    let advice = answer.1["advice"].to_string();
    assert!(
        advice.contains("has moved from http://127.0.0.1:1 to https://new.example"),
        "{advice}"
    );
}

#[tokio::test]
async fn a_question_that_nobody_can_answer_is_refused() {
    let gateway = Gateway::start().await;
    let (status, body) = gateway.api(Method::POST, "/api/sites/page/diagnose", "{}").await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("no_node"))
    );
    let (status, _) = gateway.api(Method::POST, "/api/sites/other/diagnose", "{}").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_last_twenty_looks_at_failing_turns_are_kept() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let handle = gateway.turn("hello").await.expect("a turn");
    let job = node.job().await.job;
    for _ in 0..25 {
        node.say(&NodeMessage::Diagnosis(shows(&job))).await;
    }
    let failure = NodeFailure {
        class: NodeFailureClass::PageChanged,
        message: "gone".to_owned(),
        locator: Some("send".to_owned()),
        site_words: None,
    };
    node.say(&NodeMessage::Failed { job: job.clone(), last_seq: 0, accepted: false, failure })
        .await;
    assert!(matches!(all(handle).await.last(), Some(JobEvent::Failed { .. })));
    let (_, kept) = gateway.api(Method::GET, "/api/sites/page/diagnoses", "").await;
    let kept = kept["diagnoses"].as_array().expect("a list");
    assert_eq!(kept.len(), 20);
    assert_eq!(kept[0]["about"], json!(job));
}

/// The gateway reads of the failure first: it must not have the page stopped before it says why.
#[tokio::test]
async fn a_failure_that_the_stream_tells_leaves_the_page_its_last_look() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let body =
        json!({ "model": "page/default", "messages": [{ "role": "user", "content": "hello" }] })
            .to_string();
    let chat = gateway.http(Method::POST, "/v1/chat/completions", None, &body);
    let ((_, reply), job) = tokio::join!(chat, async {
        let job = node.job().await.job;
        node.accept(&job).await;
        node.frame(&job, 1, r#"{"kind":"error","message":"Overloaded."}"#).await;
        job
    });
    let reply: Value = serde_json::from_slice(&reply).expect("JSON");
    assert_eq!(reply["error"]["code"], "page_error", "{reply}");
    node.say(&NodeMessage::Diagnosis(shows(&job))).await;
    let failure = NodeFailure {
        class: NodeFailureClass::PageError,
        message: "Overloaded.".to_owned(),
        locator: None,
        site_words: None,
    };
    node.say(&NodeMessage::Failed { job: job.clone(), last_seq: 1, accepted: true, failure }).await;
    gateway.until(|views| views[0].seats[0].lanes.iter().all(|lane| lane.job.is_none())).await;
    let (_, kept) = gateway.api(Method::GET, "/api/sites/page/diagnoses", "").await;
    assert_eq!(kept["diagnoses"][0]["about"], json!(job), "{kept}");
    assert!(matches!(node.next().await, GatewayMessage::Ack { seq: 1, .. }), "nothing is stopped");
}

#[tokio::test]
async fn a_look_that_is_too_large_is_dropped() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let handle = gateway.turn("hello").await.expect("a turn");
    let job = node.job().await.job;
    let large = Diagnosis { sketch: "x".repeat((128 << 10) + 1), ..shows(&job) };
    node.say(&NodeMessage::Diagnosis(large)).await;
    node.say(&NodeMessage::Done { job, last_seq: 0, cancelled: false }).await;
    all(handle).await;
    let (_, kept) = gateway.api(Method::GET, "/api/sites/page/diagnoses", "").await;
    assert_eq!(kept["diagnoses"], json!([]));
}
