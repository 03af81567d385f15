//! `tabway key`: keys that clients present.

use serde_json::{Value, json};

use super::{
    Global,
    client::{Client, step},
    output::{list, moment, print, seconds, table, text},
};
use crate::exit::CliError;

/// API keys
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Make a key and show it, this once
    Create {
        /// What to call it
        name: String,
        /// Keep this existing secret instead of making one
        #[arg(long, value_name = "SECRET")]
        value: Option<String>,
        /// Models it may use, with commas; a * at the end stands for any rest
        #[arg(long, value_name = "NAMES", value_delimiter = ',')]
        models: Option<Vec<String>>,
        /// How long it is good, such as 12h or 30d
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        expires: Option<u64>,
    },
    /// List keys; secrets cannot be shown again
    List,
    /// Revoke a key by its name or id
    Revoke {
        /// Its name or id
        name: String,
    },
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    match command {
        Command::Create { name, value, models, expires } => {
            let body = json!({
                "name": name, "value": value, "models": models, "expires_seconds": expires,
            });
            let made = client.post("/api/keys", &body).await?;
            print(global, &made, |made| vec![text(made, "secret")]);
        }
        Command::List => {
            let keys = client.get("/api/keys").await?;
            print(global, &keys, |keys| rows(list(keys, "keys")));
        }
        Command::Revoke { name } => {
            let done = client.delete(&format!("/api/keys/{}", step(&name))).await?;
            print(global, &done, |_| vec![format!("revoked {name}")]);
        }
    }
    Ok(())
}

fn rows(keys: &[Value]) -> Vec<String> {
    if keys.is_empty() {
        return vec!["no keys; make one with `tabway key create NAME`".to_owned()];
    }
    let row = |key: &Value| {
        let state = match (&key["live"], &key["revoked_ms"]) {
            (Value::Bool(false), Value::Null) => "over",
            (Value::Bool(false), _) => "revoked",
            _ => "live",
        };
        let models: Vec<&str> = list(key, "models").iter().filter_map(Value::as_str).collect();
        let models = if key["models"].is_null() { "all".to_owned() } else { models.join(",") };
        let hint = text(key, "hint");
        let hint = if hint.is_empty() { hint } else { format!("...{hint}") };
        vec![
            text(key, "name"),
            state.to_owned(),
            hint,
            models,
            text(key, "from"),
            moment(&key["expires_ms"]),
        ]
    };
    table(&["NAME", "STATE", "SECRET", "MODELS", "FROM", "EXPIRES"], keys.iter().map(row).collect())
}
