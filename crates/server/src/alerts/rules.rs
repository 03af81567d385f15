//! Rules: what is over a threshold is told once, and once more when it is well below it again.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use crate::config::Severity;

/// What a rule found at one look.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    /// The rule.
    pub(super) rule: &'static str,
    /// Whose state it is; empty for the gateway's own.
    pub(super) subject: String,
    /// Where it stands.
    pub(super) level: Level,
    /// How long it must have been over.
    pub(super) lasts: Duration,
    /// How much it matters.
    pub(super) severity: Severity,
    /// What is wrong.
    pub(super) words: String,
    /// What to do about it.
    pub(super) advice: &'static str,
}

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Over the threshold.
    Over,
    /// Below it, and not by enough to say that it is over: what was told stays told.
    Near,
    /// Well below.
    Well,
}

impl Level {
    /// Over a threshold, or well below it: by a fifth.
    pub(super) fn of(value: u64, threshold: u64) -> Self {
        match value {
            value if value >= threshold => Self::Over,
            value if value.saturating_mul(5) >= threshold.saturating_mul(4) => Self::Near,
            _ => Self::Well,
        }
    }
}

/// Something that was told, or is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) rule: &'static str,
    pub(super) subject: String,
    pub(super) severity: Severity,
    pub(super) words: String,
    pub(super) advice: &'static str,
    /// Unix milliseconds.
    pub(super) since_ms: i64,
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Raised(Finding),
    Cleared(Finding),
}

/// What the rules were last told to be.
#[derive(Debug, Default)]
pub(super) struct Rules {
    known: BTreeMap<(&'static str, String), Known>,
}

#[derive(Debug)]
struct Known {
    finding: Finding,
    since: Instant,
    told: bool,
}

impl Rules {
    /// What has changed by these readings. What is not among them is over.
    pub(super) fn look(
        &mut self,
        readings: Vec<Reading>,
        now: Instant,
        now_ms: i64,
    ) -> Vec<Change> {
        let mut was = std::mem::take(&mut self.known);
        let mut changes = Vec::new();
        for reading in readings {
            let key = (reading.rule, reading.subject.clone());
            let known = match (was.remove(&key), reading.level) {
                (known, Level::Over) => Some(known.unwrap_or_else(|| Known {
                    finding: found(&reading, now_ms),
                    since: now,
                    told: false,
                })),
                (Some(known), Level::Near) if known.told => Some(known),
                (Some(known), _) if known.told => {
                    changes.push(Change::Cleared(known.finding));
                    None
                }
                _ => None,
            };
            let Some(mut known) = known else { continue };
            let worse = known.told && reading.severity > known.finding.severity;
            let lasted = now.saturating_duration_since(known.since) >= reading.lasts;
            if reading.level == Level::Over && lasted && (worse || !known.told) {
                known.finding = found(&reading, known.finding.since_ms);
                known.told = true;
                changes.push(Change::Raised(known.finding.clone()));
            }
            self.known.insert(key, known);
        }
        let over = was.into_values().filter(|known| known.told);
        changes.extend(over.map(|known| Change::Cleared(known.finding)));
        changes
    }
}

fn found(reading: &Reading, since_ms: i64) -> Finding {
    Finding {
        rule: reading.rule,
        subject: reading.subject.clone(),
        severity: reading.severity,
        words: reading.words.clone(),
        advice: reading.advice,
        since_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(level: Level, severity: Severity) -> Reading {
        Reading {
            rule: "error_rate",
            subject: String::new(),
            level,
            lasts: Duration::from_secs(5),
            severity,
            words: format!("{level:?}"),
            advice: "",
        }
    }

    /// What is told at so many seconds.
    fn play(rules: &mut Rules, start: Instant, seconds: u64, readings: Vec<Reading>) -> String {
        let changes = rules.look(readings, start + Duration::from_secs(seconds), 1_000);
        let word = |change: &Change| match change {
            Change::Raised(finding) => format!("raised {}", finding.severity.word()),
            Change::Cleared(_) => "cleared".to_owned(),
        };
        changes.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn it_is_told_once_when_it_has_lasted_and_once_when_it_is_well_below() {
        use Severity::Warning;
        let (mut rules, start) = (Rules::default(), Instant::now());
        let mut at =
            |seconds, level| play(&mut rules, start, seconds, vec![reading(level, Warning)]);
        assert_eq!(at(0, Level::Over), "");
        assert_eq!(at(4, Level::Over), "");
        assert_eq!(at(5, Level::Over), "raised warning");
        // Round the threshold nothing is said a second time.
        for second in 6..100 {
            let level = if second % 2 == 0 { Level::Near } else { Level::Over };
            assert_eq!(at(second, level), "", "{second}");
        }
        assert_eq!(at(100, Level::Well), "cleared");
        assert_eq!(at(101, Level::Well), "");
        // What was over for a moment is not told of, and counts anew.
        assert_eq!(at(200, Level::Over), "");
        assert_eq!(at(203, Level::Near), "");
        assert_eq!(at(206, Level::Over), "");
        assert_eq!(at(211, Level::Over), "raised warning");
    }

    #[test]
    fn what_gets_worse_is_told_again_and_what_goes_away_is_over() {
        use Severity::{Critical, Warning};
        let (mut rules, start) = (Rules::default(), Instant::now());
        let mut at = |seconds, readings| play(&mut rules, start, seconds, readings);
        at(0, vec![reading(Level::Over, Warning)]);
        assert_eq!(at(5, vec![reading(Level::Over, Warning)]), "raised warning");
        assert_eq!(at(6, vec![reading(Level::Over, Critical)]), "raised critical");
        assert_eq!(at(7, vec![reading(Level::Over, Warning)]), "");
        assert_eq!(at(8, vec![]), "cleared");
        assert_eq!(at(9, vec![]), "");
    }

    #[test]
    fn well_below_is_by_a_fifth() {
        let level = |value| Level::of(value, 10);
        assert_eq!([10, 9, 8, 7].map(level), [Level::Over, Level::Near, Level::Near, Level::Well]);
    }
}
