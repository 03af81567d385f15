//! How much memory a browser takes.

use std::{collections::HashMap, fs};

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate};

use super::process::look;

/// Memory of a process and all below it, shared pages counted in shares (PSS). Linux tells it; on
/// other systems it is not known.
#[must_use]
pub fn used_bytes(main: u32) -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let system = look(ProcessesToUpdate::All, ProcessRefreshKind::nothing())?;
    let mut below: HashMap<u32, Vec<u32>> = HashMap::new();
    for process in system.processes().values() {
        if let Some(parent) = process.parent() {
            below.entry(parent.as_u32()).or_default().push(process.pid().as_u32());
        }
    }
    let mut total = pss(main)?;
    let mut waiting = below.remove(&main).unwrap_or_default();
    while let Some(pid) = waiting.pop() {
        // One that has just ended takes nothing.
        total += pss(pid).unwrap_or(0);
        waiting.extend(below.remove(&pid).unwrap_or_default());
    }
    Some(total)
}

fn pss(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::used_bytes;

    #[test]
    fn a_process_takes_memory_and_one_that_is_not_there_is_not_known() {
        assert!(used_bytes(std::process::id()).expect("ourselves") > 1_000_000);
        assert_eq!(used_bytes(u32::MAX - 1), None);
    }
}
