//! A key in lines.

use serde_json::Value;

use crate::cli::output::{list, moment, table, text};

/// What it is, how it stands, what it used, its last requests.
pub(super) fn lines(key: &Value) -> Vec<String> {
    let mut lines = vec![format!("name      {}", text(key, "name"))];
    let mut say = |what: &str, words: String| {
        if !words.is_empty() {
            lines.push(format!("{what:<8}  {words}"));
        }
    };
    say("id", text(key, "id"));
    say("from", text(key, "from"));
    say("labels", labels(key));
    say("expires", moment(&key["expires_ms"]));
    say("revoked", moment(&key["revoked_ms"]));
    say("limits", limits(key));
    let standing = &key["limits"];
    for (what, unit) in [("requests", " a minute"), ("tokens", " a minute")] {
        let one = &standing[what];
        if !one.is_null() {
            say(what, format!("{} of {}{unit} left", one["left"], one["limit"]));
        }
    }
    let budget = &standing["budget"];
    if !budget.is_null() {
        let (left, limit) = (usd(&budget["left"]), usd(&budget["limit"]));
        let resets = moment(&budget["resets_ms"]);
        say("budget", format!("{left} of {limit} left until {resets} UTC"));
    }
    let used = &key["used"];
    say(
        "used",
        format!(
            "{} requests ({} failed), {} tokens in, {} out, {} since {} UTC",
            used["requests"],
            used["failed"],
            used["input_tokens"],
            used["output_tokens"],
            usd(&used["cost_micro_usd"]),
            moment(&key["since_ms"]),
        ),
    );
    lines.extend(requests(list(key, "requests")));
    lines
}

fn requests(requests: &[Value]) -> Vec<String> {
    if requests.is_empty() {
        return Vec::new();
    }
    let row = |one: &Value| {
        vec![
            moment(&one["opened_ms"]),
            text(one, "model"),
            text(one, "target"),
            text(one, "outcome"),
            format!("{}+{}", one["input_tokens"], one["output_tokens"]),
            usd(&one["cost_micro_usd"]),
        ]
    };
    let head = ["OPENED", "MODEL", "TARGET", "OUTCOME", "TOKENS", "COST"];
    let rows = table(&head, requests.iter().map(row).collect());
    std::iter::once(String::new()).chain(rows).collect()
}

/// `60 rpm, $5.00 a week (Europe/Berlin)`; empty where there is none.
pub(super) fn limits(key: &Value) -> String {
    let mut said = Vec::new();
    for (name, unit) in [("rpm", "rpm"), ("tpm", "tpm"), ("concurrency", "at once")] {
        if let Some(number) = key[name].as_u64() {
            said.push(format!("{number} {unit}"));
        }
    }
    if !key["budget_micro_usd"].is_null() {
        let period = key["period"].as_str().unwrap_or("month");
        let zone = key["time_zone"].as_str().map(|zone| format!(" ({zone})")).unwrap_or_default();
        said.push(format!("{} a {period}{zone}", usd(&key["budget_micro_usd"])));
    }
    said.join(", ")
}

/// `team=blue, x=y`
pub(super) fn labels(key: &Value) -> String {
    let labels = key["labels"].as_object().into_iter().flatten();
    let said = labels.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    said.collect::<Vec<_>>().join(", ")
}

fn usd(micro_usd: &Value) -> String {
    micro_usd.as_u64().map(crate::keys::dollars).unwrap_or_default()
}
