//! Tools in a page's own dialog, in words where it has none or refuses them, and how each is told.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway::config::ConfigError;
use tabway_dialects::site_chat::{ArgumentsForm, CallRule, DecoderSpec, PageRecord};
use tabway_protocol::{
    adapter::{Locator, PageTools},
    message::{Job, NodeFailure, NodeFailureClass, NodeMessage},
};

use crate::support::{Gateway, Identity, Node, site};

/// A gateway whose site's page has a dialog for tools and tells its calls apart.
async fn gateway(tools: &str) -> Gateway {
    let gateway = Gateway::start().await;
    let file = format!(
        "[[sites]]\nname = \"page\"\nadapter = \"demo\"\norigin = \"http://127.0.0.1:1\"\n\
         tools = \"{tools}\"\n"
    );
    // The site is the file's here.
    gateway.app().nodes.set_sites(vec![]);
    gateway.reload_with(&file).expect("a site");
    let mut page = site(0, 0);
    let found = vec![Locator { css: Some("#tools".to_owned()), ..Locator::default() }];
    page.adapter.tools = Some(PageTools {
        toggle: found.clone(),
        edit: found.clone(),
        editor: found.clone(),
        save: found.clone(),
        close: found,
        keywords: ["type", "properties", "required"].map(str::to_owned).to_vec(),
        ..PageTools::default()
    });
    let DecoderSpec::Records(answer) = &mut page.adapter.answer else { panic!("records") };
    answer.call = vec![CallRule {
        name: "/call/name".to_owned(),
        arguments: "/call/arguments".to_owned(),
        form: ArgumentsForm::Json,
        ..CallRule::default()
    }];
    gateway.app().nodes.set_sites(vec![page]);
    gateway
}

fn asked(more: Value) -> String {
    let parameters = json!({
        "type": "object", "properties": { "city": { "type": "string", "pattern": "^R" } },
    });
    let function = json!({ "name": "get_weather", "parameters": parameters });
    let mut body = json!({
        "model": "page/default", "messages": [{ "role": "user", "content": "Weather in Rome?" }],
        "tools": [{ "type": "function", "function": function }],
    });
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body.to_string()
}

/// A turn of the page, which says these records.
async fn says(node: &mut Node, records: Vec<Value>) -> Job {
    let job = node.job().await;
    node.accept(&job.job).await;
    node.record(&job.job, 1, PageRecord::Opened { stream: 1, tap: 0, status: 200 }).await;
    let mut last = 1;
    for (seq, value) in (2..).zip(records) {
        let bytes = format!("data: {value}\n\n").into_bytes().into();
        node.record(&job.job, seq, PageRecord::Bytes { stream: 1, bytes }).await;
        last = seq;
    }
    node.done(&job.job, last, false).await;
    job
}

/// A turn whose page's dialog does not do, before anything is typed.
async fn refuses(node: &mut Node) -> Job {
    let job = node.job().await;
    let failure = NodeFailure {
        class: NodeFailureClass::ToolsRefused,
        message: "The dialog is not on the page.".to_owned(),
        locator: Some("tools.toggle".to_owned()),
        site_words: None,
    };
    let id = job.job.clone();
    node.say(&NodeMessage::Failed { job: id, last_seq: 0, accepted: false, failure }).await;
    job
}

async fn ask(gateway: &Gateway, body: &str) -> (StatusCode, Value) {
    let (status, bytes) =
        gateway.http(Method::POST, "/v1/chat/completions", Some("any"), body).await;
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn called() -> Value {
    json!({ "call": { "name": "get_weather", "arguments": { "city": "Rome" } } })
}

fn done() -> Value {
    json!({ "kind": "done" })
}

#[tokio::test]
async fn the_page_s_own_call_is_the_client_s_and_is_not_marked_as_emulated() {
    let gateway = gateway("auto").await;
    let mut node = gateway.browser(1).await;
    let text = json!({ "kind": "text", "text": "I look." });
    let page = says(&mut node, vec![text, called(), done()]);
    let body = asked(json!({}));
    let ((status, body), job) = tokio::join!(ask(&gateway, &body), page);
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(job.prompt, "Weather in Rome?", "the page has the tools, not the prompt");
    let tools: Value = serde_json::from_str(&job.tools.expect("tools")).expect("JSON");
    let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    assert_eq!(tools, json!([{ "name": "get_weather", "parameters": parameters }]));
    let choice = &body["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], "I look.");
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(call["function"]["name"], "get_weather");
    assert_eq!(call["function"]["arguments"], r#"{"city":"Rome"}"#);
    assert!(call["id"].as_str().expect("an id").starts_with("call_"), "{call}");
    assert_eq!(body["emulated"], Value::Null);
}

#[tokio::test]
async fn results_go_back_in_words_and_the_tools_stay_in_the_dialog() {
    let gateway = gateway("native").await;
    let mut node = gateway.browser(1).await;
    let call = json!({ "id": "call_1", "type": "function",
        "function": { "name": "get_weather", "arguments": "{\"city\":\"Rome\"}" } });
    let messages = json!([
        { "role": "user", "content": "Weather in Rome?" },
        { "role": "assistant", "content": null, "tool_calls": [call] },
        { "role": "tool", "tool_call_id": "call_1", "content": "Sun." },
    ]);
    let text = json!({ "kind": "text", "text": "It is sunny." });
    let page = says(&mut node, vec![text, done()]);
    let body = asked(json!({ "messages": messages }));
    let ((status, body), job) = tokio::join!(ask(&gateway, &body), page);
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(job.tools.is_some());
    assert!(job.prompt.contains("Result of `get_weather`:") && job.prompt.contains("Sun."));
    assert!(!job.prompt.contains("Tools, one a line"), "{}", job.prompt);
    assert_eq!(body["choices"][0]["message"]["content"], "It is sunny.");
    // A choice that the dialog has no word for is said, and held to.
    let page = says(&mut node, vec![called(), done()]);
    let body = asked(json!({ "tool_choice": "required", "parallel_tool_calls": false }));
    let ((status, body), job) = tokio::join!(ask(&gateway, &body), page);
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(job.prompt.contains("You must call a function"), "{}", job.prompt);
    assert_eq!(body["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn a_dialog_that_does_not_do_gives_way_to_words_or_is_the_failure() {
    let gateway = gateway("auto").await;
    let mut node = gateway.browser(1).await;
    let markup =
        "<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Rome\"}}</tool_call>";
    let page = async {
        let first = refuses(&mut node).await;
        let second = says(&mut node, vec![json!({ "kind": "text", "text": markup }), done()]).await;
        (first, second)
    };
    let body = asked(json!({}));
    let ((status, answer), (first, second)) = tokio::join!(ask(&gateway, &body), page);
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(first.tools.is_some() && second.tools.is_none());
    assert!(second.prompt.contains("get_weather"), "{}", second.prompt);
    assert_eq!(answer["emulated"], json!(["tools"]));
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    // Calls of functions that no client gave are nobody's.
    let plain = json!({ "tools": null, "messages": [{ "role": "user", "content": "hi" }] });
    let text = json!({ "kind": "text", "text": "hello" });
    let page = says(&mut node, vec![called(), text, done()]);
    let plain = asked(plain);
    let (answer, _) = tokio::join!(ask(&gateway, &plain), page);
    assert_eq!(answer.1["choices"][0]["message"]["tool_calls"], Value::Null, "{}", answer.1);

    let gateway = self::gateway("native").await;
    let mut node = gateway.browser(1).await;
    let ((status, answer), _) = tokio::join!(ask(&gateway, &body), refuses(&mut node));
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{answer}");
    assert_eq!(answer["error"]["code"], "page_changed");
    assert_eq!(answer["error"]["param"], "tools");
}

#[tokio::test]
async fn a_site_may_have_them_in_words_alone_and_a_page_without_a_dialog_has() {
    let markup =
        "<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Rome\"}}</tool_call>";
    let gateway = gateway("emulated").await;
    let mut node = gateway.browser(1).await;
    let page = says(&mut node, vec![json!({ "kind": "text", "text": markup }), done()]);
    let body = asked(json!({}));
    let ((_, answer), job) = tokio::join!(ask(&gateway, &body), page);
    assert_eq!((job.tools, &answer["emulated"]), (None, &json!(["tools"])));

    let gateway = self::gateway("native").await;
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    let _node = gateway.browser(1).await;
    let (status, answer) = ask(&gateway, &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    assert_eq!(answer["error"]["param"], "tools");
    let wrong: Result<(), ConfigError> = gateway.reload_with(
        "[[sites]]\nname = \"page\"\nadapter = \"demo\"\norigin = \"http://127.0.0.1:1\"\n\
         tools = \"magic\"\n",
    );
    assert!(wrong.expect_err("no such word").to_string().contains("`tools = \"magic\"`"));
}

#[tokio::test]
async fn n8_an_older_extension_is_given_words() {
    let gateway = gateway("auto").await;
    let code = gateway.fleet(1).await;
    let identity = Identity::of_the_first_version();
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    let text = json!({ "kind": "text", "text": "Sun." });
    let page = says(&mut node, vec![text, done()]);
    let body = asked(json!({}));
    let ((status, answer), job) = tokio::join!(ask(&gateway, &body), page);
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!((job.tools, &answer["emulated"]), (None, &json!(["tools"])));
}
