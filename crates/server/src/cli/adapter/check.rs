//! `tabway adapter check`: a file's faults, or its facts and what its author should think of again.

use std::path::Path;

use serde_json::{Value, json};
use tabway_protocol::adapter::{AcceptedProof, Adapter, Locator, Role};

use super::super::{
    Global,
    output::{failed, print},
};
use crate::exit::CliError;

/// Reads the file and says what is in it.
pub(super) fn run(file: &Path, global: &Global) -> Result<(), CliError> {
    let adapter = read(file)?;
    let warnings = warnings(&adapter);
    let facts = json!({
        "name": adapter.name,
        "title": adapter.title,
        "revision": adapter.revision,
        "verified": adapter.verified,
        "terms": adapter.terms,
        "official_api": adapter.official_api,
        "decoder": decoder(&adapter),
        "roles": adapter.locators.keys().map(|role| role.word()).collect::<Vec<_>>(),
        "taps": adapter.tap.len(),
        "models": adapter.offered(),
        "warnings": warnings,
    });
    print(global, &facts, |_| lines(file, &adapter, &warnings));
    Ok(())
}

/// Reads an adapter's file.
///
/// # Errors
/// In one line, with the file's name.
pub(super) fn read(file: &Path) -> Result<Adapter, CliError> {
    let wrong = |words: String| failed(format!("{}: {words}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    Adapter::parse(&text).map_err(|error| wrong(error.to_string()))
}

fn lines(file: &Path, adapter: &Adapter, warnings: &[String]) -> Vec<String> {
    let roles: Vec<_> = adapter.locators.keys().map(|role| role.word()).collect();
    let verified = adapter.verified.as_ref().map_or_else(
        || "never".to_owned(),
        |verified| format!("{} on {}", verified.version, verified.date),
    );
    let mut lines = vec![
        format!("{}: {} revision {}", file.display(), adapter.title, adapter.revision),
        format!("name      {}", adapter.name),
        format!("verified  {verified}"),
        format!("decoder   {}, {} taps", decoder(adapter), adapter.tap.len()),
        format!("roles     {}", roles.join(", ")),
        format!("models    {}", adapter.offered().join(", ")),
    ];
    lines.extend(warnings.iter().map(|warning| format!("warning: {warning}")));
    lines
}

/// The decoder's name, as the file writes it.
fn decoder(adapter: &Adapter) -> String {
    let spec: Value = serde_json::to_value(&adapter.answer).unwrap_or_default();
    spec["kind"].as_str().unwrap_or_default().to_owned()
}

/// What is allowed and yet often wrong.
fn warnings(adapter: &Adapter) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    let mut warn = |holds: bool, words: &str| {
        if holds {
            warnings.push(words.to_owned());
        }
    };
    let has = |role: Role| adapter.locators.contains_key(&role);
    let signals = &adapter.signals;
    warn(adapter.verified.is_none(), "it never ran against the real site: no `verified`");
    warn(!has(Role::Stop), "no `stop`: an answer goes on when its client leaves");
    warn(
        signals.signed_out.is_empty(),
        "no `signals.signed_out`: an ended session looks like a changed page",
    );
    warn(
        signals.rate_limited.is_empty() && signals.quota.is_empty(),
        "no `signals.rate_limited` and no `signals.quota`: a limit looks like a silent page",
    );
    warn(
        adapter.page.proof.is_empty(),
        "no `page.proof`: any page at the origin counts as this kind of page",
    );
    warn(adapter.self_test.found.is_empty(), "no `self_test.found`: only the composer is tested");
    warn(
        adapter.send.accepted == [AcceptedProof::ComposerEmpty],
        "`composer_empty` is the only proof: a page may clear a prompt that it did not take",
    );
    for (role, list) in &adapter.locators {
        for css in list.iter().filter_map(|locator: &Locator| locator.css.as_deref()) {
            if let Some(class) = generated_class(css) {
                warnings.push(format!(
                    "{}: `.{class}` looks like a class that a build makes; it changes with the next",
                    role.word()
                ));
            }
        }
    }
    warnings
}

/// A class of the selector that looks made by a build: `css-1x2y3z`, `sc-bdVaJa`, `_button_1a2b3_5`.
fn generated_class(css: &str) -> Option<&str> {
    // Values of attributes are no classes.
    let plain = css.split('[').map(|part| part.rsplit_once(']').map_or(part, |(_, rest)| rest));
    let classes = plain.flat_map(|part| part.split('.').skip(1)).map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
        &rest[..end.unwrap_or(rest.len())]
    });
    classes.into_iter().find(|class| {
        class.split(['-', '_']).any(|part| {
            let digits = part.chars().filter(char::is_ascii_digit).count();
            let letters = part.chars().filter(char::is_ascii_alphabetic).count();
            part.len() >= 5 && digits >= 1 && letters >= 2
        }) || class.starts_with("sc-")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_a_build_makes_are_told_from_those_that_people_write() {
        for made in
            [".css-1x2y3z", "div.sc-bdVaJa > p", "._button_1a2b3_5", "main .a.Chat_x8Kd2__q"]
        {
            assert!(generated_class(made).is_some(), "{made}");
        }
        for written in
            ["#id", ".stop-button", "textarea.chat_input", "h2.title", ".col-12", "[a='x.y1234z']"]
        {
            assert_eq!(generated_class(written), None, "{written}");
        }
    }
}
