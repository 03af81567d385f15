//! The three files of `LMArenaBridge`, entry by entry.

use serde_json::{Map, Value, json};

use super::{Outcome, Plan, PlannedPin};
use crate::config::{LONGEST_IDLE, SHORTEST_IDLE};

/// The files, in the order in which they are read.
pub(super) const FILES: [&str; 3] = ["config.jsonc", "models.json", "model_endpoint_map.json"];

/// The most names of models and conversations that are taken.
const MOST: usize = 1_000;

/// What it takes where the time is not named.
const THEIR_IDLE_S: i64 = 300;

pub(super) fn take(plan: &mut Plan, file: &str, document: &Map<String, Value>) {
    match file {
        "config.jsonc" => config(plan, file, document),
        "models.json" => models(plan, file, document),
        _ => conversations(plan, file, document),
    }
}

fn config(plan: &mut Plan, file: &str, document: &Map<String, Value>) {
    use Outcome::{ByHand, NotTaken, Taken};
    for (entry, value) in document {
        let (outcome, words) = match (entry.as_str(), value) {
            ("tavern_mode_enabled", Value::Bool(on)) => {
                plan.settings.insert("merge_system".to_owned(), json!(on));
                (Taken, format!("merge_system = {on}"))
            }
            ("use_default_ids_if_mapping_not_found", Value::Bool(on)) => {
                let strict = !on;
                plan.settings.insert("pinned".to_owned(), json!({ "strict": strict }));
                (
                    Taken,
                    format!(
                        "pinned.strict = {strict}; a model without a conversation gets a new chat"
                    ),
                )
            }
            ("api_key", Value::String(key)) if key.is_empty() => {
                (NotTaken, "empty: it had no key".to_owned())
            }
            ("api_key", Value::String(key)) => {
                plan.key = Some(key.clone());
                (Taken, "the API key `imported`: clients go on with it".to_owned())
            }
            ("session_id", Value::String(id)) => match address(id) {
                Some(address) => {
                    let choice = side(
                        document.get("id_updater_last_mode"),
                        document.get("id_updater_battle_target"),
                    );
                    let words = said("default", choice.as_deref(), &address);
                    plan.pins.push(PlannedPin { model: "default".to_owned(), choice, address });
                    (Taken, words)
                }
                None => (NotTaken, "it names no conversation".to_owned()),
            },
            ("message_id", _) => (NotTaken, MESSAGE.to_owned()),
            ("id_updater_last_mode" | "id_updater_battle_target", _) => {
                (Taken, "the mode and side of conversations that name none".to_owned())
            }
            ("stream_response_timeout_seconds", Value::Number(seconds)) => (
                ByHand,
                format!("idle_timeout = \"{seconds}s\" in a [[models]] of the configuration"),
            ),
            ("bypass_enabled", _) => {
                (NotTaken, "a site's moderation is passed on, never evaded".to_owned())
            }
            ("enable_auto_update" | "version", _) => {
                (NotTaken, "the gateway does not update itself".to_owned())
            }
            ("enable_idle_restart", Value::Bool(on)) => {
                let after = document.get("idle_restart_timeout_seconds").and_then(Value::as_i64);
                idle_restart(plan, *on, after)
            }
            ("idle_restart_timeout_seconds", Value::Number(_)) => {
                (Taken, "the time of enable_idle_restart".to_owned())
            }
            (entry, _) if entry.starts_with("file_bed_") => {
                (NotTaken, "files go into the page itself; no file server is needed".to_owned())
            }
            (entry, _) if is_secret(entry) => (NotTaken, SECRET.to_owned()),
            _ => (NotTaken, "unknown, or not of the kind that it should be".to_owned()),
        };
        plan.say(file, entry, outcome, words);
    }
}

/// Theirs starts its server and the page anew; here the idle tab alone is loaded again.
fn idle_restart(plan: &mut Plan, on: bool, after: Option<i64>) -> (Outcome, String) {
    let seconds = after.unwrap_or(THEIR_IDLE_S);
    let Some(seconds) = u64::try_from(seconds).ok().filter(|seconds| on && *seconds > 0) else {
        return (Outcome::Taken, "off, as it was there".to_owned());
    };
    let written = format!("{}s", seconds.clamp(SHORTEST_IDLE.as_secs(), LONGEST_IDLE.as_secs()));
    let words =
        format!("reload_idle = {written}: an idle tab is loaded again, nothing is restarted");
    plan.settings.insert("reload_idle".to_owned(), json!(written));
    (Outcome::Taken, words)
}

/// Names that clients know. The ids are the site's: its page chooses a model by its name.
fn models(plan: &mut Plan, file: &str, document: &Map<String, Value>) {
    let mut aliases = Map::new();
    for (name, value) in document {
        let kind = value.as_str().and_then(|id| id.rsplit_once(':')).map(|(_, kind)| kind);
        let fits = value.is_string() || value.is_null();
        if !fits || !is_name(name) || aliases.len() >= MOST {
            plan.say(file, name, Outcome::NotTaken, "not a name with an id, or one too many");
            continue;
        }
        aliases.insert(name.clone(), json!(name));
        let kind = kind.map(|kind| format!(", for {kind}")).unwrap_or_default();
        let words =
            format!("served by this name{kind}; the page chooses by name, so its id is not kept");
        plan.say(file, name, Outcome::Taken, words);
    }
    if !aliases.is_empty() {
        plan.settings.insert("aliases".to_owned(), aliases.into());
    }
}

fn conversations(plan: &mut Plan, file: &str, document: &Map<String, Value>) {
    for (name, value) in document {
        let list = match value {
            Value::Array(list) => list.as_slice(),
            single => std::slice::from_ref(single),
        };
        for (at, one) in list.iter().enumerate() {
            let entry = if value.is_array() { format!("{name}[{at}]") } else { name.clone() };
            let id = one["session_id"].as_str().unwrap_or_default();
            let found = address(id).filter(|_| is_name(name) && plan.pins.len() < MOST);
            let Some(address) = found else {
                let words = format!(
                    "its session_id names no conversation: no address can be made of `{}`",
                    short(id)
                );
                plan.say(file, &entry, Outcome::NotTaken, words);
                continue;
            };
            let choice = side(one.get("mode"), one.get("battle_target"));
            let mut words = said(name, choice.as_deref(), &address);
            if one.get("message_id").is_some() {
                words.push_str("; message_id is not taken: ");
                words.push_str(MESSAGE);
            }
            plan.say(file, &entry, Outcome::Taken, words);
            plan.pins.push(PlannedPin { model: name.clone(), choice, address });
        }
    }
}

const MESSAGE: &str = "turns are typed at a conversation's end, no message is run again";

const SECRET: &str = "cookies and tokens stay in the browser that they are of";

fn said(model: &str, choice: Option<&str>, address: &str) -> String {
    let as_what = choice.map(|choice| format!(" as {choice}")).unwrap_or_default();
    format!("`{model}` is answered in {address}{as_what}, by the browser that is signed in there")
}

/// The path of a conversation of the site.
fn address(id: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let fits = (8..=100).contains(&id.len()) && id.bytes().all(plain);
    // What the file of a new install holds.
    (fits && !id.starts_with("YOUR_")).then(|| format!("/c/{id}"))
}

/// The side of two that is wanted.
fn side(mode: Option<&Value>, target: Option<&Value>) -> Option<String> {
    if mode.and_then(Value::as_str) != Some("battle") {
        return None;
    }
    let first = target.and_then(Value::as_str).is_some_and(|side| side.eq_ignore_ascii_case("a"));
    Some(format!("battle@{}", if first { "a" } else { "b" }))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 200 && !name.chars().any(char::is_control)
}

fn is_secret(entry: &str) -> bool {
    let entry = entry.to_ascii_lowercase();
    ["cookie", "token", "clearance", "secret", "password"].iter().any(|word| entry.contains(word))
}

fn short(id: &str) -> String {
    id.chars().take(40).flat_map(char::escape_debug).collect()
}
