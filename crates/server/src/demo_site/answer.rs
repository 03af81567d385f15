//! What the demo page is answered: always the same to the same prompt. A prompt that begins with a
//! slash makes it show one of the things that real pages do.

use std::time::Duration;

use serde_json::{Value, json};

/// The most words of one answer.
const MOST_WORDS: u64 = 50_000;

/// The usual pace of its words.
const PACE: Duration = Duration::from_millis(20);

/// An answer of the page's backend.
#[derive(Debug, PartialEq)]
pub(super) enum Reply {
    /// A stream of these.
    Steps(Vec<Step>),
    /// The user must wait.
    Limited {
        /// For so long.
        seconds: u32,
    },
}

/// A step of a stream.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// An event of the stream.
    Event(Value),
    /// Nothing for so long.
    Pause(Duration),
    /// Nothing more, and no end.
    Silence,
}

/// The answer to a prompt.
pub(super) fn to(prompt: &str) -> Reply {
    let mut words = prompt.split_whitespace();
    let command = words.next().unwrap_or_default();
    let mut number =
        |otherwise: u64| words.next().and_then(|w| w.parse().ok()).unwrap_or(otherwise);
    Reply::Steps(match command {
        // `/words COUNT MILLISECONDS`
        "/words" => {
            let count = number(20);
            numbered(count, Duration::from_millis(number(20)), Some(done()))
        }
        "/slow" => numbered(40, Duration::from_millis(250), Some(done())),
        "/stall" => numbered(number(3), PACE, None),
        "/silent" => vec![Step::Silence],
        "/late" => {
            let pause = Duration::from_millis(number(1_000));
            let mut steps = vec![Step::Pause(pause)];
            steps.extend(said("This came late.", PACE));
            steps
        }
        "/markdown" => said(MARKDOWN, PACE),
        "/error" => ending(
            json!({ "kind": "error", "message": "The demo page broke, as it was asked to." }),
        ),
        "/refuse" => ending(json!({ "kind": "refused", "message": "I will not talk about that." })),
        "/signout" => ending(json!({ "kind": "state", "state": "signed_out" })),
        "/challenge" => ending(json!({ "kind": "state", "state": "challenge" })),
        "/consent" => ending(json!({ "kind": "state", "state": "consent" })),
        "/ratelimit" => return Reply::Limited { seconds: 30 },
        _ => said(&greeting(prompt), PACE),
    })
}

fn greeting(prompt: &str) -> String {
    format!(
        "Hello! I am the demo page of Tabway: a chat page like any other, only that its answers are \
         written by the gateway itself. You wrote: \u{201c}{prompt}\u{201d}. The extension typed it \
         here as you would, and every word of this answer goes back to your client while I still \
         write it. Type /markdown, /slow or /words 100 to see more."
    )
}

const MARKDOWN: &str = "# A heading\n\nSome **bold** words, some `code`, and a list:\n\n- one\n- two\n\n```rust\nfn main() {\n    println!(\"h\u{e9}llo, \u{4e16}\u{754c}\");\n}\n```\n\nThe end.";

/// A text in pieces that each end with a word, then the end.
fn said(text: &str, pace: Duration) -> Vec<Step> {
    let mut steps = Vec::new();
    for piece in text.split_inclusive([' ', '\n']) {
        steps.push(piece_of(piece));
        steps.push(Step::Pause(pace));
    }
    steps.push(Step::Event(done()));
    steps
}

/// `word1 word2 ...`, then `end`, or silence where there is none.
fn numbered(count: u64, pace: Duration, end: Option<Value>) -> Vec<Step> {
    let mut steps = Vec::new();
    for n in 1..=count.min(MOST_WORDS) {
        let space = if n == 1 { "" } else { " " };
        steps.push(piece_of(&format!("{space}word{n}")));
        if !pace.is_zero() {
            steps.push(Step::Pause(pace));
        }
    }
    steps.push(end.map_or(Step::Silence, Step::Event));
    steps
}

fn piece_of(text: &str) -> Step {
    Step::Event(json!({ "kind": "text", "text": text }))
}

fn ending(event: Value) -> Vec<Step> {
    vec![Step::Event(event)]
}

fn done() -> Value {
    json!({ "kind": "done" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(prompt: &str) -> String {
        let Reply::Steps(steps) = to(prompt) else { return String::new() };
        let events = steps.iter().filter_map(|step| match step {
            Step::Event(event) => event["text"].as_str(),
            _ => None,
        });
        events.collect()
    }

    #[test]
    fn a_prompt_comes_back_in_its_answer() {
        assert!(text("a canary: h\u{e9}ron").contains("a canary: h\u{e9}ron"));
        assert_eq!(to("the same"), to("the same"));
    }

    #[test]
    fn commands_are_bounded_and_deterministic() {
        assert_eq!(text("/words 4 0"), "word1 word2 word3 word4");
        assert_eq!(text("/markdown"), MARKDOWN);
        let Reply::Steps(steps) = to("/words 99999999 0") else { panic!("steps") };
        assert_eq!(steps.len() as u64, MOST_WORDS + 1);
        let Reply::Steps(steps) = to("/stall 2") else { panic!("steps") };
        assert_eq!(steps.last(), Some(&Step::Silence));
    }
}
