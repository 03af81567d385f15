//! From the streams of a lesson to the one that carries the answer, and the decoder that reads it.
//! Guesses are many; what counts is that the decoder gives the text that the page shows.

use serde_json::Value;
use tabway_dialects::site_chat::{
    Condition, DecoderSpec, Framing, PageRecord, SeenRecord, When, records_of,
};
use tabway_protocol::{
    adapter::{Tap, TapPurpose, Transport},
    teach::SeenStream,
};

use super::{
    alike::{alike, plain},
    documents,
    leaves::{equals, is_telling, leaves},
    rules,
    turn::{self, Decoded},
};

/// The deepest list whose elements are looked at as records.
const MOST_DEPTH: u8 = 3;

/// More than any decoder weighs.
const WORST: usize = 100_000;

/// Names that say how a record stands to the answer; an end is rather told by one of them.
const ENDINGS: &[&str] = &[
    "type",
    "event",
    "kind",
    "msg",
    "status",
    "state",
    "finish_reason",
    "done",
    "finished",
    "is_final",
    "final",
    "completed",
    "is_end",
    "end",
];

/// What carries the answer, and how it is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Understood {
    pub(super) tap: Tap,
    pub(super) answer: DecoderSpec,
    /// In how many pieces the lesson's answer came.
    pub(super) pieces: usize,
    likeness: f64,
    weight: usize,
}

/// The stream and the decoder that give the text that the page shows.
pub(super) fn understand(streams: &[SeenStream], shown: &str) -> Option<Understood> {
    let shown = plain(shown);
    streams
        .iter()
        .filter(|seen| !seen.cut && seen.status < 400)
        .filter_map(|seen| best_of(seen, &shown))
        .max_by(better)
}

/// Whether an adapter's own decoder still reads the answer of one of its streams.
pub(super) fn still_reads(
    taps: &[Tap],
    answer: &DecoderSpec,
    streams: &[SeenStream],
    shown: &str,
) -> bool {
    let shown = plain(shown);
    let is_of = |seen: &&SeenStream| {
        taps.iter().any(|tap| tap.purpose == TapPurpose::Answer && tap.transport == seen.transport)
    };
    streams.iter().filter(is_of).any(|seen| {
        let decoded = turn::decode(answer, &turn::records(seen));
        decoded.is_some_and(|decoded| alike(&plain(&decoded.text), &shown) > 0.0)
    })
}

/// More alike first, then in more pieces (a person sees words sooner), then the simpler.
fn better(one: &Understood, other: &Understood) -> std::cmp::Ordering {
    let pieces = |understood: &Understood| understood.pieces.min(4);
    one.likeness
        .total_cmp(&other.likeness)
        .then(pieces(one).cmp(&pieces(other)))
        .then(other.weight.cmp(&one.weight))
}

fn best_of(seen: &SeenStream, shown: &str) -> Option<Understood> {
    let turn = turn::records(seen);
    let mut best: Option<Understood> = None;
    for (framing, depth) in framings(seen) {
        let records = records_of(framing, depth, &turn);
        if records.is_empty() {
            continue;
        }
        let rules = rules::guesses(framing, depth, &records, shown);
        let rules = rules.into_iter().map(DecoderSpec::Records);
        let documents = documents::guesses(framing, &records, shown);
        for answer in rules.chain(documents.into_iter().map(DecoderSpec::Patches)) {
            let Some((decoded, likeness)) = judged(&answer, &turn, shown) else { continue };
            let (tap, pieces, weight) = (tap_of(seen), decoded.pieces, weight(&answer));
            let found = Understood { tap, answer, pieces, likeness, weight };
            if best.as_ref().is_none_or(|best| better(best, &found).is_lt()) {
                best = Some(found);
            }
        }
        // The first framing that fits is the stream's own; the others cut it by chance.
        if let Some(mut best) = best {
            // What outlives turns tells the ends of other things, too: there the page says it.
            if !seen.standing {
                with_end(&mut best.answer, &records, seen, &turn, shown);
            }
            return Some(best);
        }
    }
    None
}

fn judged(answer: &DecoderSpec, turn: &[PageRecord], shown: &str) -> Option<(Decoded, f64)> {
    let decoded = turn::decode(answer, turn)?;
    let likeness = alike(&plain(&decoded.text), shown);
    (likeness > 0.0).then_some((decoded, likeness))
}

/// How much a decoder says: the less, the more likely it is to hold tomorrow. A place that counts the
/// turns of a chat holds for one turn alone.
fn weight(answer: &DecoderSpec) -> usize {
    let length = serde_json::to_string(answer).map_or(WORST, |text| text.len());
    let pointers: Vec<&str> = match answer {
        DecoderSpec::Records(spec) => spec.text.iter().map(|rule| rule.pointer.as_str()).collect(),
        DecoderSpec::Patches(spec) => spec.text.iter().map(|text| text.pointer.as_str()).collect(),
        DecoderSpec::Dom(_) => vec![],
    };
    let counts = |step: &str| step.parse::<u32>().is_ok_and(|number| number > 0);
    let counting =
        pointers.iter().flat_map(|pointer| pointer.split('/')).filter(|step| counts(step));
    length + WORST * counting.count()
}

/// Ways to cut a stream that its transport allows, the likeliest first.
fn framings(seen: &SeenStream) -> Vec<(Framing, u8)> {
    if seen.body.is_empty() {
        return vec![(Framing::Socketio, 1), (Framing::Messages, 1)];
    }
    let arrays = (1..=MOST_DEPTH).map(|depth| (Framing::Array, depth));
    let mut framings = vec![
        (Framing::Sse, 1),
        (Framing::Lines, 1),
        (Framing::PrefixLines, 1),
        (Framing::Whole, 1),
        (Framing::Frames, 1),
    ];
    framings.extend(arrays);
    framings
}

fn tap_of(seen: &SeenStream) -> Tap {
    let has_method = matches!(seen.transport, Transport::Fetch | Transport::Xhr);
    Tap {
        transport: seen.transport,
        path: generalised(&seen.path),
        method: has_method.then(|| seen.method.clone()),
        standing: seen.standing,
        purpose: TapPurpose::Answer,
        body: vec![],
    }
}

/// A path whose ids stand for any.
pub(super) fn generalised(path: &str) -> String {
    let is_odd = |c: char| c.is_whitespace() || "*?#[]{}\\".contains(c);
    let step = |step: &str| {
        if is_id(step) || step.contains(is_odd) { "*".to_owned() } else { step.to_owned() }
    };
    path.split('/').map(step).collect::<Vec<_>>().join("/")
}

/// Whether a step of a path names one thing and not a kind.
pub(super) fn is_id(step: &str) -> bool {
    let digits = step.bytes().filter(u8::is_ascii_digit).count();
    let letters = step.bytes().filter(u8::is_ascii_alphabetic).count();
    (digits > 0 && letters == 0) || (step.len() >= 8 && digits >= 2) || step.len() > 40
}

/// Adds what ends the answer, where the stream says it.
fn with_end(
    answer: &mut DecoderSpec,
    records: &[SeenRecord],
    seen: &SeenStream,
    turn: &[PageRecord],
    shown: &str,
) {
    let ends = ends(records);
    let data = seen.body.contains("data: [DONE]").then(|| "[DONE]".to_owned());
    let attempts = ends.into_iter().map(|end| (Some(end), None));
    for (done, done_data) in data.map(|data| (None, Some(data))).into_iter().chain(attempts) {
        let mut ended = answer.clone();
        let done: Vec<When> = done.into_iter().collect();
        match &mut ended {
            DecoderSpec::Records(spec) => (spec.done, spec.done_data) = (done, done_data),
            DecoderSpec::Patches(spec) => (spec.done, spec.done_data) = (done, done_data),
            DecoderSpec::Dom(_) => return,
        }
        if judged(&ended, turn, shown).is_some_and(|(decoded, _)| decoded.complete) {
            *answer = ended;
            return;
        }
    }
}

/// What is so in the last records and in none before, the likeliest first.
fn ends(records: &[SeenRecord]) -> Vec<When> {
    let Some((last, before)) = records.split_last() else { return vec![] };
    let mut found: Vec<(usize, When)> = Vec::new();
    if last.name.is_some() && before.iter().all(|record| record.name != last.name) {
        let event = last.name.clone();
        found.push((0, When { event, ..When::default() }));
    }
    for (at, record) in records.iter().enumerate().rev().take(4) {
        for (pointer, value) in leaves(&record.value) {
            let rank = rank(&pointer, value);
            let is_new =
                || !records[..at].iter().any(|one| one.value.pointer(&pointer) == Some(value));
            if let Some(rank) = rank.filter(|_| is_new()) {
                let only: Vec<Condition> = vec![equals(&pointer, value)];
                found.push((rank, When { only, ..When::default() }));
            }
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, when)| when).take(20).collect()
}

fn rank(pointer: &str, value: &Value) -> Option<usize> {
    if !is_telling(value) {
        return None;
    }
    let name = pointer.rsplit('/').next().unwrap_or_default();
    ENDINGS.iter().position(|ending| *ending == name).map(|at| 1 + at)
}
