use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::chat::{
    ChatRequest, Dialect, Event, Extra, Failure, FailureClass, Message, OutputFormat, Part,
    PartKind, Role, Sampling, Severity, Tool, ToolChoice, fold,
};

fn spec(toml_like: serde_json::Value) -> DecoderSpec {
    serde_json::from_value(toml_like).expect("a spec")
}

fn decode(spec: &DecoderSpec, records: Vec<PageRecord>) -> Result<Vec<Event>, Failure> {
    let mut decoder = SiteDecoder::new(spec, Sides::Both);
    let mut out = Vec::new();
    for record in records {
        decoder.push(record, &mut out)?;
    }
    decoder.finish(&mut out)?;
    Ok(out)
}

/// The text that a client gets.
fn text(events: Vec<Event>) -> String {
    let reply = fold(events).expect("a whole answer");
    let parts = reply.choices[0].parts.iter();
    parts.filter(|part| part.kind == PartKind::Text).map(|part| part.text.as_str()).collect()
}

fn bytes(text: &str) -> PageRecord {
    PageRecord::Bytes { stream: 1, bytes: Bytes::copy_from_slice(text.as_bytes()) }
}

fn message(text: &str) -> PageRecord {
    PageRecord::Message { stream: 1, text: text.to_owned() }
}

fn dom(block: u32, html: &str, closed: bool) -> PageRecord {
    PageRecord::Dom { block, html: html.to_owned(), closed, thought: false, choice: 0 }
}

fn json_spec() -> DecoderSpec {
    spec(json!({
        "kind": "records", "only": [{"pointer": "/type", "equals": "token"}],
        "text": [{"pointer": "/thought", "as": "reasoning"}, {"pointer": "/text"}],
        "done": [{"only": [{"pointer": "/type", "equals": "end"}]}], "done_data": "[DONE]",
        "error": [{"only": [{"pointer": "/error"}]}], "error_message": ["/error/message"],
    }))
}

#[test]
fn records_take_what_the_pointers_name() {
    let events = decode(
        &json_spec(),
        vec![
            bytes("data: {\"type\":\"token\",\"thought\":\"hm\"}\n\ndata: not json\n\n"),
            bytes("data: {\"type\":\"token\",\"text\":\"Hé\"}\n\ndata: {\"type\":\"x\",\"text\":\"no\"}\n\n"),
            bytes("data: {\"type\":\"token\",\"text\":\"llo\"}\n\ndata: {\"type\":\"end\"}\n\n"),
            bytes("data: {\"type\":\"token\",\"text\":\"late\"}\n\n"),
        ],
    )
    .unwrap();
    insta::assert_debug_snapshot!(events);
    assert_eq!(text(events), "Héllo");
}

#[test]
fn a_pages_error_is_a_failure_in_its_words() {
    let record = bytes("data: {\"error\":{\"message\":\"Too warm today\"}}\n\n");
    let failure = decode(&json_spec(), vec![record]).unwrap_err();
    assert_eq!(failure.class, FailureClass::PageError);
    assert_eq!(failure.message, "Too warm today");
}

#[test]
fn cumulative_text_is_the_difference_and_a_rewrite_is_flagged() {
    let spec = spec(json!({"kind": "records", "text": [{"pointer": "/t", "mode": "cumulative"}]}));
    let mut decoder = SiteDecoder::new(&spec, Sides::Both);
    let mut out = Vec::new();
    for all in ["Hel", "Hello", "Hello wor"] {
        decoder.push(message(&json!({ "t": all }).to_string()), &mut out).unwrap();
    }
    assert!(!decoder.was_rewritten());
    decoder.push(message(r#"{"t":"Hello you"}"#), &mut out).unwrap();
    assert!(decoder.was_rewritten());
    decoder.finish(&mut out).unwrap();
    assert_eq!(text(out), "Hello woryou");
}

#[test]
fn socketio_tells_the_turns_messages_from_others() {
    let said = json!([{"pointer": "/type", "equals": "answer"}]);
    let spec = spec(json!({
        "kind": "records", "framing": "socketio",
        "message_id": "/id",
        "begin": [{"event": "run", "only": [{"pointer": "/of", "equals": "prompt"}]}],
        "text": [
            {"event": "start", "pointer": "/text", "only": said},
            {"event": "token", "pointer": "/text", "follows": true},
            {"event": "whole", "pointer": "/text", "only": said, "mode": "cumulative"},
        ],
        "done": [{"event": "end"}],
    }));
    let event = |name: &str, argument| message(&format!("42{}", json!([name, argument])));
    let start =
        |id, kind: &str, text: &str| event("start", json!({"id": id, "type": kind, "text": text}));
    let token = |id, text: &str| event("token", json!({"id": id, "text": text}));
    let mut records = vec![
        start(0, "answer", "Welcome!"),
        event("end", json!({})),
        event("run", json!({"of": "hello"})),
        event("end", json!({})),
        event("run", json!({"of": "prompt"})),
        start(1, "tool", "look"),
        token(1, "ing up"),
        start(2, "answer", "One"),
        token(2, " two"),
        event("whole", json!({"id": 2, "type": "answer", "text": "One two"})),
        event("whole", json!({"id": 3, "type": "answer", "text": "Three"})),
    ];
    let end = event("end", json!({}));
    let plain = decode(&spec, [records.clone(), vec![end.clone()]].concat()).unwrap();
    assert_eq!(text(plain), "One two\n\nThree");

    // A message that grows behind another, and one that is rewritten, are said as far as they can be.
    records.push(token(3, " four"));
    let mut decoder = SiteDecoder::new(&spec, Sides::Both);
    let mut events = Vec::new();
    for record in records {
        decoder.push(record, &mut events).unwrap();
    }
    assert!(!decoder.was_rewritten());
    let late = event("whole", json!({"id": 2, "type": "answer", "text": "One, two"}));
    for record in [late, end] {
        decoder.push(record, &mut events).unwrap();
    }
    assert!(decoder.was_rewritten() && decoder.is_complete());
}

#[test]
fn dom_blocks_are_said_when_they_are_stable() {
    let spec = spec(json!({"kind": "dom", "cursor": "▌"}));
    let mut decoder = SiteDecoder::new(&spec, Sides::Both);
    let mut said = Vec::new();
    for record in [
        dom(0, "<p>Hello <strong>wo▌</strong></p>", false),
        dom(0, "<p>Hello <strong>world</strong> and▌</p>", false),
        dom(1, "<pre><code class=\"language-rust\">let x", false),
        dom(0, "<p>Hello <strong>world</strong> and more.</p>", true),
        dom(1, "<pre><code class=\"language-rust\">let x = 1;\n</code></pre>", true),
        dom(2, "<ul><li>a</li><li>b</li></ul>", false),
    ] {
        let mut out = Vec::new();
        decoder.push(record, &mut out).unwrap();
        said.extend(out);
    }
    assert!(!decoder.was_rewritten());
    decoder.finish(&mut said).unwrap();
    insta::assert_snapshot!(text(said));
}

#[test]
fn an_answer_over_the_cap_is_a_failure() {
    let spec = spec(json!({"kind": "records", "text": [{"pointer": "/t"}]}));
    let mut decoder = SiteDecoder::new(&spec, Sides::Both);
    let record = message(&json!({"t": "x".repeat(3 << 20)}).to_string());
    let failure = (0..10).find_map(|_| decoder.push(record.clone(), &mut Vec::new()).err());
    assert_eq!(failure.map(|f| f.class), Some(FailureClass::AnswerTooLarge));
}

#[test]
fn what_a_page_makes_us_hold_has_an_end() {
    let patch =
        spec(json!({"kind": "patches", "layout": "positions", "text": [{"pointer": "/answer"}]}));
    let more = bytes(&format!("data: [[\"append\",[\"log\"],\"{}\"]]\n\n", "x".repeat(1 << 20)));
    let begin = bytes("data: {\"answer\":\"\",\"log\":\"\"}\n\n");
    let growing = [vec![begin], vec![more; 33]].concat();
    let failure = decode(&patch, growing).unwrap_err();
    assert_eq!(failure.class, FailureClass::AnswerTooLarge);

    let open = |spec: &DecoderSpec, size| {
        let piece = Bytes::from(vec![b'x'; size]);
        decode(
            spec,
            (0..255).map(|stream| PageRecord::Bytes { stream, bytes: piece.clone() }).collect(),
        )
    };
    let failure = open(&json_spec(), 1).unwrap_err();
    assert_eq!(failure.class, FailureClass::UpstreamBadResponse);
}

#[test]
fn a_record_that_never_ends_is_refused_in_every_framing() {
    for framing in ["sse", "lines", "prefix_lines", "whole", "array", "frames", "socketio"] {
        let spec = spec(json!({"kind": "records", "framing": framing, "text": [{}]}));
        let mut decoder = SiteDecoder::new(&spec, Sides::Both);
        let piece = Bytes::from(vec![b'['; 1 << 20]);
        let mut push = |stream| {
            let record = PageRecord::Bytes { stream, bytes: piece.clone() };
            decoder.push(record, &mut Vec::new()).err()
        };
        let refused = (0..16).position(|_| push(0).is_some());
        assert_eq!(refused, Some(10), "{framing}: after ten megabytes of one record");
        let refused = (1..16).find_map(&mut push).map(|failure| failure.class);
        assert_eq!(refused, Some(FailureClass::UpstreamBadResponse), "{framing}: over all streams");
    }
}

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest {
        model: "m".to_owned(),
        system: Vec::new(),
        messages,
        tools: Vec::new(),
        tool_choice: ToolChoice::Unset,
        parallel_tools: None,
        output: OutputFormat::Text,
        sampling: Sampling::default(),
        max_output_tokens: None,
        choices: 1,
        stream: false,
        include_usage: false,
        extra: Extra::default(),
    }
}

fn turn(role: Role, text: &str) -> Message {
    let parts = vec![Part::Text(text.to_owned())];
    Message { role, parts, name: None, extra: Extra::default() }
}

/// Packed for a page that takes text only.
fn text_only(request: &ChatRequest) -> Prompt {
    pack(request, &Offer::default()).expect("nothing is attached")
}

#[test]
fn a_lone_user_text_goes_as_it_is_and_more_is_packed() {
    let lone = text_only(&request(vec![turn(Role::User, "# Hi\n\nthere ")]));
    assert_eq!(lone.text, "# Hi\n\nthere ");
    assert_eq!(lone.losses, []);
    let mut long = request(vec![
        turn(Role::User, "Hello"),
        turn(Role::Assistant, "Hi!"),
        turn(Role::User, "How are you?"),
    ]);
    long.system = vec![Part::Text("Be brief.".to_owned())];
    insta::assert_snapshot!(text_only(&long).text);
}

fn picture(media: u8, choice: u8, mime: &str, name: &str, bytes: &'static [u8]) -> [PageRecord; 2] {
    let (mime, name) = (mime.to_owned(), name.to_owned());
    let head = MediaHead { mime, name, size: bytes.len() as u64, choice, unread: None };
    let bytes = Bytes::from_static(bytes);
    [PageRecord::Media { media, head }, PageRecord::MediaBytes { media, bytes }]
}

fn turn_of(
    sides: Sides,
    records: impl IntoIterator<Item = PageRecord>,
) -> Result<Vec<Event>, Failure> {
    let mut decoder = TurnDecoder::new(&json_spec(), sides, true);
    let mut out = Vec::new();
    for record in records {
        decoder.push(record, &mut out)?;
        assert!(!decoder.is_complete(), "the page's end is the answer's");
    }
    let media = decoder.finish(&mut out)?;
    assert!(!decoder.is_complete(), "its media are not said yet");
    let media: Vec<_> = media.into_iter().map(|medium| (medium, None)).collect();
    decoder.close(&media, &mut out);
    assert!(decoder.is_complete() && decoder.has_answer());
    Ok(out)
}

#[test]
fn media_follow_the_text_and_the_stream_s_own_end() {
    let said = bytes("data: {\"type\":\"token\",\"text\":\"See:\"}\n\ndata: [DONE]\n\n");
    let media = [
        picture(1, 0, "image/png", "A [dot]", b"\0\x01\x02"),
        picture(2, 0, "text/csv", "a.csv", b"a,b"),
    ];
    let records = std::iter::once(said).chain(media.into_iter().flatten());
    let answer = text(turn_of(Sides::Both, records).unwrap());
    assert_eq!(
        answer,
        "See:\n\n![A dot](data:image/png;base64,AAEC)\n\n[a.csv](data:text/csv;base64,YSxi)"
    );
    // A picture alone is an answer; what the page calls its type breaks out of nothing.
    let alone = picture(1, 0, "image/png)<script>", "", b"x");
    let events = turn_of(Sides::Both, alone).unwrap();
    assert_eq!(text(events), "[file](data:application/octet-stream;base64,eA==)");
}

#[test]
fn media_with_an_address_are_said_by_it() {
    let mut decoder = TurnDecoder::new(&json_spec(), Sides::Both, true);
    let mut out = Vec::new();
    for record in picture(1, 0, "image/png", "A dot", b"abc") {
        decoder.push(record, &mut out).unwrap();
    }
    let media = decoder.finish(&mut out).unwrap();
    assert_eq!(media[0].bytes, b"abc".as_slice());
    let at = Some("http://127.0.0.1:7070/media/a".to_owned());
    decoder.close(&[(media[0].clone(), at)], &mut out);
    assert_eq!(text(out), "![A dot](http://127.0.0.1:7070/media/a)");
}

#[test]
fn media_belong_to_their_side() {
    let two = || {
        picture(1, 0, "image/png", "a", b"a").into_iter().chain(picture(
            2,
            1,
            "image/png",
            "b",
            b"b",
        ))
    };
    let reply = fold(turn_of(Sides::Both, two()).unwrap()).unwrap();
    let texts: Vec<_> = reply.choices.iter().map(|choice| choice.parts[0].text.as_str()).collect();
    assert_eq!(texts, ["![a](data:image/png;base64,YQ==)", "![b](data:image/png;base64,Yg==)"]);
    let reply = fold(turn_of(Sides::One(1), two()).unwrap()).unwrap();
    assert_eq!((reply.choices.len(), reply.choices[0].parts[0].text.as_str()), (1, texts[1]));
}

fn unread(address: &str) -> MediaHead {
    let (mime, name) = ("image/*".to_owned(), "A cat".to_owned());
    MediaHead { mime, name, size: 0, choice: 0, unread: Some(address.to_owned()) }
}

#[test]
fn media_that_the_page_cannot_read_are_named_where_their_address_is_public() {
    let answer = |address: &str| {
        let said = bytes("data: {\"type\":\"token\",\"text\":\"See:\"}\n\n");
        let mut decoder = TurnDecoder::new(&json_spec(), Sides::Both, true);
        let mut out = Vec::new();
        decoder.push(said, &mut out).unwrap();
        let head = unread(address);
        decoder.push(PageRecord::Media { media: 1, head }, &mut out).unwrap();
        let media = decoder.finish(&mut out).unwrap();
        let told = media.into_iter().map(|medium| (medium.clone(), medium.unread));
        decoder.close(&told.collect::<Vec<_>>(), &mut out);
        assert!(decoder.has_lost_media(), "it is a loss in any case");
        text(out)
    };
    assert_eq!(
        answer("https://img.example.com:8443/a(1).png?x=1"),
        "See:\n\n![A cat](https://img.example.com:8443/a%281%29.png?x=1)"
    );
    assert_eq!(answer("http://img.example.com/a"), "See:\n\n![A cat](http://img.example.com/a)");
    for hidden in [
        "",
        "blob:https://a.example.com/1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://localhost/a",
        "http://printer/a",
        "http://nas.local/a",
        "http://127.0.0.1/a",
        "http://10.0.0.1:80/a",
        "http://[::1]/a",
        "http://me:secret@a.example.com/",
        "https://a.example.com/a b",
        "https://.com/a",
    ] {
        assert_eq!(answer(hidden), "See:", "{hidden}");
    }
}

#[test]
fn media_that_do_not_come_whole_or_are_too_large_fail() {
    let [head, _] = picture(1, 0, "image/png", "a", b"abc");
    let failure = turn_of(Sides::Both, [head]).unwrap_err();
    assert_eq!(failure.class, FailureClass::UpstreamBadResponse);
    let head = MediaHead { size: 1 << 40, unread: None, ..unread("") };
    let failure = turn_of(Sides::Both, [PageRecord::Media { media: 1, head }]).unwrap_err();
    assert_eq!(failure.class, FailureClass::AnswerTooLarge);
}

#[test]
fn settings_and_files_that_a_page_takes_leave_the_text() {
    let picture = |url: &str| Part::Image { url: url.to_owned(), detail: None };
    let mut asked = request(vec![
        turn(Role::User, "Look"),
        turn(Role::Assistant, "Where?"),
        turn(Role::User, "Here"),
    ]);
    asked.messages[0].parts.push(picture("data:image/png;base64,AAEC"));
    asked.messages[2].parts.push(picture("data:image/png;base64,AAE="));
    asked.messages[2].parts.push(Part::Audio { data: "AA".to_owned(), format: "wav".to_owned() });
    asked.system = vec![Part::Text("Be brief.".to_owned())];
    asked.sampling.temperature = Some(0.7);
    asked.sampling.top_p = Some(0.5);
    asked.max_output_tokens = Some(400);
    asked.choices = 2;
    let settings = vec![Parameter::Temperature, Parameter::MaxTokens, Parameter::System];
    let offer = Offer { settings, files: true, answers: 2, ..Offer::default() };
    insta::assert_debug_snapshot!(pack(&asked, &offer));
    // A turn of files alone has no words, and pages send none without.
    let mut bare = request(vec![turn(Role::User, "")]);
    bare.messages[0].parts = vec![picture("data:image/png;base64,AAEC")];
    assert_eq!(pack(&bare, &offer).unwrap().text, "See the attached file.");
}

#[test]
fn files_at_hand_are_attached_under_what_names_them() {
    let given = |name: &str, mime: &str| Given {
        name: name.to_owned(),
        mime: mime.to_owned(),
        bytes: Bytes::from_static(b"abc"),
    };
    let address = "http://127.0.0.1:7070/media/x";
    let at_hand = [("file-1", given("a.csv", "text/csv")), (address, given("b.png", "image/png"))];
    let given = at_hand.map(|(key, file)| (key.to_owned(), file)).into();
    let mut asked = request(vec![turn(Role::User, "Look")]);
    asked.messages[0].parts.extend([
        Part::File { data: None, file_id: Some("file-1".to_owned()), name: None },
        Part::Image { url: address.to_owned(), detail: None },
    ]);
    let prompt = pack(&asked, &Offer { files: true, given, ..Offer::default() }).unwrap();
    let seen = prompt.files.iter().map(|file| (file.name.as_str(), file.mime.as_str()));
    assert_eq!(seen.collect::<Vec<_>>(), [("a.csv", "text/csv"), ("b.png", "image/png")]);
}

#[test]
fn a_file_that_did_not_come_whole_is_refused_by_its_field() {
    let refused = |part: Part| {
        let mut asked = request(vec![turn(Role::User, "Look")]);
        asked.messages[0].parts.push(part);
        let offer = Offer { files: true, ..Offer::default() };
        let failure = pack(&asked, &offer).unwrap_err();
        (failure.class, failure.param)
    };
    let at = Some("messages.0.content.1".to_owned());
    let picture = |url: &str| Part::Image { url: url.to_owned(), detail: None };
    let unsupported = (FailureClass::Unsupported, at.clone());
    assert_eq!(refused(picture("https://example.com/a.png")), unsupported);
    let file_id = Some("file-1".to_owned());
    let wrong = (FailureClass::InvalidRequest, at);
    assert_eq!(refused(Part::File { data: None, file_id, name: None }), wrong);
    assert_eq!(refused(picture("data:image/png;base64,A*")), wrong);
    assert_eq!(refused(picture("data:image/png,x")), wrong);
    assert_eq!(refused(picture("data:image/png;base64,")), wrong);
}

#[test]
fn what_a_page_cannot_honour_is_a_loss_of_its_weight() {
    let mut asked = request(vec![turn(Role::User, "x")]);
    asked.messages[0].parts.push(Part::Image { url: "data:x".to_owned(), detail: None });
    let value = json!({"type": "input_video", "input_video": {"url": "data:x"}});
    asked.messages[0].parts.push(Part::Unknown { origin: Dialect::OpenaiChat, value });
    asked.tools.push(Tool {
        name: "f".to_owned(),
        description: None,
        parameters: None,
        strict: None,
        extra: Extra::default(),
    });
    asked.output = OutputFormat::JsonObject;
    asked.sampling.temperature = Some(0.1);
    asked.max_output_tokens = Some(10);
    let weighed = |asked: &ChatRequest| -> Vec<(String, Severity)> {
        text_only(asked).losses.into_iter().map(|loss| (loss.path, loss.severity)).collect()
    };
    assert_eq!(
        weighed(&asked),
        [
            ("tools".to_owned(), Severity::Constraint),
            ("response_format".to_owned(), Severity::Constraint),
            ("temperature".to_owned(), Severity::Hint),
            ("max_tokens".to_owned(), Severity::Meaning),
            ("messages.0.content.1".to_owned(), Severity::Constraint),
            ("messages.0.content.2".to_owned(), Severity::Constraint),
        ]
    );
    asked.tool_choice = ToolChoice::None;
    assert!(!weighed(&asked).iter().any(|(path, _)| path == "tools"));
}

proptest! {
    /// A growing block never takes back what was said.
    #[test]
    fn a_growing_dom_block_is_said_once(words in proptest::collection::vec("[a-z]{1,6}", 1..10)) {
        let spec = DecoderSpec::Dom(DomSpec::default());
        let records = (1..=words.len()).map(|n| {
            dom(0, &format!("<p>{}</p>", words[..n].join(" ")), n == words.len())
        });
        let events = decode(&spec, records.collect()).expect("decoded");
        prop_assert_eq!(text(events), words.join(" "));
    }
}

#[test]
fn a_site_may_have_turns_marked_otherwise_and_its_instructions_together() {
    let mut asked = request(vec![
        turn(Role::User, "Hello"),
        turn(Role::System, "Now rhyme."),
        turn(Role::Assistant, "Hi"),
        turn(Role::User, "More"),
    ]);
    asked.system = vec![Part::Text("Be brief.".to_owned())];
    let packed = |template, merge_system| {
        let packing = Packing { template, merge_system };
        pack(&asked, &Offer { packing, ..Offer::default() }).unwrap().text
    };
    assert_eq!(
        packed(Template::Transcript, false),
        "System: Be brief.\n\nUser: Hello\n\nSystem: Now rhyme.\n\nAssistant: Hi\n\nUser: More"
    );
    assert_eq!(
        packed(Template::Tags, true),
        "<system>\nBe brief.\n\nNow rhyme.\n</system>\n\n<user>\nHello\n</user>\n\n\
         <assistant>\nHi\n</assistant>\n\n<user>\nMore\n</user>"
    );
}
