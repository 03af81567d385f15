//! Events as lines of text, for people to write and read:
//!
//! ```text
//! start ID MODEL            "text" or -
//! begin CHOICE PART KIND    text | reasoning | refusal | call "id" "name"
//! text PART "..."           args PART "..."          state PART DIALECT "..."
//! end PART
//! stop CHOICE REASON        done | length | tool_calls | content_filter | "other"
//! usage INPUT CACHE_READ CACHE_WRITE OUTPUT REASONING
//! failed CLASS
//! ```

use serde_json::Value;
use tabway_dialects::chat::{
    Delta, Event, Failure, FailureClass, Opaque, PartKind, StopReason, Usage,
};

/// Reads a script. A failure has no words.
pub fn read(text: &str) -> Vec<Event> {
    text.lines().map(|line| Words::of(line).event().unwrap_or_else(|| panic!("{line}"))).collect()
}

/// The events as a script says them: failures without their words.
pub fn without_words(events: Vec<Event>) -> Vec<Event> {
    let bare = |event| match event {
        Event::Failed(failure) => Event::Failed(Failure::new(failure.class, "")),
        event => event,
    };
    events.into_iter().map(bare).collect()
}

struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn of(line: &'a str) -> Self {
        Self(line)
    }

    fn event(mut self) -> Option<Event> {
        let event = match self.word()? {
            "start" => Event::Start { id: self.maybe()?, model: self.maybe()? },
            "begin" => {
                let (choice, part) = (self.number()?, self.number()?);
                Event::PartStart { choice, part, kind: self.kind()? }
            }
            "text" => Event::Delta { part: self.number()?, delta: Delta::Text(self.text()?) },
            "args" => Event::Delta { part: self.number()?, delta: Delta::Arguments(self.text()?) },
            "state" => {
                let part = self.number()?;
                let origin = serde_json::from_value(Value::from(self.word()?)).ok()?;
                let data = Value::from(self.text()?);
                Event::Delta { part, delta: Delta::State(Opaque { origin, account: None, data }) }
            }
            "end" => Event::PartEnd { part: self.number()? },
            "stop" => Event::Stop {
                choice: self.number()?,
                reason: self.reason()?,
                native: self.native()?,
            },
            "usage" => Event::Usage(Usage {
                input: self.number()?,
                cache_read: self.number()?,
                cache_write: self.number()?,
                output: self.number()?,
                reasoning: self.number()?,
                estimated: false,
                tokenizer: None,
            }),
            "failed" => {
                let code = self.word()?;
                let class = FailureClass::ALL.iter().find(|class| class.code() == code)?;
                Event::Failed(Failure::new(*class, ""))
            }
            _ => return None,
        };
        self.0.is_empty().then_some(event)
    }

    fn kind(&mut self) -> Option<PartKind> {
        Some(match self.word()? {
            "text" => PartKind::Text,
            "reasoning" => PartKind::Reasoning,
            "refusal" => PartKind::Refusal,
            "call" => PartKind::ToolCall { id: self.text()?, name: self.text()? },
            _ => return None,
        })
    }

    fn reason(&mut self) -> Option<StopReason> {
        if self.0.starts_with('"') {
            return self.text().map(StopReason::Other);
        }
        Some(match self.word()? {
            "done" => StopReason::Done,
            "length" => StopReason::Length,
            "tool_calls" => StopReason::ToolCalls,
            "content_filter" => StopReason::ContentFilter,
            _ => return None,
        })
    }

    /// A text at the end, where there is one.
    fn native(&mut self) -> Option<Option<String>> {
        if self.0.is_empty() { Some(None) } else { self.text().map(Some) }
    }

    fn maybe(&mut self) -> Option<Option<String>> {
        if self.0.starts_with('"') {
            self.text().map(Some)
        } else {
            (self.word()? == "-").then_some(None)
        }
    }

    fn number<N: std::str::FromStr>(&mut self) -> Option<N> {
        self.word()?.parse().ok()
    }

    fn word(&mut self) -> Option<&'a str> {
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    /// A JSON text.
    fn text(&mut self) -> Option<String> {
        let mut json = serde_json::Deserializer::from_str(self.0).into_iter::<String>();
        let text = json.next()?.ok()?;
        self.0 = self.0[json.byte_offset()..].trim_start();
        Some(text)
    }
}
