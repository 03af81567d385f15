//! `tabway conversation`: conversations of pages that stand for a model.

use serde_json::{Value, json};

use super::{
    Global,
    client::{Client, step},
    output::{list, moment, print, table, text},
};
use crate::exit::CliError;

/// Conversations of pages that stand for a model
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Let the conversation that a tab shows stand for a model
    Capture {
        /// The site
        #[arg(long, value_name = "SITE")]
        site: String,
        /// The name that clients ask for: a model of the site, battle@a, or a name of your own
        #[arg(long, value_name = "MODEL")]
        model: String,
        /// The page's model, mode or side that it is answered as, where the name is your own
        #[arg(long = "as", value_name = "MODEL")]
        choice: Option<String>,
        /// The browser; `tabway node list` shows them
        #[arg(long, value_name = "ID")]
        node: Option<String>,
        /// The tab of the browser
        #[arg(long, value_name = "NUMBER")]
        lane: Option<u64>,
        /// The conversation's path, such as /c/1234, in place of what a tab shows
        #[arg(long, value_name = "PATH")]
        address: Option<String>,
        /// The only API key that may use it, by name
        #[arg(long, value_name = "NAME")]
        key: Option<String>,
    },
    /// List them
    List,
    /// Let one go; the page's conversation stays
    Remove {
        /// Its id
        id: String,
    },
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    match command {
        Command::Capture { site, model, choice, node, lane, address, key } => {
            let body = json!({
                "site": site, "model": model, "as": choice, "node": node, "lane": lane, "address": address,
                "key": key,
            });
            let pinned = client.post("/api/conversations", &body).await?;
            print(global, &pinned, |pinned| {
                vec![format!("{site}/{model} is now answered in {}", text(pinned, "address"))]
            });
        }
        Command::List => {
            let all = client.get("/api/conversations").await?;
            print(global, &all, |all| rows(list(all, "conversations")));
        }
        Command::Remove { id } => {
            let done = client.delete(&format!("/api/conversations/{}", step(&id))).await?;
            print(global, &done, |_| vec![format!("removed {id}")]);
        }
    }
    Ok(())
}

fn rows(all: &[Value]) -> Vec<String> {
    if all.is_empty() {
        return vec!["none; `tabway conversation capture` takes what a tab shows".to_owned()];
    }
    let or = |text: String, otherwise: &str| match text.is_empty() {
        true => otherwise.to_owned(),
        false => text,
    };
    let row = |one: &Value| {
        vec![
            text(one, "id"),
            format!("{}/{}", text(one, "site"), text(one, "model")),
            text(one, "address"),
            or(text(one, "node"), "any"),
            or(text(one, "key"), "any"),
            text(one, "source"),
            moment(&one["created_ms"]),
        ]
    };
    let head = ["ID", "MODEL", "ADDRESS", "BROWSER", "KEY", "FROM", "SINCE"];
    table(&head, all.iter().map(row).collect())
}
