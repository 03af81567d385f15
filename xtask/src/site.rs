//! Starting a real chat site, as its `run.toml` says, with the scripted upstream behind it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    cache, process,
    process::Beside,
    python,
    report::{Failure, Outcome, Report},
    run_file::RunFile,
    workspace,
};

/// The scripted upstream, running.
#[derive(Debug)]
pub struct Upstream {
    /// Base URL of its API, with `/v1`.
    pub base_url: String,
    _process: Beside,
}

impl Upstream {
    /// Starts it from the folder of built programs.
    pub fn start(programs: &Path, report: &Report) -> Outcome<Self> {
        let port = process::free_port()?;
        let mut command = Command::new(programs.join("mock-upstream"));
        command.args(["--port", &port.to_string()]);
        let mut process = Beside::start(&mut command, "mock-upstream", &log("mock-upstream")?)?;
        process.wait_until(Duration::from_secs(10), || process::answers(port, "/v1/models"))?;
        let base_url = format!("http://127.0.0.1:{port}/v1");
        report.say(format_args!("the scripted upstream serves at {base_url}"));
        Ok(Self { base_url, _process: process })
    }
}

/// Who may use the page of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Everybody.
    Open,
    /// Who has signed in.
    SignIn,
}

/// A real site, running.
#[derive(Debug)]
pub struct Site {
    /// Scheme, host, port.
    pub origin: String,
    _process: Beside,
}

impl Site {
    /// Installs what the site needs, starts it, and waits until it is up.
    pub fn start(name: &str, upstream: &Upstream, report: &Report) -> Outcome<Self> {
        Starting::begin(name, Door::Open, upstream, report)?.up(report)
    }
}

/// A site on its way up; several may be at once.
#[derive(Debug)]
pub struct Starting {
    name: String,
    port: u16,
    file: RunFile,
    process: Beside,
}

impl Starting {
    /// Installs what the site needs and starts it.
    pub fn begin(name: &str, door: Door, upstream: &Upstream, report: &Report) -> Outcome<Self> {
        let fixtures = fixtures(name)?;
        let file = RunFile::read(&fixtures.join("run.toml"))?;
        let environment = python::environment(name, &file.python_packages, report)?;
        let port = process::free_port()?;
        let fill = |text: &str| {
            text.replace("{port}", &port.to_string()).replace("{upstream}", &upstream.base_url)
        };
        let (program, args) =
            file.start.split_first().ok_or_else(|| Failure::new("nothing to start"))?;
        let own = environment.program(program);
        let mut command = if own.is_file() { Command::new(own) } else { Command::new(program) };
        let more = (door == Door::SignIn).then_some(&file.sign_in);
        let called = if door == Door::SignIn { format!("{name}-sign-in") } else { name.to_owned() };
        command
            .args(args.iter().map(|arg| fill(arg)))
            .envs(file.env.iter().chain(more.into_iter().flatten()).map(|(k, v)| (k, fill(v))))
            .env("OPENAI_BASE_URL", &upstream.base_url)
            .env("OPENAI_API_KEY", "unused")
            .current_dir(workdir(&called, &fixtures)?);
        let process = Beside::start(&mut command, &called, &log(&called)?)?;
        Ok(Self { name: called, port, file, process })
    }

    /// Waits until it is up.
    pub fn up(mut self, report: &Report) -> Outcome<Site> {
        let origin = format!("http://127.0.0.1:{}", self.port);
        report.step(format!("waiting for {} at {origin}", self.name), || {
            let ready = || process::answers(self.port, &self.file.ready_path);
            self.process.wait_until(self.file.up_within, ready)
        })?;
        Ok(Site { origin, _process: self.process })
    }
}

/// The folder that says how a site is run.
pub fn fixtures(name: &str) -> Outcome<PathBuf> {
    let adapters = workspace::root().join("adapters");
    let folder = adapters.join(format!("{name}.fixtures"));
    if folder.join("run.toml").is_file() {
        return Ok(folder);
    }
    let mut known: Vec<_> = fs::read_dir(&adapters)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("run.toml").is_file())
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".fixtures")?.to_owned()))
        .collect();
    known.sort();
    Err(Failure::usage(format!("there is no site `{name}`; there are: {}", known.join(", "))))
}

/// A copy of the site's app outside the tree: such programs write files beside their app.
fn workdir(name: &str, fixtures: &Path) -> Outcome<PathBuf> {
    let folder = cache::folder()?.join("run").join(name);
    let copy = || -> std::io::Result<()> {
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(fixtures)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
        Ok(())
    };
    copy().map_err(|error| Failure::new(format!("cannot copy the app of {name}: {error}")))?;
    Ok(folder)
}

fn log(name: &str) -> Outcome<PathBuf> {
    let folder = cache::folder()?.join("logs");
    fs::create_dir_all(&folder)
        .map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
    Ok(folder.join(format!("{name}.log")))
}
