//! `cargo xtask sites`: the tests of the real sites alone, or of those that are named, with more turns
//! timed. With `--write` what they found, and the last runs of the others, becomes docs/SITES.md.

use std::{fs, path::Path};

use crate::{
    cache, process,
    report::{Failure, Outcome, Report},
    rig::SITES,
    stage::Stage,
    system, workspace,
};

/// Turns of which a median is taken; `cargo xtask test` is content with fewer.
const TIMED_TURNS: &str = "10";

/// Runs the tests.
pub fn run(args: &[String], report: &mut Report) -> Outcome<()> {
    let (flags, names): (Vec<_>, Vec<_>) = args.iter().partition(|word| word.starts_with("--"));
    let write = match flags.as_slice() {
        [] => false,
        [flag] if *flag == "--write" => true,
        _ => return Err(Failure::usage("sites has one flag, `--write`")),
    };
    let chosen = chosen(&names)?;
    system::c_compiler(report)?;
    let found = cache::folder()?.join("site-reports");
    for site in &chosen {
        forget(&found, site)?;
    }
    let stage = Stage::set(&chosen, report)?;
    let mut tests = stage.npm("test:sites");
    tests.env("E2E_SITE_REPORTS", &found).env("E2E_TIMED_TURNS", TIMED_TURNS);
    tests.env("E2E_SITES", chosen.join(" "));
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

/// The sites that were named; all where none was.
fn chosen(names: &[&String]) -> Outcome<Vec<&'static str>> {
    let known = |name: &&String| {
        let found = SITES.into_iter().find(|site| site == name);
        found.ok_or_else(|| Failure::usage(format!("there is no real site `{name}`")))
    };
    if names.is_empty() { Ok(SITES.to_vec()) } else { names.iter().map(known).collect() }
}

/// Takes away what an earlier run found of a site; of the others it stays.
fn forget(reports: &Path, site: &str) -> Outcome<()> {
    for entry in fs::read_dir(reports).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&format!("{site}-")) {
            fs::remove_file(entry.path()).map_err(|error| {
                Failure::new(format!("cannot remove {}: {error}", entry.path().display()))
            })?;
        }
    }
    Ok(())
}
