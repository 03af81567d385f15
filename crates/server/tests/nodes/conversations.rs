//! Requests that go on with the page's own conversation, and those that may not.

use std::{sync::Arc, time::Duration};

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_protocol::message::{Conversation, Job, NodeFailure, NodeFailureClass, NodeMessage};
use tokio::task::JoinHandle;

use crate::support::{Gateway, Node, site};

/// A conversation as a client keeps it.
#[derive(Clone)]
struct Client {
    gateway: Arc<Gateway>,
    key: &'static str,
    messages: Vec<Value>,
}

impl Client {
    fn new(gateway: &Arc<Gateway>, key: &'static str) -> Self {
        Self { gateway: gateway.clone(), key, messages: vec![] }
    }

    /// Asks; the conversation goes on with the answer.
    fn ask(&self, prompt: &str) -> JoinHandle<Self> {
        let mut this = self.clone();
        this.messages.push(json!({ "role": "user", "content": prompt }));
        tokio::spawn(async move {
            let body = json!({ "model": "page/default", "messages": this.messages }).to_string();
            let path = "/v1/chat/completions";
            let (status, bytes) =
                this.gateway.http(Method::POST, path, Some(this.key), &body).await;
            assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&bytes));
            let reply: Value = serde_json::from_slice(&bytes).expect("JSON");
            this.messages.push(reply["choices"][0]["message"].clone());
            this
        })
    }
}

/// Answers a turn; the lanes then stand as said, `Some("")` for after this one.
async fn answer(node: &mut Node, job: &Job, text: &str, stand: &[Option<&str>]) {
    node.accept(&job.job).await;
    node.frame(&job.job, 1, &json!({ "kind": "text", "text": text }).to_string()).await;
    node.frame(&job.job, 2, &json!({ "kind": "done" }).to_string()).await;
    let here = |after: &Option<&str>| {
        after.map(|after| if after.is_empty() { job.job.clone() } else { after.to_owned() })
    };
    let stand: Vec<Option<String>> = stand.iter().map(here).collect();
    node.stands(&stand.iter().map(Option::as_deref).collect::<Vec<_>>()).await;
    node.done(&job.job, 2, false).await;
}

const HERE: Option<&str> = Some("");

async fn started() -> Arc<Gateway> {
    Arc::new(Gateway::start().await)
}

#[tokio::test]
async fn ten_turns_stay_in_one_conversation_and_each_is_typed_alone() {
    let gateway = started().await;
    let mut node = gateway.browser(1).await;
    let mut client = Client::new(&gateway, "any");
    let mut last: Option<String> = None;
    for turn in 0..10 {
        let asked = client.ask(&format!("question {turn}"));
        let job = node.job().await;
        assert_eq!(job.prompt, format!("question {turn}"));
        let expected = if turn == 0 { Conversation::Fresh } else { Conversation::Continue };
        assert_eq!((job.conversation, &job.after), (expected, &last));
        answer(&mut node, &job, &format!("answer {turn}"), &[HERE]).await;
        client = asked.await.expect("an answer");
        last = Some(job.job);
    }
    assert_eq!(client.messages.len(), 20);
    let ledger = gateway.app().store.ledger();
    let rows = loop {
        // The writer is behind its spool by a moment.
        let rows = ledger.recent(20).await.expect("rows");
        if rows.len() == 10 {
            break rows;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let attempts = ledger.attempts(&rows[0].id).await.expect("attempts");
    assert_eq!((&*attempts[0].conversation, attempts[0].lane), ("continued", Some(1)));
}

#[tokio::test]
async fn a_page_that_lost_the_conversation_gets_it_packed_in_a_new_chat() {
    let gateway = started().await;
    let mut node = gateway.browser(1).await;
    let asked = Client::new(&gateway, "any").ask("one");
    let job = node.job().await;
    answer(&mut node, &job, "two", &[HERE]).await;
    let client = asked.await.expect("an answer");
    let asked = client.ask("three");
    let job = node.job().await;
    assert_eq!(job.conversation, Conversation::Continue);
    let failure = NodeFailure {
        class: NodeFailureClass::ConversationLost,
        message: "gone".to_owned(),
        locator: None,
        site_words: None,
    };
    node.say(&NodeMessage::Failed { job: job.job, last_seq: 0, accepted: false, failure }).await;
    let job = node.job().await;
    assert_eq!((job.conversation, job.after.as_deref()), (Conversation::Fresh, None));
    assert_eq!(job.prompt, "### User\none\n\n### Assistant\ntwo\n\n### User\nthree");
    answer(&mut node, &job, "four", &[HERE]).await;
    assert_eq!(asked.await.expect("an answer").messages.len(), 4);
}

#[tokio::test]
async fn a_page_that_somebody_touched_is_not_even_asked() {
    let gateway = started().await;
    let mut node = gateway.browser(1).await;
    let asked = Client::new(&gateway, "any").ask("one");
    let job = node.job().await;
    answer(&mut node, &job, "two", &[None]).await;
    let client = asked.await.expect("an answer");
    let _asked = client.ask("three");
    assert_eq!(node.job().await.conversation, Conversation::Fresh);
}

#[tokio::test]
async fn an_edited_history_or_another_one_of_the_same_words_begins_anew() {
    let gateway = started().await;
    let mut node = gateway.browser(1).await;
    let asked = Client::new(&gateway, "any").ask("one");
    let job = node.job().await;
    answer(&mut node, &job, "two", &[HERE]).await;
    let client = asked.await.expect("an answer");
    let mut edited = client.clone();
    edited.messages[1]["content"] = json!("too");
    let asked = edited.ask("three");
    let job = node.job().await;
    assert_eq!(job.conversation, Conversation::Fresh);
    answer(&mut node, &job, "four", &[HERE]).await;
    asked.await.expect("an answer");
    // The page shows the edited one now.
    let _asked = client.ask("three");
    assert_eq!(node.job().await.conversation, Conversation::Fresh);
}

#[tokio::test]
async fn two_keys_never_share_a_conversation() {
    let gateway = started().await;
    let keys = "[[keys]]\nname = \"a\"\nsecret = \"key-of-a\"\n[[keys]]\nname = \"b\"\nsecret = \"key-of-b\"\n";
    gateway.reload_with(keys).expect("keys");
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    let mut node = gateway.browser(1).await;
    let asked = Client::new(&gateway, "key-of-a").ask("one");
    let job = node.job().await;
    answer(&mut node, &job, "two", &[HERE]).await;
    let client = asked.await.expect("an answer");
    let other = Client { key: "key-of-b", ..client.clone() };
    let _asked = other.ask("three");
    assert_eq!(node.job().await.conversation, Conversation::Fresh);
}

#[tokio::test]
async fn a_new_conversation_takes_a_tab_that_shows_none_and_the_old_one_waits_for_its_own() {
    let gateway = started().await;
    let mut node = gateway.browser(2).await;
    let asked = Client::new(&gateway, "any").ask("one");
    let first = node.job().await;
    assert_eq!(first.lane, 1);
    answer(&mut node, &first, "two", &[HERE, None]).await;
    let client = asked.await.expect("an answer");
    let other = Client::new(&gateway, "any").ask("something else");
    let second = node.job().await;
    assert_eq!((second.lane, second.conversation), (2, Conversation::Fresh));
    answer(&mut node, &second, "two", &[Some(&first.job), HERE]).await;
    other.await.expect("an answer");
    let _asked = client.ask("three");
    let third = node.job().await;
    assert_eq!((third.lane, third.after), (1, Some(first.job)));
}

#[tokio::test]
async fn a_site_may_want_a_new_chat_each_time_written_in_its_own_way() {
    let gateway = started().await;
    let fresh = "[[sites]]\nname = \"page\"\nadapter = \"demo\"\norigin = \"http://127.0.0.1:1\"\n\
                 conversations = \"fresh\"\npacking = \"tags\"\n";
    gateway.app().nodes.set_sites(vec![]);
    gateway.reload_with(fresh).expect("a site");
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    let mut node = gateway.browser(1).await;
    let asked = Client::new(&gateway, "any").ask("one");
    let job = node.job().await;
    answer(&mut node, &job, "two", &[HERE]).await;
    let _asked = asked.await.expect("an answer").ask("three");
    let job = node.job().await;
    assert_eq!(job.conversation, Conversation::Fresh);
    assert!(job.prompt.starts_with("<user>\none\n</user>"), "{}", job.prompt);
}
