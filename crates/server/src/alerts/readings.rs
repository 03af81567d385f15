//! What the rules look at: the last minutes' requests, the queue, browsers, budgets, adapters.

use std::time::Duration;

use tabway_store::ledger::LedgerState;
use tokio::time::Instant;

use super::rules::{Level, Reading};
use crate::{
    app::App,
    config::{AlertRules, Severity},
    health::is_broken,
    metrics::{Totals, WINDOW},
    nodes::NodeView,
};

/// The most keys that are told of at once; those that have used the most.
const BUDGETS: usize = 50;

/// What is read at one look, of the rules that are on.
pub(super) fn readings(app: &App, after: Duration) -> Vec<Reading> {
    let config = app.config_snapshot();
    let rules = &config.alerts.rules;
    let recent = app.metrics.recent(Instant::now());
    let nodes = app.nodes.nodes();
    let mut readings = vec![
        errors(&recent, rules, after),
        slow(&recent, rules, after),
        backlog(app.nodes.queue().len(), rules, after),
    ];
    readings.extend(ledger(app.store.ledger().state(), after));
    readings.extend(gone(&nodes, !app.nodes.sites().is_empty(), rules));
    readings.extend(broken(&nodes, after));
    let mut budgets = Vec::new();
    app.keys.each_budget(|key, share| {
        budgets.extend(budget(&key.name, share, rules).map(|reading| (share, reading)));
    });
    budgets.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    readings.extend(budgets.into_iter().take(BUDGETS).map(|(_, reading)| reading));
    readings.retain(|reading| !rules.off.iter().any(|off| off == reading.rule));
    readings
}

fn errors(recent: &Totals, rules: &AlertRules, lasts: Duration) -> Reading {
    let (failed, all) = (recent.failed, recent.failed + recent.ok);
    let minutes = WINDOW.as_secs() / 60;
    let level = match all >= rules.min_requests {
        true => {
            Level::of(failed.saturating_mul(100), all.saturating_mul(rules.error_percent).max(1))
        }
        false => Level::Well,
    };
    let severity = if failed * 2 >= all { Severity::Critical } else { Severity::Warning };
    Reading {
        rule: "error_rate",
        subject: String::new(),
        level,
        lasts,
        severity,
        words: format!("{failed} of {all} requests of the last {minutes} minutes failed"),
        advice: "`tabway logs` shows which and why.",
    }
}

fn slow(recent: &Totals, rules: &AlertRules, lasts: Duration) -> Reading {
    let enough = recent.times.count() >= rules.min_requests;
    let p95 = recent.times.percentile(95).filter(|_| enough).unwrap_or(0.0);
    let p95 = Duration::from_secs_f64(p95);
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Reading {
        rule: "slow",
        subject: String::new(),
        level: Level::of(ms(p95), ms(rules.p95).max(1)),
        lasts,
        severity: Severity::Warning,
        words: format!("one request in twenty took longer than {} s", p95.as_secs()),
        advice: "`tabway logs` shows which; give their models faster targets.",
    }
}

fn backlog(waiting: usize, rules: &AlertRules, lasts: Duration) -> Reading {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Reading {
        rule: "backlog",
        subject: String::new(),
        level: Level::of(number(waiting), number(rules.backlog)),
        lasts,
        severity: Severity::Warning,
        words: format!("{waiting} requests wait for a page"),
        advice: "Open more tabs or pair another browser; `tabway status` shows what they wait for.",
    }
}

/// The ledger is a backlog of another kind: what was served and is not in the database.
fn ledger(state: LedgerState, lasts: Duration) -> Option<Reading> {
    let (severity, words) = match state {
        LedgerState::Well => return None,
        LedgerState::DatabaseBehind => (Severity::Warning, "the database does not take rows"),
        LedgerState::SpoolFailed => {
            (Severity::Critical, "requests cannot be recorded, so none is taken")
        }
    };
    Some(Reading {
        rule: "backlog",
        subject: "ledger".to_owned(),
        level: Level::Over,
        lasts,
        severity,
        words: words.to_owned(),
        advice: "Look at the disk of the data folder: is it full, read-only or slow?",
    })
}

/// Browsers that were here and are not.
fn gone(nodes: &[NodeView], has_sites: bool, rules: &AlertRules) -> Vec<Reading> {
    let away = nodes.iter().filter(|node| !node.connected);
    let is_alone = has_sites && !nodes.is_empty() && nodes.iter().all(|node| !node.connected);
    let severity = if is_alone { Severity::Critical } else { Severity::Warning };
    let last = if is_alone { "; no other is connected, and sites are configured" } else { "" };
    let reading = |node: &NodeView| Reading {
        rule: "node_gone",
        subject: format!("{} ({})", node.label, node.id),
        level: Level::Over,
        lasts: rules.node_gone,
        severity,
        words: format!("the browser {} is not connected{last}", node.label),
        advice: "Start that browser, and see in the extension's popup what it says.",
    };
    away.map(reading).collect()
}

fn broken(nodes: &[NodeView], lasts: Duration) -> Vec<Reading> {
    let connected = nodes.iter().filter(|node| node.connected);
    let seats = connected.flat_map(|node| node.seats.iter().map(move |seat| (node, seat)));
    seats
        .filter(|(_, seat)| is_broken(seat))
        .map(|(node, seat)| Reading {
            rule: "adapter_broken",
            subject: format!("{} in {}", seat.site, node.label),
            level: Level::Over,
            lasts,
            severity: Severity::Warning,
            words: format!("{} in {}: the page is not what its adapter knows", seat.site, node.label),
            advice: "`tabway adapter doctor SITE` shows which part; teach the page or mend the adapter.",
        })
        .collect()
}

fn budget(key: &str, share: f64, rules: &AlertRules) -> Option<Reading> {
    let percent = (share * 100.0).clamp(0.0, 100.0) as u64;
    // A key far from its threshold is no news; there may be very many.
    let level = Level::of(percent, rules.budget_percent);
    (level != Level::Well).then(|| Reading {
        rule: "budget_near",
        subject: key.to_owned(),
        level,
        lasts: Duration::ZERO,
        severity: Severity::Warning,
        words: format!("the key {key} has used {percent} % of its budget"),
        advice: "Raise the budget, or tell whose key it is; at 100 % its requests are refused.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Timing;

    fn rules() -> AlertRules {
        AlertRules {
            error_percent: 10,
            min_requests: 20,
            p95: Duration::from_secs(30),
            backlog: 50,
            node_gone: Duration::from_secs(300),
            budget_percent: 80,
            off: Vec::new(),
        }
    }

    #[test]
    fn a_share_of_errors_is_told_of_enough_requests_only() {
        let look = |ok, failed| {
            let totals = Totals { ok, failed, ..Totals::default() };
            let reading = errors(&totals, &rules(), Duration::ZERO);
            (reading.level, reading.severity)
        };
        assert_eq!(look(0, 0).0, Level::Well);
        assert_eq!(look(0, 19).0, Level::Well);
        assert_eq!(look(0, 20), (Level::Over, Severity::Critical));
        assert_eq!(look(90, 10), (Level::Over, Severity::Warning));
        assert_eq!(look(91, 9).0, Level::Near);
        assert_eq!(look(93, 7).0, Level::Well);
    }

    #[test]
    fn slowness_and_backlog_and_budgets_have_their_thresholds() {
        let slow = |seconds| {
            let timing = Timing::default();
            (0..100).for_each(|_| timing.observe(Duration::from_secs(seconds)));
            let totals = Totals { times: timing.read(), ..Totals::default() };
            slow(&totals, &rules(), Duration::ZERO).level
        };
        assert_eq!((slow(1), slow(50)), (Level::Well, Level::Over));
        let waiting = |count| backlog(count, &rules(), Duration::ZERO).level;
        assert_eq!((waiting(0), waiting(45), waiting(50)), (Level::Well, Level::Near, Level::Over));
        let used = |share| budget("k", share, &rules()).map(|reading| reading.level);
        assert_eq!(used(0.1), None);
        assert_eq!(used(0.7), Some(Level::Near));
        assert_eq!(used(0.8), Some(Level::Over));
        assert!(budget("k", 7.0, &rules()).is_some_and(|one| one.words.contains("100 %")));
    }
}
