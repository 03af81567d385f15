//! When a limit ends, by the site's own words.

use std::time::Duration;

use jiff::civil::Date;

/// No rest is longer, whatever a page says.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// No session is believed to last longer.
const LONGEST_SESSION: Duration = Duration::from_secs(400 * 24 * 3_600);

/// A time of day that was reached at most this long ago is not tomorrow's.
const JUST_PASSED_S: u64 = 300;

const DAY_S: u64 = 24 * 3_600;

/// How long the limit still lasts that `words` tell of, by the first of an adapter's
/// `signals.reset_words` that fits. `of_day`: seconds since midnight where the gateway runs, since
/// pages write times of the clock on the wall.
pub(super) fn time_left(patterns: &[String], words: &str, of_day: u64) -> Option<Duration> {
    seconds_left(patterns, words, (today(), of_day)).map(|left| left.min(LONGEST))
}

/// How long a session still lasts, by the first of an adapter's `signals.session_words` that fits.
pub(super) fn session_left(patterns: &[String], words: &str) -> Option<Duration> {
    seconds_left(patterns, words, (today(), of_day())).map(|left| left.min(LONGEST_SESSION))
}

/// `now`: the day, and seconds since its midnight.
fn seconds_left(patterns: &[String], words: &str, now: (Date, u64)) -> Option<Duration> {
    let words = plain(words);
    let seconds =
        patterns.iter().find_map(|pattern| found(&parts(&plain(pattern)), &words, now))?;
    Some(Duration::from_secs(seconds.max(1)))
}

fn today() -> Date {
    jiff::Zoned::now().date()
}

/// Seconds since midnight, here and now.
pub(super) fn of_day() -> u64 {
    let now = jiff::Zoned::now();
    let parts = [(now.hour(), 3_600), (now.minute(), 60), (now.second(), 1)];
    parts.iter().map(|&(count, unit)| u64::from(count.unsigned_abs()) * unit).sum()
}

/// A piece of a pattern.
#[derive(Debug)]
enum Part {
    Text(String),
    /// A number of so many seconds each.
    Count(u64),
    /// `HH:MM`, with `am` or `pm` where there is one.
    Time,
    /// `YYYY-MM-DD`; a time after it is of that day.
    Date,
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((before, name, after)) = rest
        .split_once('{')
        .and_then(|(before, tail)| tail.split_once('}').map(|(name, after)| (before, name, after)))
    {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.push(match name {
            "seconds" => Part::Count(1),
            "minutes" => Part::Count(60),
            "hours" => Part::Count(3_600),
            "days" => Part::Count(DAY_S),
            "time" => Part::Time,
            "date" => Part::Date,
            // Not a name of ours: it stands for itself.
            other => Part::Text(format!("{{{other}}}")),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    parts
}

/// Seconds, where the parts stand in the words one after the other, and one of them is a number.
fn found(parts: &[Part], words: &str, now: (Date, u64)) -> Option<u64> {
    if !parts.iter().any(|part| !matches!(part, Part::Text(_))) {
        return None;
    }
    let in_number = |at: usize| {
        let ends = |text: &str, back: bool| match back {
            true => text.ends_with(|c: char| c.is_ascii_digit()),
            false => text.starts_with(|c: char| c.is_ascii_digit()),
        };
        ends(&words[..at], true) && ends(&words[at..], false)
    };
    words
        .char_indices()
        .filter(|&(at, _)| !in_number(at))
        .find_map(|(at, _)| matched(parts, &words[at..], now))
}

fn matched(parts: &[Part], words: &str, (today, of_day): (Date, u64)) -> Option<u64> {
    let mut rest = words;
    let mut total = 0_u64;
    // Seconds from now to the midnight of a day that was named.
    let mut day: Option<i64> = None;
    for part in parts {
        match part {
            Part::Text(text) => rest = rest.strip_prefix(text.as_str())?,
            Part::Count(unit) => {
                let (count, after) = number(rest)?;
                total = total.saturating_add(count.saturating_mul(*unit));
                rest = after;
            }
            Part::Time => {
                let (at, after) = time_of_day(rest)?;
                match &mut day {
                    Some(day) => *day = day.saturating_add_unsigned(at),
                    None => total = total.saturating_add(until(at, of_day)),
                }
                rest = after;
            }
            Part::Date => {
                let (date, after) = date(rest)?;
                let days = i64::from(today.until(date).ok()?.get_days());
                let midnight = days.saturating_mul(DAY_S.cast_signed());
                day = Some(midnight.saturating_sub_unsigned(of_day));
                rest = after;
            }
        }
    }
    let of_day = day.map_or(0, |day| u64::try_from(day).unwrap_or_default());
    Some(total.saturating_add(of_day))
}

/// `YYYY-MM-DD`, and what follows it.
fn date(text: &str) -> Option<(Date, &str)> {
    let (date, after) = text.split_at_checked(10)?;
    Some((date.parse().ok()?, after))
}

/// A number of at most six digits, and what follows it.
fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, after) = text.split_at(end);
    (1..=6).contains(&digits.len()).then_some(())?;
    Some((digits.parse().ok()?, after))
}

/// `HH:MM`, `H:MM am`, `H pm`: seconds since midnight, and what follows.
fn time_of_day(text: &str) -> Option<(u64, &str)> {
    let (hour, after) = number(text)?;
    let (minute, after) = match after.strip_prefix(':') {
        Some(tail) => number(tail)?,
        None => (0, after),
    };
    let tail = after.trim_start();
    let halves = [("am", 0), ("a.m.", 0), ("pm", 12), ("p.m.", 12)];
    let half = halves.iter().find_map(|(word, add)| Some((add, tail.strip_prefix(word)?)));
    let (hour, after) = match half {
        Some((add, tail)) if (1..=12).contains(&hour) => (hour % 12 + add, tail),
        Some(_) => return None,
        None => (hour, after),
    };
    (hour < 24 && minute < 60).then_some((hour * 3_600 + minute * 60, after))
}

/// Seconds until the next such time of day.
fn until(at: u64, of_day: u64) -> u64 {
    let left = (at + DAY_S - of_day % DAY_S) % DAY_S;
    if left > DAY_S - JUST_PASSED_S { 0 } else { left }
}

/// Small letters, with single spaces.
fn plain(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 12 * 3_600;

    fn seconds(pattern: &str, words: &str) -> Option<u64> {
        time_left(&[pattern.to_owned()], words, NOON).map(|left| left.as_secs())
    }

    #[test]
    fn the_words_tell_how_long_a_limit_lasts() {
        let minutes = "try again in {minutes} minutes";
        assert_eq!(seconds(minutes, "Too fast!  Try again in 5\n minutes."), Some(300));
        assert_eq!(seconds(minutes, "Try again in 15 minutes"), Some(900));
        assert_eq!(seconds("{hours}h {minutes}m", "Back in 1h 30m"), Some(5_400));
        assert_eq!(seconds("in {seconds} s", "in 12 s"), Some(12));
        assert_eq!(seconds("noch {minutes} min", "Noch 7 Min"), Some(420));
        assert_eq!(seconds("{minutes}分钟后", "请在20分钟后重试"), Some(1_200));
        assert_eq!(seconds(minutes, "Try again later"), None);
        assert_eq!(seconds(minutes, "Try again in a few minutes"), None);
        assert_eq!(seconds("try again", "try again"), None);
        assert_eq!(seconds("", "5"), None);
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        let pattern = "resets at {time}";
        assert_eq!(seconds(pattern, "Your limit resets at 13:30."), Some(5_400));
        assert_eq!(seconds(pattern, "resets at 3:00 PM"), Some(3 * 3_600));
        assert_eq!(seconds(pattern, "resets at 3 p.m."), Some(3 * 3_600));
        assert_eq!(seconds(pattern, "resets at 12:05 am"), Some(12 * 3_600 + 300));
        assert_eq!(seconds(pattern, "resets at 11:00"), Some(23 * 3_600));
        assert_eq!(seconds(pattern, "resets at 11:58"), Some(1), "it has just passed");
        assert_eq!(seconds(pattern, "resets at 25:00"), None);
        assert_eq!(seconds(pattern, "resets at 13 pm"), None);
    }

    #[test]
    fn a_session_ends_after_days_or_on_a_day() {
        let left = |pattern: &str, words: &str| {
            let now = (jiff::civil::date(2026, 11, 21), NOON);
            seconds_left(&[pattern.to_owned()], words, now).map(|left| left.as_secs())
        };
        assert_eq!(left("expires in {days} days", "Session expires in 6 days"), Some(6 * DAY_S));
        assert_eq!(left("until {date}", "Signed in until 2026-11-23"), Some(DAY_S + NOON));
        assert_eq!(left("until {date} {time}", "until 2026-11-21 13:00"), Some(3_600));
        assert_eq!(
            left("until {date} {time}", "until 2026-12-01 1:00 pm"),
            Some(10 * DAY_S + 3_600)
        );
        assert_eq!(left("until {date}", "until 2026-11-20"), Some(1), "it is over");
        assert_eq!(left("until {date}", "until 2026-13-01"), None);
        assert_eq!(left("until {date}", "until soon"), None);
        assert_eq!(session_left(&["{days} days".to_owned()], "999999 days"), Some(LONGEST_SESSION));
    }

    #[test]
    fn no_page_rests_a_seat_for_more_than_a_day() {
        assert_eq!(seconds("{hours} hours", "999999 hours"), Some(DAY_S));
        assert_eq!(seconds("{hours} hours", "99999999999999999999 hours"), None);
        assert_eq!(seconds("{seconds} s", "0 s"), Some(1));
    }

    #[test]
    fn the_first_pattern_that_fits_is_taken_and_a_number_is_taken_whole() {
        let patterns = ["in {hours} hours".to_owned(), "{minutes} minutes".to_owned()];
        assert_eq!(time_left(&patterns, "in 45 minutes", NOON), Some(Duration::from_secs(2_700)));
        assert_eq!(seconds("{minutes} minutes", "at 1234567 minutes"), None);
    }
}
