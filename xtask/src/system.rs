//! What the machine must have, and how it gets it: Debian packages where we are root, else words.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process,
    report::{Failure, Outcome, Report},
};

/// The first of these programs that is in `PATH`.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
}

/// Finds one of `names`, or installs the Debian package `package` and looks again.
fn find_or_install(
    title: &str,
    names: &[&str],
    packages: &[&str],
    report: &Report,
) -> Outcome<PathBuf> {
    if let Some(found) = find(names) {
        return Ok(found);
    }
    install(title, packages, report)?;
    find(names).ok_or_else(|| {
        Failure::new(format!("{title} is still missing after installing {}", packages.join(" ")))
    })
}

/// Installs Debian packages where that is possible without asking.
pub fn install(title: &str, packages: &[&str], report: &Report) -> Outcome<()> {
    let wanted = packages.join(" ");
    let apt = find(&["apt-get"]);
    let (Some(apt), true) = (apt, is_root()) else {
        return Err(Failure::new(format!(
            "{title} is missing. Install it and try again; on Debian or Ubuntu:\n\n    sudo apt-get install {wanted}\n"
        )));
    };
    report.step(format!("{title} is missing: apt-get install {wanted}"), || {
        let failing = format!("apt-get could not install {wanted}");
        process::run_quietly(Command::new(&apt).args(["update", "-q"]), &failing)?;
        let mut command = Command::new(&apt);
        command
            .args(["install", "-y", "-q", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive");
        process::run_quietly(&mut command, &failing)
    })
}

/// Whether we may install packages: the owner of our own process folder is root.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|meta| meta.uid() == 0)
}

/// A C compiler, which the cryptography needs.
pub fn c_compiler(report: &Report) -> Outcome<()> {
    if env::var_os("CC").is_some() {
        return Ok(());
    }
    find_or_install("A C compiler", &["cc", "gcc", "clang"], &["gcc", "libc6-dev"], report)?;
    Ok(())
}

/// Chromium, or what `TABWAY_CHROMIUM` names.
pub fn chromium(report: &Report) -> Outcome<PathBuf> {
    if let Some(named) = env::var_os("TABWAY_CHROMIUM").map(PathBuf::from) {
        if named.is_file() {
            return Ok(named);
        }
        return Err(Failure::new(format!("TABWAY_CHROMIUM names no file: {}", named.display())));
    }
    find_or_install("Chromium", &["chromium", "chromium-browser"], &["chromium"], report)
}

/// Firefox, for the tests.
pub fn firefox(report: &Report) -> Outcome<PathBuf> {
    find_or_install("Firefox", &["firefox-esr", "firefox"], &["firefox-esr"], report)
}

/// nginx, the rival of the benchmarks.
pub fn nginx(report: &Report) -> Outcome<PathBuf> {
    find_or_install("nginx", &["nginx"], &["nginx-light"], report)
}

/// A Python 3.10 or newer that can make environments.
pub fn python(report: &Report) -> Outcome<PathBuf> {
    const TITLE: &str = "Python 3.10 or newer with venv";
    const PACKAGES: &[&str] = &["python3", "python3-venv"];
    let usable = || find(&["python3"]).filter(|python| is_usable_python(python));
    if let Some(python) = usable() {
        return Ok(python);
    }
    install(TITLE, PACKAGES, report)?;
    usable()
        .ok_or_else(|| Failure::new(format!("{TITLE} is missing; `python3` is too old or bare")))
}

fn is_usable_python(python: &Path) -> bool {
    let probe = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    Command::new(python).args(["-c", probe]).output().is_ok_and(|out| out.status.success())
}
