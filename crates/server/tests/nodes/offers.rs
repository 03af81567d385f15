//! What a page offers beside a text answer, from the client's request to the node's order.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway_dialects::site_chat::PageRecord;
use tabway_protocol::{
    adapter::{
        Control, ControlKind, FileWay, Files, Locator, LongPrompt, Mode, ModelSelect, Models,
        Parameter,
    },
    message::{Job, JobFile, Site},
};

use crate::support::{Gateway, Identity, Node, site};

/// A page that offers all of it.
fn rich() -> Site {
    let mut site = site(0, 0);
    let adapter = &mut site.adapter;
    let control = |kind| Control {
        kind,
        at: vec![Locator { css: Some("#control".to_owned()), ..Locator::default() }],
        open: vec![],
        values: BTreeMap::new(),
    };
    adapter.parameters = BTreeMap::from([
        (Parameter::Temperature, control(ControlKind::Slider)),
        (Parameter::Stop, control(ControlKind::Chips)),
        (Parameter::Thinking, control(ControlKind::Select)),
        (Parameter::Search, control(ControlKind::Toggle)),
        (Parameter::System, control(ControlKind::Text)),
    ]);
    adapter.files = Some(Files {
        by: vec![FileWay::Input],
        accept: vec!["image/*".to_owned(), "text/plain".to_owned()],
        max_count: 2,
        max_bytes: 300_000,
        wait_ms: 1_000,
    });
    adapter.models = Models {
        names: vec!["small".to_owned(), "large".to_owned()],
        source: None,
        select: Some(ModelSelect::Query { parameter: "model".to_owned() }),
        ..Models::default()
    };
    let mode = |name: &str, sides, select| Mode {
        name: name.to_owned(),
        start: format!("/{name}"),
        sides,
        select,
    };
    adapter.modes = vec![mode("battle", 2, false), mode("direct", 1, true)];
    site
}

async fn gateway(site: Site) -> (Gateway, Node) {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![site]);
    let code = gateway.fleet(1).await;
    let mut node = Node::join(&gateway, &Identity::new(), Some(&code)).await.expect("in");
    let models = ["small", "large", "battle", "battle@a", "battle@b", "direct"];
    node.offer_models(1, &models).await;
    gateway.until(|views| views.iter().any(|view| !view.seats.is_empty())).await;
    (gateway, node)
}

async fn ask(gateway: &Gateway, body: Value) -> (StatusCode, Value) {
    let path = "/v1/chat/completions";
    let (status, bytes) = gateway.http(Method::POST, path, None, &body.to_string()).await;
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// What the node is given for a request; the request is then left.
async fn ordered(gateway: &Gateway, node: &mut Node, body: Value) -> (Vec<Bytes>, Job) {
    let (frames, job) = tokio::select! {
        answer = ask(gateway, body) => panic!("{answer:?} before the page had it"),
        given = node.job_with_files() => given,
    };
    node.done(&job.job, 0, true).await;
    gateway.until(|views| views[0].seats[0].lanes[0].job.is_none()).await;
    (frames, job)
}

fn lone(model: &str, content: Value) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": content}]})
}

fn picture(bytes: &[u8]) -> Value {
    let data = data_encoding::BASE64.encode(bytes);
    json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{data}")}})
}

#[tokio::test]
async fn a_model_s_name_chooses_model_mode_and_side() {
    let (gateway, mut node) = gateway(rich()).await;
    for (name, model, mode) in [
        ("page/large", Some("large"), None),
        ("large", Some("large"), None),
        ("page/battle", None, Some("battle")),
        ("page/battle@b", None, Some("battle")),
        ("page/direct:small", Some("small"), Some("direct")),
    ] {
        let (_, job) = ordered(&gateway, &mut node, lone(name, json!("hello"))).await;
        assert_eq!((job.model.as_deref(), job.mode.as_deref()), (model, mode), "{name}");
    }
    let (status, body) = ask(&gateway, lone("page/direct:huge", json!("hello"))).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!("model_not_found"))
    );
    let (status, _) = ask(&gateway, lone("page/battle:small", json!("hello"))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn settings_that_the_page_offers_go_to_its_controls() {
    let (gateway, mut node) = gateway(rich()).await;
    let body = json!({
        "model": "page/small", "temperature": 0.7, "top_p": 0.5, "stop": ["END", "STOP"],
        "reasoning_effort": "high", "web_search_options": {},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
    });
    let (_, job) = ordered(&gateway, &mut node, body).await;
    assert_eq!(job.prompt, "Hi", "the instructions have a box of their own");
    let of = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let expected = BTreeMap::from([
        (Parameter::Temperature, of(&["0.7"])),
        (Parameter::Stop, of(&["END", "STOP"])),
        (Parameter::Thinking, of(&["high"])),
        (Parameter::Search, of(&["on"])),
        (Parameter::System, of(&["Be brief."])),
    ]);
    assert_eq!(job.settings, expected);
}

#[tokio::test]
async fn files_come_before_their_turn() {
    let (gateway, mut node) = gateway(rich()).await;
    let large: Vec<u8> = (0..=u8::MAX).cycle().take(262_145).collect();
    let text = data_encoding::BASE64.encode("words".as_bytes());
    let content = json!([
        {"type": "text", "text": "What is this?"},
        picture(&large),
        {"type": "file", "file": {"filename": "a/notes.txt", "file_data": format!("data:text/plain;base64,{text}")}},
    ]);
    let (frames, job) = ordered(&gateway, &mut node, lone("page/small", content)).await;
    assert_eq!(job.prompt, "What is this?");
    let listed =
        |name: &str, mime: &str, size| JobFile { name: name.into(), mime: mime.into(), size };
    let expected =
        [listed("image-1.png", "image/png", 262_145), listed("notes.txt", "text/plain", 5)];
    assert_eq!(job.files, expected);
    // Kind 16, the number of the frame, that of the file.
    let heads: Vec<_> = frames.iter().map(|frame| (frame[0], frame[20], frame[21])).collect();
    assert_eq!(heads, [(16, 1, 0), (16, 2, 0), (16, 1, 1)]);
    let first: Vec<u8> = frames[..2].iter().flat_map(|frame| frame[22..].to_vec()).collect();
    assert!(first == large, "the bytes as they were");
    assert_eq!(&frames[2][22..], b"words");
}

#[tokio::test]
async fn what_the_page_does_not_take_is_refused_before_it_hears_of_it() {
    let (gateway, _node) = gateway(rich()).await;
    let by_address =
        json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}});
    let sound = json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}});
    let small = picture(b"x");
    for (content, status, code) in [
        (json!([by_address]), 400, "unsupported_by_target"),
        (json!([sound]), 400, "attachment_refused"),
        (json!([small, small, small]), 413, "attachment_too_large"),
        (json!([picture(&[0; 300_001])]), 413, "attachment_too_large"),
    ] {
        let (got, body) = ask(&gateway, lone("page/small", content)).await;
        assert_eq!((got.as_u16(), &body["error"]["code"]), (status, &json!(code)), "{body}");
    }
}

#[tokio::test]
async fn a_long_prompt_goes_as_a_file_where_the_adapter_says_so() {
    let mut site = rich();
    site.adapter.limits.max_prompt_chars = 100;
    site.adapter.composer.long_prompt = LongPrompt::Attach;
    let (gateway, mut node) = gateway(site).await;
    let long = "word ".repeat(40);
    let (frames, job) = ordered(&gateway, &mut node, lone("page/small", json!(long))).await;
    assert_eq!(job.files[0].name, "prompt.txt");
    assert_eq!(&frames[0][22..], long.as_bytes());
    assert!(job.prompt.contains("prompt.txt") && job.prompt.len() < 100, "{}", job.prompt);
}

/// A whole turn: the records that the page gives, and the client's answer.
async fn answered(
    gateway: &Gateway,
    node: &mut Node,
    body: Value,
    records: Vec<PageRecord>,
) -> (StatusCode, Value) {
    let page = async {
        let job = node.job().await.job;
        node.accept(&job).await;
        let mut last = 0;
        for (seq, record) in (1..).zip(records) {
            node.record(&job, seq, record).await;
            last = seq;
        }
        node.done(&job, last, false).await;
    };
    let (answer, ()) = tokio::join!(ask(gateway, body), page);
    gateway.until(|views| views[0].seats[0].lanes[0].job.is_none()).await;
    answer
}

/// The answer of a page with two sides.
fn two_sides() -> Vec<PageRecord> {
    let bytes = Bytes::from_static(
        b"a0:\"Left\"\nb0:\"Right\"\nad:{\"finishReason\":\"stop\"}\nbd:{\"finishReason\":\"stop\"}\n",
    );
    vec![
        PageRecord::Opened { stream: 1, tap: 0, status: 200 },
        PageRecord::Bytes { stream: 1, bytes },
    ]
}

#[tokio::test]
async fn two_sides_are_two_choices_and_one_of_them_is_one() {
    let mut site = rich();
    site.adapter.answer = tabway::adapters::built_in()["lmarena"].answer.clone();
    let (gateway, mut node) = gateway(site).await;
    let contents = |body: &Value| -> Vec<(u64, String)> {
        let choices = body["choices"].as_array().cloned().unwrap_or_default();
        let text = |one: &Value| one["message"]["content"].as_str().unwrap_or_default().to_owned();
        choices.iter().map(|one| (one["index"].as_u64().unwrap_or(9), text(one))).collect()
    };
    let mut asked = lone("page/battle", json!("hello"));
    asked["n"] = json!(2);
    let (status, body) = answered(&gateway, &mut node, asked, two_sides()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(contents(&body), [(0, "Left".to_owned()), (1, "Right".to_owned())]);
    let asked = lone("page/battle@b", json!("hello"));
    let (_, body) = answered(&gateway, &mut node, asked, two_sides()).await;
    assert_eq!(contents(&body), [(0, "Right".to_owned())]);
}
