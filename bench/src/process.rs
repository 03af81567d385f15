//! What `/proc` says of a process and all of its descendants.

use std::{fs, io};

/// Clock ticks a second: fixed at 100 in the kernel's interface to programs.
const TICKS: f64 = 100.0;

/// CPU seconds used so far, user and system, by the processes and their descendants.
#[must_use]
pub fn cpu_seconds(pids: &[u32]) -> f64 {
    family(pids).into_iter().filter_map(|pid| ticks(pid).ok()).sum::<u64>() as f64 / TICKS
}

/// Memory in KiB that belongs to the processes and their descendants, shared pages divided by
/// their users.
#[must_use]
pub fn pss_kib(pids: &[u32]) -> u64 {
    family(pids).into_iter().filter_map(|pid| field(pid, "smaps_rollup", "Pss:").ok()).sum()
}

/// Resident memory in KiB of the processes and their descendants.
#[must_use]
pub fn rss_kib(pids: &[u32]) -> u64 {
    family(pids).into_iter().filter_map(|pid| field(pid, "status", "VmRSS:").ok()).sum()
}

fn family(pids: &[u32]) -> Vec<u32> {
    let mut all = pids.to_vec();
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        next += 1;
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// User and system time: fields 14 and 15 of `stat`, counted behind the name in parentheses.
fn ticks(pid: u32) -> io::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    Ok(fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum())
}

fn field(pid: u32, file: &str, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    Ok(line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default())
}
