//! Who calls: a known key, or anyone where there are no keys.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use http::HeaderMap;
use tabway_dialects::chat::{Failure, FailureClass};

use super::credential::{Credential, credential};
use crate::{app::App, keys::Key};

/// A caller whose credential was good.
#[derive(Debug, Clone)]
pub(crate) struct Caller(Option<Arc<Key>>);

impl Caller {
    /// Finds out who calls.
    ///
    /// # Errors
    /// `invalid_api_key`, or `invalid_request` for two different credentials.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Result<Self, Failure> {
        let credential = credential(headers)?;
        if !app.keys.any() {
            // Loopback only: a public address does not start without a key.
            return Ok(Self(None));
        }
        let key = match credential {
            Credential::Key(secret) => app.keys.find(secret),
            Credential::Absent => {
                return Err(refused("no API key; send authorization: Bearer ..."));
            }
            Credential::Malformed => None,
        };
        let key = key.ok_or_else(|| refused("this API key is not known"))?;
        if key.expires_ms.is_some_and(|end| end <= now_ms()) {
            return Err(refused("this API key has expired"));
        }
        Ok(Self(Some(key)))
    }

    /// The key, where there is one.
    pub(crate) fn key(&self) -> Option<&Key> {
        self.0.as_deref()
    }

    /// Whether the caller may use the model.
    pub(crate) fn may_use(&self, model: &str) -> bool {
        self.key().is_none_or(|key| key.models.allows(model))
    }
}

fn refused(words: &str) -> Failure {
    Failure::new(FailureClass::InvalidKey, words)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
