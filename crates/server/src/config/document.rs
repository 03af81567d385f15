//! The file as it is written: where each setting stands, and what changed since it was last read.

use std::{collections::BTreeMap, fmt, ops::Range};

use toml::de::{DeArray, DeTable, DeValue};

/// Settings by their path: `listen`, `limits.max_body_bytes`, `keys.dev.models`. Entries of a list
/// go by their name; each has an entry of its own besides those of its settings.
///
/// It holds what is written, secrets too, and is not printed.
#[derive(Clone, Default)]
pub(super) struct Document(BTreeMap<String, Written>);

/// One setting as it is written.
#[derive(Clone, PartialEq, Eq)]
struct Written {
    line: usize,
    /// Without line breaks and doubled spaces; empty for an entry of a list.
    text: String,
}

/// One difference between two readings of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The setting's path.
    pub setting: String,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a setting; its value is as it is written, a secret is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added(String),
    /// It is gone.
    Removed(String),
    /// It has another value.
    Changed {
        /// The value before.
        was: String,
        /// The value now.
        now: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let setting = &self.setting;
        let with = |value: &str| match value {
            "" => String::new(),
            value => format!(" = {value}"),
        };
        match &self.kind {
            ChangeKind::Added(now) => write!(f, "+ {setting}{}", with(now)),
            ChangeKind::Removed(was) => write!(f, "- {setting}{}", with(was)),
            ChangeKind::Changed { was, now } => write!(f, "~ {setting}: {was} -> {now}"),
        }
    }
}

impl Document {
    /// Reads a text that was found to be a configuration; of another text, what can be read of it.
    pub(super) fn read(text: &str) -> Self {
        let mut reader = Reader { text, found: BTreeMap::new() };
        let (table, _) = DeTable::parse_recoverable(text);
        reader.table("", table.get_ref());
        Self(reader.found)
    }

    /// Each setting with its line, in the order of their paths.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(setting, written)| (setting.as_str(), written.line))
    }

    /// What is different in a later reading, in the order of the paths. An entry that came or went
    /// as a whole is one change.
    pub(super) fn changes(&self, later: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut whole: Option<String> = None;
        let paths: std::collections::BTreeSet<&String> =
            self.0.keys().chain(later.0.keys()).collect();
        for setting in paths {
            if whole.as_ref().is_some_and(|entry| is_below(setting, entry)) {
                continue;
            }
            let kind = match (self.0.get(setting), later.0.get(setting)) {
                (None, Some(now)) => ChangeKind::Added(now.shown(setting)),
                (Some(was), None) => ChangeKind::Removed(was.shown(setting)),
                (Some(was), Some(now)) if was.text != now.text => {
                    ChangeKind::Changed { was: was.shown(setting), now: now.shown(setting) }
                }
                _ => continue,
            };
            if matches!(&kind, ChangeKind::Added(text) | ChangeKind::Removed(text) if text.is_empty())
            {
                whole = Some(setting.clone());
            }
            changes.push(Change { setting: setting.clone(), kind });
        }
        changes
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} settings)", self.0.len())
    }
}

fn is_below(setting: &str, entry: &str) -> bool {
    setting.strip_prefix(entry).is_some_and(|rest| rest.starts_with('.'))
}

/// Settings whose value may be a secret, or hold one.
const HIDDEN: &[&str] = &["secret", "token", "password", "passphrase", "webhook", "proxy", "url"];

impl Written {
    fn shown(&self, setting: &str) -> String {
        const LONGEST: usize = 120;
        let name = setting.rsplit('.').next().unwrap_or(setting);
        let hides = HIDDEN.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")));
        let refers = ["\"env:", "\"file:", "'env:", "'file:"];
        if hides && !refers.iter().any(|start| self.text.starts_with(start)) {
            return "(hidden)".to_owned();
        }
        match self.text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &self.text[..end]),
            None => self.text.clone(),
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    found: BTreeMap<String, Written>,
}

impl Reader<'_> {
    fn table(&mut self, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref();
            let setting = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            match value.get_ref() {
                DeValue::Table(inner) => self.table(&setting, inner),
                DeValue::Array(entries) if is_list_of_entries(entries) => {
                    self.entries(&setting, entries);
                }
                _ => self.note(setting, key.span().start, value.span()),
            }
        }
    }

    fn entries(&mut self, path: &str, entries: &DeArray<'_>) {
        for (at, entry) in entries.iter().enumerate() {
            let Some(table) = entry.get_ref().as_table() else { continue };
            let name = name_of(table).map_or_else(|| (at + 1).to_string(), str::to_owned);
            let setting = format!("{path}.{name}");
            self.note(setting.clone(), entry.span().start, 0..0);
            self.table(&setting, table);
        }
    }

    fn note(&mut self, setting: String, start: usize, value: Range<usize>) {
        let before = self.text.get(..start).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let text = self.text.get(value).unwrap_or_default();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.found.insert(setting, Written { line, text });
    }
}

/// `[[keys]]` and its like; a list of targets is one value.
fn is_list_of_entries(entries: &DeArray<'_>) -> bool {
    let named =
        |entry: &DeValue<'_>| entry.as_table().is_some_and(|table| name_of(table).is_some());
    entries.iter().next().is_some_and(|entry| named(entry.get_ref()))
}

fn name_of<'t>(table: &'t DeTable<'_>) -> Option<&'t str> {
    table.get("name").and_then(|name| name.get_ref().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = r#"
listen = "127.0.0.1:7070"

[limits]
max_body_bytes = 10

[[keys]]
name = "dev"
secret = "tw-canary-one"

[[models]]
name = "fast"
targets = [
    { provider = "a", model = "x" },
]

[[models]]
name = "old"
strategy = "weighted"
targets = []
"#;

    const AFTER: &str = r#"
listen = "127.0.0.1:7070"
workers = 2
[limits]
max_body_bytes = 20
[[keys]]
name = "dev"
secret = "tw-canary-two"
models = ["fast"]
[[models]]
name = "fast"
targets = [ { provider = "a", model = "x" }, ]
[[models]]
name = "new"
targets = [{ provider = "b", model = "y" }]
"#;

    #[test]
    fn a_change_names_its_setting_and_no_secret() {
        let changes = Document::read(BEFORE).changes(&Document::read(AFTER));
        let lines: Vec<String> = changes.iter().map(Change::to_string).collect();
        assert_eq!(
            lines,
            [
                "+ keys.dev.models = [\"fast\"]",
                "~ keys.dev.secret: (hidden) -> (hidden)",
                "~ limits.max_body_bytes: 10 -> 20",
                "+ models.new",
                "- models.old",
                "+ workers = 2",
            ]
        );
        assert!(!format!("{:?}{changes:?}", Document::read(BEFORE)).contains("canary"));
    }

    #[test]
    fn where_a_secret_is_to_be_found_is_no_secret() {
        let before = Document::read("[[keys]]\nname = \"dev\"\nsecret = \"env:ONE\"\n");
        let after = Document::read("[[keys]]\nname = \"dev\"\nsecret = \"env:TWO\"\n");
        let changes = before.changes(&after);
        assert_eq!(changes[0].to_string(), "~ keys.dev.secret: \"env:ONE\" -> \"env:TWO\"");
    }

    #[test]
    fn each_setting_has_its_line() {
        let document = Document::read(BEFORE);
        let lines: BTreeMap<_, _> = document.settings().collect();
        assert_eq!(lines["listen"], 2);
        assert_eq!(lines["limits.max_body_bytes"], 5);
        assert_eq!(lines["keys.dev"], 7);
        assert_eq!(lines["keys.dev.secret"], 9);
        assert_eq!(lines["models.fast.targets"], 13);
    }
}
