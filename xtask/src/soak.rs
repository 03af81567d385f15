//! `cargo xtask soak`: tests that take too long for every change. A run adds a row to docs/SOAK.md,
//! which is committed with the change that it was run for.

use std::{fs, io::Write, process::Command};

use crate::{
    process,
    report::{Failure, Outcome, Report},
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
        _ => Err(Failure::usage("say which soak: decoders [EXECUTIONS]")),
    }
}

/// Broken streams for the decoders of chat pages (crates/dialects/tests/decoders/soak.rs).
fn decoders(executions: &str, report: &Report) -> Outcome<()> {
    let test = ["test", "--locked", "--profile", "soak", "-p", "tabway-dialects"];
    let only = ["--test", "decoders", "--", "--ignored", "--exact", "soak::soak", "--nocapture"];
    let mut command = workspace::cargo(&test);
    command.args(only).env("TABWAY_SOAK_EXECUTIONS", executions);
    // Before it runs: what is written while it runs is no longer what it was run for.
    let commit = commit()?;
    let mut said = None;
    let good = report.step(format!("{executions} broken streams"), || {
        process::run_watched(&mut command, |line| {
            said = line.split_once("soaked ").map(|(_, facts)| facts.to_owned()).or(said.take());
        })
    })?;
    if let Some(facts) = &said {
        log(&commit, "decoders", facts)?;
    }
    if good && said.is_some() {
        return Ok(());
    }
    Err(Failure::new("a broken stream broke something; it lies beside the streams of its kind"))
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
