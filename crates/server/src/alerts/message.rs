//! What channels and the log are told.

use std::fmt;

use serde::Serialize;
use tabway_dialects::ids::NodeId;
use tabway_store::ledger::now_ms;
use uuid::Uuid;

use super::rules::{Change, Finding};
use crate::{
    app::App,
    call::places::RefusedAccount,
    config::Severity,
    nodes::{NeedKind, NeedView, SeatNeed, SessionEnd},
};

/// Something that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A seat needs its human.
    Needs(SeatNeed),
    /// It can be used again.
    Back(SeatNeed),
    /// Its session ends soon.
    Ends(SessionEnd),
    /// An upstream refuses an account's credential.
    Refused(RefusedAccount),
    /// It takes it again, or it was replaced.
    Accepted(RefusedAccount),
    /// A rule's state.
    Rule(Change),
    /// Somebody asked whether messages arrive.
    Test,
}

/// The message as it is sent. Nothing of prompts or answers is in it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Message {
    /// The same when it is sent again after a failure.
    id: String,
    pub(super) event: &'static str,
    pub(super) severity: Severity,
    pub(super) at_ms: i64,
    /// The gateway's id.
    gateway: String,
    /// Where its state is shown, where it has a public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<String>,
    #[serde(flatten)]
    pub(super) whose: Whose,
    #[serde(flatten)]
    about: About,
    /// All of it in a line: services that post messages to people show this.
    pub(super) text: String,
    #[serde(skip)]
    pub(super) phase: Phase,
    /// The rule that it is of.
    #[serde(skip)]
    pub(super) rule: &'static str,
}

/// What a message does to the list of what is wrong now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It begins.
    Raised,
    /// It is over.
    Cleared,
    /// Neither: it is said once.
    Said,
}

/// Whose state it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Whose {
    Seat { node: NodeId, browser: String, site: String },
    Account { provider: String, account: String },
    Rule { rule: &'static str, subject: String },
    Gateway {},
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seat { node, site, .. } => write!(f, "{site} in {node}"),
            Self::Account { provider, account } => write!(f, "{provider}#{account}"),
            Self::Rule { rule, subject } if subject.is_empty() => f.write_str(rule),
            Self::Rule { rule, subject } => write!(f, "{rule}: {subject}"),
            Self::Gateway {} => f.write_str("gateway"),
        }
    }
}

/// What it is about.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum About {
    Need { reason: &'static str, advice: &'static str, since_ms: i64, words: String },
    End { advice: &'static str, ends_ms: i64 },
    Since { advice: &'static str, since_ms: i64 },
    Held { held: Vec<String> },
    Nothing {},
}

/// What to do about a session that ends.
const RENEW: &str = "Sign in again in that browser before it ends.";

/// What to do about a refused credential.
const RENEW_KEY: &str = "Give the account another secret; it rests, and one request now and then \
                         tries the old one.";

/// The parts of a message that are told apart.
struct Parts {
    event: &'static str,
    rule: &'static str,
    severity: Severity,
    phase: Phase,
    whose: Whose,
    about: About,
    text: String,
}

impl Message {
    pub(super) fn of(app: &App, event: Event) -> Self {
        Self::put(app, parts(event))
    }

    /// What was held in quiet hours, in one message.
    pub(super) fn held(app: &App, messages: &[Self], dropped: usize) -> Self {
        let held: Vec<String> = messages.iter().map(|one| one.text.clone()).collect();
        let more = if dropped > 0 { format!("\nand {dropped} more") } else { String::new() };
        let severity = messages.iter().map(|one| one.severity).max();
        Self::put(
            app,
            Parts {
                event: "alerts.held",
                rule: "held",
                severity: severity.unwrap_or(Severity::Info),
                phase: Phase::Said,
                whose: Whose::Gateway {},
                text: format!("Held in quiet hours:\n{}{more}", held.join("\n")),
                about: About::Held { held },
            },
        )
    }

    fn put(app: &App, parts: Parts) -> Self {
        let Parts { event, rule, severity, phase, whose, about, text } = parts;
        Self {
            id: format!("alert_{}", Uuid::now_v7().simple()),
            event,
            severity,
            at_ms: now_ms(),
            gateway: app.store.gateway_id().to_string(),
            page: app.config().public_url.clone(),
            whose,
            about,
            text,
            phase,
            rule,
        }
    }

    /// Whether somebody has to do something.
    pub(super) fn is_urgent(&self) -> bool {
        self.phase != Phase::Cleared
    }
}

fn parts(event: Event) -> Parts {
    let seat = |node, browser, site| Whose::Seat { node, browser, site };
    match event {
        Event::Needs(SeatNeed { node, label, site, need }) => Parts {
            event: "seat.needs_human",
            rule: "human_needed",
            severity: weight(need.reason),
            phase: Phase::Raised,
            text: format!("{site} in {label}: {}. {}", need.problem, need.advice),
            whose: seat(node, label, site),
            about: About::of(need),
        },
        Event::Back(SeatNeed { node, label, site, need }) => Parts {
            event: "seat.back",
            rule: "human_needed",
            severity: weight(need.reason),
            phase: Phase::Cleared,
            text: format!("{site} in {label}: in service again."),
            whose: seat(node, label, site),
            about: About::of(need),
        },
        Event::Ends(SessionEnd { node, label, site, ends_ms }) => {
            let hours = ends_ms.saturating_sub(now_ms()).max(0) / 3_600_000;
            Parts {
                event: "seat.session_ends",
                rule: "human_needed",
                severity: Severity::Warning,
                phase: Phase::Said,
                text: format!("{site} in {label}: its session ends in {hours} h. {RENEW}"),
                whose: seat(node, label, site),
                about: About::End { advice: RENEW, ends_ms },
            }
        }
        Event::Refused(RefusedAccount { provider, account, since_ms }) => Parts {
            event: "account.out",
            rule: "account_out",
            severity: Severity::Warning,
            phase: Phase::Raised,
            text: format!("{provider}#{account}: the upstream refuses its credential. {RENEW_KEY}"),
            whose: Whose::Account { provider, account },
            about: About::Since { advice: RENEW_KEY, since_ms },
        },
        Event::Accepted(RefusedAccount { provider, account, since_ms }) => Parts {
            event: "account.back",
            rule: "account_out",
            severity: Severity::Warning,
            phase: Phase::Cleared,
            text: format!("{provider}#{account}: in service again."),
            whose: Whose::Account { provider, account },
            about: About::Since { advice: "", since_ms },
        },
        Event::Rule(Change::Raised(found)) => {
            let text = format!("{}. {}", found.words, found.advice);
            of_rule(found, "alert.raised", Phase::Raised, text)
        }
        Event::Rule(Change::Cleared(found)) => {
            let text = format!("Over: {}.", found.words);
            of_rule(found, "alert.cleared", Phase::Cleared, text)
        }
        Event::Test => Parts {
            event: "alerts.test",
            rule: "test",
            severity: Severity::Info,
            phase: Phase::Said,
            text: "A test of Tabway's alerts: messages arrive here.".to_owned(),
            whose: Whose::Gateway {},
            about: About::Nothing {},
        },
    }
}

fn of_rule(found: Finding, event: &'static str, phase: Phase, text: String) -> Parts {
    let Finding { rule, subject, severity, advice, since_ms, .. } = found;
    Parts {
        event,
        rule,
        severity,
        phase,
        text,
        whose: Whose::Rule { rule, subject },
        about: About::Since { advice, since_ms },
    }
}

/// A used-up quota needs nobody: it comes back by itself.
fn weight(reason: NeedKind) -> Severity {
    if reason == NeedKind::Quota { Severity::Info } else { Severity::Warning }
}

impl About {
    fn of(need: NeedView) -> Self {
        let NeedView { reason, advice, since_ms, words, .. } = need;
        Self::Need { reason: reason.word(), advice, since_ms, words }
    }
}
