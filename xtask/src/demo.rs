//! `cargo xtask demo`: everything that `tabway demo` needs, then `tabway demo`.

use std::process::Command;

use crate::{
    process,
    report::{Failure, Outcome, Report},
    site::{self, Site, Upstream},
    system, workspace,
};

#[derive(Debug, Default)]
struct Args {
    once: bool,
    site: Option<String>,
    /// Handed on as they are.
    rest: Vec<String>,
}

/// Runs the demo.
pub fn run(args: &[String], report: &mut Report) -> Outcome<()> {
    let args = parse(args)?;
    let site = args.site.as_deref().filter(|site| *site != "demo");
    // A name that is not known is said before anything is installed or built.
    site.map(site::fixtures).transpose()?;
    system::c_compiler(report)?;
    let chromium = system::chromium(report)?;
    report.say(format_args!("Chromium: {}", chromium.display()));
    let packages: &[&str] = if site.is_some() { &["tabway", "mock-upstream"] } else { &["tabway"] };
    let programs = workspace::build(packages, report)?;

    let mut command = Command::new(programs.join("tabway"));
    command.arg("demo").env("TABWAY_CHROMIUM", chromium).args(args.once.then_some("--once"));
    command.args(&args.rest);
    let Some(name) = site else { return finish(&mut command) };
    let upstream = Upstream::start(&programs, report)?;
    let site = Site::start(name, &upstream, report)?;
    finish(command.args(["--site", name, "--origin", &site.origin]))
}

fn finish(command: &mut Command) -> Outcome<()> {
    process::run(command, "the demo did not succeed")
}

fn parse(words: &[String]) -> Outcome<Args> {
    let mut args = Args::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--once" => args.once = true,
            "--site" => args.site = Some(value(word, words.next())?),
            "--port" => args.rest.extend([word.clone(), value(word, words.next())?]),
            other => return Err(Failure::usage(format!("demo knows no `{other}`"))),
        }
    }
    Ok(args)
}

fn value(flag: &str, word: Option<&String>) -> Outcome<String> {
    word.cloned().ok_or_else(|| Failure::usage(format!("{flag} needs a value")))
}
