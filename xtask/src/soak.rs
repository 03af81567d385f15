//! `cargo xtask soak`: tests that take too long for every change. A run adds a row to docs/SOAK.md,
//! which is committed with the change that it was run for.

use std::{fs, io::Write, process::Command};

use crate::{
    process,
    report::{Failure, Outcome, Report},
    stage::Stage,
    workspace,
};

const LOG: &str = "docs/SOAK.md";

/// Runs the soak that is named.
pub fn run(args: &[String], report: &mut Report) -> Outcome<()> {
    match args {
        [one] if one == "decoders" => decoders("10000000", report),
        [one, executions] if one == "decoders" && executions.parse::<u64>().is_ok() => {
            decoders(executions, report)
        }
        [one] if one == "canaries" => canaries("5000", report),
        [one, requests] if one == "canaries" && requests.parse::<u64>().is_ok() => {
            canaries(requests, report)
        }
        [one] if one == "vault" => vault("10000", report),
        [one, records] if one == "vault" && records.parse::<u64>().is_ok() => {
            vault(records, report)
        }
        _ => Err(Failure::usage(
            "say which soak: decoders [EXECUTIONS], canaries [REQUESTS] or vault [CREDENTIALS]",
        )),
    }
}

/// Broken streams for the decoders of chat pages (crates/dialects/tests/decoders/soak.rs).
fn decoders(executions: &str, report: &Report) -> Outcome<()> {
    let test = ["test", "--locked", "--profile", "soak", "-p", "tabway-dialects"];
    let only = ["--test", "decoders", "--", "--ignored", "--exact", "soak::soak", "--nocapture"];
    let mut command = workspace::cargo(&test);
    command.args(only).env("TABWAY_SOAK_EXECUTIONS", executions);
    let what = format!("{executions} broken streams");
    let failing = "a broken stream broke something; it lies beside the streams of its kind";
    watched(&mut command, ("decoders", &what, failing), report)
}

/// Requests through the tabs of real browsers, each with a word of its own
/// (tests/e2e/tests/lanes.test.mjs).
fn canaries(requests: &str, report: &Report) -> Outcome<()> {
    let stage = Stage::set(&[], report)?;
    let mut command = stage.node();
    command.args(["--test", "--test-reporter=spec", "--test-force-exit"]);
    command.arg(stage.tests().join("lanes.test.mjs")).env("TABWAY_CANARIES", requests);
    let what = format!("{requests} requests through each browser");
    watched(&mut command, ("canaries", &what, "an answer was another's, or failed"), report)
}

/// Rotations of the vault's key that are killed (crates/store/tests/vault.rs).
fn vault(records: &str, report: &Report) -> Outcome<()> {
    let test = ["test", "--locked", "--profile", "soak", "-p", "tabway-store"];
    let only = ["--test", "vault", "--", "--ignored", "--exact", "soak", "--nocapture"];
    let mut command = workspace::cargo(&test);
    command.args(only).env("TABWAY_VAULT_RECORDS", records);
    let what = format!("50 killed rotations of {records} credentials");
    watched(&mut command, ("vault", &what, "a record was lost by a rotation"), report)
}

/// Runs a soak; each line that begins with `soaked` is a row of the log.
fn watched(
    command: &mut Command,
    (soak, what, failing): (&str, &str, &str),
    report: &Report,
) -> Outcome<()> {
    // Before it runs: what is written while it runs is no longer what it was run for.
    let commit = commit()?;
    let mut rows = Vec::new();
    let good = report.step(what, || {
        process::run_watched(command, |line| {
            rows.extend(line.split_once("soaked ").map(|(_, facts)| facts.to_owned()));
        })
    })?;
    for facts in &rows {
        log(&commit, soak, facts)?;
    }
    if good && !rows.is_empty() { Ok(()) } else { Err(Failure::new(failing)) }
}

/// The tree's commit, `-dirty` where files differ from it.
fn commit() -> Outcome<String> {
    let words = ["describe", "--always", "--dirty"];
    let said = process::output(Command::new("git").args(words).current_dir(workspace::root()))?;
    Ok(said.trim().to_owned())
}

/// Adds a row to the log: the day, the commit, the facts.
fn log(commit: &str, soak: &str, facts: &str) -> Outcome<()> {
    let day = process::output(Command::new("date").args(["-u", "+%F"]))?;
    let row = format!("| {} | {commit} | {soak} | {facts} |\n", day.trim());
    let path = workspace::root().join(LOG);
    let written = fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(row.as_bytes()));
    written.map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))
}
