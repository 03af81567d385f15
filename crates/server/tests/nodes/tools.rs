//! Tools and answers of a given form at a page, from the client's request to its answer.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_dialects::site_chat::PageRecord;
use tabway_protocol::message::Job;

use crate::support::{Gateway, Node};

const ROME: &str =
    "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>";

fn asked(fields: Value) -> Value {
    let parameters = json!({
        "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"],
    });
    let function = json!({
        "name": "get_weather", "description": "The weather of a city.", "parameters": parameters,
    });
    let mut body = json!({
        "model": "page/default", "messages": [{ "role": "user", "content": "Weather in Rome?" }],
        "tools": [{ "type": "function", "function": function }],
    });
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

/// A turn of the page in which its model writes `text`, word by word.
async fn writes(node: &mut Node, text: &str) -> Job {
    let job = node.job().await;
    node.accept(&job.job).await;
    let mut records = vec![PageRecord::Opened { stream: 1, tap: 0, status: 200 }];
    let said = |value: Value| PageRecord::Bytes {
        stream: 1,
        bytes: format!("data: {value}\n\n").into_bytes().into(),
    };
    let words = text.split_inclusive(' ').map(|word| said(json!({"kind": "text", "text": word})));
    records.extend(words);
    records.push(said(json!({ "kind": "done" })));
    let mut last = 0;
    for (seq, record) in (1..).zip(records) {
        node.record(&job.job, seq, record).await;
        last = seq;
    }
    node.done(&job.job, last, false).await;
    job
}

/// What a client gets where the page's model writes these answers, and the prompts it wrote them to.
async fn turn(body: Value, answers: &[&str]) -> (StatusCode, String, Vec<String>) {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let page = async {
        let mut prompts = Vec::new();
        for answer in answers {
            prompts.push(writes(&mut node, answer).await.prompt);
        }
        prompts
    };
    let body = body.to_string();
    let asked = gateway.http(Method::POST, "/v1/chat/completions", None, &body);
    let ((status, bytes), prompts) = tokio::join!(asked, page);
    (status, String::from_utf8(bytes.to_vec()).expect("text"), prompts)
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
}

#[tokio::test]
async fn a_call_in_the_page_s_text_is_the_client_s_call() {
    let (status, text, prompts) = turn(asked(json!({})), &[&format!("I look.\n\n{ROME}")]).await;
    let body = json_of(&text);
    assert_eq!(status, StatusCode::OK, "{body}");
    let prompt = &prompts[0];
    assert!(prompt.contains("The weather of a city.") && prompt.ends_with("Weather in Rome?"));
    let choice = &body["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], "I look.");
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(
        (&call["type"], &call["function"]["name"]),
        (&json!("function"), &json!("get_weather"))
    );
    assert_eq!(call["function"]["arguments"], "{\"city\":\"Rome\"}");
    let id = call["id"].as_str().expect("an id");
    assert!(id.starts_with("call_") && id.len() <= 40, "{id}");
    assert_eq!(body["emulated"], json!(["tools"]), "said in the reply");
    assert_eq!(body["usage"]["estimated"], true);
    assert!(body["usage"]["estimated_by"].is_string(), "{body}");
}

#[tokio::test]
async fn a_stream_names_the_call_before_its_arguments() {
    let body = asked(json!({ "stream": true }));
    let (_, text, _) = turn(body, &[&format!("I look.\n{ROME}\n{ROME}")]).await;
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    let chunks: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: ").filter(|data| *data != "[DONE]"))
        .map(json_of)
        .collect();
    assert!(!text.contains("<tool") && chunks.iter().all(|chunk| chunk["emulated"][0] == "tools"));
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    let said: String = deltas.iter().filter_map(|delta| delta["content"].as_str()).collect();
    assert_eq!(said, "I look.");
    let calls: Vec<&Value> =
        deltas.iter().map(|delta| &delta["tool_calls"][0]).filter(|call| !call.is_null()).collect();
    let shape: Vec<_> =
        calls.iter().map(|call| (call["index"].as_u64(), call.get("id").is_some())).collect();
    assert_eq!(shape, [(Some(0), true), (Some(0), false), (Some(1), true), (Some(1), false)]);
    assert_ne!(calls[0]["id"], calls[2]["id"]);
    assert_eq!(calls[0]["function"], json!({ "name": "get_weather", "arguments": "" }));
    assert_eq!(calls[1]["function"]["arguments"], "{\"city\":\"Rome\"}");
    let reasons: Vec<&Value> =
        chunks.iter().map(|c| &c["choices"][0]["finish_reason"]).filter(|r| !r.is_null()).collect();
    assert_eq!(reasons, ["tool_calls"]);
}

#[tokio::test]
async fn a_wrong_call_is_mended_in_one_more_turn_of_the_page() {
    let wrong = ROME.replace("city", "town");
    let (status, text, prompts) = turn(asked(json!({})), &[&wrong, ROME]).await;
    let body = json_of(&text);
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["choices"][0]["message"]["content"], Value::Null);
    let calls = body["choices"][0]["message"]["tool_calls"].as_array().map(Vec::len);
    assert_eq!(calls, Some(1));
    assert!(prompts[1].starts_with(&prompts[0]), "{}", prompts[1]);
    assert!(prompts[1].contains("lacks `city`"), "{}", prompts[1]);
    let tokens = body["usage"]["prompt_tokens"].as_u64().expect("a count");
    let prompts: u64 = prompts.iter().map(|p| p.chars().count().div_ceil(4) as u64).sum();
    assert_eq!(tokens, prompts, "of both turns");
}

#[tokio::test]
async fn a_second_wrong_call_is_a_failure_in_words() {
    let wrong = ROME.replace("city", "town");
    let (status, text, _) = turn(asked(json!({})), &[&wrong, &wrong]).await;
    let error = &json_of(&text)["error"];
    assert_eq!((status, &error["code"]), (StatusCode::BAD_GATEWAY, &json!("tool_call_invalid")));
    assert!(
        error["message"].as_str().is_some_and(|words| words.contains("lacks `city`")),
        "{text}"
    );
}

#[tokio::test]
async fn an_answer_in_a_form_is_held_until_it_has_it() {
    let format = json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": {
        "type": "object", "required": ["warm"], "properties": { "warm": { "type": "boolean" } } } } });
    let body = asked(json!({ "tools": null, "response_format": format, "stream": true }));
    let right = "```json\n{\"warm\": true}\n```";
    let (status, text, prompts) = turn(body.clone(), &["It is warm.", right]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains(r#""content":"{\"warm\": true}""#) && !text.contains("It is"), "{text}");
    assert!(prompts[0].contains("\"warm\"") && prompts[1].contains("It is warm."));
    // Nothing had reached the client, so the second failure is a status.
    let (status, text, _) = turn(body, &["It is warm.", "It is."]).await;
    let code = &json_of(&text)["error"]["code"];
    assert_eq!((status, code), (StatusCode::BAD_GATEWAY, &json!("output_invalid")));
}

#[tokio::test]
async fn results_of_tools_go_back_to_the_page_as_text() {
    let messages = json!([
        { "role": "user", "content": "Weather in Rome?" },
        { "role": "assistant", "content": null, "tool_calls": [{ "id": "c", "type": "function",
            "function": { "name": "get_weather", "arguments": "{\"city\":\"Rome\"}" } }] },
        { "role": "tool", "tool_call_id": "c", "content": "12 degrees" },
    ]);
    let body = asked(json!({ "messages": messages }));
    let (status, text, prompts) = turn(body, &["It is 12 degrees."]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(json_of(&text)["choices"][0]["message"]["content"], "It is 12 degrees.");
    assert!(prompts[0].ends_with("Result of `get_weather`:\n12 degrees\n</tool_response>"));
}

#[tokio::test]
async fn pages_are_listed_as_emulating() {
    let gateway = Gateway::start().await;
    let _node = gateway.browser(1).await;
    let (_, bytes) = gateway.http(Method::GET, "/v1/models", None, "").await;
    let listed: Value = serde_json::from_slice(&bytes).expect("JSON");
    let page = listed["data"].as_array().into_iter().flatten().find(|m| m["id"] == "page/default");
    let page = page.expect("listed");
    assert_eq!(page["emulated"], json!(["tools", "response_format"]));
}
