//! Hours in which a site is left alone.

use std::time::Duration;

use tabway_protocol::adapter::hours;

const DAY_S: u64 = 24 * 3_600;

/// How long it still is quiet, where it is now: seconds since midnight.
pub(super) fn left(quiet: &[String], of_day: u64) -> Option<Duration> {
    let ends = quiet.iter().filter_map(|text| hours(text)).filter_map(|(from, to)| {
        let length = (to + DAY_S - from) % DAY_S;
        let since = (of_day + DAY_S - from) % DAY_S;
        (since < length).then(|| Duration::from_secs(length - since))
    });
    ends.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(quiet: &[&str], of_day: u64) -> Option<u64> {
        let quiet: Vec<String> = quiet.iter().map(|&text| text.to_owned()).collect();
        left(&quiet, of_day * 60).map(|left| left.as_secs() / 60)
    }

    #[test]
    fn hours_go_over_midnight_and_the_longest_counts() {
        let night = ["23:00-07:00"];
        assert_eq!(minutes(&night, 22 * 60 + 59), None);
        assert_eq!(minutes(&night, 23 * 60), Some(8 * 60));
        assert_eq!(minutes(&night, 6 * 60 + 59), Some(1));
        assert_eq!(minutes(&night, 7 * 60), None);
        assert_eq!(minutes(&["12:00-13:00", "12:30-14:00"], 12 * 60 + 45), Some(75));
        assert_eq!(minutes(&[], 0), None);
    }
}
