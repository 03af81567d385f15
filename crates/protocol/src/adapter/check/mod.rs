//! The rules that the types alone cannot hold.

mod answer;
mod offers;
mod page;

use super::{Adapter, AdapterError, Limits, SCHEMA_VERSION, hours};

/// The longest time that a limit may name: one day, in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// The longest wait for a proof after a step of sending, in milliseconds.
const MAX_PROOF_MS: u64 = 60_000;

type Checked = Result<(), AdapterError>;

/// Holds `adapter` against every rule; the first that it breaks is the error.
pub(super) fn check(adapter: &Adapter) -> Checked {
    identity(adapter)?;
    page::check(adapter)?;
    answer::check(adapter)?;
    offers::check(adapter)?;
    limits(&adapter.limits)
}

fn identity(adapter: &Adapter) -> Checked {
    ensure(adapter.schema == SCHEMA_VERSION, "schema", || {
        format!("this gateway reads version {SCHEMA_VERSION}")
    })?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name = &adapter.name;
    ensure(!name.is_empty() && name.chars().all(is_name), "name", || {
        "small letters, digits and `-` only: it is also the name of the file".into()
    })?;
    ensure(adapter.revision > 0, "revision", || "the first revision is 1".into())?;
    filled("title", &adapter.title)?;
    filled("terms", &adapter.terms)?;
    if let Some(verified) = &adapter.verified {
        filled("verified.version", &verified.version)?;
        ensure(is_day(&verified.date), "verified.date", || "a day is YYYY-MM-DD".into())?;
    }
    Ok(())
}

fn limits(limits: &Limits) -> Checked {
    let Limits { min_gap_ms, max_prompt_chars, first_token_ms, silence_ms, total_ms, .. } = *limits;
    for (at, text) in limits.quiet.iter().enumerate() {
        ensure(hours(text).is_some(), &format!("limits.quiet[{at}]"), || {
            "hours are written HH:MM-HH:MM, such as 23:00-07:00".into()
        })?;
    }
    for (at, quota) in limits.quotas.iter().enumerate() {
        let path = format!("limits.quotas[{at}]");
        let names_some = !quota.models.is_empty() || !quota.words.is_empty();
        ensure(names_some, &path, || {
            "name `models` that it counts, or `words` that mean it".into()
        })?;
        for (list, texts) in [("models", &quota.models), ("words", &quota.words)] {
            for (at, text) in texts.iter().enumerate() {
                filled(&format!("{path}.{list}[{at}]"), text)?;
            }
        }
    }
    ensure(max_prompt_chars > 0, "limits.max_prompt_chars", || "no prompt would fit".into())?;
    for (path, ms, least) in [
        ("limits.min_gap_ms", min_gap_ms, 0),
        ("limits.first_token_ms", first_token_ms, 1),
        ("limits.silence_ms", silence_ms, 1),
        ("limits.total_ms", total_ms, 1),
    ] {
        ensure((least..=DAY_MS).contains(&ms), path, || {
            format!("milliseconds from {least} to {DAY_MS} (a day)")
        })?;
    }
    for (path, ms) in [("limits.first_token_ms", first_token_ms), ("limits.silence_ms", silence_ms)]
    {
        ensure(ms <= total_ms, path, || {
            format!("longer than the whole turn may take (`total_ms` = {total_ms})")
        })?;
    }
    Ok(())
}

/// `YYYY-MM-DD`, as far as an adapter's author may mistype it.
fn is_day(date: &str) -> bool {
    let parts: Vec<&str> = date.split('-').collect();
    let number = |part: &str, width: usize| {
        let digits = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    };
    let [year, month, day] = parts.as_slice() else { return false };
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
}

fn filled(path: &str, text: &str) -> Checked {
    ensure(!text.trim().is_empty(), path, || "must not be empty".into())
}

fn ensure(holds: bool, path: &str, words: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(AdapterError::Rule { path: path.to_owned(), words: words() }) }
}
