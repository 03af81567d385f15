//! Python environments, made by `uv` in the cache folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cache, process,
    report::{Failure, Outcome, Report},
    system,
};

/// The folder of programs of an environment.
#[derive(Debug, Clone)]
pub struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// Its interpreter.
    pub fn python(&self) -> PathBuf {
        self.program("python")
    }

    /// A program that one of its packages brought.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Where its packages are.
    pub fn packages(&self) -> Outcome<PathBuf> {
        let code = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let text = process::output(Command::new(self.python()).args(["-c", code]))?;
        Ok(PathBuf::from(text.trim()))
    }
}

/// The environment `name` with these packages from PyPI; made anew when the list has changed.
pub fn environment(name: &str, packages: &[String], report: &Report) -> Outcome<Environment> {
    let environment = Environment { folder: cache::folder()?.join("python").join(name) };
    let content = packages.join("\n");
    if cache::is_complete(&environment.folder, &content) && environment.python().is_file() {
        return Ok(environment);
    }
    let uv = uv(report)?;
    let python = system::python(report)?;
    report.step(format!("installing {} from PyPI for {name}", packages.join(" ")), || {
        clear(&environment.folder)?;
        let failing = "the Python environment could not be made";
        let mut make = Command::new(&uv);
        make.args(["venv", "--quiet", "--python"]).arg(&python).arg(&environment.folder);
        process::run_quietly(&mut make, failing)?;
        let mut fill = Command::new(&uv);
        fill.args(["pip", "install", "--quiet", "--python"]).arg(environment.python());
        process::run_quietly(fill.args(packages), "the packages could not be installed")
    })?;
    cache::complete(&environment.folder, &content)?;
    Ok(environment)
}

/// `uv`: the machine's own, else one from PyPI in an environment of its own.
fn uv(report: &Report) -> Outcome<PathBuf> {
    if let Some(found) = system::find(&["uv"]) {
        return Ok(found);
    }
    let folder = cache::folder()?.join("python/uv");
    let uv = folder.join("bin/uv");
    if cache::is_complete(&folder, "uv") && uv.is_file() {
        return Ok(uv);
    }
    let python = system::python(report)?;
    report.step("installing uv from PyPI", || {
        clear(&folder)?;
        let failing = "uv could not be installed";
        let mut make = Command::new(&python);
        process::run_quietly(make.args(["-m", "venv"]).arg(&folder), failing)?;
        let mut fill = Command::new(folder.join("bin/python"));
        let args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"];
        process::run_quietly(fill.args(args), failing)
    })?;
    cache::complete(&folder, "uv")?;
    Ok(uv)
}

fn clear(folder: &Path) -> Outcome<()> {
    match fs::remove_dir_all(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::new(format!("cannot clear {}: {error}", folder.display()))),
    }
}
