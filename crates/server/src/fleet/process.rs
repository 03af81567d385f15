//! Processes of browsers: found by their profile, ended in good order. The only place that knows how
//! each system does it.

use std::{path::Path, time::Duration};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
use tokio::{
    process::Child,
    time::{Instant, interval, timeout},
};

/// How long a browser may take to write its profile and end.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// The argument that says which profile a browser has.
pub(super) fn profile_argument(folder: &Path) -> String {
    format!("--user-data-dir={}", folder.display())
}

/// Ends a browser in good order, so that its profile is whole; by force where it hesitates.
pub(super) async fn end(child: &mut Child) {
    let Some(pid) = child.id() else { return };
    ask(pid).await;
    if timeout(CLOSE_LIMIT, child.wait()).await.is_err() {
        // It may have ended in between.
        let _ = child.kill().await;
    }
}

/// Ends browsers on this profile that a killed supervisor has left; how many there were.
pub async fn end_leftovers(folder: &Path) -> usize {
    let found = of_profile(folder);
    for pid in &found {
        ask(*pid).await;
    }
    let deadline = Instant::now() + CLOSE_LIMIT;
    let mut looks = interval(Duration::from_millis(100));
    while !found.is_empty() && !of_profile(folder).is_empty() {
        looks.tick().await;
        if Instant::now() >= deadline {
            force(&of_profile(folder));
            break;
        }
    }
    found.len()
}

/// The browsers on a profile: their main processes, without those that these started.
fn of_profile(folder: &Path) -> Vec<u32> {
    let ours = profile_argument(folder);
    let Some(system) =
        look(ProcessesToUpdate::All, ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always))
    else {
        return Vec::new();
    };
    let is_main = |words: &[std::ffi::OsString]| {
        words.iter().any(|word| word.to_string_lossy() == ours)
            && !words.iter().any(|word| word.to_string_lossy().starts_with("--type="))
    };
    let mains = system.processes().values().filter(|process| is_main(process.cmd()));
    mains.map(|process| process.pid().as_u32()).collect()
}

/// Processes as the system lists them now.
pub(super) fn look(which: ProcessesToUpdate<'_>, what: ProcessRefreshKind) -> Option<System> {
    let mut system = System::new().ok()?;
    // Threads are no processes of their own here.
    system.refresh_processes_specifics(which, true, what.without_tasks());
    Some(system)
}

fn force(pids: &[u32]) {
    let pids: Vec<Pid> = pids.iter().map(|pid| Pid::from_u32(*pid)).collect();
    let system = look(ProcessesToUpdate::Some(&pids), ProcessRefreshKind::nothing());
    for process in system.iter().flat_map(|system| system.processes().values()) {
        process.kill();
    }
}

/// SIGTERM: Chromium takes it as the end of the session and writes everything.
#[cfg(unix)]
async fn ask(pid: u32) {
    let pid = Pid::from_u32(pid);
    let system = look(ProcessesToUpdate::Some(&[pid]), ProcessRefreshKind::nothing());
    if let Some(process) = system.as_ref().and_then(|system| system.process(pid)) {
        process.kill_with(sysinfo::Signal::Term);
    }
}

/// `taskkill` without `/F` closes its windows; one without windows is ended by force later.
#[cfg(windows)]
async fn ask(pid: u32) {
    let mut command = tokio::process::Command::new("taskkill");
    // Where it fails the browser is ended by force.
    let _ = command.args(["/PID", &pid.to_string()]).output().await;
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use tokio::process::Command;

    use super::*;

    #[tokio::test]
    async fn what_a_killed_supervisor_left_is_found_by_its_profile() {
        let folder = tempfile::tempdir().expect("folder");
        assert_eq!(end_leftovers(folder.path()).await, 0);
        let start = |extra: &str| {
            let argument = profile_argument(folder.path());
            Command::new("sh")
                .args(["-c", "while :; do sleep 1; done", &argument, extra])
                .kill_on_drop(true)
                .spawn()
                .expect("started")
        };
        let (mut main, mut part) = (start("--flag"), start("--type=renderer"));
        // Reaped at once, so that it does not stay as a zombie.
        let (ended, _) = tokio::join!(end_leftovers(folder.path()), main.wait());
        assert_eq!(ended, 1);
        assert!(part.try_wait().expect("known").is_none(), "only the main process is asked");
        end(&mut part).await;
    }
}
