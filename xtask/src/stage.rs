//! What the end-to-end tests stand on: the built programs, both browsers, the official clients, the
//! real sites.

use std::{path::PathBuf, process::Command};

use crate::{
    extension,
    node::Node,
    python::{self, Environment},
    report::{Outcome, Report},
    rig::Rig,
    system, workspace,
};

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
        command
            .env("TABWAY_CHROMIUM", &self.chromium)
            .env("E2E_FIREFOX", &self.firefox)
            .env("E2E_PYTHON", self.python.python())
            .env("E2E_PROGRAMS", &self.programs)
            .envs(self.rig.variables());
        command
    }
}
