//! Rules for what is found, pressed and observed on a page.

use super::{Checked, MAX_PROOF_MS, ensure, filled};
use crate::adapter::{
    AcceptedProof, Adapter, Locator, NewChat, Probe, Role, SendStep, Target, glob,
};

/// Roles that every adapter needs: nothing is typed, and no answer told from another, without.
const NEEDED: [Role; 2] = [Role::Composer, Role::Answer];

/// Where a number or a time stands in the site's words.
const RESET_PLACES: [&str; 6] = ["{seconds}", "{minutes}", "{hours}", "{days}", "{time}", "{date}"];

/// The most locators that lie within each other.
const MAX_WITHIN: usize = 5;

pub(super) fn check(adapter: &Adapter) -> Checked {
    let page = &adapter.page;
    ensure(page.start.starts_with('/') && !page.start.starts_with("//"), "page.start", || {
        "a path of the site, which begins with one `/`; the site's setting has the host".into()
    })?;
    for (at, deny) in page.deny.iter().enumerate() {
        path_glob(&format!("page.deny[{at}]"), deny)?;
    }
    locators(adapter, "page.proof", &page.proof)?;
    for (at, origin) in page.origins.iter().enumerate() {
        ensure(is_origin(origin), &format!("page.origins[{at}]"), || {
            "an origin is a scheme and a host, without a path: `https://chat.example`".into()
        })?;
    }
    for (role, list) in &adapter.locators {
        let path = format!("locators.{}", role.word());
        ensure(!list.is_empty(), &path, || "an empty list finds nothing".into())?;
        locators(adapter, &path, list)?;
    }
    for role in NEEDED {
        needs(adapter, role, "every page has one")?;
    }
    send(adapter)?;
    if adapter.new_chat == NewChat::Click {
        needs(adapter, Role::NewChat, "`new_chat = \"click\"` presses it")?;
    }
    if adapter.temporary_chat {
        needs(adapter, Role::TemporaryChat, "`temporary_chat = true` presses it")?;
    }
    signals(adapter)?;
    taps(adapter)
}

fn send(adapter: &Adapter) -> Checked {
    let send = &adapter.send;
    ensure(!send.by.is_empty(), "send.by", || "nothing would send the prompt".into())?;
    ensure(!send.accepted.is_empty(), "send.accepted", || {
        "without a proof nobody knows whether the page took the prompt".into()
    })?;
    ensure((1..=MAX_PROOF_MS).contains(&send.proof_ms), "send.proof_ms", || {
        format!("milliseconds from 1 to {MAX_PROOF_MS}")
    })?;
    if send.by.contains(&SendStep::Click) {
        needs(adapter, Role::Send, "`send.by` clicks it")?;
    }
    if send.accepted.contains(&AcceptedProof::StopVisible) {
        needs(adapter, Role::Stop, "`send.accepted` looks for it")?;
    }
    ensure(
        !send.accepted.contains(&AcceptedProof::TapOpened) || !adapter.tap.is_empty(),
        "send.accepted",
        || "`tap_opened` needs a `[[tap]]`".into(),
    )
}

fn signals(adapter: &Adapter) -> Checked {
    let signals = &adapter.signals;
    for (name, probes) in [
        ("signed_out", &signals.signed_out),
        ("challenge", &signals.challenge),
        ("consent", &signals.consent),
        ("rate_limited", &signals.rate_limited),
        ("quota", &signals.quota),
        ("maintenance", &signals.maintenance),
        ("outdated", &signals.outdated),
        ("moderated", &signals.moderated),
        ("error", &signals.error),
        ("done", &signals.done),
        ("session_ends", &signals.session_ends),
    ] {
        for (at, one) in probes.iter().enumerate() {
            probe(adapter, &format!("signals.{name}[{at}]"), one)?;
        }
    }
    for (name, patterns) in
        [("reset_words", &signals.reset_words), ("session_words", &signals.session_words)]
    {
        for (at, words) in patterns.iter().enumerate() {
            let path = format!("signals.{name}[{at}]");
            let places = RESET_PLACES.iter().filter(|place| words.contains(**place)).count();
            ensure(places > 0, &path, || format!("holds none of {}", RESET_PLACES.join(", ")))?;
        }
    }
    let read = signals.session_ends.is_empty() == signals.session_words.is_empty();
    ensure(read, "signals.session_ends", || "goes with `session_words`".into())
}

fn probe(adapter: &Adapter, path: &str, probe: &Probe) -> Checked {
    let ways = [
        probe.shown.is_some(),
        probe.gone.is_some(),
        probe.url.is_some(),
        probe.tap_status.is_some(),
    ];
    exactly_one(path, &ways, "`shown`, `gone`, `url`, `tap_status`")?;
    ensure(probe.says.is_empty() || probe.shown.is_some(), path, || {
        "`says` goes with `shown`".into()
    })?;
    for target in probe.shown.iter().chain(&probe.gone) {
        match target {
            Target::Role(role) => needs(adapter, *role, &format!("`{path}` looks for it"))?,
            Target::Locator(one) => locator(adapter, path, one)?,
        }
    }
    if let Some(url) = &probe.url {
        path_glob(path, url)?;
    }
    if let Some(status) = probe.tap_status {
        ensure((100..=599).contains(&status), path, || "an HTTP status is 100 to 599".into())?;
        ensure(!adapter.tap.is_empty(), path, || "`tap_status` needs a `[[tap]]`".into())?;
    }
    Ok(())
}

fn taps(adapter: &Adapter) -> Checked {
    ensure(adapter.tap.len() <= usize::from(u8::MAX), "tap", || "too many".into())?;
    for (at, tap) in adapter.tap.iter().enumerate() {
        let path = format!("tap[{at}]");
        path_glob(&format!("{path}.path"), &tap.path)?;
        if let Some(method) = &tap.method {
            let is_method = !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase());
            ensure(is_method, &format!("{path}.method"), || "a method in capitals".into())?;
        }
        for filter in &tap.body {
            let pointer = &filter.pointer;
            ensure(
                pointer.is_empty() || pointer.starts_with('/'),
                &format!("{path}.body"),
                || format!("`{pointer}` is no JSON pointer: it begins with `/`"),
            )?;
        }
    }
    Ok(())
}

pub(super) fn locators(adapter: &Adapter, path: &str, list: &[Locator]) -> Checked {
    let mut each = list.iter().enumerate();
    each.try_for_each(|(at, one)| locator(adapter, &format!("{path}[{at}]"), one))
}

pub(super) fn locator(adapter: &Adapter, path: &str, locator: &Locator) -> Checked {
    found_by(path, locator)?;
    let mut around = locator.within.as_deref();
    for _ in 0..MAX_WITHIN {
        match around {
            None => return Ok(()),
            Some(Target::Role(role)) => {
                return needs(adapter, *role, &format!("`{path}` lies within it"));
            }
            Some(Target::Locator(one)) => {
                found_by(path, one)?;
                around = one.within.as_deref();
            }
        }
    }
    ensure(false, path, || format!("more than {MAX_WITHIN} times `within`"))
}

/// Whether a locator says how its element is found.
fn found_by(path: &str, locator: &Locator) -> Checked {
    let Locator { css, test_id, role, name, text, placeholder, label, .. } = locator;
    let ways = [
        css.is_some(),
        test_id.is_some(),
        role.is_some(),
        !text.is_empty(),
        !placeholder.is_empty(),
        !label.is_empty(),
    ];
    exactly_one(path, &ways, "`css`, `test_id`, `role`, `text`, `placeholder`, `label`")?;
    ensure(name.is_empty() || role.is_some(), path, || "`name` goes with `role`".into())?;
    let singles = css.iter().chain(test_id).chain(role).chain(&locator.frame);
    let lists = name.iter().chain(text).chain(placeholder).chain(label);
    singles.chain(lists).try_for_each(|text| filled(path, text))
}

fn exactly_one(path: &str, ways: &[bool], names: &str) -> Checked {
    let count = ways.iter().filter(|given| **given).count();
    ensure(count == 1, path, || format!("exactly one of {names}, and here are {count}"))
}

pub(super) fn needs(adapter: &Adapter, role: Role, why: &str) -> Checked {
    let word = role.word();
    ensure(adapter.locators.contains_key(&role), &format!("locators.{word}"), || {
        format!("is missing: {why}")
    })
}

fn path_glob(path: &str, glob: &str) -> Checked {
    match glob::fault(glob) {
        Some(words) => ensure(false, path, || format!("{words} (`{glob}`)")),
        None => Ok(()),
    }
}

/// A scheme and a host, and nothing after them.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) && host == host.to_lowercase()
    })
}
