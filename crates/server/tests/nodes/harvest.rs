//! N1, N2, N13: pages that are lost in the middle. What was not sent is done again; what was is never
//! typed again, but read.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_dialects::site_chat::PageRecord;
use tabway_protocol::message::{
    GatewayMessage, Harvest, Job, NodeFailure, NodeFailureClass, NodeMessage, ResumeJob,
};
use tokio::task::JoinHandle;

use crate::support::{Gateway, Identity, Node, PATIENCE};

const PROMPT: &str = "a prompt like no other";

/// A client's request, running.
struct Asked(JoinHandle<(StatusCode, String)>);

impl Asked {
    fn new(gateway: &Arc<Gateway>, stream: bool) -> Self {
        let gateway = gateway.clone();
        Self(tokio::spawn(async move {
            let messages = json!([{ "role": "user", "content": PROMPT }]);
            let body = json!({ "model": "page/default", "messages": messages, "stream": stream });
            let path = "/v1/chat/completions";
            let (status, bytes) =
                gateway.http(Method::POST, path, Some("any"), &body.to_string()).await;
            (status, String::from_utf8_lossy(&bytes).into_owned())
        }))
    }

    async fn end(self) -> (StatusCode, String) {
        tokio::time::timeout(PATIENCE, self.0).await.expect("in time").expect("an answer")
    }

    /// The text of a whole answer.
    async fn text(self) -> String {
        let (status, body) = self.end().await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let reply: Value = serde_json::from_str(&body).expect("JSON");
        reply["choices"][0]["message"]["content"].as_str().expect("text").to_owned()
    }

    /// The texts of a stream, and whether it ended well.
    async fn stream(self) -> (String, String, bool) {
        let (_, body) = self.end().await;
        let events = body.lines().filter_map(|line| line.strip_prefix("data: "));
        let events: Vec<Value> =
            events.filter_map(|event| serde_json::from_str(event).ok()).collect();
        let texts = events.iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str());
        let code = events.iter().find_map(|event| event["error"]["code"].as_str());
        (texts.collect(), code.unwrap_or_default().to_owned(), body.contains("[DONE]"))
    }

    async fn code(self) -> (StatusCode, String) {
        let (status, body) = self.end().await;
        let error: Value = serde_json::from_str(&body).expect("JSON");
        (status, error["error"]["code"].as_str().unwrap_or_default().to_owned())
    }
}

async fn started() -> Arc<Gateway> {
    Arc::new(Gateway::start().await)
}

/// Says that a turn or a reading has failed.
pub(super) async fn fails(node: &mut Node, job: &str, class: NodeFailureClass, accepted: bool) {
    let failure =
        NodeFailure { class, message: "gone".to_owned(), locator: None, site_words: None };
    let job = job.to_owned();
    node.say(&NodeMessage::Failed { job, last_seq: 0, accepted, failure }).await;
}

/// The next order to read an answer.
pub(super) async fn harvest(node: &mut Node) -> Harvest {
    loop {
        match node.next_word().await {
            GatewayMessage::Harvest(harvest) => return harvest,
            // The turn that was lost is nothing to hold on to.
            GatewayMessage::Stop { .. } => {}
            other => panic!("{other:?} instead of a harvest"),
        }
    }
}

/// The next turn, past the end of one that was lost.
pub(super) async fn next_job(node: &mut Node) -> Job {
    loop {
        match node.next_word().await {
            GatewayMessage::Job(job) => return job,
            GatewayMessage::Stop { .. } => {}
            other => panic!("{other:?} instead of a turn"),
        }
    }
}

/// Says a text as the page's stream does.
async fn say(node: &mut Node, job: &str, seq: u32, text: &str) {
    node.frame(job, seq, &json!({ "kind": "text", "text": text }).to_string()).await;
}

/// Says what the page shows, and that it is done.
pub(super) async fn show(node: &mut Node, job: &str, html: &str) {
    let html = html.to_owned();
    let shown = PageRecord::Dom { block: 0, html, closed: true, thought: false, choice: 0 };
    node.record(job, 1, shown).await;
    node.done(job, 1, false).await;
}

#[tokio::test]
async fn n1_what_was_not_sent_is_done_again() {
    let gateway = started().await;
    let mut node = gateway.browser(2).await;
    let asked = Asked::new(&gateway, false);
    let first = node.job().await;
    fails(&mut node, &first.job, NodeFailureClass::LaneLost, false).await;
    let second = next_job(&mut node).await;
    assert_eq!(second.prompt, first.prompt);
    assert_ne!(second.job, first.job);
    node.accept(&second.job).await;
    say(&mut node, &second.job, 1, "hello").await;
    node.done(&second.job, 1, false).await;
    assert_eq!(asked.text().await, "hello");
}

#[tokio::test]
async fn n1_a_page_that_is_lost_again_and_again_is_given_up() {
    let gateway = started().await;
    let mut node = gateway.browser(2).await;
    let asked = Asked::new(&gateway, false);
    for _ in 0..3 {
        let job = next_job(&mut node).await;
        fails(&mut node, &job.job, NodeFailureClass::LaneLost, false).await;
    }
    assert_eq!(asked.code().await, (StatusCode::BAD_GATEWAY, "node_lost".to_owned()));
}

#[tokio::test]
async fn n1_what_was_sent_is_read_where_the_conversation_is() {
    let gateway = started().await;
    let mut node = gateway.browser(2).await;
    let asked = Asked::new(&gateway, false);
    let job = node.job().await;
    node.accept(&job.job).await;
    fails(&mut node, &job.job, NodeFailureClass::LaneLost, true).await;
    let order = harvest(&mut node).await;
    assert_eq!((&order.of, order.lane), (&job.job, job.lane));
    assert_ne!(order.job, job.job);
    show(&mut node, &order.job, "<p>one <b>two</b></p>").await;
    assert_eq!(asked.text().await, "one **two**");
}

#[tokio::test]
async fn n1_a_client_that_has_a_part_gets_the_rest() {
    let gateway = started().await;
    let mut node = gateway.browser(1).await;
    let asked = Asked::new(&gateway, true);
    let job = node.job().await;
    node.accept(&job.job).await;
    say(&mut node, &job.job, 1, "**one** two").await;
    fails(&mut node, &job.job, NodeFailureClass::LaneLost, true).await;
    let order = harvest(&mut node).await;
    show(&mut node, &order.job, "<p>one two three</p>").await;
    assert_eq!(asked.stream().await, ("**one** two three".to_owned(), String::new(), true));
}

#[tokio::test]
async fn n1_another_answer_than_the_one_begun_is_not_passed_on() {
    let gateway = started().await;
    let mut node = gateway.browser(1).await;
    let asked = Asked::new(&gateway, true);
    let job = node.job().await;
    node.accept(&job.job).await;
    say(&mut node, &job.job, 1, "one two").await;
    fails(&mut node, &job.job, NodeFailureClass::LaneLost, true).await;
    let order = harvest(&mut node).await;
    show(&mut node, &order.job, "<p>one four</p>").await;
    assert_eq!(asked.stream().await, ("one two".to_owned(), "outcome_unknown".to_owned(), false));
}

#[tokio::test]
async fn n1_an_answer_that_is_not_there_is_unknown() {
    let gateway = started().await;
    for class in [NodeFailureClass::AnswerLost, NodeFailureClass::SignedOut] {
        let mut node = gateway.browser(1).await;
        let asked = Asked::new(&gateway, false);
        let job = next_job(&mut node).await;
        node.accept(&job.job).await;
        fails(&mut node, &job.job, NodeFailureClass::LaneLost, true).await;
        let order = harvest(&mut node).await;
        fails(&mut node, &order.job, class, true).await;
        assert_eq!(asked.code().await, (StatusCode::BAD_GATEWAY, "outcome_unknown".to_owned()));
        gateway.app().nodes.remove(node.id.parse().unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn n2_a_browser_that_comes_back_reads_what_it_had_sent() {
    let gateway = started().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    let asked = Asked::new(&gateway, false);
    let job = node.job().await;
    // It dies before its word that the page took the prompt.
    drop(node);
    let mut node = Node::join(&gateway, &identity, None).await.expect("in again");
    assert_eq!(node.resume(&job.job, true, 0).await, Some(0));
    fails(&mut node, &job.job, NodeFailureClass::LaneLost, true).await;
    // Its tabs come later than its socket.
    node.offer(1).await;
    let order = harvest(&mut node).await;
    assert_eq!(order.of, job.job);
    show(&mut node, &order.job, "<p>here</p>").await;
    assert_eq!(asked.text().await, "here");
}

#[tokio::test]
async fn n1_a_lost_turn_goes_before_those_that_wait() {
    let gateway = started().await;
    let mut node = gateway.browser(1).await;
    let asked = Asked::new(&gateway, false);
    let job = node.job().await;
    node.accept(&job.job).await;
    let other = Asked::new(&gateway, false);
    while gateway.app().nodes.queue().is_empty() {
        tokio::task::yield_now().await;
    }
    node.offer(0).await;
    gateway.until(|views| views[0].seats[0].lanes.is_empty()).await;
    fails(&mut node, &job.job, NodeFailureClass::LaneLost, true).await;
    let reasons = || gateway.app().nodes.queue().into_iter().filter_map(|turn| turn.reason);
    while !reasons().any(|reason| reason.contains("read there first")) {
        tokio::task::yield_now().await;
    }
    node.offer(1).await;
    let order = harvest(&mut node).await;
    show(&mut node, &order.job, "<p>first</p>").await;
    assert_eq!(asked.text().await, "first");
    let job = next_job(&mut node).await;
    node.accept(&job.job).await;
    say(&mut node, &job.job, 1, "second").await;
    node.done(&job.job, 1, false).await;
    assert_eq!(other.text().await, "second");
}

/// Whatever is lost after the page took the prompt, and however often: no second order to type it.
#[tokio::test]
async fn n1_nothing_is_typed_twice() {
    use NodeFailureClass::{AnswerLost, LaneLost, NotStarted, PageError};
    let classes = [LaneLost, AnswerLost, NotStarted, PageError];
    for (at, last) in classes.into_iter().enumerate() {
        for losses in 0..4 {
            let gateway = started().await;
            let mut node = gateway.browser(2).await;
            let asked = Asked::new(&gateway, at % 2 == 0);
            let job = node.job().await;
            node.accept(&job.job).await;
            let mut current = job.job;
            for _ in 0..losses {
                fails(&mut node, &current, LaneLost, true).await;
                if losses < 4 {
                    current = harvest(&mut node).await.job;
                }
            }
            fails(&mut node, &current, last, true).await;
            if last == LaneLost && losses < 3 {
                current = harvest(&mut node).await.job;
                fails(&mut node, &current, AnswerLost, true).await;
            }
            let (status, body) = asked.end().await;
            assert!(status != StatusCode::OK || !body.contains("[DONE]"), "{body}");
            // All that was ordered has been heard: the next word is about another request.
            let other = Asked::new(&gateway, false);
            let next = next_job(&mut node).await;
            node.accept(&next.job).await;
            say(&mut node, &next.job, 1, "next").await;
            node.done(&next.job, 1, false).await;
            assert_eq!(other.text().await, "next", "{last:?} after {losses}");
        }
    }
}

/// A folder whose gateway was killed: its rows are as they were.
async fn killed(gateway: Arc<Gateway>, asked: Asked) -> Gateway {
    let store = gateway.folder.path().join("data");
    let copy = tempfile::tempdir().expect("a folder");
    let copied = std::process::Command::new("cp")
        .args(["-a".as_ref(), store.as_os_str(), copy.path().as_os_str()])
        .status();
    assert!(copied.expect("copied").success());
    asked.0.abort();
    Gateway::start_in(copy).await
}

#[tokio::test]
async fn n1_a_killed_gateway_gives_the_answer_to_the_same_request() {
    let gateway = started().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    let asked = Asked::new(&gateway, false);
    let job = node.job().await;
    node.accept(&job.job).await;
    say(&mut node, &job.job, 1, "one").await;
    let gateway = Arc::new(killed(gateway, asked).await);
    let mut node = Node::join(&gateway, &identity, None).await.expect("in again");
    // The page is not stopped: its client may ask again. No answer is an answer here.
    let held = ResumeJob { job: job.job.clone(), accepted: true, last_seq: 1, first_seq: 0 };
    node.say(&NodeMessage::Resume { jobs: vec![held] }).await;
    let asked = Asked::new(&gateway, false);
    node.offer(1).await;
    let order = match node.next_word().await {
        GatewayMessage::Harvest(order) => order,
        other => panic!("{other:?} instead of a harvest"),
    };
    assert_eq!(order.of, job.job);
    show(&mut node, &order.job, "<p>one two</p>").await;
    assert_eq!(asked.text().await, "one two");
    // It was given once: the same request is a new one now.
    let asked = Asked::new(&gateway, false);
    let job = next_job(&mut node).await;
    node.accept(&job.job).await;
    say(&mut node, &job.job, 1, "again").await;
    node.done(&job.job, 1, false).await;
    assert_eq!(asked.text().await, "again");
}

#[tokio::test]
async fn n1_what_has_ended_is_not_left() {
    let gateway = started().await;
    let mut node = gateway.browser(1).await;
    let asked = Asked::new(&gateway, false);
    let job = node.job().await;
    assert_eq!(gateway.app().store.runs().list().await.expect("rows").len(), 1);
    node.accept(&job.job).await;
    say(&mut node, &job.job, 1, "one").await;
    node.done(&job.job, 1, false).await;
    assert_eq!(asked.text().await, "one");
    while !gateway.app().store.runs().list().await.expect("rows").is_empty() {
        tokio::task::yield_now().await;
    }
}
