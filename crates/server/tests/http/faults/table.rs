//! The table of faults: complete, without a blank cell, and as committed.

use std::{fs, path::Path};

use super::{row, upstream};

/// The rows of faults that there are.
const UPSTREAM: u32 = 25;
const CLIENT: [u32; 7] = [1, 2, 3, 4, 6, 7, 8];

const HEAD: &str = "# Faults, and what becomes of them

Each row is a fault of an upstream (U) or of a client (D) on the chat path, run by the test that it names through real sockets, the router and the database. This page is written by `TABWAY_BLESS=1 cargo test -p tabway --test http faults::table`.

Every row of one request is run four times: buffered and streamed, with the broken target alone and with a good one after it. Each time the test looks at the status, the code, the events and `[DONE]`; at the ledger's row and its attempts; and at the end that nothing is held: no slot, no place, no permit, and of the key's tokens and budget exactly what the ledger's rows say. What a client got of an answer is paid for, whole or not; a failure before the first byte costs nothing. What the codes mean is in [ERRORS.md](ERRORS.md).

| row | fault | buffered | streamed | another target takes over | test |
|---|---|---|---|---|---|
";

#[test]
fn the_table_is_whole_and_as_committed() {
    let mut rows: Vec<[String; 6]> = Vec::new();
    for case in upstream::cases() {
        let (whole, stream) = (case.whole.taken_over(), case.stream.taken_over());
        let over = match (whole, stream) {
            (whole, stream) if whole == stream => whole.to_owned(),
            (whole, "not needed") => whole.to_owned(),
            ("not needed", stream) => stream.to_owned(),
            (whole, stream) => format!("buffered: {whole}; streamed: {stream}"),
        };
        let test = upstream::test_of(case.row);
        let seen = [case.whole.words(), case.stream.words()];
        let [whole, stream] = seen;
        rows.push([case.row.into(), case.fault.into(), whole, stream, over, test.into()]);
    }
    for row in row::UPSTREAMS.iter().chain(row::CLIENTS) {
        let cells = [row.row, row.fault, row.whole, row.stream, row.over, row.test];
        rows.push(cells.map(str::to_owned));
    }
    rows.sort_by_key(|cells| number(&cells[0]));
    let numbers: Vec<_> = rows.iter().map(|cells| number(&cells[0])).collect();
    let wanted = (1..=UPSTREAM).map(|n| ('U', n)).chain(CLIENT.map(|n| ('D', n)));
    for (letter, wanted) in wanted {
        assert!(numbers.contains(&(letter != 'U', wanted)), "no row {letter}{wanted}");
    }
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = sources(&crate_root.join("tests/http")) + &sources(&crate_root.join("src"));
    let mut page = HEAD.to_owned();
    for cells in &rows {
        assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "a blank cell: {cells:?}");
        for test in cells[5].split(", ").filter(|test| *test != "-") {
            let name = test.rsplit("::").next().unwrap_or_default();
            let found = tests.contains(&format!("fn {name}(")) || upstream::TESTS.contains(&name);
            assert!(found, "{cells:?} names a test that is not there");
        }
        let test = match &*cells[5] {
            "-" => "-".to_owned(),
            named => format!("`{}`", named.replace(", ", "`, `")),
        };
        let cells = [&cells[0], &cells[1], &cells[2], &cells[3], &cells[4], &test];
        page += &format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fault-table.md");
    if std::env::var_os("TABWAY_BLESS").is_some() {
        fs::write(&file, &page).expect("written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == page,
        "docs/fault-table.md is not what the tests say; \
         TABWAY_BLESS=1 cargo test -p tabway --test http faults::table"
    );
}

/// The order of the rows: upstreams first.
fn number(row: &str) -> (bool, u32) {
    (!row.starts_with('U'), row[1..].parse().expect("a number"))
}

/// The text of all tests below a folder.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => all += &sources(&path),
            false => all += &fs::read_to_string(&path).expect("a source"),
        }
    }
    all
}
