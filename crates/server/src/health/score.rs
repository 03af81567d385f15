//! From how things stand to a number: 100 less what each trouble takes, with what to do about it.

use serde::Serialize;
use tabway_store::ledger::LedgerState;

use super::vitals::Vitals;

/// How the gateway as a whole does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Health {
    /// From 0 to 100.
    pub(crate) score: u8,
    /// `healthy`, `degraded` or `unhealthy`.
    pub(crate) status: &'static str,
    /// What takes from the score, the worst first.
    pub(crate) reasons: Vec<Reason>,
}

/// A trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Reason {
    /// A word that programs may act on.
    pub(crate) what: &'static str,
    /// The same for people.
    pub(crate) words: String,
    /// What it takes from the score.
    pub(crate) minus: u8,
    /// What to do about it.
    pub(crate) advice: &'static str,
}

/// Below these scores it is not well, and not at all.
const HEALTHY: u8 = 70;
const DEGRADED: u8 = 40;

/// Of fewer requests no share is worth a word.
pub(crate) const ENOUGH: u64 = 20;

/// A ledger that far behind the spool costs memory and time at the next start.
const FAR_BEHIND: u64 = 64 << 20;

const GIB: u64 = 1 << 30;

/// The score of how things stand.
pub(crate) fn score(vitals: &Vitals) -> Health {
    let mut reasons = Vec::new();
    let mut add = |found: Option<Reason>| reasons.extend(found);
    add(ledger(vitals));
    add(disk(vitals));
    add(nothing_to_serve(vitals));
    add(errors(vitals));
    add(slow(vitals));
    add(no_browser(vitals));
    add(sites_out(vitals));
    add(accounts_out(vitals));
    add(capacity(vitals));
    add(broken(vitals));
    add(humans(vitals));
    add(vitals.config_error.then(|| Reason {
        what: "config_error",
        words: "the configuration file is wrong; what was read before is in force".to_owned(),
        minus: 5,
        advice: "`tabway config check` says what is wrong.",
    }));
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.minus));
    let minus: u32 = reasons.iter().map(|reason| u32::from(reason.minus)).sum();
    let score = 100 - u8::try_from(minus.min(100)).unwrap_or(100);
    let status = match score {
        HEALTHY.. => "healthy",
        DEGRADED.. => "degraded",
        _ => "unhealthy",
    };
    Health { score, status, reasons }
}

fn ledger(vitals: &Vitals) -> Option<Reason> {
    let (words, minus) = match vitals.ledger {
        LedgerState::SpoolFailed => ("the log of requests cannot be written", 60),
        LedgerState::DatabaseBehind => ("the database does not take rows", 20),
        LedgerState::Well if vitals.unread_bytes > FAR_BEHIND => {
            ("the database is far behind what was served", 10)
        }
        LedgerState::Well => return None,
    };
    Some(Reason {
        what: "ledger",
        words: words.to_owned(),
        minus,
        advice: "Look at the disk of the data folder: is it full, read-only or slow?",
    })
}

fn disk(vitals: &Vitals) -> Option<Reason> {
    let free = vitals.disk_free?;
    let minus = match free {
        free if free < GIB / 4 => 40,
        free if free < GIB => 20,
        _ => return None,
    };
    Some(Reason {
        what: "disk",
        words: format!("{} MiB are free where the data folder is", free >> 20),
        minus,
        advice: "Make room, or keep less: `ledger.keep` and `files`.",
    })
}

fn nothing_to_serve(vitals: &Vitals) -> Option<Reason> {
    (vitals.models == 0).then(|| Reason {
        what: "no_models",
        words: "there is no model to ask for".to_owned(),
        minus: 40,
        advice: "Add an account (`tabway account add`), or pair a browser (`tabway node pair`).",
    })
}

fn errors(vitals: &Vitals) -> Option<Reason> {
    let (failed, all) = (vitals.recent.failed, vitals.recent.failed + vitals.recent.ok);
    let minus = match failed.saturating_mul(100) {
        _ if all < ENOUGH => return None,
        percent if percent > all * 10 => 20,
        percent if percent > all * 5 => 10,
        _ => return None,
    };
    Some(Reason {
        what: "error_rate",
        words: format!("{failed} of the last {all} requests failed"),
        minus,
        advice: "`tabway logs` shows which and why.",
    })
}

fn slow(vitals: &Vitals) -> Option<Reason> {
    let enough = vitals.recent.times.count() >= ENOUGH;
    let p95 = vitals.recent.times.percentile(95).filter(|_| enough)?;
    let minus = match p95 {
        p95 if p95 > 30.0 => 15,
        p95 if p95 > 15.0 => 7,
        _ => return None,
    };
    Some(Reason {
        what: "slow",
        words: format!("one request in twenty took longer than {p95:.0} s"),
        minus,
        advice: "`tabway logs` shows which; give their models faster targets.",
    })
}

fn no_browser(vitals: &Vitals) -> Option<Reason> {
    (!vitals.sites.is_empty() && vitals.browsers == 0).then(|| Reason {
        what: "no_browser",
        words: "sites are configured and no browser is connected".to_owned(),
        minus: 30,
        advice: "Start the paired browser, or pair one: `tabway node pair`.",
    })
}

fn sites_out(vitals: &Vitals) -> Option<Reason> {
    let out: Vec<&str> = vitals
        .sites
        .iter()
        .filter(|site| !site.ready && vitals.browsers > 0)
        .map(|site| site.name.as_str())
        .collect();
    several(&out, 10, 20).map(|(names, minus)| Reason {
        what: "sites_out",
        words: format!("no page can take a prompt of {names}"),
        minus,
        advice: "`tabway node check` says what each page shows and what to do.",
    })
}

fn accounts_out(vitals: &Vitals) -> Option<Reason> {
    let out: Vec<&str> = vitals.accounts_out.iter().map(String::as_str).collect();
    // The last account of a provider is worth more than one of many.
    let each = if vitals.providers_out > 0 { 15 } else { 5 };
    several(&out, each, 25).map(|(names, minus)| Reason {
        what: "accounts_out",
        words: format!("out of service: {names}"),
        minus,
        advice: "`tabway account test` says what is wrong with each.",
    })
}

fn capacity(vitals: &Vitals) -> Option<Reason> {
    let minus = match vitals.capacity_percent() {
        percent if percent > 80 => 10,
        percent if percent > 60 => 5,
        _ => return None,
    };
    Some(Reason {
        what: "capacity",
        words: format!("{} % of what there is room for is in use", vitals.capacity_percent()),
        minus,
        advice: "Open more tabs, pair another browser, or raise `limits.max_connections`.",
    })
}

fn broken(vitals: &Vitals) -> Option<Reason> {
    let broken: Vec<&str> = vitals.adapters_broken.iter().map(String::as_str).collect();
    several(&broken, 10, 20).map(|(names, minus)| Reason {
        what: "adapter_broken",
        words: format!("the page is not what its adapter knows: {names}"),
        minus,
        advice: "`tabway adapter doctor SITE` shows which part; teach the page or mend the adapter.",
    })
}

fn humans(vitals: &Vitals) -> Option<Reason> {
    let needs: Vec<&str> = vitals.needs_human.iter().map(String::as_str).collect();
    several(&needs, 5, 15).map(|(names, minus)| Reason {
        what: "human_needed",
        words: format!("a person is needed: {names}"),
        minus,
        advice: "`tabway status` says for what.",
    })
}

/// The names that are said; the rest is a number.
const SAID: usize = 5;

/// A few names, and what they take together.
fn several(names: &[&str], each: u8, most: u8) -> Option<(String, u8)> {
    let count = u8::try_from(names.len()).unwrap_or(u8::MAX);
    let said = names.iter().take(SAID).copied().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(SAID);
    let words = if more > 0 { format!("{said} and {more} more") } else { said };
    (count > 0).then(|| (words, each.saturating_mul(count).min(most)))
}
