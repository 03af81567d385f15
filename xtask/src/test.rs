//! `cargo xtask test`: every suite in turn; one that fails does not keep the others from running.

use std::time::{Duration, Instant};

use crate::{
    browser_tests,
    counts::Counts,
    extension,
    node::Node,
    process,
    report::{Failure, Outcome, Report},
    rig::SITES,
    stage::Stage,
    system,
    verdict::Verdict,
    workspace,
};

type Suite = fn(&Report) -> Outcome<Verdict>;

/// The suites, in the order in which they run.
const SUITES: &[(&str, Suite)] = &[("rust", rust), ("extension", extension_suite), ("e2e", e2e)];

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
    let (chromium, firefox) = (system::chromium(report)?, system::firefox(report)?);
    let command = || {
        let mut node = node.node();
        node.current_dir(&folder).env("CHROMIUM", &chromium).env("FIREFOX", &firefox);
        node
    };
    verdict.add(browser_tests::run(&folder.join("tests/browser"), 2, command, report)?);
    Ok(verdict)
}

fn e2e(report: &Report) -> Outcome<Verdict> {
    let stage = Stage::set(&SITES, report)?;
    report.say("the gateway, the extension and real pages");
    browser_tests::run(&stage.tests(), 2, || stage.node(), report)
}

fn summary(rows: &[(&str, Verdict, Duration)], elapsed: Duration) -> Outcome<()> {
    for text in rows.iter().flat_map(|(_, verdict, _)| &verdict.said) {
        println!("\nfailed, or failed at first: {text}");
    }
    let mut total = Counts::default();
    println!(
        "\n{:<12} {:>7} {:>7} {:>8} {:>6} {:>9}  ",
        "suite", "passed", "failed", "skipped", "flaky", "time"
    );
    for (name, verdict, time) in rows {
        let Counts { passed, failed, skipped, flaky } = verdict.counts;
        let word = if verdict.is_good() { "ok" } else { "FAILED" };
        let time = time.as_secs();
        println!("{name:<12} {passed:>7} {failed:>7} {skipped:>8} {flaky:>6} {time:>7} s  {word}");
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
