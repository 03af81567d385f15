//! `tabway vault`: the keys that seal stored credentials.

use serde_json::{Value, json};

use super::{
    Global,
    client::Client,
    output::{list, print, table, text},
};
use crate::exit::CliError;

/// The keys that seal stored credentials
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Show where the keys are and what each of them holds
    Status,
    /// Seal every credential by a new key while serving; goes on where an earlier one was cut short
    Rotate,
    /// Forget an older key that nothing is under
    Drop {
        /// Its number, as `tabway vault status` shows it
        key: u32,
    },
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    match command {
        Command::Status => {
            let status = client.get("/api/vault").await?;
            print(global, &status, shown);
        }
        Command::Rotate => {
            let done = client.post("/api/vault/rotate", &json!({})).await?;
            print(global, &done, rotated);
        }
        Command::Drop { key } => {
            let done = client.delete(&format!("/api/vault/keys/{key}")).await?;
            print(global, &done, |_| vec![format!("dropped key {key}")]);
        }
    }
    Ok(())
}

fn shown(status: &Value) -> Vec<String> {
    let keys = list(status, "keys");
    let kept = match (&status["own"], &status["passphrase"]) {
        (Value::Bool(true), Value::Bool(true)) => ", closed by a passphrase",
        (Value::Bool(false), _) => ", kept by its owner",
        _ => "",
    };
    let mut lines = vec![format!("keys in {}{kept}", text(status, "source"))];
    if keys.is_empty() {
        lines.push("none yet: the first `tabway account add` makes one".to_owned());
        return lines;
    }
    let row = |key: &Value| vec![text(key, "id"), text(key, "records")];
    lines.extend(table(&["KEY", "CREDENTIALS"], keys.iter().map(row).collect()));
    if status["broken"] != 0 {
        lines.push(format!(
            "{} do not open; `tabway account list` shows them: remove and add them again",
            status["broken"]
        ));
    }
    lines
}

fn rotated(done: &Value) -> Vec<String> {
    let key = &done["key"];
    let mut lines = vec![format!("{} credential(s) are under key {key} now", done["resealed"])];
    if done["broken"] != 0 {
        lines.push(format!("{} do not open and stay as they are", done["broken"]));
    } else {
        lines.push(
            "`tabway vault status` lists older keys, `tabway vault drop KEY` forgets one".into(),
        );
    }
    lines
}
