//! The committed packages of the extension were built from the committed sources: the build writes
//! down a checksum of every file that it read, and this compares them without Node.

#![allow(clippy::expect_used, reason = "a test that cannot read the tree stops")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

const REBUILD: &str = "run `npm ci && npm run build` in extension/ and commit extension/dist";

fn extension() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../extension")
}

/// Every file below `folder`, relative to the extension, with its checksum.
fn sums_of(folder: &str, sums: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(extension().join(folder)).expect("a folder of the extension") {
        let entry = entry.expect("a readable folder");
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = format!("{folder}/{name}");
        if entry.file_type().expect("a file type").is_dir() {
            sums_of(&path, sums);
        } else {
            sum_of(path, sums);
        }
    }
}

fn sum_of(path: String, sums: &mut BTreeMap<String, String>) {
    let bytes = fs::read(extension().join(&path)).expect("a readable source");
    sums.insert(path, HEXLOWER.encode(digest(&SHA256, &bytes).as_ref()));
}

#[test]
fn the_packages_were_built_from_these_sources() {
    let mut sources = BTreeMap::new();
    sum_of("package.json".into(), &mut sources);
    sum_of("package-lock.json".into(), &mut sources);
    for folder in ["src", "icons", "scripts"] {
        sums_of(folder, &mut sources);
    }
    let listed = fs::read_to_string(extension().join("dist/SOURCES.sha256")).expect("the list");
    let listed: BTreeMap<String, String> = listed
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, path)| (path.to_owned(), sum.to_owned()))
        .collect();
    for (path, sum) in &sources {
        assert_eq!(listed.get(path), Some(sum), "{path} is newer than the packages: {REBUILD}");
    }
    assert_eq!(listed.len(), sources.len(), "a source of the packages is gone: {REBUILD}");
}

#[test]
fn both_packages_are_whole() {
    for target in ["chromium", "firefox"] {
        for file in ["manifest.json", "background.js", "tap.js", "runner.js", "popup.html"] {
            let path = extension().join("dist").join(target).join(file);
            assert!(path.is_file(), "extension/dist/{target}/{file} is missing: {REBUILD}");
        }
    }
    let id = fs::read_to_string(extension().join("dist/chromium-id.txt")).expect("the id");
    assert!(id.trim().len() == 32 && id.trim().bytes().all(|letter| letter.is_ascii_lowercase()));
}
