//! What an owner says of an account's allowance: how much of it there is, and its share.

use serde::Deserialize;

use super::{ConfigError, duration::Span};
use crate::limits::{Calendar, Limit, MOST, What, Window};

/// The most limits of one account.
const MOST_LIMITS: usize = 8;

/// What an account may give.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// How much in which time.
    pub limits: Vec<Limit>,
    /// Its share under `weighted`.
    pub weight: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self { limits: Vec::new(), weight: 1 }
    }
}

/// `{ requests = 60, per = "1m" }`, `{ tokens = 1000000, per = "day", time_zone = "UTC" }`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileAllowance {
    #[serde(default)]
    requests: Option<u64>,
    #[serde(default)]
    tokens: Option<u64>,
    per: String,
    #[serde(default)]
    time_zone: Option<String>,
}

pub(super) fn terms(limits: &[FileAllowance], weight: Option<u32>) -> Result<Terms, ConfigError> {
    if limits.len() > MOST_LIMITS {
        return Err(ConfigError::new(format!("limits: {MOST_LIMITS} at most")));
    }
    let weight = weight.unwrap_or(1);
    if weight == 0 {
        return Err(ConfigError::new("a weight is at least 1"));
    }
    let limits = limits.iter().map(limit).collect::<Result<_, _>>();
    Ok(Terms { limits: limits.map_err(|error| error.at("limits"))?, weight })
}

fn limit(written: &FileAllowance) -> Result<Limit, ConfigError> {
    let (what, amount) = match (written.requests, written.tokens) {
        (Some(amount), None) => (What::Requests, amount),
        (None, Some(amount)) => (What::Tokens, amount),
        _ => {
            let words = "each says either requests or tokens, and per";
            return Err(ConfigError::new(words));
        }
    };
    if !(1..=MOST).contains(&amount) {
        return Err(ConfigError::new(format!("{amount} is not 1 to {MOST}")));
    }
    let window = match (written.per.parse(), &written.time_zone) {
        (Ok(period), zone) => {
            let zone = zone.as_deref().unwrap_or("UTC");
            let calendar = Calendar::new(period, zone);
            Window::Calendar(calendar.map_err(|error| ConfigError::new(error.to_string()))?)
        }
        (Err(_), Some(_)) => {
            let words = "a time_zone belongs to per = \"hour\", \"day\", \"week\" or \"month\"";
            return Err(ConfigError::new(words));
        }
        (Err(_), None) => {
            let span = Span::parse(&written.per).map_err(|_| {
                let words = "is neither a period (minute, hour, day, week, month) nor a time \
                             such as 1m or 5h";
                ConfigError::new(format!("per `{}` {words}", written.per.escape_debug()))
            })?;
            Window::Rolling(span.0)
        }
    };
    Ok(Limit { what, amount, window })
}
