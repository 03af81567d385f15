//! What can be taken over from the folder of an older bridge: settings, names of models, and
//! conversations that stand for them. Cookies and tokens of a site are never read.

mod bridge;
mod jsonc;

use std::{fs, path::Path};

use serde::Serialize;
use serde_json::{Map, Value};

/// The largest file that is read.
const MAX_BYTES: u64 = 8 << 20;

/// The most other files that are named.
const MOST_NAMED: usize = 50;

/// What is to be done, and what became of every entry.
#[derive(Debug, Default)]
pub struct Plan {
    /// A merge patch of the site's settings.
    pub settings: Map<String, Value>,
    /// An API key to keep.
    pub key: Option<String>,
    /// Conversations that are to stand for models.
    pub pins: Vec<PlannedPin>,
    /// One line an entry.
    pub report: Vec<Line>,
}

/// A conversation that is to stand for a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedPin {
    /// The name that clients ask for.
    pub model: String,
    /// The mode and side of the page that it is answered in, where it is not the name's own.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// The conversation's path.
    pub address: String,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The file.
    pub file: String,
    /// The entry; the file itself where empty.
    pub entry: String,
    /// Whether it was taken.
    pub outcome: Outcome,
    /// What it became, or why it was not taken.
    pub words: String,
}

/// Whether an entry was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has its like here.
    Taken,
    /// It has its like in the configuration file, where its owner writes it.
    ByHand,
    /// It has none, or is not as it should be.
    NotTaken,
}

impl Plan {
    fn say(&mut self, file: &str, entry: &str, outcome: Outcome, words: impl Into<String>) {
        let (file, entry) = (file.to_owned(), entry.to_owned());
        self.report.push(Line { file, entry, outcome, words: words.into() });
    }
}

/// Reads a folder.
///
/// # Errors
/// When it cannot be read or holds nothing that is known.
pub fn read(folder: &Path) -> Result<Plan, String> {
    let listed = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> =
        listed.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let mut plan = Plan::default();
    let mut known = 0;
    // The settings first: they say in which mode conversations were captured.
    for name in bridge::FILES.iter().filter(|name| names.iter().any(|there| there == *name)) {
        known += 1;
        match document(&folder.join(name)) {
            Ok(document) => bridge::take(&mut plan, name, &document),
            Err(words) => plan.say(name, "", Outcome::NotTaken, words),
        }
    }
    if known == 0 {
        return Err(format!("{} holds none of {}", folder.display(), bridge::FILES.join(", ")));
    }
    let others = names.iter().filter(|name| !bridge::FILES.contains(&name.as_str()));
    for name in others.filter(|name| is_data(name)).take(MOST_NAMED) {
        plan.say(name, "", Outcome::NotTaken, "not opened: nothing of it is taken over");
    }
    Ok(plan)
}

fn document(path: &Path) -> Result<Map<String, Value>, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err(format!("larger than {MAX_BYTES} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    match serde_json::from_str(&jsonc::plain(&text)) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("it is not a JSON object".to_owned()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

fn is_data(name: &str) -> bool {
    let ends = |end| name.to_ascii_lowercase().ends_with(end);
    [".json", ".jsonc", ".env", ".db", ".sqlite", ".txt"].into_iter().any(ends)
}
