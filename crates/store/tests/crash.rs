//! A process that writes to the ledger is killed at random moments, again and again on the same
//! data. What it had acknowledged is there exactly once; what was in flight is marked.
#![expect(clippy::expect_used, reason = "a test says what it relied on")]

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use tabway_store::{
    Store,
    ledger::{By, ChartQuery, Step},
};
use tempfile::TempDir;

const ROUNDS: usize = 50;

/// Writes to a ledger until it is killed.
const PROGRAM: &str = env!("CARGO_BIN_EXE_ledger_load");

/// Runs the load until it has acknowledged `kill_after`, kills it, and gives all that it had
/// acknowledged.
fn killed_after(folder: &Path, kill_after: usize) -> Vec<String> {
    let mut child = Command::new(PROGRAM)
        .arg(folder)
        .arg("ack")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the load starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut acknowledged: Vec<String> =
        lines.by_ref().take(kill_after).map(|line| line.expect("a line")).collect();
    child.kill().expect("killed");
    // What it had said before it died counts as well; a line that the kill cut does not.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    acknowledged.extend(rest.into_iter().filter(|line| line.len() == "req_".len() + 32));
    child.wait().expect("gone");
    acknowledged
}

fn everything() -> ChartQuery {
    let (from_ms, to_ms) = (0, i64::MAX);
    ChartQuery { by: By::All, key: None, from_ms, to_ms, step: Step::Day, lines: 1 }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled() {
    let folder = TempDir::new().expect("a folder");
    // A fixed seed: the moments differ from round to round and the test repeats itself.
    let mut seed: u64 = 0x7ab_3a1;
    let mut acknowledged = BTreeSet::new();
    let mut interrupted = 0;
    for round in 0..ROUNDS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let kill_after = 1 + usize::try_from(seed >> 33).expect("fits") % 600;
        let ids = killed_after(folder.path(), kill_after);
        assert!(ids.len() >= kill_after, "round {round}: the load ended by itself");
        for id in ids {
            assert!(acknowledged.insert(id), "round {round}: an id came twice");
        }
        let store = Store::open(folder.path()).await.expect("a store after the crash");
        let outcomes = store.ledger().outcomes(0).await.expect("outcomes");
        let count = |outcome: &str| {
            outcomes.iter().find(|one| one.outcome == outcome).map_or(0, |one| one.count)
        };
        let ok = usize::try_from(count("ok")).expect("a count");
        assert!(ok >= acknowledged.len(), "round {round}: {ok} of {}", acknowledged.len());
        let chart = store.ledger().chart(&everything()).await.expect("a chart");
        let all: i64 = outcomes.iter().map(|one| one.count).sum();
        assert_eq!(chart.lines[0].sum.requests(), all, "round {round}: roll-ups agree with rows");
        assert!(count("interrupted") > interrupted, "round {round}: some were in flight");
        interrupted = count("interrupted");
        store.close().await;
    }
    let store = Store::open(folder.path()).await.expect("a store");
    for id in &acknowledged {
        let row =
            store.ledger().request(id).await.expect("a query").expect("acknowledged, so there");
        assert_eq!(row.outcome, "ok");
        assert_eq!(row.attempts, 1);
        assert_eq!(store.ledger().attempts(id).await.expect("a query").len(), 1);
    }
    assert!(store.ledger().is_sound().await.expect("a check"));
}
