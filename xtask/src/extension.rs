//! `cargo xtask extension`: the committed packages, built from their sources.

use std::{collections::BTreeMap, env, fs, path::Path};

use crate::{
    node::Node,
    process,
    report::{Failure, Outcome, Report},
    workspace,
};

/// Builds into the tree, or with `--check` beside it and compares.
pub fn run(args: &[String], report: &mut Report) -> Outcome<()> {
    let node = Node::find(report)?;
    match args {
        [] => {
            node.install(&folder(), report)?;
            let dist = folder().join("dist");
            build(&node, &dist, report)?;
            report.say(format_args!("built {}", dist.display()));
            Ok(())
        }
        [flag] if flag == "--check" => check(&node, report),
        _ => Err(Failure::usage("extension takes only --check")),
    }
}

/// Fails when the committed packages are not what their sources give.
pub fn check(node: &Node, report: &Report) -> Outcome<()> {
    node.install(&folder(), report)?;
    let fresh = env::temp_dir().join(format!("tabway-extension-{}", std::process::id()));
    let result = build(node, &fresh, report).and_then(|()| compare(&folder().join("dist"), &fresh));
    // A leftover in the temporary folder does no harm.
    let _ = fs::remove_dir_all(&fresh);
    result
}

/// The extension's folder.
pub fn folder() -> std::path::PathBuf {
    workspace::root().join("extension")
}

fn build(node: &Node, out: &Path, report: &Report) -> Outcome<()> {
    report.step("building the extension for Chromium and Firefox", || {
        let mut command = node.node();
        command.arg("scripts/build.mjs").arg(out).current_dir(folder());
        process::run_quietly(&mut command, "the extension's build failed")
    })
}

fn compare(committed: &Path, fresh: &Path) -> Outcome<()> {
    let (committed, fresh) = (files(committed)?, files(fresh)?);
    let names = committed.keys().chain(fresh.keys());
    let mut differing: Vec<_> =
        names.filter(|name| committed.get(*name) != fresh.get(*name)).cloned().collect();
    differing.sort();
    differing.dedup();
    if differing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "extension/dist is not what its sources give: {}\nrun `cargo xtask extension` and commit the result",
        differing.join(", ")
    )))
}

/// Every file below a folder, by its path in it.
fn files(folder: &Path) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    let mut walk = || -> std::io::Result<()> {
        while let Some(current) = open.pop() {
            for entry in fs::read_dir(current)? {
                let path = entry?.path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(folder).unwrap_or(&path);
                    found.insert(name.to_string_lossy().into_owned(), fs::read(&path)?);
                }
            }
        }
        Ok(())
    };
    walk().map_err(|error| Failure::new(format!("cannot read {}: {error}", folder.display())))?;
    Ok(found)
}
