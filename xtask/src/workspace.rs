//! Where the tree is, and the programs that are built from it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process,
    report::{Failure, Outcome, Report},
};

/// The tree's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new(".")).to_path_buf()
}

/// A `cargo` command in the tree.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    command
}

/// Builds these programs of the workspace and returns the folder that holds them.
pub fn build(packages: &[&str], report: &Report) -> Outcome<PathBuf> {
    build_with(&["build", "--locked"], "debug", packages, report)
}

/// Builds them as they are released.
pub fn build_release(packages: &[&str], report: &Report) -> Outcome<PathBuf> {
    build_with(&["build", "--locked", "--release"], "release", packages, report)
}

fn build_with(args: &[&str], folder: &str, packages: &[&str], report: &Report) -> Outcome<PathBuf> {
    let mut args = args.to_vec();
    for package in packages {
        args.extend(["-p", *package]);
    }
    report.step(format!("building {}", packages.join(", ")), || {
        process::run(&mut cargo(&args), "the build failed")
    })?;
    Ok(target_folder()?.join(folder))
}

/// Where cargo puts what it builds.
fn target_folder() -> Outcome<PathBuf> {
    let mut command = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let text = process::output(&mut command)?;
    // One field of a large document; the path is a JSON string without escapes on every usual system.
    let value =
        text.split("\"target_directory\":\"").nth(1).and_then(|rest| rest.split('"').next());
    value.map(PathBuf::from).ok_or_else(|| Failure::new("cargo does not say where it builds"))
}
