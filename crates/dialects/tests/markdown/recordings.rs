//! The answers, and what the runner sent of each while a page drew it.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde::Deserialize;
use tabway_dialects::{
    chat::{Delta, Event},
    site_chat::{DecoderSpec, DomSpec, PageRecord, Sides, SiteDecoder},
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/markdown")
}

/// Every answer by its name: a line `%%% name`, then the answer up to the next such line.
pub fn answers() -> BTreeMap<String, String> {
    let mut answers = BTreeMap::new();
    for file in fs::read_dir(folder().join("answers")).expect("answers") {
        let text = fs::read_to_string(file.expect("a file").path()).expect("text");
        for part in format!("\n{text}").split("\n%%% ").skip(1) {
            let (name, markdown) = part.split_once('\n').expect("a name and an answer");
            let known = answers.insert(name.to_owned(), markdown.trim_end().to_owned());
            assert!(known.is_none(), "two answers are named {name}");
        }
    }
    answers
}

/// One answer as one page drew it.
#[derive(Debug, Deserialize)]
pub struct Recording {
    pub name: String,
    /// The renderer.
    pub page: String,
    cursor: Option<String>,
    /// Block, HTML, closed.
    records: Vec<(u32, String, bool)>,
}

pub fn recordings() -> Vec<Recording> {
    let text = fs::read_to_string(folder().join("recordings.jsonl")).expect("recordings");
    text.lines().map(|line| serde_json::from_str(line).expect("a recording")).collect()
}

/// What a decoder said.
pub struct Turn {
    /// All deltas.
    pub text: String,
    pub rewritten: bool,
    pub said_before_end: bool,
}

impl Recording {
    /// As it came.
    pub fn decode(&self) -> Turn {
        self.decode_records(&self.records)
    }

    /// As it was in the end, each block once.
    pub fn decode_last(&self) -> Turn {
        let mut last = BTreeMap::new();
        for (block, html, closed) in &self.records {
            if !closed {
                last.retain(|known, _| known <= block);
            }
            last.insert(*block, html.clone());
        }
        let records: Vec<_> = last.into_iter().map(|(block, html)| (block, html, true)).collect();
        self.decode_records(&records)
    }

    fn decode_records(&self, records: &[(u32, String, bool)]) -> Turn {
        let spec = DomSpec { cursor: self.cursor.clone(), ..DomSpec::default() };
        let mut decoder = SiteDecoder::new(&DecoderSpec::Dom(spec), Sides::Both);
        let mut events = Vec::new();
        let mut said_before_end = false;
        for (block, html, closed) in records {
            said_before_end = !events.is_empty();
            let (block, html, closed) = (*block, html.clone(), *closed);
            let record = PageRecord::Dom { block, html, closed, thought: false, choice: 0 };
            decoder.push(record, &mut events).expect("a record");
        }
        decoder.finish(&mut events).expect("an end");
        let deltas = events.iter().filter_map(|event| match event {
            Event::Delta { delta: Delta::Text(text), .. } => Some(text.as_str()),
            _ => None,
        });
        Turn { text: deltas.collect(), rewritten: decoder.was_rewritten(), said_before_end }
    }
}
