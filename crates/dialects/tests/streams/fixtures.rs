//! Every fixture: the grammar can express it, and a decoder that exists says the same.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tabway_dialects::{
    chat::{Delta, Event, PartKind, fold},
    openai_chat::{StreamDecoder, decode_reply},
};

use crate::{grammar, script};

/// One stream and what it means.
pub struct Fixture {
    /// The file without its ending.
    pub path: PathBuf,
    /// The stream.
    pub stream: String,
    /// The events that a person wrote down for it.
    pub events: Vec<Event>,
}

/// The fixtures of a dialect.
pub fn of(dialect: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(dialect);
    let mut found: Vec<Fixture> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "sse"))
        .map(|path| Fixture {
            stream: fs::read_to_string(&path).unwrap(),
            events: script::read(&fs::read_to_string(path.with_extension("events")).unwrap()),
            path,
        })
        .collect();
    assert!(!found.is_empty(), "{dialect} has no fixtures");
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// The events of a stream that comes in these pieces.
pub fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let (mut decoder, mut events) = (StreamDecoder::default(), Vec::new());
    for piece in pieces {
        decoder.push(piece, &mut events);
    }
    decoder.finish(&mut events);
    events
}

const DIALECTS: [&str; 4] =
    ["openai_chat", "openai_responses", "anthropic_messages", "gemini_generate"];

#[test]
fn the_grammar_expresses_every_dialect() {
    for fixture in DIALECTS.into_iter().flat_map(of) {
        if let Err(broken) = grammar::check(&fixture.events) {
            panic!("{}: {broken}", fixture.path.display());
        }
    }
}

/// Ties events that were written by hand to their stream.
#[test]
fn every_word_of_the_events_stands_in_the_stream_in_order() {
    for Fixture { path, stream, events } in DIALECTS[1..].iter().copied().flat_map(of) {
        let mut from = 0;
        for event in &events {
            let word = match event {
                Event::PartStart { kind: PartKind::ToolCall { name, .. }, .. } => name.clone(),
                Event::Delta { delta: Delta::Text(text) | Delta::Arguments(text), .. } => {
                    text.clone()
                }
                Event::Delta { delta: Delta::State(state), .. } => {
                    state.data.as_str().unwrap().to_owned()
                }
                _ => continue,
            };
            // Arguments are a text of JSON in some dialects, and JSON in others.
            let quoted = Value::from(word.as_str()).to_string();
            let after = [quoted.as_str(), word.as_str()]
                .into_iter()
                .find_map(|spelling| Some(stream[from..].find(spelling)? + spelling.len()))
                .unwrap_or_else(|| panic!("{}: {word}", path.display()));
            from += after;
        }
    }
}

#[test]
fn openai_chat_streams_decode_into_their_events() {
    for Fixture { path, stream, events } in of("openai_chat") {
        let decoded = script::without_words(decode([stream.as_bytes()]));
        assert_eq!(decoded, events, "{}", path.display());
    }
}

#[test]
fn openai_chat_replies_are_the_fold_of_their_streams() {
    let mut compared = 0;
    for Fixture { path, stream, .. } in of("openai_chat") {
        let Ok(whole) = fs::read(path.with_extension("json")) else { continue };
        let events = decode_reply(&whole).unwrap();
        assert_eq!(grammar::check(&events), Ok(()), "{}", path.display());
        let streamed = fold(decode([stream.as_bytes()])).unwrap();
        assert_eq!(fold(events).unwrap(), streamed, "{}", path.display());
        compared += 1;
    }
    assert!(compared >= 4, "{compared} replies beside a stream");
}
