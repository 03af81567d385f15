//! Walks `adapters/`: every file is an adapter, every recording replays to the events and the text
//! that stand beside it. A new adapter needs no line here.
//!
//! `TABWAY_BLESS=1 cargo test -p tabway-protocol --test adapters` writes the schema and the expected
//! events anew; the text of an answer is written by hand, and judges them.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it relied on")]

mod docs;
mod reference;

use std::{
    collections::BTreeSet,
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use tabway_protocol::adapter::{Adapter, Recording, json_schema};

/// Adapters of pages that the gateway itself serves: there is nothing to install.
const BUILT_IN: [&str; 1] = ["demo"];

#[test]
fn the_schema_is_that_of_the_types() {
    let path = folder().join("adapter.schema.json");
    is_committed(&path, &json_schema().expect("a schema"));
}

#[test]
fn every_key_is_explained() {
    let silent = reference::silent(&schema());
    assert!(silent.is_empty(), "no docstring explains {silent:?}");
    let path = folder().join("../docs/ADAPTER-REFERENCE.md");
    is_committed(&path, &reference::reference(&schema()));
    let docs = fs::read_to_string(folder().join("../docs/ADAPTERS.md")).expect("docs/ADAPTERS.md");
    assert!(docs.contains("(ADAPTER-REFERENCE.md)"), "docs/ADAPTERS.md leads to the reference");
}

fn schema() -> serde_json::Value {
    let schema = json_schema().expect("a schema");
    serde_json::from_str(&schema).expect("JSON")
}

#[test]
fn every_adapter_is_whole() {
    for (name, adapter) in adapters() {
        assert_eq!(adapter.name, name, "an adapter is named as its file");
        let fixtures = fixtures(&name);
        assert!(!recordings(&fixtures).is_empty(), "{name} has a recording");
        // Nothing but a stand-in page can be started for what has never met its real site.
        if BUILT_IN.contains(&name.as_str()) || adapter.verified.is_none() {
            continue;
        }
        let run = fs::read_to_string(fixtures.join("run.toml"))
            .unwrap_or_else(|error| panic!("{name}: run.toml: {error}"));
        let run: toml::Table = run.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        for key in ["start", "ready_path"] {
            assert!(run.contains_key(key), "{name}: run.toml says `{key}`");
        }
    }
}

#[test]
fn every_folder_of_fixtures_has_its_adapter() {
    let names: BTreeSet<String> = adapters().into_iter().map(|(name, _)| name).collect();
    for path in entries(&folder()).filter(|path| path.is_dir()) {
        let stem = path.file_stem().and_then(OsStr::to_str).expect("a name");
        assert!(names.contains(stem), "{} belongs to no adapter", path.display());
    }
}

#[test]
fn every_recording_replays_to_its_events_and_text() {
    for (name, adapter) in adapters() {
        for path in recordings(&fixtures(&name)) {
            let recording = recording(&path);
            let replay = recording.replay(&adapter.answer);
            is_committed(&path.with_extension("").with_extension("events.jsonl"), &replay.events());
            let text = path.with_extension("").with_extension("answer.md");
            match fs::read_to_string(&text) {
                Ok(text) => assert_eq!(replay.text(), text.trim_end(), "{}", path.display()),
                Err(_) => assert!(replay.failure.is_some(), "{} is missing", text.display()),
            }
        }
    }
}

#[test]
fn boundaries_of_bytes_mean_nothing() {
    for (name, adapter) in adapters() {
        for path in recordings(&fixtures(&name)) {
            let recording = recording(&path);
            let whole = recording.replay(&adapter.answer).text();
            for size in [1, 7, 1_000] {
                let cut = recording.cut(size).replay(&adapter.answer).text();
                assert_eq!(cut, whole, "{} in pieces of {size}", path.display());
            }
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../adapters")
}

fn fixtures(name: &str) -> PathBuf {
    folder().join(format!("{name}.fixtures"))
}

fn adapters() -> Vec<(String, Adapter)> {
    let files = entries(&folder()).filter(|path| path.extension() == Some(OsStr::new("toml")));
    files.map(|path| read(&path)).collect()
}

fn read(path: &Path) -> (String, Adapter) {
    let name = path.file_stem().and_then(OsStr::to_str).expect("a name").to_owned();
    let text = fs::read_to_string(path).expect("a file");
    let adapter = Adapter::parse(&text).unwrap_or_else(|error| panic!("{name}.toml: {error}"));
    (name, adapter)
}

fn recording(path: &Path) -> Recording {
    let text = fs::read_to_string(path).expect("a recording");
    Recording::read(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn recordings(fixtures: &Path) -> Vec<PathBuf> {
    let is_recording = |path: &PathBuf| path.to_string_lossy().ends_with(".records.jsonl");
    entries(fixtures).filter(is_recording).collect()
}

/// Entries of a folder in the order of their names.
fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter()
}

fn is_committed(path: &Path, fresh: &str) {
    if env::var_os("TABWAY_BLESS").is_some() {
        fs::write(path, fresh).expect("write what is expected");
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == fresh,
        "{} is not what comes out; if that is meant, write it anew with \
         TABWAY_BLESS=1 cargo test -p tabway-protocol --test adapters",
        path.display()
    );
}
