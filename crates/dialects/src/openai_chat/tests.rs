use serde_json::{Value, json};

use super::*;
use crate::chat::{
    Delta, Event, FailureClass, OutputFormat, Part, PartKind, Role, StopReason, ToolChoice, Usage,
    fold,
};

fn head() -> ReplyHead {
    let (id, model) = ("chatcmpl-1".to_owned(), "m".to_owned());
    ReplyHead { id, model, created: 1_700_000_000, emulated: Vec::new() }
}

/// An answer with everything: reasoning, text, two tool calls, usage.
fn events() -> Vec<Event> {
    let text = |part, text: &str| Event::Delta { part, delta: Delta::Text(text.to_owned()) };
    let arguments =
        |part, text: &str| Event::Delta { part, delta: Delta::Arguments(text.to_owned()) };
    let call = |id: &str| PartKind::ToolCall { id: id.to_owned(), name: "find".to_owned() };
    vec![
        Event::Start { id: None, model: None },
        Event::PartStart { choice: 0, part: 0, kind: PartKind::Reasoning },
        text(0, "hm"),
        Event::PartEnd { part: 0 },
        Event::PartStart { choice: 0, part: 1, kind: PartKind::Text },
        text(1, "Hel"),
        text(1, "lo"),
        Event::PartEnd { part: 1 },
        Event::PartStart { choice: 0, part: 2, kind: call("a") },
        Event::PartStart { choice: 0, part: 3, kind: call("b") },
        arguments(3, "{}"),
        arguments(2, "{\"x\":"),
        arguments(2, "1}"),
        Event::PartEnd { part: 2 },
        Event::PartEnd { part: 3 },
        Event::Stop {
            choice: 0,
            reason: StopReason::ToolCalls,
            native: Some("FUNCTION_CALL".to_owned()),
        },
        Event::Usage(Usage {
            input: 3,
            cache_read: 1,
            output: 5,
            reasoning: 2,
            ..Usage::default()
        }),
    ]
}

fn stream(include_usage: bool) -> String {
    let mut encoder = StreamEncoder::new(head(), include_usage);
    let mut out = Vec::new();
    for event in events() {
        encoder.encode(&event, &mut out);
    }
    encoder.done(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_stream_is_chunks_and_done() {
    insta::assert_snapshot!(stream(true));
}

#[test]
fn without_the_wish_there_is_no_usage_in_a_stream() {
    assert!(!stream(false).contains("usage"));
}

#[test]
fn a_reply_is_the_fold_of_its_events() {
    let reply = fold(events()).unwrap();
    let body: Value = serde_json::from_slice(&encode_reply(&reply, &head())).unwrap();
    insta::assert_json_snapshot!(body);
}

#[test]
fn the_tap_reads_what_the_encoder_writes() {
    let mut tap = Tap::new(false, 1);
    tap.push(bytes::Bytes::from(stream(true)));
    let ending = tap.finish();
    assert_eq!(ending.usage.map(|usage| usage.total()), Some(9));
}

#[test]
fn a_request_is_decoded_part_by_part() {
    let body = json!({
        "model": "m", "stream": true, "stream_options": {"include_usage": true}, "n": 1,
        "temperature": 0.5, "seed": 7, "stop": "END", "max_tokens": 5, "max_completion_tokens": 9,
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"a": 1}}},
        "user": "u", "logit_bias": null,
        "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
                {"type": "hologram", "x": 1},
            ]},
            {"role": "assistant", "content": null, "reasoning_content": "r", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "42"},
        ],
    });
    let request = decode_request(body.to_string().as_bytes()).unwrap();
    assert_eq!(request.system, [Part::Text("be brief".to_owned())]);
    assert_eq!(request.messages.len(), 3);
    assert_eq!(request.messages[0].parts.len(), 3);
    assert!(matches!(request.messages[0].parts[2], Part::Unknown { .. }));
    assert_eq!(request.messages[1].role, Role::Assistant);
    assert!(matches!(request.messages[2].parts[0], Part::ToolResult { .. }));
    assert_eq!(request.tool_choice, ToolChoice::Named("f".to_owned()));
    assert!(matches!(request.output, OutputFormat::JsonSchema { .. }));
    assert_eq!(request.max_output_tokens, Some(9));
    assert!(request.stream && request.include_usage);
    let extra: Vec<_> = request.extra.fields.keys().collect();
    assert_eq!(extra, ["logit_bias", "user"]);
}

#[test]
fn a_wrong_field_is_named() {
    let cases = [
        (json!({"messages": []}), "model"),
        (json!({"model": "m"}), "messages"),
        (json!({"model": "m", "messages": "hi"}), "messages"),
        (json!({"model": "m", "messages": []}), "messages"),
        (json!({"model": "m", "messages": [{"role": "system", "content": "x"}]}), "messages"),
        (json!({"model": "m", "messages": [{"content": "x"}]}), "messages.0.role"),
        (json!({"model": "m", "messages": [{"role": "alien", "content": "x"}]}), "messages.0.role"),
        (json!({"model": "m", "messages": [{"role": "user"}]}), "messages.0.content"),
        (json!({"model": "m", "messages": [{"role": "user", "content": 7}]}), "messages.0.content"),
        (
            json!({"model": "m", "messages": [{"role": "user", "content": [{"type": "text"}]}]}),
            "messages.0.content.0.text",
        ),
        (
            json!({"model": "m", "messages": [{"role": "tool", "content": "x"}]}),
            "messages.0.tool_call_id",
        ),
        (json!({"model": "m", "n": 0, "messages": [{"role": "user", "content": "x"}]}), "n"),
        (
            json!({"model": "m", "stream": "yes", "messages": [{"role": "user", "content": "x"}]}),
            "stream",
        ),
        (
            json!({"model": "m", "max_tokens": -1, "messages": [{"role": "user", "content": "x"}]}),
            "max_tokens",
        ),
        (
            json!({"model": "m", "tool_choice": "maybe", "messages": [{"role": "user", "content": "x"}]}),
            "tool_choice",
        ),
    ];
    for (body, field) in cases {
        let failure = decode_request(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(failure.class, FailureClass::InvalidRequest, "{body}");
        assert_eq!(failure.param.as_deref(), Some(field), "{body}");
    }
}

#[test]
fn what_is_not_json_is_said_so() {
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    for body in ["", "{", "[]", "nonsense", "{\"model\":1e999}", deep.as_str()] {
        let failure = decode_request(body.as_bytes()).unwrap_err();
        assert_eq!(failure.class, FailureClass::InvalidJson, "{body:.20}");
    }
}

/// The parts of the user's turn in a request whose message has these fields.
fn parts_of(mut message: Value) -> Result<Vec<Part>, crate::chat::Failure> {
    message["role"] = json!("user");
    let body = json!({"model": "m", "messages": [message]}).to_string();
    Ok(decode_request(body.as_bytes())?.messages.remove(0).parts)
}

fn file(data: &str, name: Option<&str>) -> Part {
    Part::File { data: Some(data.to_owned()), file_id: None, name: name.map(str::to_owned) }
}

#[test]
fn files_in_the_shapes_of_other_bridges_are_files() {
    let (png, pdf) = ("data:image/png;base64,AAEC", "data:application/pdf;base64,AAEC");
    let image = |detail: Option<&str>| Part::Image {
        url: png.to_owned(),
        detail: detail.map(str::to_owned),
    };
    let upload = Part::File { data: None, file_id: Some("file-1".to_owned()), name: None };
    let audio = Part::Audio { data: "AAEC".to_owned(), format: "wav".to_owned() };
    let ours = "http://127.0.0.1:7070/media/x";
    for (part, wanted) in [
        (json!({"type": "file_url", "file_url": {"url": pdf}}), file(pdf, None)),
        (json!({"type": "file_url", "file_url": pdf}), file(pdf, None)),
        (json!({"type": "media_url", "media_url": {"url": ours}}), file(ours, None)),
        (json!({"type": "url", "url": "file-1"}), upload.clone()),
        (
            json!({"type": "input_image", "input_image": {"url": png, "detail": "low"}}),
            image(Some("low")),
        ),
        (json!({"type": "input_image", "image_url": png}), image(None)),
        (
            json!({"type": "input_video", "input_video": {"data": "AAEC", "format": "mp4"}}),
            file("data:video/mp4;base64,AAEC", None),
        ),
        (
            json!({"type": "input_video", "input_video": {"data": "AAEC", "mime_type": "video/webm"}}),
            file("data:video/webm;base64,AAEC", None),
        ),
        (json!({"type": "input_video", "input_video": {"url": ours}}), file(ours, None)),
        (
            json!({"type": "input_audio", "input_audio": {"data": "AAEC", "mime_type": "audio/ogg"}}),
            file("data:audio/ogg;base64,AAEC", None),
        ),
        (json!({"type": "input_audio", "input_audio": {"data": "AAEC", "format": "wav"}}), audio),
        (
            json!({"type": "file", "file": {"url": pdf, "filename": "a.pdf"}}),
            file(pdf, Some("a.pdf")),
        ),
    ] {
        assert_eq!(parts_of(json!({"content": [part]})).unwrap(), [wanted], "{part}");
    }
    for list in ["attachments", "images", "files", "media"] {
        let parts = parts_of(json!({"content": "look", list: [
            pdf,
            "file-1",
            {"url": pdf, "filename": "b.pdf"},
            {"file_id": "file-1"},
            {"image_url": {"url": png}},
            {"data": "AAEC", "mime_type": "text/csv", "name": "c.csv"},
            {"type": "input_image", "input_image": {"url": png}},
        ]}));
        let csv = file("data:text/csv;base64,AAEC", Some("c.csv"));
        let (a, b) = (file(pdf, None), file(pdf, Some("b.pdf")));
        let wanted = [a, upload.clone(), b, upload.clone(), image(None), csv, image(None)];
        assert_eq!(parts.unwrap()[1..], wanted, "{list}");
    }
    // Beside the messages: they belong to what the user said last.
    let body = json!({"model": "m", "attachments": [pdf], "messages": [
        {"role": "user", "content": "a"}, {"role": "user", "content": "b"},
        {"role": "assistant", "content": "c"},
    ]});
    let asked = decode_request(body.to_string().as_bytes()).unwrap();
    assert_eq!(asked.messages[1].parts[1], file(pdf, None));
    assert!(asked.extra.fields.is_empty());
}

#[test]
fn a_wrong_file_is_named_by_its_field() {
    let at = |field: &str| format!("messages.0.content.0.{field}");
    for (part, field) in [
        (json!({"type": "file_url"}), "file_url"),
        (json!({"type": "file_url", "file_url": 7}), "file_url"),
        (json!({"type": "media_url", "media_url": {}}), "media_url.url"),
        (json!({"type": "url", "url": " "}), "url"),
        (json!({"type": "input_image"}), "image_url"),
        (json!({"type": "input_video", "input_video": {"data": "AAEC"}}), "input_video.format"),
        (json!({"type": "input_video", "input_video": {}}), "input_video.data"),
        (
            json!({"type": "input_video", "input_video": {"data": "AAEC", "mime_type": "a;b"}}),
            "input_video.data",
        ),
        (json!({"type": "input_audio", "input_audio": {"data": "AAEC"}}), "input_audio.format"),
        (json!({"type": "input_audio"}), "input_audio.data"),
    ] {
        let failure = parts_of(json!({"content": [part]})).unwrap_err();
        assert_eq!(failure.class, FailureClass::InvalidRequest, "{part}");
        assert_eq!(failure.param, Some(at(field)), "{part}");
    }
    for (value, field) in [
        (json!("a.png"), "messages.0.images"),
        (json!([7]), "messages.0.images.0"),
        (json!([{"name": "a.png"}]), "messages.0.images.0.url"),
        (json!([{"type": "text", "text": "a"}]), "messages.0.images.0"),
        (json!([{"data": ""}]), "messages.0.images.0.data"),
    ] {
        let failure = parts_of(json!({"content": "look", "images": value})).unwrap_err();
        assert_eq!(failure.param.as_deref(), Some(field), "{value}");
    }
    let body = json!({"model": "m", "attachments": ["file-1"],
        "messages": [{"role": "assistant", "content": "c"}]});
    let failure = decode_request(body.to_string().as_bytes()).unwrap_err();
    assert_eq!(failure.param.as_deref(), Some("attachments"));
}
