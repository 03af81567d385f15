//! Hours in which only what is critical is told.

use jiff::{Timestamp, tz::TimeZone};
use tabway_protocol::adapter::hours;

use super::super::ConfigError;

const DAY_S: u64 = 24 * 3_600;

/// Hours of the day in a time zone.
#[derive(Debug, Clone)]
pub struct QuietHours {
    /// From and to, in seconds since midnight.
    spans: Vec<(u64, u64)>,
    zone: TimeZone,
}

impl Default for QuietHours {
    fn default() -> Self {
        Self { spans: Vec::new(), zone: TimeZone::UTC }
    }
}

impl QuietHours {
    pub(super) fn read(quiet: &[String], zone: Option<&str>) -> Result<Self, ConfigError> {
        let span = |text: &String| {
            let wrong = || format!("`quiet` `{text}` is not HH:MM-HH:MM, such as 22:00-07:00");
            hours(text).ok_or_else(|| ConfigError::new(wrong()))
        };
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| {
                ConfigError::new(format!(
                    "`time_zone` `{name}` is none; write one such as UTC or Europe/Berlin"
                ))
            })?,
        };
        Ok(Self { spans: quiet.iter().map(span).collect::<Result<_, _>>()?, zone })
    }

    /// Whether a moment is within them.
    #[must_use]
    pub fn hold(&self, at: Timestamp) -> bool {
        let time = at.to_zoned(self.zone.clone()).time();
        let part = |value: i8, seconds: u64| u64::try_from(value).unwrap_or(0) * seconds;
        let of_day = part(time.hour(), 3_600) + part(time.minute(), 60) + part(time.second(), 1);
        self.spans.iter().any(|(from, to)| {
            let length = (to + DAY_S - from) % DAY_S;
            (of_day + DAY_S - from) % DAY_S < length
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_those_of_the_zone_and_go_over_midnight() {
        let quiet = ["22:00-07:00".to_owned()];
        let quiet = QuietHours::read(&quiet, Some("Europe/Berlin")).expect("hours");
        let hold = |text: &str| quiet.hold(text.parse().expect("a moment"));
        assert!(!hold("2026-01-10T20:59:59Z"));
        assert!(hold("2026-01-10T21:00:00Z") && hold("2026-01-11T05:59:59Z"));
        assert!(!hold("2026-01-11T06:00:00Z"));
        // In summer the clocks there are an hour further.
        assert!(hold("2026-07-10T20:00:00Z") && !hold("2026-07-11T05:00:00Z"));
        assert!(!QuietHours::default().hold(Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (quiet, zone) in [("22-7", None), ("22:00-07:00", Some("Mars/Olympus"))] {
            assert!(QuietHours::read(&[quiet.to_owned()], zone).is_err(), "{quiet} {zone:?}");
        }
    }
}
