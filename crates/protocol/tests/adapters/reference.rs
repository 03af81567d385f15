//! `docs/ADAPTER-REFERENCE.md`, made of the schema and the docstrings in it.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Map, Value};

const HEAD: &str = "# Adapters: every key\n\n\
    Made of `adapters/adapter.schema.json` by the tests of `crates/protocol`; do not edit it. \
    [ADAPTERS.md](ADAPTERS.md) shows how an adapter is written. Unknown keys are errors, and the \
    message says which key was perhaps meant.\n";

/// The reference as text.
pub fn reference(schema: &Value) -> String {
    let mut page = Page { schema, text: HEAD.to_owned(), named: BTreeSet::new(), due: Vec::new() };
    page.section("The file", schema);
    while !page.due.is_empty() {
        for name in std::mem::take(&mut page.due) {
            let body = &schema["$defs"][&name];
            page.section(&name, body);
        }
    }
    page.text
}

/// Where of the schema a description is missing.
pub fn silent(schema: &Value) -> Vec<String> {
    let mut silent = Vec::new();
    find_silent(schema, "", &mut silent);
    silent
}

fn find_silent(value: &Value, path: &str, silent: &mut Vec<String>) {
    let says = |value: &Value| value["description"].as_str().is_some_and(|text| !text.is_empty());
    if let Some(properties) = value["properties"].as_object() {
        for (key, property) in properties {
            // A word that tells variants apart, and the one key of a variant, are explained with it.
            let told = property.get("const").is_some() || (says(value) && properties.len() == 1);
            if !says(property) && !told {
                silent.push(format!("{path}/{key}"));
            }
        }
    }
    for (at, variant) in value["oneOf"].as_array().into_iter().flatten().enumerate() {
        if !says(variant) {
            silent.push(format!("{path}/oneOf/{at}"));
        }
        find_silent(variant, &format!("{path}/{at}"), silent);
    }
    for (name, definition) in value["$defs"].as_object().into_iter().flatten() {
        find_silent(definition, name, silent);
    }
}

struct Page<'a> {
    schema: &'a Value,
    text: String,
    /// Definitions that have a section or will have one.
    named: BTreeSet<String>,
    /// Definitions that were named and have no section yet.
    due: Vec<String>,
}

impl Page<'_> {
    fn section(&mut self, name: &str, body: &Value) {
        self.say(format_args!("\n## {name}\n\n{}\n", words(body)));
        self.table(body);
        let variants: Vec<&Value> =
            ["oneOf", "anyOf"].iter().filter_map(|key| body[key].as_array()).flatten().collect();
        let (plain, others): (Vec<_>, Vec<_>) =
            variants.into_iter().partition(|variant| variant.get("const").is_some());
        if !plain.is_empty() {
            self.text.push_str("\n| word | meaning |\n|---|---|\n");
            for word in plain {
                self.say(format_args!("| `{}` | {} |\n", word["const"], words(word)));
            }
        }
        for variant in others {
            self.variant(variant);
        }
    }

    /// One form of several.
    fn variant(&mut self, variant: &Value) {
        if variant.get("$ref").is_some() {
            let value = self.value(variant);
            self.say(format_args!("\n- {value}: {}\n", words(variant)));
            return;
        }
        let properties = variant["properties"].as_object();
        let kind = properties.and_then(|keys| keys.get("kind")).and_then(|kind| kind.get("const"));
        let title = match kind {
            Some(kind) => format!("`kind = {kind}`"),
            None => {
                properties.into_iter().flat_map(Map::keys).map(|key| format!("`{key}`")).collect()
            }
        };
        self.say(format_args!("\n### {title}\n\n{}\n", words(variant)));
        self.table(variant);
    }

    fn table(&mut self, body: &Value) {
        let Some(properties) = body["properties"].as_object() else { return };
        let keys: Vec<_> =
            properties.iter().filter(|(_, value)| value.get("const").is_none()).collect();
        if keys.is_empty() {
            return;
        }
        self.text.push_str("\n| key | value | meaning |\n|---|---|---|\n");
        for (key, property) in keys {
            let needed =
                body["required"].as_array().is_some_and(|all| all.iter().any(|one| one == key));
            let mut value = self.value(property);
            if needed {
                value.push_str(", needed");
            } else if let Some(default) = telling(&property["default"]) {
                let _ = write!(value, ", `{default}` where absent");
            }
            self.say(format_args!("| `{key}` | {value} | {} |\n", words(property)));
        }
    }

    /// What may stand as a key's value.
    fn value(&mut self, schema: &Value) -> String {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            if self.named.insert(name.to_owned()) {
                assert!(self.schema["$defs"].get(name).is_some(), "{name} is defined");
                self.due.push(name.to_owned());
            }
            return format!("[{name}](#{})", name.to_lowercase());
        }
        if let Some(forms) = schema["anyOf"].as_array() {
            let forms: Vec<_> = forms.iter().filter(|form| form["type"] != "null").collect();
            let forms: Vec<_> = forms.into_iter().map(|form| self.value(form)).collect();
            return forms.join(" or ");
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        match kinds.into_iter().find(|kind| *kind != "null") {
            Some("array") => format!("list of {}", self.value(&schema["items"])),
            Some("object") => format!("table of {}", self.value(&schema["additionalProperties"])),
            Some("integer" | "number") => "number".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("string") => "text".to_owned(),
            _ => "any value".to_owned(),
        }
    }

    fn say(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a String does not fail.
        let _ = self.text.write_fmt(text);
    }
}

/// A default that says something: not the absence of a value, nor a whole table.
fn telling(default: &Value) -> Option<String> {
    match default {
        Value::Null | Value::Object(_) => None,
        Value::Array(list) if list.is_empty() => None,
        Value::String(text) if text.is_empty() => None,
        Value::Bool(false) => None,
        other => Some(other.to_string()),
    }
}

/// A description as a cell holds it.
fn words(value: &Value) -> String {
    let text = value["description"].as_str().unwrap_or_default();
    text.replace('\n', " ").replace('|', "\\|")
}
