//! What the end-to-end tests stand on: the built programs, both browsers, the official clients, the
//! real sites.

use std::{ffi::OsString, path::PathBuf, process::Command};

use crate::{
    extension,
    node::Node,
    process,
    python::{self, Environment},
    report::{Failure, Outcome, Report},
    rig::{Rig, SITES},
    system, workspace,
};

/// `cargo xtask stage COMMAND...`: one command with everything that the end-to-end tests stand on,
/// such as `node --test tests/e2e/tests/teach.test.mjs`.
pub fn run(args: &[String], report: &mut Report) -> Outcome<()> {
    let Some((program, rest)) = args.split_first() else {
        return Err(Failure::usage("stage needs a command to run"));
    };
    system::c_compiler(report)?;
    let stage = Stage::set(&SITES, report)?;
    let mut command = Command::new(program);
    command.args(rest).envs(stage.variables()).env("PATH", stage.node.path());
    process::run(&mut command, "the command failed")
}

/// All of it; the sites run until this is dropped.
#[derive(Debug)]
pub struct Stage {
    node: Node,
    folder: PathBuf,
    chromium: PathBuf,
    firefox: PathBuf,
    python: Environment,
    programs: PathBuf,
    rig: Rig,
}

impl Stage {
    /// Installs, builds and starts what is missing, with these sites.
    pub fn set(sites: &[&'static str], report: &Report) -> Outcome<Self> {
        let chromium = system::chromium(report)?;
        let firefox = system::firefox(report)?;
        let node = Node::find(report)?;
        let folder = workspace::root().join("tests/e2e");
        node.install(&folder, report)?;
        // Its scripted gateway serves here, too.
        node.install(&extension::folder(), report)?;
        let python = python::environment("openai", &["openai==3.52.0".to_owned()], report)?;
        let programs = workspace::build(&["tabway", "mock-upstream"], report)?;
        let rig = Rig::start(sites, &programs, report)?;
        Ok(Self { node, folder, chromium, firefox, python, programs, rig })
    }

    /// A script of the tests' package, told where everything is.
    pub fn npm(&self, script: &str) -> Command {
        let mut command = self.node.npm(&self.folder, &["run", "--silent", script]);
        command.envs(self.variables());
        command
    }

    /// A `node` command in the tests' package, told where everything is.
    pub fn node(&self) -> Command {
        let mut command = self.node.node();
        command.current_dir(&self.folder).envs(self.variables());
        command
    }

    /// Where the tests are.
    pub fn tests(&self) -> PathBuf {
        self.folder.join("tests")
    }

    fn variables(&self) -> Vec<(String, OsString)> {
        let programs = [
            ("TABWAY_CHROMIUM", self.chromium.clone()),
            ("E2E_FIREFOX", self.firefox.clone()),
            ("E2E_PYTHON", self.python.python()),
            ("E2E_PROGRAMS", self.programs.clone()),
        ];
        let programs = programs.map(|(name, path)| (name.to_owned(), path.into_os_string()));
        let sites = self.rig.variables().into_iter().map(|(name, value)| (name, value.into()));
        programs.into_iter().chain(sites).collect()
    }
}
