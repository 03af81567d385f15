//! The house keeps its shape: which room may call on which, and how heavy the tree may get.
//! The picture is in ARCHITECTURE.md.
#![expect(clippy::expect_used, reason = "a test says what it relied on")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("workspace root")
}

/// Every Rust source below `folder`, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    files(folder, &["rs"])
}

/// Every test in JavaScript or TypeScript, with its text.
fn scripts() -> Vec<(PathBuf, String)> {
    let root = root();
    let folders = ["extension/tests/browser", "extension/tests/unit", "tests/e2e/tests"];
    folders.iter().flat_map(|folder| files(&root.join(folder), &["mjs", "ts"])).collect()
}

/// Every file below `folder` with one of these endings, with its text.
fn files(folder: &Path, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ext| endings.iter().any(|one| ext == *one)) {
                let text = fs::read_to_string(&path).expect("readable source");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The modules of `crate` that a source names: `crate::x` and every `x` of `crate::{x, y::z}`.
fn named_modules(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        // `$crate` and `some_crate::` are not ours.
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_heads(group)),
            None => names.extend(head(rest)),
        }
    }
    names
}

fn head(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Heads of a braced import list, nested braces skipped.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut fresh) = (1, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                heads.extend(head(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

/// What a room of the server must not call on, with the reason.
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    ("upstream", &["call", "surface", "admin", "nodes", "router", "page", "cli"], "it only sends"),
    (
        "nodes",
        &["call", "surface", "admin", "upstream", "router", "page", "cli"],
        "it only bridges",
    ),
    (
        "media",
        &["call", "surface", "admin", "nodes", "upstream", "router", "page", "cli"],
        "it only keeps",
    ),
    ("call", &["surface", "admin", "router", "page", "cli"], "it serves every surface"),
    (
        "surface",
        &["admin", "router", "page", "cli"],
        "a surface knows the call, not its neighbours",
    ),
    ("admin", &["surface", "router", "cli"], "the admin API is not a chat surface"),
    ("page", &["surface", "router", "cli"], "the status page reads state, nothing more"),
    (
        "prices",
        &["call", "surface", "admin", "nodes", "upstream", "router", "cli"],
        "data and sums",
    ),
    (
        "accounts",
        &["call", "surface", "admin", "nodes", "router", "page", "cli"],
        "it only holds credentials",
    ),
    (
        "routes",
        &["call", "surface", "admin", "nodes", "upstream", "router", "page", "cli", "config"],
        "a table and what it says",
    ),
    ("config", &["call", "surface", "admin", "nodes", "upstream", "router", "cli"], "parsed first"),
];

#[test]
fn rooms_of_the_server_keep_their_arrows() {
    let src = root().join("crates/server/src");
    let mut crossings = Vec::new();
    for (room, forbidden, why) in FORBIDDEN {
        let single = src.join(format!("{room}.rs"));
        let mut files = sources(&src.join(room));
        if let Ok(text) = fs::read_to_string(&single) {
            files.push((single, text));
        }
        for (path, text) in files {
            for name in
                named_modules(&text).iter().filter(|name| forbidden.contains(&name.as_str()))
            {
                crossings.push(format!("{} names crate::{name}: {why}", path.display()));
            }
        }
    }
    assert!(crossings.is_empty(), "arrows crossed:\n{}", crossings.join("\n"));
}

#[test]
fn nothing_imports_the_router() {
    let src = root().join("crates/server/src");
    let importers: Vec<_> = sources(&src)
        .into_iter()
        .filter(|(path, text)| {
            !path.ends_with("runtime.rs") && named_modules(text).contains("router")
        })
        .map(|(path, _)| path)
        .collect();
    assert!(importers.is_empty(), "only the serving loop knows the router: {importers:?}");
}

#[test]
fn crates_keep_their_arrows() {
    let allowed: &[(&str, &[&str])] = &[
        ("dialects", &[]),
        ("protocol", &["tabway-dialects"]),
        ("store", &["tabway-dialects"]),
        ("server", &["tabway-dialects", "tabway-protocol", "tabway-store"]),
    ];
    for (name, allowed) in allowed {
        let manifest = root().join("crates").join(name).join("Cargo.toml");
        let text = fs::read_to_string(manifest).expect("manifest");
        let dependencies = text.split("[dev-dependencies]").next().unwrap_or_default();
        for line in dependencies.lines().filter(|line| line.starts_with("tabway-")) {
            let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
            assert!(allowed.contains(&used), "{name} must not depend on {used}");
        }
    }
}

#[test]
fn dialects_are_pure_and_strangers_to_each_other() {
    let src = root().join("crates/dialects/src");
    for (path, text) in sources(&src) {
        for banned in
            ["std::net", "std::fs", "std::time::SystemTime", "std::time::Instant", "tokio::"]
        {
            assert!(!text.contains(banned), "{} uses {banned}: codecs are pure", path.display());
        }
    }
    let folders = ["openai_chat", "site_chat"];
    for folder in folders {
        for (path, text) in sources(&src.join(folder)) {
            for other in folders.iter().filter(|other| **other != folder) {
                assert!(
                    !named_modules(&text).contains(*other),
                    "{} names the dialect {other}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn only_the_edge_knows_status_codes() {
    for name in ["dialects", "protocol", "store"] {
        for (path, text) in sources(&root().join("crates").join(name).join("src")) {
            assert!(!text.contains("StatusCode"), "{} names a status code", path.display());
        }
    }
}

#[test]
fn there_is_one_outbound_client() {
    let src = root().join("crates/server/src");
    let makers: Vec<_> = sources(&src)
        .into_iter()
        .filter(|(path, text)| {
            !path.starts_with(src.join("upstream")) && text.contains("client::legacy")
        })
        .map(|(path, _)| path)
        .collect();
    assert!(makers.is_empty(), "HTTP clients outside upstream/: {makers:?}");
}

#[test]
fn the_lock_file_stays_lean() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let packages = lock.matches("[[package]]").count();
    assert!(packages <= 400, "{packages} packages in Cargo.lock, at most 400");
    for banned in ["openssl-sys", "native-tls", "reqwest"] {
        assert!(
            !lock.contains(&format!("name = \"{banned}\"\n")),
            "{banned} is in the tree: TLS is rustls on aws-lc-rs, HTTP is hyper"
        );
    }
}

#[test]
fn the_import_scanner_sees_what_it_must() {
    let text = "use crate::{app::App, call::{run, Reply},\n router};\nfn f() { crate::nodes::x(); $crate::no(); }";
    let names: Vec<_> = named_modules(text).into_iter().collect();
    assert_eq!(names, ["app", "call", "nodes", "router"]);
}

#[test]
fn every_failure_code_is_documented() {
    let docs = fs::read_to_string(root().join("docs/ERRORS.md")).expect("docs/ERRORS.md");
    for class in tabway_dialects::chat::FailureClass::ALL {
        let row = format!("| `{}` |", class.code());
        assert!(docs.contains(&row), "docs/ERRORS.md has no row for {}", class.code());
    }
}

/// What a browser does wrong, by its number: each must have tests that say so in their names,
/// `n5_...` in Rust, `N5: ...` in JavaScript. The second number is how many there are at least.
const FAULTS_OF_NODES: &[(u32, usize, &str)] = &[
    (1, 5, "a tab closed, reloaded, left or crashed in mid-answer"),
    (2, 3, "a browser killed, a machine suspended; no late answer to a new request"),
    (3, 3, "a worker that sleeps, idle or in mid-answer"),
    (4, 5, "a network that drops in mid-answer"),
    (5, 2, "the same node twice"),
    (6, 5, "messages doubled, reordered, late, lost"),
    (7, 2, "a clock that is wrong or jumps"),
    (8, 2, "another version of the protocol, or none"),
    (9, 8, "a page that is no chat now, or has changed"),
    (10, 3, "an answer without an end"),
    (11, 4, "two requests and one tab"),
    (12, 2, "a person at the keyboard"),
    (14, 1, "a thousand nodes after a restart"),
    (15, 1, "a node that comes and goes"),
    (17, 2, "a cancel that crosses the end"),
    (18, 4, "the allowance of a seat, in parallel and over a restart"),
];

/// Names of every test: of Rust the function, of JavaScript the title up to its first blank.
fn names_of_tests() -> Vec<String> {
    let root = root();
    let mut names = Vec::new();
    for (_, text) in sources(&root.join("crates")) {
        for (at, _) in text.match_indices("fn ") {
            names.extend(head(&text[at + 3..]));
        }
    }
    for (_, text) in scripts() {
        for (at, open) in text.match_indices("test(") {
            let title = text[at + open.len()..].trim_start().trim_start_matches(['\'', '`', '"']);
            names.extend(title.split([' ', '\n']).next().map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_fault_of_nodes_has_tests_with_its_number() {
    let names = names_of_tests();
    for (row, least, what) in FAULTS_OF_NODES {
        let (rust, script) = (format!("n{row}"), format!("N{row}:"));
        let found = names.iter().filter(|name| {
            // `n4_n6_...` stands for both.
            **name == script || name.split('_').take(3).any(|part| part == rust)
        });
        let count = found.count();
        assert!(count >= *least, "N{row}, {what}: {count} tests, at least {least} are known");
    }
}

/// Folders as docs/PARITY.md shortens them.
const SHORT: &[(&str, &str)] = &[
    ("nodes/", "crates/server/tests/nodes/"),
    ("http/", "crates/server/tests/http/"),
    ("server/", "crates/server/src/"),
    ("dialects/", "crates/dialects/src/"),
    ("browser/", "extension/tests/browser/"),
    ("unit/", "extension/tests/unit/"),
    ("e2e/", "tests/e2e/tests/"),
];

/// The text of a file that docs/PARITY.md names.
fn shortened(file: &str) -> Option<String> {
    let long =
        SHORT.iter().find_map(|(short, long)| Some(format!("{long}{}", file.strip_prefix(short)?)));
    fs::read_to_string(root().join(long.as_deref().unwrap_or(file))).ok()
}

#[test]
fn every_test_that_the_parity_names_exists() {
    let docs = fs::read_to_string(root().join("docs/PARITY.md")).expect("docs/PARITY.md");
    let rows =
        docs.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| feature |"));
    let mut named = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [_, here, tests] = cells[..] else { panic!("three cells: {row}") };
        let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        let there = here.trim_start().starts_with("not yet");
        assert_eq!(tests.is_empty(), there, "a test, or `not yet`: {row}");
        for test in tests {
            let (file, name) = test.split_once("::").expect("FILE::NAME");
            let text = shortened(file).unwrap_or_else(|| panic!("no such file: {file}"));
            let found = match file.ends_with(".rs") {
                true => text.contains(&format!("fn {name}(")),
                false => text.lines().any(|line| line.contains("test(") && line.contains(name)),
            };
            assert!(found, "no such test: {test}");
            named += 1;
        }
    }
    assert!(named > 50, "{named} tests are named");
}
