//! A key as a call describes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use tabway_store::{KeyLimits, NewKey};

use crate::{
    admin::error::ApiError,
    config::check_labels,
    keys::{Policy, micro_usd},
};

/// The shortest secret that an owner may bring along.
const MIN_VALUE: usize = 16;
const MAX_VALUE: usize = 512;
const MAX_NAME: usize = 200;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewKey")]
pub(in crate::admin) struct Create {
    name: String,
    /// An existing secret to keep.
    #[serde(default)]
    value: Option<String>,
    /// Models it may use; all where absent.
    #[serde(default)]
    models: Option<Vec<String>>,
    /// Requests in a minute.
    #[serde(default)]
    rpm: Option<u64>,
    /// Tokens in a minute.
    #[serde(default)]
    tpm: Option<u64>,
    /// Requests at once.
    #[serde(default)]
    concurrency: Option<u32>,
    #[serde(default)]
    budget_usd: Option<f64>,
    #[serde(default)]
    period: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// How long it is good.
    #[serde(default)]
    expires_seconds: Option<u64>,
}

impl Create {
    /// The key to be made, each field checked.
    pub(super) fn checked(self, now_ms: i64) -> Result<NewKey, ApiError> {
        if self.name.is_empty() || self.name.len() > MAX_NAME || !plain(&self.name) {
            return Err(ApiError::invalid("name: 1 to 200 plain characters without blanks"));
        }
        if let Some(value) = &self.value {
            checked_value(value)?;
        }
        let limits = KeyLimits {
            rpm: self.rpm,
            tpm: self.tpm,
            concurrency: self.concurrency,
            budget_micro_usd: self
                .budget_usd
                .map(micro_usd)
                .transpose()
                .map_err(ApiError::invalid)?,
            period: self.period,
            time_zone: self.time_zone,
        };
        Policy::read(&limits).map_err(ApiError::invalid)?;
        check_labels(self.labels.iter()).map_err(ApiError::invalid)?;
        let expires_ms = self.expires_seconds.map(|seconds| {
            let millis = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
            now_ms.saturating_add(millis)
        });
        Ok(NewKey {
            name: self.name,
            value: self.value,
            models: self.models,
            limits,
            labels: self.labels,
            expires_ms,
        })
    }
}

/// A secret that is brought along is one that nobody guesses by chance.
pub(super) fn checked_value(value: &str) -> Result<(), ApiError> {
    if (MIN_VALUE..=MAX_VALUE).contains(&value.len()) && plain(value) {
        return Ok(());
    }
    let words = format!("value: {MIN_VALUE} to {MAX_VALUE} plain characters without blanks");
    Err(ApiError::invalid(words))
}

fn plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}
