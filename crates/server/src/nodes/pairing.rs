//! Pairings that their owner watches: a code is shown, a browser redeems it, the owner compares
//! two fingerprints and says yes or no. All within five minutes.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use data_encoding::BASE64URL_NOPAD;
use tabway_dialects::ids::NodeId;
use tabway_store::{Code, StoreError};
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
    /// What the owner types into the extension.
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
    /// Its letters.
    code: String,
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

    /// Whether no more can be opened for now.
    pub(super) fn are_full(&self) -> bool {
        let now = Instant::now();
        let mut entries = self.entries();
        entries.retain(|_, entry| now - entry.opened < OPEN_FOR + REMEMBERED_FOR);
        entries.len() >= MAX_OPEN
    }

    /// Opens one for a fresh code.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(super) fn open(&self, code: Code) -> Result<OpenPairing, StoreError> {
        let id = random_id().ok_or(StoreError::Random)?;
        let entry = Entry {
            opened: Instant::now(),
            code: letters(&code.text),
            state: watch::Sender::new(PairingState::Waiting),
            decide: None,
        };
        self.entries().insert(id.clone(), entry);
        Ok(OpenPairing { id, code: code.text, expires_ms: code.expires_ms })
    }

    /// The pairing that a code was made for; none where that was before the gateway's last start.
    pub(super) fn of_code(&self, code: &str) -> Option<String> {
        let code = letters(code);
        let entries = self.entries();
        entries.iter().find(|(_, entry)| entry.code == code).map(|(id, _)| id.clone())
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

/// A code without what people put between its letters.
fn letters(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(fingerprint: &str) -> PairingState {
        let (label, browser) = ("home".to_owned(), "Chromium 156".to_owned());
        PairingState::Compare { fingerprint: fingerprint.to_owned(), label, browser }
    }

    fn code(text: &str) -> Code {
        Code { text: text.to_owned(), expires_ms: 0 }
    }

    #[tokio::test]
    async fn a_code_is_taken_as_people_type_it() {
        let pairings = Pairings::default();
        let open = pairings.open(code("ABCD-EFGH-23")).unwrap();
        assert_eq!(pairings.of_code(" abcd efgh 23"), Some(open.id));
        assert_eq!(pairings.of_code("ABCD-EFGH-24"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_owner_says_yes_to_the_fingerprint_that_was_compared() {
        let pairings = Pairings::default();
        let open = pairings.open(code("AAAA-1111-22")).unwrap();
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
        let open = pairings.open(code("AAAA-1111-22")).unwrap();
        let seen = PairingState::Waiting;
        let state = pairings.watch(&open.id, Some(&seen), Duration::from_secs(10)).await;
        assert_eq!(state, Some(PairingState::Waiting), "the patience was over");
        let state = pairings.watch(&open.id, Some(&seen), Duration::from_secs(600)).await;
        assert_eq!(state, Some(PairingState::Expired));
        assert!(pairings.present(&open.id, compare("A")).is_none());
    }
}
