//! Broken streams break nothing: no panic, nothing outside the grammar, nothing that depends on where
//! a stream was cut, no more text than the stream could hold.
//!
//! A stream that breaks something is written beside its kind as `found-*`; it is committed with the
//! mend, and replayed from then on.

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use tabway_dialects::{
    chat::{Delta, Event},
    site_chat::Sides,
};

use crate::{
    kinds::{self, Carrier, Kind, Said},
    law::follows_the_grammar,
    mutate::{Dice, mutate},
};

/// How long the short run takes.
const SHORT: Duration = Duration::from_secs(10);

/// Executions between two looks at the clock.
const BATCH: u64 = 256;

#[derive(Debug, Default)]
struct Tally {
    executions: u64,
    /// Streams that were refused in words.
    refused: u64,
    /// Streams that gave text.
    said: u64,
    broken: u64,
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        Self {
            executions: self.executions + other.executions,
            refused: self.refused + other.refused,
            said: self.said + other.said,
            broken: self.broken + other.broken,
        }
    }
}

#[test]
fn broken_streams_break_nothing() {
    let begun = Instant::now();
    let tally = run(1, |_| begun.elapsed() < SHORT);
    println!("{tally:?}");
    assert_eq!(tally.broken, 0, "{tally:?}");
    assert!(tally.said > 0 && tally.refused > 0, "{tally:?}");
}

/// `cargo xtask soak decoders`: as many executions as `TABWAY_SOAK_EXECUTIONS` says.
#[test]
#[ignore = "takes minutes; cargo xtask soak decoders runs it"]
fn soak() {
    let wanted = env::var("TABWAY_SOAK_EXECUTIONS").ok().and_then(|text| text.parse().ok());
    let wanted: u64 = wanted.unwrap_or(10_000_000);
    let begun = Instant::now();
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let tally = thread::scope(|scope| {
        let share = wanted.div_ceil(threads);
        let begin = |seed| scope.spawn(move || run(2 + seed, |executions| executions < share));
        let running: Vec<_> = (0..threads).map(begin).collect();
        let tallies = running.into_iter().map(|one| one.join().expect("a whole run"));
        tallies.fold(Tally::default(), Tally::plus)
    });
    println!(
        "soaked kinds={} executions={} seconds={} said={} refused={} broken={}",
        kinds::all().len(),
        tally.executions,
        begun.elapsed().as_secs(),
        tally.said,
        tally.refused,
        tally.broken,
    );
    assert_eq!(tally.broken, 0, "{tally:?}");
}

fn run(seed: u64, mut goes_on: impl FnMut(u64) -> bool) -> Tally {
    let kinds = kinds::all();
    let corpus: Vec<&[u8]> =
        kinds.iter().flat_map(|kind| &kind.streams).map(|stream| &stream.bytes[..]).collect();
    let (mut dice, mut tally) = (Dice::new(seed), Tally::default());
    while goes_on(tally.executions) {
        for _ in 0..BATCH {
            let kind = &kinds[dice.below(kinds.len())];
            let stream = &kind.streams[dice.below(kind.streams.len())];
            let bytes = mutate(&stream.bytes, corpus[dice.below(corpus.len())], &mut dice);
            let cuts: Vec<usize> =
                (0..dice.below(6)).map(|_| dice.below(bytes.len() + 1)).collect();
            match catch_unwind(AssertUnwindSafe(|| execute(kind, stream.carrier, &bytes, &cuts))) {
                Ok(Ok(said)) => {
                    tally.refused += u64::from(said.failure.is_some());
                    tally.said += u64::from(text_bytes(&said) > 0);
                }
                Ok(Err(what)) => broken(&mut tally, kind, stream.carrier, &bytes, what),
                Err(_) => broken(&mut tally, kind, stream.carrier, &bytes, "panicked"),
            }
            tally.executions += 1;
        }
    }
    tally
}

fn execute(
    kind: &Kind,
    carrier: Carrier,
    bytes: &[u8],
    cuts: &[usize],
) -> Result<Said, &'static str> {
    let said = kinds::decode(&kind.spec, Sides::Both, kinds::records(carrier, bytes, cuts));
    if !follows_the_grammar(&said) {
        return Err("left the grammar");
    }
    // A rewrite says again what follows it, at most once a record of a dozen bytes.
    if text_bytes(&said) > (bytes.len() + 16) * (bytes.len() / 12 + 2) {
        return Err("said more than the stream could hold");
    }
    let whole = carrier == Carrier::Body && !cuts.is_empty();
    if whole && kinds::decode(&kind.spec, Sides::Both, kinds::records(carrier, bytes, &[])) != said
    {
        return Err("depends on where it was cut");
    }
    Ok(said)
}

fn text_bytes(said: &Said) -> usize {
    let text = |event: &Event| match event {
        Event::Delta { delta: Delta::Text(text), .. } => text.len(),
        _ => 0,
    };
    said.events.iter().map(text).sum()
}

fn broken(tally: &mut Tally, kind: &Kind, carrier: Carrier, bytes: &[u8], what: &str) {
    tally.broken += 1;
    if tally.broken > 10 {
        return;
    }
    let ending = match carrier {
        Carrier::Body => "body",
        Carrier::Messages => "messages",
        Carrier::Blocks => "blocks",
    };
    let name = format!("tests/decoders/kinds/{}/found-{}.{ending}", kind.name, tally.executions);
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name), bytes).expect("a file");
    println!("{}: {what}: {name}", kind.name);
}
