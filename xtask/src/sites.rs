//! `cargo xtask sites`: the tests of the real sites alone, with more turns timed. With `--write` what
//! they found becomes docs/SITES.md.

use std::fs;

use crate::{
    cache, process,
    report::{Failure, Outcome, Report},
    stage::Stage,
    system, workspace,
};

/// Turns of which a median is taken; `cargo xtask test` is content with fewer.
const TIMED_TURNS: &str = "20";

/// Runs the tests.
pub fn run(args: &[String], report: &mut Report) -> Outcome<()> {
    let write = match args {
        [] => false,
        [flag] if flag == "--write" => true,
        _ => return Err(Failure::usage("sites understands `--write` alone")),
    };
    system::c_compiler(report)?;
    let found = cache::folder()?.join("site-reports");
    let cannot_clear = |error| Failure::new(format!("cannot clear {}: {error}", found.display()));
    fs::create_dir_all(&found).and_then(|()| fs::remove_dir_all(&found)).map_err(cannot_clear)?;
    let stage = Stage::set(report)?;
    let mut tests = stage.npm("test:sites");
    tests.env("E2E_SITE_REPORTS", &found).env("E2E_TIMED_TURNS", TIMED_TURNS);
    let passed = process::run(&mut tests, "not everything passed");
    if write {
        let mut writer = stage.npm("report:sites");
        writer.env("E2E_SITE_REPORTS", &found);
        writer.env("E2E_SITES_PAGE", workspace::root().join("docs/SITES.md"));
        process::run(&mut writer, "docs/SITES.md could not be written")?;
        report.say("docs/SITES.md is written");
    }
    passed
}
