//! Each stream gives the events of its snapshot, which a human has read.

use std::fmt::Write;

use tabway_dialects::{
    chat::{Delta, Event, PartKind},
    site_chat::Sides,
};

use crate::kinds::{self, Said};

#[test]
fn each_stream_gives_its_events() {
    for kind in kinds::all() {
        assert!(!kind.streams.is_empty(), "{} has a stream", kind.name);
        let mut text = String::new();
        for stream in &kind.streams {
            let records = kinds::records(stream.carrier, &stream.bytes, &[]);
            let said = kinds::decode(&kind.spec, Sides::Both, records);
            let _ = write!(text, "{}:\n{}", stream.name, lines(&said));
        }
        insta::assert_snapshot!(kind.name, text);
    }
}

#[test]
fn one_side_alone_is_the_only_choice() {
    let kind = kinds::all().into_iter().find(|kind| kind.name == "sides").expect("sides");
    let mut text = String::new();
    for stream in &kind.streams {
        for side in [0, 1] {
            let records = kinds::records(stream.carrier, &stream.bytes, &[]);
            let said = kinds::decode(&kind.spec, Sides::One(side), records);
            let _ = write!(text, "{}, {side} alone:\n{}", stream.name, lines(&said));
        }
    }
    insta::assert_snapshot!(text);
}

fn lines(said: &Said) -> String {
    let mut text = said.events.iter().fold(String::new(), |mut text, event| {
        let _ = writeln!(text, "  {}", line(event));
        text
    });
    if let Some(failure) = &said.failure {
        let _ = writeln!(text, "  failed: {failure}");
    }
    if said.unknown > 0 {
        let _ = writeln!(text, "  unknown records: {}", said.unknown);
    }
    text
}

fn line(event: &Event) -> String {
    match event {
        Event::Start { id, model } => format!("start id={id:?} model={model:?}"),
        Event::PartStart { choice, part, kind } => {
            let kind = if *kind == PartKind::Reasoning { "reasoning" } else { "text" };
            format!("part {part} of choice {choice}: {kind}")
        }
        Event::Delta { part, delta: Delta::Text(text) } => format!("{part}: {text:?}"),
        Event::PartEnd { part } => format!("end of part {part}"),
        Event::Stop { choice, reason, native: None } => {
            format!("stop of choice {choice}: {reason:?}")
        }
        Event::Stop { choice, reason, native: Some(word) } => {
            format!("stop of choice {choice}: {reason:?}, in its word {word:?}")
        }
        other => format!("{other:?}"),
    }
}
