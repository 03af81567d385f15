//! `tabway adapter`: kinds of page. Only what concerns revisions needs a running gateway.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tabway_protocol::adapter::Adapter;

use super::{
    Global,
    output::{failed, list, print, table, text},
    revisions,
};
use crate::{adapters, exit::CliError};

/// Adapters: how kinds of page are used
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// List the adapters of this program
    List,
    /// Read an adapter file and say what is wrong with it
    Check {
        /// The file
        file: PathBuf,
    },
    /// What the running gateway keeps
    #[command(flatten)]
    Revisions(revisions::Command),
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: &Command, global: &Global) -> Result<(), CliError> {
    match command {
        Command::List => {
            let known: Vec<Value> = adapters::built_in().values().map(entry).collect();
            let known = json!({ "adapters": known });
            print(global, &known, |known| rows(list(known, "adapters")));
        }
        Command::Check { file } => {
            let adapter = check(file)?;
            print(global, &entry(&adapter), |_| {
                vec![format!("{}: {} revision {}", file.display(), adapter.title, adapter.revision)]
            });
        }
        Command::Revisions(command) => revisions::run(command, global).await?,
    }
    Ok(())
}

fn check(file: &Path) -> Result<Adapter, CliError> {
    let wrong = |words: String| failed(format!("{}: {words}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    Adapter::parse(&text).map_err(|error| wrong(error.to_string()))
}

fn entry(adapter: &Adapter) -> Value {
    json!({
        "name": adapter.name,
        "title": adapter.title,
        "revision": adapter.revision,
        "verified": adapter.verified,
        "terms": adapter.terms,
        "official_api": adapter.official_api,
    })
}

fn rows(adapters: &[Value]) -> Vec<String> {
    let row = |adapter: &Value| {
        let verified = &adapter["verified"];
        let verified = match verified.is_null() {
            true => "never".to_owned(),
            false => format!("{} on {}", text(verified, "version"), text(verified, "date")),
        };
        vec![text(adapter, "name"), text(adapter, "title"), verified]
    };
    table(&["NAME", "PAGE", "VERIFIED"], adapters.iter().map(row).collect())
}
