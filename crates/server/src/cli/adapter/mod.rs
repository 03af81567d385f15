//! `tabway adapter`: kinds of page, and the tools of those who write their adapters. What concerns
//! revisions and live pages needs a running gateway; the rest does not.

mod browser;
mod check;
mod doctor;
mod record;
mod report;
mod test;

use std::path::PathBuf;

use serde_json::{Value, json};
use tabway_protocol::adapter::Adapter;

use super::{
    Global,
    output::{list, print, table, text},
    revisions,
};
use crate::{adapters, exit::CliError};

/// Adapters: how kinds of page are used
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// List the adapters of this program
    List,
    /// Read an adapter file; say what is wrong with it, or what is in it
    Check {
        /// The file
        file: PathBuf,
    },
    /// Replay an adapter's recordings and compare what comes out with what is expected
    Test(test::Args),
    /// Run one turn on a live page and write it down as a recording
    Record(record::Args),
    /// Say what the adapter finds on a live page
    Doctor(doctor::Args),
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
            Ok(())
        }
        Command::Check { file } => check::run(file, global),
        Command::Test(args) => test::run(args, global).await,
        Command::Record(args) => record::run(args, global).await,
        Command::Doctor(args) => doctor::run(args, global).await,
        Command::Revisions(command) => revisions::run(command, global).await,
    }
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
