//! Pairings that their owner watches: a code is shown, a browser redeems it, the owner compares
//! two fingerprints and says yes or no. All within five minutes.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use tabway_dialects::ids::NodeId;
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

/// How long a pairing is open.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(300);

/// Ended pairings are told about for this long.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// Pairings that may be open at once.
const MAX_OPEN: usize = 64;

/// How far a pairing has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairingState {
    /// No browser has come with the code yet.
    Waiting,
    /// A browser has; its owner is asked.
    Compare {
        /// What both sides show.
        fingerprint: String,
        /// What the browser is called.
        label: String,
        /// Browser name and version.
        browser: String,
    },
    /// It is in.
    Paired {
        /// The node.
        node: NodeId,
    },
    /// The owner said no.
    Rejected,
    /// The browser went away before its owner had answered.
    Gone,
    /// Nobody came or answered in time.
    Expired,
}

impl PairingState {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Compare { .. })
    }
}

/// A pairing that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPairing {
    /// Its id.
    pub id: String,
    /// What the owner types into the extension: `ABCD-EFGH`, 40 bits.
    pub code: String,
    /// When it ends, Unix milliseconds.
    pub expires_ms: i64,
}

/// Why an answer of the owner was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// No such pairing.
    #[error("no such pairing, or it is over")]
    Unknown,
    /// No browser has come yet.
    #[error("no browser has come with the code yet")]
    TooEarly,
    /// The owner named another fingerprint than the browser has.
    #[error("the fingerprint is not that of the browser")]
    OtherFingerprint,
}

#[derive(Debug)]
struct Entry {
    opened: Instant,
    state: watch::Sender<PairingState>,
    decide: Option<oneshot::Sender<bool>>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Pairings {
    entries: Mutex<HashMap<String, Entry>>,
}

impl Pairings {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens one. `None` where too many are open or the system gives no random bytes.
    pub(super) fn open(&self) -> Option<OpenPairing> {
        let now = Instant::now();
        let mut entries = self.entries();
        entries.retain(|_, entry| now - entry.opened < OPEN_FOR + REMEMBERED_FOR);
        if entries.len() >= MAX_OPEN {
            return None;
        }
        let (id, code) = (random_id()?, random_code()?);
        let state = watch::Sender::new(PairingState::Waiting);
        entries.insert(id.clone(), Entry { opened: now, state, decide: None });
        let life = i64::try_from(OPEN_FOR.as_millis()).unwrap_or(i64::MAX);
        Some(OpenPairing { id, code, expires_ms: now_ms() + life })
    }

    /// A browser redeemed the code: the owner is asked, and the receiver hears the answer. It ends
    /// without one where the pairing is over.
    pub(super) fn present(
        &self,
        id: &str,
        compare: PairingState,
    ) -> Option<(oneshot::Receiver<bool>, Instant)> {
        let mut entries = self.entries();
        let entry = entries.get_mut(id)?;
        if *entry.state.borrow() != PairingState::Waiting {
            return None;
        }
        let (decide, answer) = oneshot::channel();
        entry.decide = Some(decide);
        entry.state.send_replace(compare);
        Some((answer, entry.opened + OPEN_FOR))
    }

    /// Notes how it ended, if it has not.
    pub(super) fn end(&self, id: &str, end: PairingState) {
        if let Some(entry) = self.entries().get_mut(id) {
            entry.decide = None;
            entry.state.send_if_modified(|state| {
                let open = !state.is_over();
                if open {
                    *state = end;
                }
                open
            });
        }
    }

    /// The owner's answer. A yes names the fingerprint that was compared.
    pub(super) fn decide(&self, id: &str, yes: Option<&str>) -> Result<(), DecideError> {
        let mut entries = self.entries();
        let entry = entries.get_mut(id).ok_or(DecideError::Unknown)?;
        let state = entry.state.borrow().clone();
        let PairingState::Compare { fingerprint, .. } = state else {
            let early = state == PairingState::Waiting;
            return Err(if early { DecideError::TooEarly } else { DecideError::Unknown });
        };
        if yes.is_some_and(|named| !named.trim().eq_ignore_ascii_case(&fingerprint)) {
            return Err(DecideError::OtherFingerprint);
        }
        let decide = entry.decide.take().ok_or(DecideError::Unknown)?;
        // A browser that has just left is noted by its own task.
        let _ = decide.send(yes.is_some());
        Ok(())
    }

    /// How far it has come, once that differs from `seen` or the time is over.
    pub(super) async fn watch(
        &self,
        id: &str,
        seen: Option<&PairingState>,
        patience: Duration,
    ) -> Option<PairingState> {
        let (mut state, ends) = {
            let entries = self.entries();
            let entry = entries.get(id)?;
            (entry.state.subscribe(), entry.opened + OPEN_FOR)
        };
        let until = (Instant::now() + patience).min(ends);
        let differs = state.wait_for(|now| Some(now) != seen);
        if let Ok(Ok(now)) = tokio::time::timeout_at(until, differs).await {
            return Some(now.clone());
        }
        if Instant::now() >= ends {
            self.end(id, PairingState::Expired);
        }
        self.entries().get(id).map(|entry| entry.state.borrow().clone())
    }
}

fn random_id() -> Option<String> {
    let mut bytes = [0; 12];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(BASE64URL_NOPAD.encode(&bytes))
}

/// Eight letters and digits that are not mixed up when read aloud: 40 bits.
fn random_code() -> Option<String> {
    let mut bytes = [0; 5];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    let letters = BASE32_NOPAD.encode(&bytes);
    let (first, second) = letters.split_at(4);
    Some(format!("{first}-{second}"))
}

/// A key for many browsers: 160 bits.
pub(super) fn random_fleet_key() -> Option<String> {
    let mut bytes = [0; 20];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(format!("tw-fleet-{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()))
}

/// A code as people type it, as it was made: no case, no blanks, the dash where it belongs.
pub(super) fn normal_code(typed: &str) -> String {
    let typed = typed.trim();
    if typed.starts_with("tw-fleet-") {
        return typed.to_owned();
    }
    let letters: String =
        typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    match letters.split_at_checked(4) {
        Some((first, second)) if second.len() == 4 => format!("{first}-{second}"),
        _ => letters,
    }
}

pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(fingerprint: &str) -> PairingState {
        let (label, browser) = ("home".to_owned(), "Chromium 156".to_owned());
        PairingState::Compare { fingerprint: fingerprint.to_owned(), label, browser }
    }

    #[tokio::test(start_paused = true)]
    async fn the_owner_says_yes_to_the_fingerprint_that_was_compared() {
        let pairings = Pairings::default();
        let open = pairings.open().unwrap();
        assert_eq!(pairings.decide(&open.id, Some("AAAA-BBBB")), Err(DecideError::TooEarly));
        let (answer, _) = pairings.present(&open.id, compare("AAAA-BBBB")).unwrap();
        assert!(pairings.present(&open.id, compare("CCCC-DDDD")).is_none(), "only one browser");
        let other = pairings.decide(&open.id, Some("CCCC-DDDD"));
        assert_eq!(other, Err(DecideError::OtherFingerprint));
        assert_eq!(pairings.decide(&open.id, Some("aaaa-bbbb")), Ok(()));
        assert_eq!(answer.await, Ok(true));
        assert_eq!(pairings.decide("other", None), Err(DecideError::Unknown));
    }

    #[tokio::test(start_paused = true)]
    async fn it_expires() {
        let pairings = Pairings::default();
        let open = pairings.open().unwrap();
        let seen = PairingState::Waiting;
        let state = pairings.watch(&open.id, Some(&seen), Duration::from_secs(10)).await;
        assert_eq!(state, Some(PairingState::Waiting), "the patience was over");
        let state = pairings.watch(&open.id, Some(&seen), Duration::from_secs(600)).await;
        assert_eq!(state, Some(PairingState::Expired));
        assert!(pairings.present(&open.id, compare("A")).is_none());
    }

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        assert_eq!(normal_code(" abcd efgh"), "ABCD-EFGH");
        assert_eq!(normal_code("ABCD-EFGH"), "ABCD-EFGH");
        assert_eq!(normal_code("tw-fleet-abc"), "tw-fleet-abc");
        let code = random_code().unwrap();
        assert_eq!(normal_code(&code.to_lowercase()), code);
    }
}
