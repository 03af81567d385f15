//! What a decoder makes of a recording.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Value, json};
use tabway_dialects::chat::{Delta, Event, Failure, PartKind};

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The events.
    pub events: Vec<Event>,
    /// Why it broke off, where it did.
    pub failure: Option<Failure>,
}

impl Replay {
    /// The first answer's text, without its reasoning.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut parts = BTreeSet::new();
        for event in &self.events {
            match event {
                Event::PartStart { choice: 0, part, kind: PartKind::Text } => {
                    parts.insert(*part);
                }
                Event::Delta { part, delta: Delta::Text(more) } if parts.contains(part) => {
                    text.push_str(more);
                }
                _ => {}
            }
        }
        text.trim_end().to_owned()
    }

    /// One event a line, as `NAME.events.jsonl` holds them.
    #[must_use]
    pub fn events(&self) -> String {
        let mut lines: Vec<_> = self.events.iter().map(line).collect();
        lines.extend(self.failure.as_ref().map(|failure| {
            json!({"event": "failed", "class": failure.class.code(), "message": failure.message})
        }));
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }

    /// The events for a person: the pieces of a part in one line.
    #[must_use]
    pub fn folded(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut run: Option<(u32, usize, String)> = None;
        for event in &self.events {
            if let Event::Delta { part, delta: Delta::Text(more) } = event {
                match &mut run {
                    Some((of, pieces, text)) if of == part => {
                        *pieces += 1;
                        text.push_str(more);
                    }
                    _ => {
                        lines.extend(run.take().map(|run| pieces_line(&run)));
                        run = Some((*part, 1, more.clone()));
                    }
                }
                continue;
            }
            lines.extend(run.take().map(|run| pieces_line(&run)));
            lines.push(line(event).to_string());
        }
        lines.extend(run.map(|run| pieces_line(&run)));
        lines.extend(
            self.failure
                .as_ref()
                .map(|failure| format!("failed: {} ({})", failure.message, failure.class.code())),
        );
        lines
    }
}

fn pieces_line((part, pieces, text): &(u32, usize, String)) -> String {
    format!("part {part}, {pieces} pieces: {}", Value::from(text.as_str()))
}

fn line(event: &Event) -> Value {
    match event {
        Event::Start { .. } => json!({"event": "start"}),
        Event::PartStart { part, kind, choice } => {
            let word = match kind {
                PartKind::Reasoning => "reasoning",
                PartKind::ToolCall { .. } => "tool_call",
                PartKind::Text | PartKind::Refusal => "text",
            };
            let mut start = json!({"event": "part_start", "part": part, "kind": word});
            if let PartKind::ToolCall { name, .. } = kind {
                start["name"] = json!(name);
            }
            if *choice > 0 {
                start["choice"] = json!(choice);
            }
            start
        }
        Event::Delta { part, delta } => {
            let text = match delta {
                Delta::Text(text) | Delta::Arguments(text) => text,
                // No page has state of its own to carry.
                Delta::State(_) => "",
            };
            json!({"event": "delta", "part": part, "text": text})
        }
        Event::PartEnd { part } => json!({"event": "part_end", "part": part}),
        Event::Stop { reason, native, .. } => {
            let mut stop = json!({"event": "stop", "reason": format!("{reason:?}")});
            if let Some(word) = native {
                stop["native"] = json!(word);
            }
            stop
        }
        Event::Usage(_) => json!({"event": "usage"}),
        Event::Failed(failure) => json!({"event": "failed", "class": failure.class.code()}),
    }
}
