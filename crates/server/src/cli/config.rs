//! `tabway config ...`: is the file good, where does each setting come from, read it again.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    Global,
    client::Client,
    output::{list, moment, print, table, text},
};
use crate::{
    config::{Config, Environment, Flags},
    exit::CliError,
};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a file as `tabway serve` would, and say what is wrong with it; no gateway is needed
    Check {
        /// The file; the one that `tabway serve` would read where none is named
        file: Option<PathBuf>,
    },
    /// Show where each setting of the running gateway comes from
    Show,
    /// Have the running gateway read its file again, all of it or nothing, and show what changed
    Reload,
}

/// Does it.
///
/// # Errors
/// When the file is wrong (exit code 3), or the gateway does not answer.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    match command {
        Command::Check { file } => check(file, global),
        Command::Show => {
            let shown = Client::find(global)?.get("/api/config").await?;
            print(global, &shown, sources);
            Ok(())
        }
        Command::Reload => {
            let answer = Client::find(global)?.post("/api/config/reload", &json!({})).await?;
            print(global, &answer, |answer| match list(answer, "changes") {
                [] => vec!["read again; nothing in the file has changed".to_owned()],
                changes => changes.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            });
            Ok(())
        }
    }
}

fn check(file: Option<PathBuf>, global: &Global) -> Result<(), CliError> {
    let flags = Flags {
        config: file.or_else(|| global.config.clone()),
        data_dir: global.data_dir.clone(),
        ..Flags::default()
    };
    let config = Config::load(&flags, &Environment::of_process())?;
    let counted = [
        ("key", config.keys.len()),
        ("provider", config.providers.len()),
        ("site", config.sites.len()),
        ("model", config.models.len()),
    ];
    let found = json!({
        "file": config.path,
        "keys": config.keys.len(),
        "providers": config.providers.len(),
        "sites": config.sites.len(),
        "models": config.models.len(),
        "notes": config.notes,
    });
    print(global, &found, |_| {
        let counts: Vec<String> =
            counted.into_iter().map(|(noun, n)| counted_noun(n, noun)).collect();
        let place = match &config.path {
            Some(path) => format!("{} is good", path.display()),
            None => "there is no file, and what the environment says is good".to_owned(),
        };
        let mut lines = vec![format!("{place}: {}", counts.join(", "))];
        lines.extend(config.notes.iter().map(|note| format!("note: {note}")));
        lines
    });
    Ok(())
}

fn counted_noun(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

fn sources(shown: &Value) -> Vec<String> {
    let rows: Vec<Vec<String>> = list(shown, "settings")
        .iter()
        .map(|one| vec![text(one, "setting"), text(one, "source")])
        .collect();
    let mut lines = match rows.is_empty() {
        true => vec!["every setting has its default (docs/CONFIG.md)".to_owned()],
        false => table(&["setting", "from"], rows),
    };
    let reading = &shown["last_reading"];
    if let Some(error) = reading["error"].as_str() {
        let when = moment(&reading["at_ms"]);
        lines.push(format!("the file as it is since {when} UTC is not in force: {error}"));
    }
    lines
}
