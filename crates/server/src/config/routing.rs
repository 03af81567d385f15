//! `[routing]`: how long accounts rest after which failure, and how much may be tried again.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, duration::Span};

/// Most outcomes of an account that are remembered.
const MOST_OUTCOMES: u32 = 64;

/// `[routing]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileRouting {
    pub(super) usual_rest: Option<Span>,
    pub(super) max_rest: Option<Span>,
    pub(super) quota_rest: Option<Span>,
    pub(super) max_quota_rest: Option<Span>,
    pub(super) failures: Option<u32>,
    pub(super) of: Option<u32>,
    pub(super) failure_rest: Option<Span>,
    pub(super) max_failure_rest: Option<Span>,
    pub(super) retry_percent: Option<u32>,
    pub(super) retry_floor: Option<u32>,
}

/// When accounts rest, and how often a request is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// The rest after a limit without a word of how long; doubled each time in a row.
    pub usual_rest: Duration,
    /// The longest rest after a limit, whatever the upstream says.
    pub max_rest: Duration,
    /// The rest after a used-up quota without a word of when it is reset.
    pub quota_rest: Duration,
    /// The longest rest after a used-up quota.
    pub max_quota_rest: Duration,
    /// So many failures (5xx, timeouts, broken connections)...
    pub failures: u32,
    /// ...of so many last outcomes, and the account rests.
    pub of: u32,
    /// The first rest after failures; doubled each time in a row.
    pub failure_rest: Duration,
    /// The longest of them.
    pub max_failure_rest: Duration,
    /// Attempts beyond the first, as a share of all requests of the last seconds.
    pub retry_percent: u32,
    /// So many of them are always allowed.
    pub retry_floor: u32,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            usual_rest: Duration::from_secs(5),
            max_rest: Duration::from_secs(3_600),
            quota_rest: Duration::from_secs(3_600),
            max_quota_rest: Duration::from_secs(24 * 3_600),
            failures: 5,
            of: 20,
            failure_rest: Duration::from_secs(5),
            max_failure_rest: Duration::from_secs(300),
            retry_percent: 10,
            retry_floor: 20,
        }
    }
}

pub(super) fn routing(file: &FileRouting) -> Result<Routing, ConfigError> {
    let standard = Routing::default();
    let span = |written: Option<Span>, usual| written.map_or(usual, |span: Span| span.0);
    let (failures, of) =
        (file.failures.unwrap_or(standard.failures), file.of.unwrap_or(standard.of));
    if failures < 2 || failures > of || of > MOST_OUTCOMES {
        return Err(ConfigError::new(format!(
            "failures and of: at least 2 failures, of at most {MOST_OUTCOMES} outcomes, such as \
             failures = 5, of = 20"
        )));
    }
    let retry_percent = file.retry_percent.unwrap_or(standard.retry_percent);
    if retry_percent > 100 {
        return Err(ConfigError::new("retry_percent is 0 to 100"));
    }
    Ok(Routing {
        usual_rest: span(file.usual_rest, standard.usual_rest),
        max_rest: span(file.max_rest, standard.max_rest),
        quota_rest: span(file.quota_rest, standard.quota_rest),
        max_quota_rest: span(file.max_quota_rest, standard.max_quota_rest),
        failures,
        of,
        failure_rest: span(file.failure_rest, standard.failure_rest),
        max_failure_rest: span(file.max_failure_rest, standard.max_failure_rest),
        retry_percent,
        retry_floor: file.retry_floor.unwrap_or(standard.retry_floor),
    })
}
