//! `tabway adapter publish|drafts|history|rollback`: what the running gateway keeps of its adapters.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{
    Global,
    client::{Client, step},
    output::{failed, list, print, table, text},
};
use crate::exit::CliError;

/// Revisions of adapters on the running gateway
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Put an adapter in force on every browser
    Publish {
        /// A file, or the name of a draft: NAME for its latest, NAME@REVISION for that one
        what: String,
        /// Also add a site of this name, where the draft was taught or at --origin
        #[arg(long, value_name = "NAME")]
        site: Option<String>,
        /// Scheme, host and port of that site
        #[arg(long, value_name = "URL", requires = "site")]
        origin: Option<String>,
    },
    /// List drafts that nobody has published
    Drafts,
    /// List the revisions of an adapter
    History {
        /// Its name
        name: String,
    },
    /// Put an earlier revision in force again
    Rollback {
        /// The adapter's name
        name: String,
        /// Which one; the one before the present one where absent
        #[arg(long, value_name = "REVISION")]
        to: Option<u32>,
    },
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: &Command, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    match command {
        Command::Publish { what, site, origin } => {
            let (name, revision) = draft(&client, what).await?;
            let mut asked = json!({ "revision": revision });
            if let Some(site) = site {
                asked["site"] = json!({ "name": site, "origin": origin });
            }
            let path = format!("/api/adapters/{}/publish", step(&name));
            let done = client.post(&path, &asked).await?;
            print(global, &done, |done| {
                let mut lines = vec![in_force(done)];
                if let Some(site) = done["site"]["name"].as_str() {
                    lines.push(format!("added site {site} at {}", text(&done["site"], "origin")));
                }
                lines
            });
        }
        Command::Drafts => {
            let known = client.get("/api/adapters").await?;
            let drafts = json!({ "drafts": known["drafts"] });
            print(global, &drafts, |drafts| rows(list(drafts, "drafts"), "no draft"));
        }
        Command::History { name } => {
            let history = client.get(&format!("/api/adapters/{}/revisions", step(name))).await?;
            print(global, &history, |history| rows(list(history, "revisions"), "no revision"));
        }
        Command::Rollback { name, to } => {
            let path = format!("/api/adapters/{}/rollback", step(name));
            let done = client.post(&path, &json!({ "revision": to })).await?;
            print(global, &done, |done| vec![in_force(done)]);
        }
    }
    Ok(())
}

/// The draft that is meant; a file becomes one first.
async fn draft(client: &Client, what: &str) -> Result<(String, Option<u32>), CliError> {
    let file = Path::new(what);
    if file.is_file() || file.extension().is_some_and(|extension| extension == "toml") {
        let path = PathBuf::from(what);
        let wrong = |words: String| failed(format!("{}: {words}", path.display()));
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let made = client.post("/api/adapters", &json!({ "text": text })).await?;
        let revision = made["revision"].as_u64().and_then(|number| u32::try_from(number).ok());
        return Ok((self::text(&made, "name"), revision));
    }
    match what.split_once('@') {
        None => Ok((what.to_owned(), None)),
        Some((name, revision)) => {
            let number = revision
                .parse()
                .map_err(|_| failed(format!("`{revision}` is not the number of a revision")))?;
            Ok((name.to_owned(), Some(number)))
        }
    }
}

fn in_force(done: &Value) -> String {
    let (name, revision) = (text(done, "name"), &done["revision"]);
    format!(
        "{name} is in force as revision {revision}, with the text of revision {}",
        done["copy_of"]
    )
}

fn rows(revisions: &[Value], none: &str) -> Vec<String> {
    if revisions.is_empty() {
        return vec![none.to_owned()];
    }
    let row = |one: &Value| {
        let number = |key: &str| one[key].as_u64().map_or_else(String::new, |n| n.to_string());
        vec![
            text(one, "name"),
            number("revision"),
            text(one, "state"),
            number("copy_of"),
            text(one, "made_by"),
            text(one, "origin"),
        ]
    };
    table(
        &["NAME", "REVISION", "STATE", "TEXT OF", "MADE BY", "TAUGHT AT"],
        revisions.iter().map(row).collect(),
    )
}
