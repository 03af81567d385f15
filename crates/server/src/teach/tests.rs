//! Recorded turns of real sites, without their adapters: what is understood of the records must give
//! the text that was written beside them.

use std::{collections::BTreeMap, fs, path::PathBuf};

use data_encoding::BASE64;
use serde_json::Value;
use tabway_dialects::site_chat::{DecoderSpec, Framing, TextMode};
use tabway_protocol::{
    adapter::{Adapter, ComposerKind, Locator, NewChat, Role, SendStep, TapPurpose, Transport},
    teach::{Lesson, Seen, SeenStream},
};

use super::{
    adapter::{make, name_for},
    alike::plain,
    turn,
    understand::{Understood, generalised, understand},
};
use crate::adapters::built_in;

/// Recorded sites whose streams hold the answer by rules that can be guessed.
const KNOWN: &[&str] = &["demo"];

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../adapters")
}

fn recorded(adapter: &Adapter, recording: &str) -> PathBuf {
    fixtures().join(format!("{}.fixtures/{recording}.records.jsonl", adapter.name))
}

/// A recorded turn as a lesson sees it: whole bodies and lists of messages, none the wiser.
fn streams(adapter: &Adapter, recording: &str) -> Vec<SeenStream> {
    let text = fs::read_to_string(recorded(adapter, recording)).unwrap();
    let mut seen: BTreeMap<u64, (SeenStream, Vec<u8>)> = BTreeMap::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let number = record["stream"].as_u64().unwrap_or_default();
        // A standing socket was opened before the turn.
        let tap = usize::try_from(record["tap"].as_u64().unwrap_or_default()).unwrap();
        let (stream, bytes) = seen.entry(number).or_insert_with(|| {
            let tap = &adapter.tap[tap];
            let stream = SeenStream {
                transport: tap.transport,
                method: tap.method.clone().unwrap_or_else(|| "GET".to_owned()),
                path: tap.path.replace("**", ""),
                standing: tap.standing,
                status: 200,
                body: String::new(),
                messages: vec![],
                cut: false,
            };
            (stream, vec![])
        });
        match (record["text"].as_str(), record["base64"].as_str()) {
            (Some(text), _) if record["kind"] == "message" => stream.messages.push(text.to_owned()),
            (Some(text), _) => bytes.extend(text.as_bytes()),
            (None, Some(cut)) => bytes.extend(BASE64.decode(cut.as_bytes()).unwrap()),
            (None, None) => {}
        }
    }
    let whole = seen.into_values().map(|(mut stream, bytes)| {
        stream.body = String::from_utf8(bytes).unwrap();
        stream
    });
    whole.collect()
}

fn answer(adapter: &Adapter, recording: &str) -> String {
    let path = fixtures().join(format!("{}.fixtures/{recording}.answer.md", adapter.name));
    fs::read_to_string(path).unwrap()
}

/// What is understood of a recording, checked against another recording of the same site.
fn learned(name: &str) -> Understood {
    let adapter = &built_in()[name];
    let seen = streams(adapter, "turn");
    let found = understand(&seen, &answer(adapter, "turn")).unwrap_or_else(|| panic!("{name}"));
    for recording in ["turn", "second-turn"] {
        if !recorded(adapter, recording).exists() {
            continue;
        }
        let seen = streams(adapter, recording);
        let texts: Vec<String> = seen
            .iter()
            .filter_map(|seen| turn::decode(&found.answer, &turn::records(seen)))
            .map(|decoded| plain(&decoded.text))
            .collect();
        assert!(
            texts.contains(&plain(&answer(adapter, recording))),
            "{name} {recording}: {found:?}"
        );
    }
    found
}

#[test]
fn gradio_is_a_document_that_is_patched() {
    let found = learned("gradio");
    let DecoderSpec::Patches(spec) = &found.answer else { panic!("{found:?}") };
    assert_eq!(spec.patches, "/output/data/1");
    assert_eq!((&*spec.text[0].each, &*spec.text[0].pointer), ("/-1/content/*", "/text"));
    assert!(!spec.done.is_empty(), "the stream says when it is over");
    assert!(found.pieces > 3 && !found.tap.standing, "{found:?}");
}

#[test]
fn chainlit_is_socket_io_in_pieces() {
    let found = learned("chainlit");
    let DecoderSpec::Records(spec) = &found.answer else { panic!("{found:?}") };
    assert_eq!(spec.framing, Framing::Socketio);
    assert!(found.pieces > 3, "the words come one by one: {found:?}");
    assert!(found.tap.standing && spec.done.is_empty(), "the page says when it is over");
}

#[test]
fn what_other_recorded_sites_send_is_understood() {
    for name in KNOWN {
        learned(name);
    }
}

fn seen(body: &str) -> SeenStream {
    SeenStream {
        transport: Transport::Fetch,
        method: "POST".to_owned(),
        path: "/api/chats/4711/turn".to_owned(),
        standing: false,
        status: 200,
        body: body.to_owned(),
        messages: vec![],
        cut: false,
    }
}

#[test]
fn plain_streams_are_read_by_the_simplest_rule() {
    let openai = "data: {\"id\":\"c1\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
                  data: {\"id\":\"c1\",\"choices\":[{\"delta\":{\"content\":\"One, \"}}]}\n\n\
                  data: {\"id\":\"c1\",\"choices\":[{\"delta\":{\"content\":\"two, three.\"}}]}\n\n\
                  data: [DONE]\n\n";
    let found = understand(&[seen(openai)], "One, two, three.").unwrap();
    let DecoderSpec::Records(spec) = &found.answer else { panic!("{found:?}") };
    assert_eq!(spec.text[0].pointer, "/choices/0/delta/content");
    assert_eq!(spec.done_data.as_deref(), Some("[DONE]"));
    assert_eq!(found.tap.path, "/api/chats/*/turn");

    let lines = "{\"type\":\"thought\",\"text\":\"Counting.\"}\n{\"type\":\"answer\",\"text\":\"One,\"}\n\
                 {\"type\":\"answer\",\"text\":\"One, two, three.\"}\n{\"type\":\"end\"}\n";
    let found = understand(&[seen(lines)], "One, two, three.").unwrap();
    let DecoderSpec::Records(spec) = &found.answer else { panic!("{found:?}") };
    assert_eq!((spec.framing, spec.text[0].mode), (Framing::Lines, TextMode::Cumulative));
    assert_eq!(spec.text[0].only[0].equals, Some("answer".into()));
    assert_eq!(spec.done[0].only[0].equals, Some("end".into()));

    assert_eq!(understand(&[seen("{\"ok\":true}")], "One, two, three."), None);
}

#[test]
fn paths_lose_their_ids() {
    assert_eq!(generalised("/api/chat/stream"), "/api/chat/stream");
    assert_eq!(generalised("/c/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0/x[1]"), "/c/*/*");
    assert_eq!(generalised("/v2/42"), "/v2/*");
}

fn lesson() -> Lesson {
    let css = |css: &str| vec![Locator { css: Some(css.to_owned()), ..Locator::default() }];
    Lesson {
        lesson: "1".to_owned(),
        lane: 1,
        origin: "http://127.0.0.1:7860".to_owned(),
        path: "/".to_owned(),
        title: "My chat!".to_owned(),
        name: String::new(),
        repairs: None,
        locators: BTreeMap::from([
            (Role::Composer, css("#new-composer")),
            (Role::Send, css("#new-send")),
            (Role::Answer, css(".new-answer")),
        ]),
        composer: ComposerKind::Textarea,
        sent_by: SendStep::Click,
        seen: Seen { fresh: true, emptied: true, send_again: true, locked: false },
        prompt: "Count.".to_owned(),
        answer: "One, two, three.".to_owned(),
        streams: vec![],
    }
}

#[test]
fn a_lesson_without_a_stream_makes_an_adapter_that_reads_the_page() {
    let lesson = lesson();
    let made = make(&lesson, None, &name_for(&lesson, |_| false)).unwrap();
    assert_eq!((&*made.adapter.name, made.adapter.new_chat), ("my-chat", NewChat::Navigate));
    assert!(matches!(made.adapter.answer, DecoderSpec::Dom(_)));
    assert_eq!(Adapter::parse(&made.text).unwrap(), made.adapter);
    assert_eq!(name_for(&lesson, |name| name == "my-chat"), "my-chat-taught");
    let nothing = Lesson { locators: BTreeMap::new(), ..lesson };
    assert!(make(&nothing, None, "x").is_err());
}

#[test]
fn a_repair_replaces_what_was_shown_and_keeps_what_still_holds() {
    let gradio = &built_in()["gradio"];
    let lesson = Lesson {
        answer: answer(gradio, "turn"),
        streams: streams(gradio, "turn"),
        repairs: Some("team".to_owned()),
        ..lesson()
    };
    let made = make(&lesson, Some(gradio), "gradio").unwrap().adapter;
    assert_eq!(made.locators[&Role::Composer], lesson.locators[&Role::Composer]);
    assert_eq!(made.locators[&Role::Stop], gradio.locators[&Role::Stop], "it was not shown anew");
    assert_eq!((&made.tap, &made.answer), (&gradio.tap, &gradio.answer), "it still reads");
    assert_eq!((&made.signals, &made.limits), (&gradio.signals, &gradio.limits));

    let moved = Lesson { streams: vec![], ..lesson };
    let made = make(&moved, Some(gradio), "gradio").unwrap().adapter;
    assert!(matches!(made.answer, DecoderSpec::Dom(_)), "its stream is gone");
    assert!(made.tap.iter().all(|tap| tap.purpose == TapPurpose::Answer));
}
