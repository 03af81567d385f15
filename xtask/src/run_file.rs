//! `adapters/NAME.fixtures/run.toml`: how a real site is installed and started.
//!
//! Read here without a TOML crate, so that this program is built in seconds. It is the part of TOML
//! that such a file uses: comments, `key = "text"`, `key = number`, `key = ["text", ...]` over one
//! or more lines, and two tables, `[env]` and `[sign_in]`.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use crate::report::{Failure, Outcome};

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFile {
    /// Packages from PyPI, with versions.
    pub python_packages: Vec<String>,
    /// Program and arguments; `{port}` and `{upstream}` are filled in. The program is looked for in
    /// the environment's own `bin` first.
    pub start: Vec<String>,
    /// The site is up when this path is answered with 200.
    pub ready_path: String,
    /// Variables for the site; the same words are filled in.
    pub env: BTreeMap<String, String>,
    /// More of them, with which the site asks for a sign-in.
    pub sign_in: BTreeMap<String, String>,
    /// How long it may take.
    pub up_within: Duration,
}

impl RunFile {
    /// Reads the file of a site.
    pub fn read(path: &Path) -> Outcome<Self> {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
        parse(&text).map_err(|words| Failure::new(format!("{}: {words}", path.display())))
    }
}

fn parse(text: &str) -> Result<RunFile, String> {
    let mut file = RunFile {
        python_packages: Vec::new(),
        start: Vec::new(),
        ready_path: "/".to_owned(),
        env: BTreeMap::new(),
        sign_in: BTreeMap::new(),
        up_within: Duration::from_secs(90),
    };
    let mut table = String::new();
    for (key, value) in entries(text)? {
        match (table.as_str(), key.as_str()) {
            (_, "[env]" | "[sign_in]") => table = key,
            ("[env]", _) => {
                file.env.insert(key, single(&value)?);
            }
            ("[sign_in]", _) => {
                file.sign_in.insert(key, single(&value)?);
            }
            (_, "python_packages") => file.python_packages = strings(&value)?,
            (_, "start") => file.start = command(&value)?,
            (_, "ready_path") => file.ready_path = single(&value)?,
            (_, "up_seconds") => {
                let seconds = value.parse().map_err(|_| format!("{value} is not a number"))?;
                file.up_within = Duration::from_secs(seconds);
            }
            (_, other) => return Err(format!("unknown key `{other}`")),
        }
    }
    if file.start.is_empty() {
        return Err("`start` is missing".to_owned());
    }
    Ok(file)
}

/// Keys with their raw values, lists joined to one line; a table's head is a key without a value.
fn entries(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut entries = Vec::new();
    let mut lines = text.lines().map(without_comment).filter(|line| !line.is_empty());
    while let Some(line) = lines.next() {
        if line.starts_with('[') {
            entries.push((line.to_owned(), String::new()));
            continue;
        }
        let (key, value) = line.split_once('=').ok_or(format!("not a setting: {line}"))?;
        let mut value = value.trim().to_owned();
        while value.starts_with('[') && !value.ends_with(']') {
            value.push_str(lines.next().ok_or(format!("the list of `{key}` has no end"))?);
        }
        entries.push((key.trim().trim_matches('"').to_owned(), value));
    }
    Ok(entries)
}

/// The line up to a `#` that is not within quotes.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let end = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '#' && !quoted
    });
    line[..end.map_or(line.len(), |(at, _)| at)].trim()
}

/// A text value; a bare number or word stands for itself.
fn single(value: &str) -> Result<String, String> {
    match value.strip_prefix('"') {
        Some(rest) => rest
            .strip_suffix('"')
            .map(|text| text.replace("\\\"", "\"").replace("\\\\", "\\"))
            .ok_or(format!("the quotes of {value} do not match")),
        None => Ok(value.to_owned()),
    }
}

/// A list of texts: every second piece between quotes.
fn strings(value: &str) -> Result<Vec<String>, String> {
    if !value.starts_with('[') {
        return Err(format!("{value} is not a list"));
    }
    Ok(value.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

/// A command: a list, or one text of words.
fn command(value: &str) -> Result<Vec<String>, String> {
    if value.starts_with('[') {
        return strings(value);
    }
    Ok(single(value)?.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_file_of_every_kind_of_line_is_read() {
        let text = r#"
# How it is run.
python_packages = [
  "gradio==6.31.0",  # the page
  "openai",
]
start = ["python", "app.py", "--port", "{port}"]
ready_path = "/ready#not-a-comment"
up_seconds = 40

[env]
GRADIO_ANALYTICS_ENABLED = "False"
OPENAI_BASE_URL = "{upstream}"

[sign_in]
SITE_PASSWORD = "open sesame"
"#;
        let file = parse(text).expect("a good file");
        assert_eq!(file.python_packages, ["gradio==6.31.0", "openai"]);
        assert_eq!(file.start, ["python", "app.py", "--port", "{port}"]);
        assert_eq!(file.ready_path, "/ready#not-a-comment");
        assert_eq!(file.up_within.as_secs(), 40);
        assert_eq!(file.env["OPENAI_BASE_URL"], "{upstream}");
        assert_eq!(file.sign_in["SITE_PASSWORD"], "open sesame");
    }

    #[test]
    fn a_command_may_be_one_text() {
        let file = parse("start = \"chainlit run app.py --port {port}\"").expect("a good file");
        assert_eq!(file.start.len(), 5);
    }

    #[test]
    fn a_wrong_file_is_named() {
        assert!(parse("ready_path = \"/\"").expect_err("no start").contains("start"));
        assert!(parse("strat = \"x\"").expect_err("a typo").contains("strat"));
        assert!(parse("start = [\"x\"").expect_err("no end").contains("end"));
    }
}
