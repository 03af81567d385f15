//! A look at a stream that passes through: usage, finish reason, errors, the end.
//!
//! The bytes go on as they came. Lines are searched, not parsed; JSON is parsed only where a
//! search says that a line holds something. From the first finish reason on the bytes are held
//! back, so that the request can be recorded before the client sees its end.

use std::collections::BTreeSet;

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memmem};
use serde::Deserialize;
use serde_json::Value;

use super::{
    error::{decode_error, decode_error_event, excerpt},
    gauge::Gauge,
    usage::{self, WireUsage},
};
use crate::chat::{Failure, FailureClass, Usage};

/// The longest line of a stream.
const MAX_LINE: usize = 4 << 20;

/// The most that is held back.
const MAX_HELD: usize = 1 << 20;

/// What to do with the piece that was looked at.
#[derive(Debug)]
pub enum Step {
    /// Pass this on.
    Forward(Bytes),
    /// It is held back.
    Held,
    /// The upstream says that it failed. Pass on what came before, then the failure.
    Failed {
        /// What came before.
        before: Bytes,
        /// What the upstream says.
        failure: Failure,
    },
}

/// How a stream ended.
#[derive(Debug)]
pub struct Ending {
    /// What was held back, without a usage record that the client did not ask for.
    pub held: Bytes,
    /// Whether the answer is whole: a finish reason or `[DONE]` came.
    pub whole: bool,
    /// The upstream's counts.
    pub usage: Option<Usage>,
    /// The finish reason in the upstream's word.
    pub finish_reason: Option<String>,
}

/// Looks at one stream.
#[derive(Debug)]
pub struct Tap {
    /// Take out the usage record: only we asked for it.
    hide_usage: bool,
    /// How many answers the stream brings.
    choices: usize,
    /// Those that have a finish reason, never more than there are.
    finished: BTreeSet<u64>,
    /// The beginning of a line whose end has not come; nobody has it yet.
    partial: BytesMut,
    held: Option<BytesMut>,
    usage: Option<Usage>,
    gauge: Gauge,
    finish_reason: Option<String>,
    /// The event's name says that it is an error.
    named_error: bool,
    done: bool,
}

/// What a line says, where it says something.
enum Line {
    Nothing,
    Done,
    Error(Failure),
}

impl Tap {
    /// For a stream of so many answers. `hide_usage` takes out the usage record.
    #[must_use]
    pub fn new(hide_usage: bool, choices: u32) -> Self {
        Self {
            hide_usage,
            choices: usize::try_from(choices.max(1)).unwrap_or(usize::MAX),
            finished: BTreeSet::new(),
            partial: BytesMut::new(),
            held: None,
            usage: None,
            gauge: Gauge::default(),
            finish_reason: None,
            named_error: false,
            done: false,
        }
    }

    /// Looks at a piece; its boundaries mean nothing.
    pub fn push(&mut self, piece: Bytes) -> Step {
        if self.done {
            return Step::Held;
        }
        // The first line, where its beginning came earlier; it ends at `start` of this piece.
        let (mut first, mut start) = (BytesMut::new(), 0);
        let mut from = 0;
        while let Some(length) = memchr(b'\n', &piece[from..]) {
            let end = from + length + 1;
            let line = if self.partial.is_empty() {
                self.look(&piece[from..end])
            } else {
                first = std::mem::take(&mut self.partial);
                first.extend_from_slice(&piece[from..end]);
                start = end;
                self.look(&first)
            };
            match line {
                Line::Nothing => {}
                Line::Done => {
                    self.done = true;
                    self.hold(&first);
                    self.hold(&piece[start..end]);
                    self.hold(b"\n");
                    return Step::Held;
                }
                Line::Error(failure) => {
                    let (first, rest) = match start > from {
                        true => (&b""[..], &b""[..]),
                        false => (&first[..], &piece[start..from]),
                    };
                    let mut before = self.held.take().unwrap_or_default();
                    before.extend_from_slice(first);
                    before.extend_from_slice(rest);
                    return Step::Failed { before: before.freeze(), failure };
                }
            }
            from = end;
        }
        if self.partial.len() + piece.len() - from > MAX_LINE {
            let words = "the upstream sent a line without an end";
            let failure = Failure::new(FailureClass::UpstreamBadResponse, words);
            return Step::Failed { before: Bytes::new(), failure };
        }
        self.partial.extend_from_slice(&piece[from..]);
        if self.finished.len() < self.choices && self.held.is_none() {
            // Whole lines go on. Of a stream that breaks, the client has no half event then.
            return Step::Forward(match first.is_empty() {
                true => piece.slice(..from),
                false => {
                    first.extend_from_slice(&piece[start..from]);
                    first.freeze()
                }
            });
        }
        self.hold(&first);
        self.hold(&piece[start..from]);
        match &mut self.held {
            // Something odd goes on after the finish; memory has a bound all the same.
            Some(held) if held.len() > MAX_HELD => Step::Forward(held.split().freeze()),
            _ => Step::Held,
        }
    }

    /// Whether `[DONE]` came: nothing after it counts.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// The upstream's counts, where it has told any so far.
    #[must_use]
    pub fn told(&self) -> Option<Usage> {
        self.usage
    }

    /// How many tokens of an answer came so far, by estimate.
    #[must_use]
    pub fn output_so_far(&self) -> u64 {
        self.gauge.tokens()
    }

    /// What was held back, and what was learned.
    pub fn finish(&mut self) -> Ending {
        let mut held = self.held.take().unwrap_or_default();
        let last = std::mem::take(&mut self.partial);
        if !last.is_empty() {
            // A last line without its end.
            self.done |= matches!(self.look(&last), Line::Done);
            held.extend_from_slice(&last);
        }
        let held = if self.hide_usage { without_usage(&held) } else { held.freeze() };
        Ending {
            held,
            whole: self.done || self.finish_reason.is_some(),
            usage: self.usage,
            finish_reason: self.finish_reason.take(),
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.held.get_or_insert_default().extend_from_slice(bytes);
    }

    fn look(&mut self, line: &[u8]) -> Line {
        let Some(data) = data_of(line) else {
            if let Some(name) = line.strip_prefix(b"event:") {
                self.named_error = name.trim_ascii() == b"error";
            }
            return Line::Nothing;
        };
        if data == b"[DONE]" {
            return Line::Done;
        }
        self.gauge.note(data);
        if std::mem::take(&mut self.named_error) {
            return Line::Error(decode_error_event(data));
        }
        let (finish, usage, error) =
            (has_value(data, FINISH), has_value(data, USAGE), has_value(data, ERROR));
        if !finish && !usage && !error {
            return Line::Nothing;
        }
        let Ok(chunk) = serde_json::from_slice::<Chunk>(data) else { return Line::Nothing };
        if chunk.error.as_ref().is_some_and(|error| !error.is_null()) {
            return Line::Error(decode_error(200, data, None));
        }
        if let Some(counts) = chunk.usage.as_ref().and_then(WireUsage::counts) {
            self.usage = Some(counts);
        }
        for choice in chunk.choices.iter().flatten() {
            if let Some(reason) = choice.reason() {
                self.finish_reason.get_or_insert_with(|| reason.to_owned());
                if self.finished.len() < self.choices {
                    self.finished
                        .insert(choice.index.as_ref().and_then(Value::as_u64).unwrap_or(0));
                }
            }
        }
        Line::Nothing
    }
}

const FINISH: &[u8] = br#""finish_reason""#;
const USAGE: &[u8] = br#""usage""#;
const ERROR: &[u8] = br#""error""#;

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default, deserialize_with = "usage::lenient")]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Option<Value>,
}

/// Of any type, so that one odd field does not hide the others.
#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Option<Value>,
    #[serde(default)]
    finish_reason: Option<Value>,
}

impl Choice {
    /// Some upstreams write an empty text on every chunk but the last.
    fn reason(&self) -> Option<&str> {
        self.finish_reason.as_ref()?.as_str().filter(|reason| !reason.is_empty())
    }
}

impl Chunk {
    /// The chunk that `include_usage` asks for: counts and no answer.
    fn is_usage_record(&self) -> bool {
        self.usage.is_some() && self.choices.as_ref().is_none_or(Vec::is_empty)
    }
}

/// The data of an event's line, without its name and end.
fn data_of(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"data:").map(<[u8]>::trim_ascii)
}

/// Whether the key stands in the text with a value other than null. Inside a JSON string its
/// quotes would be escaped, so a hit is a key or a whole string, and a string has no colon.
fn has_value(data: &[u8], key: &[u8]) -> bool {
    memmem::find_iter(data, key).any(|at| {
        let after = data[at + key.len()..].trim_ascii_start();
        after.strip_prefix(b":").is_some_and(|value| !value.trim_ascii_start().starts_with(b"null"))
    })
}

/// The bytes without the usage record's event.
fn without_usage(held: &[u8]) -> Bytes {
    let mut kept = BytesMut::with_capacity(held.len());
    let mut dropped = false;
    for line in held.split_inclusive(|byte| *byte == b'\n') {
        let blank = line.trim_ascii().is_empty();
        if dropped && blank {
            // The blank line that ended the event goes with it.
            dropped = false;
            continue;
        }
        dropped = !blank && data_of(line).is_some_and(is_usage_record);
        if !dropped {
            kept.extend_from_slice(line);
        }
    }
    kept.freeze()
}

fn is_usage_record(data: &[u8]) -> bool {
    has_value(data, USAGE)
        && serde_json::from_slice::<Chunk>(data).is_ok_and(|chunk| chunk.is_usage_record())
}

/// Looks at a buffered reply of status 200.
///
/// # Errors
/// `upstream_bad_response` where it is not an answer; the error's class where it is an error.
pub fn inspect(body: &[u8]) -> Result<Option<Usage>, Failure> {
    let reply = serde_json::from_slice::<Chunk>(body).map_err(|error| {
        let words = "the upstream answered something that is not an answer";
        // What is no JSON at all is a page or a proxy's words, and says what is wrong.
        let internal = match body.trim_ascii_start().first() {
            None | Some(b'{' | b'[') => error.to_string(),
            Some(_) => format!("{error}: {}", excerpt(body)),
        };
        Failure::new(FailureClass::UpstreamBadResponse, words).with_internal(internal)
    })?;
    if reply.error.as_ref().is_some_and(|error| !error.is_null()) {
        return Err(decode_error(200, body, None));
    }
    if reply.choices.is_none() {
        let words = "the upstream answered something that is not an answer";
        return Err(Failure::new(FailureClass::UpstreamBadResponse, words));
    }
    Ok(reply.usage.as_ref().and_then(WireUsage::counts))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = concat!(
        ": comment\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"say \\\"finish_reason\\\":\\\"stop\\\" é\"},\"finish_reason\":null}],\"usage\":null}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"},\"finish_reason\": null}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n",
        "data: [DONE]\n\n",
    );

    /// What a client gets, and how many of the bytes it gets before the end.
    fn run(stream: &[u8], cuts: &[usize], mut tap: Tap) -> (String, usize, Ending) {
        let mut out = BytesMut::new();
        let mut from = 0;
        for cut in cuts.iter().copied().chain([stream.len()]) {
            let piece = Bytes::copy_from_slice(&stream[from..cut]);
            from = cut;
            match tap.push(piece) {
                Step::Forward(bytes) => out.extend_from_slice(&bytes),
                Step::Held => {}
                Step::Failed { failure, .. } => panic!("{failure}"),
            }
        }
        let early = out.len();
        let ending = tap.finish();
        out.extend_from_slice(&ending.held);
        (String::from_utf8(out.to_vec()).unwrap(), early, ending)
    }

    #[test]
    fn learns_the_end_and_holds_it_back() {
        let cuts: Vec<usize> = STREAM.match_indices("\n\n").map(|(at, _)| at + 2).collect();
        let (text, early, ending) = run(STREAM.as_bytes(), &cuts, Tap::new(false, 1));
        assert_eq!(text, STREAM);
        assert_eq!(early, STREAM.find("data: {\"choices\":[{\"index\":0,\"delta\":{},").unwrap());
        assert!(ending.whole);
        assert_eq!(ending.finish_reason.as_deref(), Some("stop"));
        let usage = ending.usage.unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.output), (5, 4, 2));
    }

    #[test]
    fn takes_out_a_usage_record_that_only_we_asked_for() {
        let (text, _, ending) = run(STREAM.as_bytes(), &[], Tap::new(true, 1));
        let want: String = STREAM
            .split_inclusive("\n\n")
            .filter(|event| !event.contains("prompt_tokens"))
            .collect();
        assert_eq!(text, want);
        assert!(ending.usage.is_some());
    }

    #[test]
    fn what_follows_the_end_is_left_out() {
        let doubled = format!("{STREAM}data: [DONE]\n\ndata: {{\"choices\":[]}}\n\n");
        let (text, _, _) = run(doubled.as_bytes(), &[STREAM.len()], Tap::new(false, 1));
        assert_eq!(text, STREAM);
    }

    #[test]
    fn a_stream_that_breaks_off_is_not_whole() {
        let cut = STREAM.find("data: {\"choices\":[{\"index\":0,\"delta\":{},").unwrap();
        let (text, _, ending) = run(&STREAM.as_bytes()[..cut], &[], Tap::new(true, 1));
        assert_eq!(text, &STREAM[..cut]);
        assert!(!ending.whole);
    }

    #[test]
    fn half_a_line_is_kept_back() {
        let mut tap = Tap::new(false, 1);
        let mut push = |piece: &'static str| match tap.push(Bytes::from(piece)) {
            Step::Forward(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(push("data: {\"a\""), "");
        assert_eq!(push(":1}\n"), "data: {\"a\":1}\n");
        assert_eq!(push("\ndata: 1\n\ndata"), "\ndata: 1\n\n");
        assert!(!tap.finish().whole);
        let mut tap = Tap::new(false, 1);
        let last = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}";
        assert!(matches!(tap.push(Bytes::from(last)), Step::Forward(bytes) if bytes.is_empty()));
        let ending = tap.finish();
        assert!(ending.whole && ending.held == last, "a last line without its end");
    }

    #[test]
    fn an_empty_finish_reason_is_none() {
        let piece =
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"\"}]}\n\n";
        let mut tap = Tap::new(false, 1);
        assert!(matches!(tap.push(Bytes::from(piece)), Step::Forward(_)));
        assert!(!tap.finish().whole);
    }

    #[test]
    fn a_finish_beside_odd_counts_is_a_finish() {
        for usage in ["{\"prompt_tokens\":\"9\",\"completion_tokens\":1}", "5", "[]"] {
            let piece = format!(
                "data: {{\"choices\":[{{\"finish_reason\":\"stop\"}}],\"usage\":{usage}}}\n\n"
            );
            let mut tap = Tap::new(false, 1);
            assert!(matches!(tap.push(Bytes::from(piece)), Step::Held), "{usage}");
            let ending = tap.finish();
            assert!(ending.whole && ending.usage.is_none(), "{usage}");
        }
    }

    #[test]
    fn answers_that_finish_in_one_chunk_are_all_counted() {
        let both = "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"},{\"index\":1,\"finish_reason\":\"length\"}]}\n\n";
        let mut tap = Tap::new(false, 2);
        assert!(matches!(tap.push(Bytes::from(both)), Step::Held));
    }

    #[test]
    fn an_answer_that_finishes_twice_is_one_answer() {
        let finish =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        let mut tap = Tap::new(false, 2);
        assert!(matches!(tap.push(Bytes::from(finish)), Step::Forward(_)));
        assert!(matches!(tap.push(Bytes::from(finish)), Step::Forward(_)));
    }

    #[test]
    fn several_answers_are_held_after_the_last_finish() {
        let finish = |index: u32| {
            Bytes::from(format!(
                "data: {{\"choices\":[{{\"index\":{index},\"finish_reason\":\"stop\"}}]}}\n\n"
            ))
        };
        let mut tap = Tap::new(false, 2);
        assert!(matches!(tap.push(finish(0)), Step::Forward(_)));
        assert!(matches!(tap.push(finish(1)), Step::Held));
    }

    #[test]
    fn an_error_in_the_stream_is_a_failure() {
        let stream = concat!(
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
            "data: {\"error\":{\"message\":\"overloaded\",\"code\":\"rate_limit_exceeded\"}}\n\n",
        );
        let Step::Failed { before, failure } = Tap::new(false, 1).push(Bytes::from(stream)) else {
            panic!("no failure");
        };
        assert_eq!(before, &stream[..stream.find("data: {\"error").unwrap()]);
        assert_eq!(failure.class, FailureClass::UpstreamRateLimited);
        assert_eq!(failure.message, "overloaded");
    }

    #[test]
    fn counts_that_cannot_be_true_are_no_counts() {
        for usage in [
            "{\"prompt_tokens\":-1,\"completion_tokens\":1}",
            "{\"prompt_tokens\":0,\"completion_tokens\":0}",
            "{\"prompt_tokens\":1e30,\"completion_tokens\":1}",
            "{}",
            "null",
        ] {
            let body = format!("{{\"choices\":[],\"usage\":{usage}}}");
            assert_eq!(inspect(body.as_bytes()).unwrap(), None, "{usage}");
        }
    }

    #[test]
    fn a_buffered_reply_must_be_an_answer() {
        for body in ["", "<html>", "{}", "{\"choices\":null}", "[]", "{\"choices\":[", "\"x\""] {
            let class = inspect(body.as_bytes()).unwrap_err().class;
            assert_eq!(class, FailureClass::UpstreamBadResponse, "{body}");
        }
        let error = inspect(b"{\"error\":{\"message\":\"m\"}}").unwrap_err();
        assert_eq!((error.class, &*error.message), (FailureClass::UpstreamError, "m"));
        assert!(inspect(b"{\"choices\":[]}").unwrap().is_none());
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same(
            mut cuts in proptest::collection::vec(0..STREAM.len(), 0..40),
            hide in any::<bool>(),
        ) {
            cuts.sort_unstable();
            let (whole, _, _) = run(STREAM.as_bytes(), &[], Tap::new(hide, 1));
            let (text, _, ending) = run(STREAM.as_bytes(), &cuts, Tap::new(hide, 1));
            prop_assert_eq!(text, whole);
            prop_assert!(ending.whole && ending.usage.is_some());
        }
    }
}
