//! Tests in real browsers, file by file. A file that failed runs once more, alone: a browser, a site
//! from PyPI and a busy machine have moods of their own. What passes then is counted as flaky and
//! told with its reason, so that it is mended and not forgotten.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
    time::Instant,
};

use crate::{
    process,
    report::{Failure, Outcome, Report},
    verdict::Verdict,
};

/// More files than this that failed are no mood: none of them runs again.
const MOST_AGAIN: usize = 2;

/// The longest that a file of them may take.
const TEST_LIMIT: &str = "--test-timeout=420000";

/// Runs every `*.test.mjs` of a folder with `node`, some at once.
pub fn run(
    folder: &Path,
    at_once: usize,
    node: impl Fn() -> Command + Sync,
    report: &Report,
) -> Outcome<Verdict> {
    let files = Mutex::new(files(folder)?.into_iter());
    let next = || files.lock().ok().and_then(|mut files| files.next());
    let ended = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(file) = next() {
                    let verdict = run_file(&file, node());
                    if let Ok(mut ended) = ended.lock() {
                        ended.push((file, verdict));
                    }
                }
            });
        }
    });
    let ended = ended.into_inner().map_err(|_| Failure::new("a thread of the tests failed"))?;
    second_chance(ended, node, report)
}

type Ended = Vec<(PathBuf, Outcome<Verdict>)>;

fn second_chance(ended: Ended, node: impl Fn() -> Command, report: &Report) -> Outcome<Verdict> {
    let is_good = |verdict: &Outcome<Verdict>| verdict.as_ref().is_ok_and(Verdict::is_good);
    let failed = ended.iter().filter(|(_, verdict)| !is_good(verdict)).count();
    let mut all = Verdict::default();
    for (file, verdict) in ended {
        let mut verdict = verdict?;
        if !verdict.is_good() && failed <= MOST_AGAIN {
            report.say(format_args!("{} once more", name(&file)));
            verdict = Verdict::passed_again(verdict, run_file(&file, node())?);
        }
        all.add(verdict);
    }
    Ok(all)
}

fn run_file(file: &Path, mut node: Command) -> Outcome<Verdict> {
    let begun = Instant::now();
    node.args(["--test", "--test-reporter=spec", "--test-force-exit", TEST_LIMIT]).arg(file);
    let (good, printed) = process::heard(&mut node)?;
    let mut verdict = Verdict::default();
    verdict.file(&name(file), good, &printed);
    // In one piece: files that run at once do not mix.
    println!("{} ({} s)\n{printed}", name(file), begun.elapsed().as_secs());
    Ok(verdict)
}

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let unreadable = |error| Failure::new(format!("cannot read {}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.retain(|file| name(file).ends_with(".test.mjs"));
    files.sort();
    Ok(files)
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
