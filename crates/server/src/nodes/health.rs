//! How well a seat does: a score with its reasons. What went wrong weighs less with time and with
//! every turn that goes well.

use std::{collections::VecDeque, time::Duration};

use serde::Serialize;
use tabway_protocol::message::{NodeFailureClass, SeatState};
use tokio::time::Instant;

use super::need::NeedKind;

/// After this long a fault weighs half.
const HALF_LIFE: Duration = Duration::from_secs(15 * 60);

/// What a turn that goes well leaves of each fault's weight.
const FORGIVEN: f64 = 0.7;

/// Faults that are remembered.
const REMEMBERED: usize = 32;

/// A fault that weighs less is forgotten.
const TRIFLE: f64 = 1.0;

/// Faults of this weight together make a seat the last choice.
const SICK: f64 = 50.0;

/// Something that went wrong in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    PageChanged,
    PageError,
    NotStarted,
    Silent,
    LaneLost,
    SignedOut,
    Challenge,
    Consent,
    Limited,
    Refused,
}

impl Fault {
    /// What a node's failure says of its seat; a refusal of the prompt says nothing.
    pub(super) fn of(class: NodeFailureClass) -> Option<Self> {
        use NodeFailureClass as N;
        Some(match class {
            N::PageChanged | N::ChoiceRefused => Self::PageChanged,
            N::PageError => Self::PageError,
            N::NotStarted => Self::NotStarted,
            N::LaneLost => Self::LaneLost,
            N::SignedOut => Self::SignedOut,
            N::Challenge => Self::Challenge,
            N::Consent => Self::Consent,
            N::RateLimited | N::Quota | N::Maintenance => Self::Limited,
            N::FileRefused => Self::Refused,
            N::Moderated
            | N::HumanBusy
            | N::BadJob
            | N::TooLarge
            | N::ConversationLost
            | N::ToolsRefused
            | N::AnswerLost => return None,
        })
    }

    /// Its weight, what it is, and what to do about it.
    fn facts(self) -> (f64, &'static str, &'static str, &'static str) {
        match self {
            Self::PageChanged => (
                40.0,
                "page_changed",
                "an element of the page was not found",
                "`tabway adapter doctor SITE` shows which; mend or update the adapter.",
            ),
            Self::PageError => {
                (20.0, "page_error", "the page showed an error", "Look at the tab; reload it.")
            }
            Self::NotStarted => (
                20.0,
                "not_started",
                "the page did not begin to answer",
                "Look at the tab; something may cover it.",
            ),
            Self::Silent => (
                15.0,
                "silent",
                "an answer took too long",
                "The site is slow, or its adapter's deadlines are too short.",
            ),
            Self::LaneLost => (
                20.0,
                "lane_lost",
                "a tab or the browser went away in a turn",
                "Keep the tab open; give the machine more memory.",
            ),
            Self::SignedOut => {
                (30.0, "signed_out", "the session ended in a turn", "Sign in on the page.")
            }
            Self::Challenge => (
                30.0,
                "challenge",
                "the page asked for a proof of its human",
                "Answer it yourself, and use the page more slowly: `limits` of the site.",
            ),
            Self::Consent => {
                (20.0, "consent", "the page asked for a consent", "Answer it on the page.")
            }
            Self::Limited => (
                15.0,
                "limited",
                "the site's limit was met",
                "Use the page more slowly: `limits` of the site.",
            ),
            Self::Refused => {
                (5.0, "file_refused", "the page refused a file", "Send files that the page takes.")
            }
        }
    }
}

/// A fault that is remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) fault: Fault,
    /// What successes have left of it, of 1.
    pub(super) share: f64,
    pub(super) at: Instant,
}

impl Mark {
    fn weight(&self, now: Instant) -> f64 {
        let age = now.saturating_duration_since(self.at).as_secs_f64();
        self.fault.facts().0 * self.share * 0.5_f64.powf(age / HALF_LIFE.as_secs_f64())
    }
}

/// The faults of a seat.
#[derive(Debug, Default)]
pub(super) struct Health {
    marks: VecDeque<Mark>,
}

impl Health {
    pub(super) fn restored(marks: impl Iterator<Item = Mark>) -> Self {
        Self { marks: marks.take(REMEMBERED).collect() }
    }

    pub(super) fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter()
    }

    /// A turn went wrong.
    pub(super) fn fault(&mut self, fault: Fault, now: Instant) {
        if self.marks.len() == REMEMBERED {
            self.marks.pop_front();
        }
        self.marks.push_back(Mark { fault, share: 1.0, at: now });
    }

    /// A turn went well.
    pub(super) fn success(&mut self, now: Instant) {
        self.marks.iter_mut().for_each(|mark| mark.share *= FORGIVEN);
        self.marks.retain(|mark| mark.weight(now) >= TRIFLE);
    }

    /// Whether any other seat is the better choice.
    pub(super) fn is_sick(&self, now: Instant) -> bool {
        self.marks.iter().map(|mark| mark.weight(now)).sum::<f64>() >= SICK
    }

    /// What is left of the faults, the same ones together.
    fn reasons(&self, now: Instant) -> Vec<(f64, Reason)> {
        let mut found: Vec<(f64, Reason)> = Vec::new();
        for mark in &self.marks {
            let (_, code, problem, advice) = mark.fault.facts();
            let weight = mark.weight(now);
            match found.iter_mut().find(|(_, reason)| reason.code == code) {
                Some((sum, reason)) => {
                    *sum += weight;
                    reason.times += 1;
                }
                None => {
                    let (problem, advice) = (problem.to_owned(), advice.to_owned());
                    found.push((weight, Reason { code, points: 0, times: 1, problem, advice }));
                }
            }
        }
        found
    }

    /// The score, with what stands against the seat now.
    pub(super) fn report(&self, standing: Vec<(u8, Reason)>, now: Instant) -> HealthReport {
        let standing = standing.into_iter().map(|(points, reason)| (f64::from(points), reason));
        let mut reasons: Vec<Reason> = standing
            .chain(self.reasons(now))
            .filter(|(weight, _)| *weight >= TRIFLE)
            .map(|(weight, reason)| Reason { points: points(weight), ..reason })
            .collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.points));
        let lost: u32 = reasons.iter().map(|reason| u32::from(reason.points)).sum();
        let score = u8::try_from(100_u32.saturating_sub(lost)).unwrap_or_default();
        HealthReport { score, reasons }
    }
}

/// A weight in whole points, at most all of them.
fn points(weight: f64) -> u8 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in range by the clamp"
    )]
    let points = weight.round().clamp(0.0, 100.0) as u8;
    points
}

/// How well a seat does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct HealthReport {
    /// From 0, useless, to 100.
    pub score: u8,
    /// What is missing to 100, the heaviest first.
    pub reasons: Vec<Reason>,
}

/// Something that stands against a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Reason {
    /// A stable word.
    pub code: &'static str,
    /// What it costs.
    pub points: u8,
    /// How often it happened.
    pub times: u32,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
}

impl Reason {
    pub(super) fn now(code: &'static str, problem: impl Into<String>, advice: &str) -> Self {
        Self { code, points: 0, times: 1, problem: problem.into(), advice: advice.to_owned() }
    }
}

/// What a page's state costs: its word, and its points.
pub(super) fn of_state(state: SeatState) -> Option<(u8, &'static str)> {
    Some(match state {
        SeatState::Ready | SeatState::Loading => return None,
        SeatState::SignedOut => (80, "signed_out"),
        SeatState::Challenge => (80, "challenge"),
        SeatState::Consent => (70, "consent"),
        SeatState::NotPermitted => (100, "not_permitted"),
        SeatState::Maintenance => (60, "maintenance"),
        SeatState::NoTab => (70, "no_tab"),
        SeatState::Error => (60, "error"),
        SeatState::PageChanged => (70, "page_changed"),
    })
}

/// What is wrong with a page in this state, and what a person does about it.
#[must_use]
pub fn mend(state: SeatState) -> Option<(&'static str, &'static str)> {
    Some(match state {
        SeatState::Ready | SeatState::Loading => return None,
        SeatState::SignedOut | SeatState::Challenge | SeatState::Consent => {
            NeedKind::of_state(state)?.mend()
        }
        SeatState::NotPermitted => (
            "no permission",
            "Click the Tabway button in that browser and grant the site's address.",
        ),
        SeatState::Maintenance => ("maintenance", "The site says that it is closed for a while."),
        SeatState::NoTab => ("no tab", "Open the site in a tab of that browser."),
        SeatState::Error => ("an error on the page", "Look at the tab in that browser; reload it."),
        SeatState::PageChanged => (
            "the page has changed",
            "An element was not found; `tabway adapter doctor SITE` shows which.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_weigh_less_with_time_and_with_successes() {
        let (mut health, now) = (Health::default(), Instant::now());
        assert_eq!(health.report(vec![], now).score, 100);
        health.fault(Fault::PageChanged, now);
        health.fault(Fault::Silent, now);
        let report = health.report(vec![], now);
        assert_eq!(report.score, 45);
        assert_eq!(report.reasons[0].code, "page_changed");
        assert!(report.reasons.iter().all(|reason| !reason.advice.is_empty()));
        assert!(health.is_sick(now));
        assert_eq!(health.report(vec![], now + HALF_LIFE).score, 72);
        assert!(!health.is_sick(now + HALF_LIFE));
        health.success(now);
        assert_eq!(health.report(vec![], now).score, 61);
        for _ in 0..20 {
            health.success(now);
        }
        assert_eq!(health.report(vec![], now), HealthReport { score: 100, reasons: vec![] });
    }

    #[test]
    fn many_faults_are_one_reason_and_never_less_than_nothing() {
        let (mut health, now) = (Health::default(), Instant::now());
        for _ in 0..100 {
            health.fault(Fault::LaneLost, now);
        }
        let report = health.report(vec![(80, Reason::now("signed_out", "signed out", "x"))], now);
        assert_eq!((report.score, report.reasons.len()), (0, 2));
        assert_eq!(report.reasons[0].times, 32);
    }
}
