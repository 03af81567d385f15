//! What a command prints: JSON for programs, lines and columns for people.

use std::{fmt::Display, io::Write as _};

use serde_json::Value;

use super::Global;
use crate::exit::{CliError, Exit};

/// Prints a line. Whoever reads may have seen enough (`tabway status | grep -q`): that is no failure
/// of the command.
pub(super) fn line(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints the value as JSON where that is asked for, else the lines.
pub(super) fn print(global: &Global, value: &Value, lines: impl FnOnce(&Value) -> Vec<String>) {
    if global.json {
        line(format_args!("{value:#}"));
        return;
    }
    lines(value).into_iter().for_each(line);
}

/// Rows in columns that are as wide as they must be.
pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>) -> Vec<String> {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let row = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let body = rows.iter().map(|cells| row(cells.iter().map(String::as_str).collect()));
    std::iter::once(row(head.to_vec())).chain(body).collect()
}

/// The entries of a list in an answer.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// A text of an answer, empty where it is absent.
pub(super) fn text(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Time since the epoch as `2026-11-21 07:30`, UTC.
pub(super) fn moment(ms: &Value) -> String {
    let Some(ms) = ms.as_i64() else { return String::new() };
    let (days, seconds) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000) / 1_000);
    // Howard Hinnant's algorithm for dates of the civil calendar.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (seconds / 3_600, seconds / 60 % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// A length of time as people write it: `90s`, `15m`, `12h`, `30d`. In seconds.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let each = match unit {
        "s" | "" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(format!("`{text}` is not a length of time; write 90s, 15m, 12h or 30d")),
    };
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is not a length of time"))?;
    number
        .checked_mul(each)
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| format!("`{text}` is not a usable length of time"))
}

/// A failure of the command itself.
pub(super) fn failed(error: impl Display) -> CliError {
    CliError::new(Exit::Failure, error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_and_lengths_of_time() {
        assert_eq!(moment(&json!(0)), "1970-01-01 00:00");
        assert_eq!(moment(&json!(951_782_400_000_i64)), "2000-02-29 00:00");
        assert_eq!(moment(&json!(1_795_246_200_000_i64)), "2026-11-21 07:30");
        assert_eq!(moment(&json!(null)), "");
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("30d"), Ok(2_592_000));
        for bad in ["", "0h", "5w", "-1s", "1.5h", "99999999999999999999d"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let rows = vec![vec!["a".to_owned(), "long cell".to_owned()]];
        assert_eq!(table(&["name", "x"], rows), ["name  x", "a     long cell"]);
    }
}
