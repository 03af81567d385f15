//! Windows of time: the last so much, or a period of the calendar in a time zone.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{Timestamp, ToSpan, civil::Weekday, tz::TimeZone};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// In which time something is counted.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// The time until now, at every moment. Counted in twelve parts: what was used comes free
    /// when it is older than the window, a twelfth of the window later at most.
    Rolling(Duration),
    /// From one turn of the calendar to the next.
    Calendar(Calendar),
}

/// Periods in a time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// How long one is.
    pub period: Period,
    /// Whose days they are.
    pub zone: TimeZone,
}

/// A period of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// From second 0.
    Minute,
    /// From minute 0.
    Hour,
    /// From midnight, also where that day has 23 or 25 hours.
    Day,
    /// From Monday's midnight.
    Week,
    /// From the first day's midnight.
    Month,
}

/// A time zone that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time zone; write one such as UTC, Europe/Berlin or Asia/Shanghai")]
pub struct UnknownZone(String);

impl Calendar {
    /// Periods in the zone of that name of the IANA database.
    ///
    /// # Errors
    /// Where there is none.
    pub fn new(period: Period, zone: &str) -> Result<Self, UnknownZone> {
        let zone = TimeZone::get(zone).map_err(|_| UnknownZone(zone.to_owned()))?;
        Ok(Self { period, zone })
    }

    /// The period that holds a moment: where it begins and where the next one does, Unix
    /// milliseconds.
    #[must_use]
    pub fn around(&self, wall_ms: i64) -> (i64, i64) {
        // A clock that is off by millennia still gets a period around it.
        self.civil(wall_ms).unwrap_or_else(|_| plain(wall_ms, self.period.usual_ms()))
    }

    fn civil(&self, wall_ms: i64) -> Result<(i64, i64), jiff::Error> {
        let moment = Timestamp::from_millisecond(wall_ms)?;
        let date = moment.to_zoned(self.zone.clone()).date();
        let (first, next) = match self.period {
            Period::Minute => return Ok(plain(wall_ms, MINUTE_MS)),
            Period::Hour => {
                // Some zones are half an hour off, and their hours with them.
                let offset = i64::from(self.zone.to_offset(moment).seconds()) * 1_000;
                let (start, end) = plain(wall_ms.saturating_add(offset), HOUR_MS);
                return Ok((start - offset, end - offset));
            }
            Period::Day => (date, date.checked_add(1.day())?),
            Period::Week => {
                let since = date.weekday().since(Weekday::Monday);
                let monday = date.checked_sub(i64::from(since).days())?;
                (monday, monday.checked_add(1.week())?)
            }
            Period::Month => (date.first_of_month(), date.first_of_month().checked_add(1.month())?),
        };
        // Where midnight does not exist, the day begins with the first moment after the gap.
        let start = |date: jiff::civil::Date| {
            date.to_zoned(self.zone.clone()).map(|day| day.timestamp().as_millisecond())
        };
        Ok((start(first)?, start(next)?))
    }
}

/// The stretch of that length that holds a moment, counted from 1970.
fn plain(wall_ms: i64, length: i64) -> (i64, i64) {
    let start = wall_ms.saturating_sub(wall_ms.rem_euclid(length));
    (start, start.saturating_add(length))
}

impl Period {
    /// Every period, the shortest first.
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Its name in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// How long one usually is, milliseconds.
    pub(super) fn usual_ms(self) -> i64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
            Self::Week => 7 * DAY_MS,
            Self::Month => 30 * DAY_MS,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|period| period.name() == text)
            .ok_or_else(|| format!("`{text}` is no period; write minute, hour, day, week or month"))
    }
}
