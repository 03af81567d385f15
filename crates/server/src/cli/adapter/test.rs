//! `tabway adapter test`: recordings replayed, and what comes out judged by what stands beside them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tabway_protocol::adapter::{Adapter, Recording, Replay};

use super::{
    super::{
        Global,
        output::{failed, list, print, table},
    },
    browser::{self, Looked},
    check, doctor,
};
use crate::{browser::find, exit::CliError};

/// How a recording's file ends.
const RECORDS: &str = ".records.jsonl";

/// Arguments of `tabway adapter test`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The adapter
    file: PathBuf,
    /// Its recordings; the folder NAME.fixtures beside it where absent
    fixtures: Option<PathBuf>,
    /// Look at its saved pages (NAME.page.html), too, in a Chromium with the extension
    #[arg(long)]
    browser: bool,
}

/// One recording and what was found.
#[derive(Debug)]
struct Outcome {
    name: String,
    replay: Replay,
    /// The first difference from what is expected; none where it is as expected.
    wrong: Option<String>,
}

/// How a saved page's file ends.
const PAGE: &str = ".page.html";

/// Replays, looks and prints.
///
/// # Errors
/// When a recording does not give what stands beside it, or cannot be read.
pub(super) async fn run(args: &Args, global: &Global) -> Result<(), CliError> {
    let adapter = check::read(&args.file)?;
    let folder = args.fixtures.clone().unwrap_or_else(|| args.file.with_extension("fixtures"));
    if !folder.is_dir() {
        let folder = folder.display();
        let words =
            format!("{folder}: there is no such folder; `tabway adapter record SITE` makes it");
        return Err(failed(words));
    }
    let outcomes = replay_all(&adapter, &folder)?;
    let looked = if args.browser { look(&adapter, &folder).await? } else { Vec::new() };
    let wrong = outcomes.iter().filter(|outcome| outcome.wrong.is_some()).count()
        + looked.iter().filter(|page| !page.missing.is_empty()).count();
    let found = json!({
        "adapter": adapter.name,
        "recordings": outcomes.iter().map(entry).collect::<Vec<_>>(),
        "pages": looked.iter().map(page_entry).collect::<Vec<_>>(),
        "wrong": wrong,
    });
    print(global, &found, |_| {
        outcomes.iter().flat_map(lines).chain(looked.iter().flat_map(page_lines)).collect()
    });
    match wrong {
        0 => Ok(()),
        _ => Err(failed(format!("{wrong} of {} differ", outcomes.len() + looked.len()))),
    }
}

/// Looks at the saved pages; at none where there is no browser, which is said.
async fn look(adapter: &Adapter, folder: &Path) -> Result<Vec<Looked>, CliError> {
    let mut pages = Vec::new();
    for name in names(folder, PAGE)? {
        let path = folder.join(format!("{name}{PAGE}"));
        let html = fs::read_to_string(&path)
            .map_err(|error| failed(format!("{}: {error}", path.display())))?;
        pages.push((name, html));
    }
    if pages.is_empty() {
        eprintln!("tabway: {}: no file ends in {PAGE}", folder.display());
        return Ok(Vec::new());
    }
    let named = std::env::var_os("TABWAY_CHROMIUM").map(PathBuf::from);
    match find(named.as_deref()).await {
        Ok(chromium) => browser::look(chromium, adapter, pages).await,
        Err(error) => {
            eprintln!("tabway: only the recordings were tested: {error}");
            Ok(Vec::new())
        }
    }
}

fn page_entry(page: &Looked) -> Value {
    json!({
        "name": page.name,
        "state": page.diagnosis.state,
        "locators": page.diagnosis.locators,
        "signals": page.diagnosis.signals,
        "missing": page.missing,
    })
}

fn page_lines(page: &Looked) -> Vec<String> {
    let entry = page_entry(page);
    let mut lines = vec![match page.missing.as_slice() {
        [] => format!("ok       {}{PAGE}", page.name),
        missing => {
            format!("DIFFERS  {}{PAGE}: nothing was found for {}", page.name, missing.join(", "))
        }
    }];
    let table = table(&doctor::HEAD, list(&entry, "locators").iter().map(doctor::row).collect());
    lines.extend(table.into_iter().map(|line| format!("    {line}")));
    lines.extend(page.diagnosis.signals.iter().map(|found| format!("    signal {}", found.signal)));
    lines
}

fn replay_all(adapter: &Adapter, folder: &Path) -> Result<Vec<Outcome>, CliError> {
    let names = names(folder, RECORDS)?;
    if names.is_empty() {
        return Err(failed(format!("{}: no file ends in {RECORDS}", folder.display())));
    }
    names.into_iter().map(|name| replay(adapter, folder, name)).collect()
}

/// The files of a folder that end so, without their end.
fn names(folder: &Path, end: &str) -> Result<Vec<String>, CliError> {
    let unusable = |error: std::io::Error| failed(format!("{}: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unusable)? {
        let name = entry.map_err(unusable)?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(end).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn replay(adapter: &Adapter, folder: &Path, name: String) -> Result<Outcome, CliError> {
    let path = folder.join(format!("{name}{RECORDS}"));
    let said = |words: String| failed(format!("{}: {words}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| said(error.to_string()))?;
    let recording = Recording::read(&text).map_err(|error| said(error.to_string()))?;
    let replay = recording.replay(&adapter.answer);
    let beside = |kind: &str| fs::read_to_string(folder.join(format!("{name}.{kind}"))).ok();
    let wrong = judge(&replay, beside("answer.md"), beside("events.jsonl"));
    Ok(Outcome { name, replay, wrong })
}

fn judge(replay: &Replay, answer: Option<String>, events: Option<String>) -> Option<String> {
    match (&replay.failure, answer) {
        (Some(failure), Some(_)) => {
            return Some(format!("it fails: {} ({})", failure.message, failure.class.code()));
        }
        (None, None) => {
            return Some("no .answer.md stands beside it, and it does not fail".to_owned());
        }
        (None, Some(answer)) => {
            if let Some(words) = difference(&replay.text(), answer.trim_end(), "the answer") {
                return Some(words);
            }
        }
        (Some(_), None) => {}
    }
    difference(&replay.events(), &events?, "the events")
}

/// The first line in which two texts differ.
fn difference(came: &str, expected: &str, what: &str) -> Option<String> {
    if came == expected {
        return None;
    }
    let (mut came, mut expected) = (came.lines(), expected.lines());
    for line in 1.. {
        match (came.next(), expected.next()) {
            (Some(one), Some(other)) if one == other => {}
            (None, None) => break,
            (one, other) => {
                let shown = |line: Option<&str>| {
                    line.map_or("nothing".to_owned(), |line| format!("{line:?}"))
                };
                return Some(format!(
                    "{what}, line {line}: {} and not {}",
                    shown(one),
                    shown(other)
                ));
            }
        }
    }
    Some(format!("{what}: the line ends differ"))
}

fn entry(outcome: &Outcome) -> Value {
    json!({
        "name": outcome.name,
        "events": outcome.replay.folded(),
        "answer": outcome.replay.text(),
        "failed": outcome.replay.failure.as_ref().map(|failure| failure.class.code()),
        "wrong": outcome.wrong,
    })
}

fn lines(outcome: &Outcome) -> Vec<String> {
    let verdict = match &outcome.wrong {
        Some(words) => format!("DIFFERS  {}: {words}", outcome.name),
        None => format!("ok       {}", outcome.name),
    };
    let events = outcome.replay.folded().into_iter().map(|line| format!("    {line}"));
    std::iter::once(verdict).chain(events).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_said() {
        assert_eq!(difference("a\nb", "a\nb", "the answer"), None);
        let words = difference("a\nb", "a\nc\nd", "the answer");
        assert_eq!(words.as_deref(), Some("the answer, line 2: \"b\" and not \"c\""));
        let words = difference("a", "a\nc", "the answer");
        assert_eq!(words.as_deref(), Some("the answer, line 2: nothing and not \"c\""));
    }
}
