//! `cargo xtask test`: every suite in turn; one that fails does not keep the others from running.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    counts::Counts,
    extension,
    node::Node,
    process,
    report::{Failure, Outcome, Report},
    rig::SITES,
    stage::Stage,
    system, workspace,
};

type Suite = fn(&Report) -> Outcome<Verdict>;

/// The suites, in the order in which they run.
const SUITES: &[(&str, Suite)] = &[("rust", rust), ("extension", extension_suite), ("e2e", e2e)];

/// What a suite came to.
#[derive(Debug, Default)]
struct Verdict {
    counts: Counts,
    /// What went wrong besides counted tests.
    trouble: Vec<String>,
}

impl Verdict {
    fn is_good(&self) -> bool {
        self.trouble.is_empty() && self.counts.failed == 0
    }

    /// A step that must succeed and counts no tests.
    fn require(&mut self, outcome: Outcome<()>) {
        if let Err(failure) = outcome {
            println!("{failure}");
            self.trouble.push(failure.to_string().lines().next().unwrap_or_default().to_owned());
        }
    }

    /// A test runner, with its counts.
    fn tests(&mut self, command: &mut Command, title: &str) -> Outcome<()> {
        let before = self.counts;
        let good = process::run_watched(command, |line| self.counts.read(line))?;
        if !good && self.counts.failed == before.failed {
            self.trouble.push(format!("{title} failed"));
        }
        if good && self.counts == before {
            self.trouble.push(format!("{title} ran no test"));
        }
        Ok(())
    }
}

/// Runs the suites and prints the table and the counts.
pub fn run(args: &[String], report: &mut Report) -> Outcome<()> {
    let wanted = parse(args)?;
    system::c_compiler(report)?;
    let mut rows = Vec::new();
    for (name, suite) in SUITES.iter().filter(|(name, _)| wanted.contains(name)) {
        report.say(format_args!("suite {name}"));
        let begun = Instant::now();
        let verdict = suite(report).unwrap_or_else(|failure| {
            let mut verdict = Verdict::default();
            verdict.require(Err(failure));
            verdict
        });
        rows.push((*name, verdict, begun.elapsed()));
    }
    summary(&rows, report.elapsed())
}

fn parse(words: &[String]) -> Outcome<Vec<&'static str>> {
    let names = || SUITES.iter().map(|(name, _)| *name);
    match words.split_first() {
        None => Ok(names().collect()),
        Some((flag, chosen)) if flag == "--only" && !chosen.is_empty() => chosen
            .iter()
            .map(|word| {
                names()
                    .find(|name| name == word)
                    .ok_or_else(|| Failure::usage(format!("there is no suite `{word}`")))
            })
            .collect(),
        Some((word, _)) => Err(Failure::usage(format!("test does not understand `{word}`"))),
    }
}

fn rust(report: &Report) -> Outcome<Verdict> {
    let mut verdict = Verdict::default();
    if process::output(&mut workspace::cargo(&["fmt", "--version"])).is_ok() {
        verdict.require(report.step("cargo fmt --check", || {
            process::run(&mut workspace::cargo(&["fmt", "--all", "--check"]), "not formatted")
        }));
    }
    if process::output(&mut workspace::cargo(&["clippy", "--version"])).is_ok() {
        let lints = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
        verdict.require(report.step("cargo clippy", || {
            process::run(&mut workspace::cargo(&lints), "lints that must not be")
        }));
    }
    report.say("cargo test");
    let mut tests = workspace::cargo(&["test", "--locked", "--workspace", "--no-fail-fast"]);
    verdict.tests(&mut tests, "cargo test")?;
    Ok(verdict)
}

fn extension_suite(report: &Report) -> Outcome<Verdict> {
    let mut verdict = Verdict::default();
    let node = Node::find(report)?;
    let folder = extension::folder();
    node.install(&folder, report)?;
    verdict.require(report.step("checking the extension's types", || {
        process::run(&mut node.npm(&folder, &["run", "--silent", "check"]), "wrong types")
    }));
    verdict.require(extension::check(&node, report));
    verdict.require(report.step("checking the package as Firefox's store does", || {
        process::run_quietly(&mut node.npm(&folder, &["run", "--silent", "lint"]), "not clean")
    }));
    report.say("vitest");
    verdict.tests(&mut node.npm(&folder, &["test", "--silent"]), "vitest")?;
    report.say("the extension in Chromium and Firefox");
    let mut tests = node.npm(&folder, &["run", "--silent", "test:browser"]);
    tests.env("CHROMIUM", system::chromium(report)?).env("FIREFOX", system::firefox(report)?);
    verdict.tests(&mut tests, "test:browser")?;
    Ok(verdict)
}

fn e2e(report: &Report) -> Outcome<Verdict> {
    let mut verdict = Verdict::default();
    let stage = Stage::set(&SITES, report)?;
    report.say("node --test");
    verdict.tests(&mut stage.npm("test"), "node --test")?;
    Ok(verdict)
}

fn summary(rows: &[(&str, Verdict, Duration)], elapsed: Duration) -> Outcome<()> {
    let mut total = Counts::default();
    println!("\n{:<12} {:>7} {:>7} {:>8} {:>9}  ", "suite", "passed", "failed", "skipped", "time");
    for (name, verdict, time) in rows {
        let Counts { passed, failed, skipped } = verdict.counts;
        let word = if verdict.is_good() { "ok" } else { "FAILED" };
        let time = time.as_secs();
        println!("{name:<12} {passed:>7} {failed:>7} {skipped:>8} {time:>7} s  {word}");
        for trouble in &verdict.trouble {
            println!("{:<12} {trouble}", "");
        }
        total += verdict.counts;
    }
    println!("all in {} min {} s\n", elapsed.as_secs() / 60, elapsed.as_secs() % 60);
    // Trouble without a failed test is a failure all the same.
    let troubles = rows.iter().map(|(_, verdict, _)| verdict.trouble.len()).sum::<usize>();
    total.failed += troubles as u64;
    println!("{total}");
    let good = rows.iter().all(|(_, verdict, _)| verdict.is_good());
    if good { Ok(()) } else { Err(Failure::new("not everything passed")) }
}
