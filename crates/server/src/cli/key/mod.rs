//! `tabway key`: keys that clients present.

mod bring;
mod show;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    Global,
    client::{Client, step},
    output::{failed, list, moment, print, seconds, table, text},
};
use crate::exit::CliError;

/// Keys that are sent to the gateway at a time.
const BATCH: usize = 1_000;

/// API keys
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Make a key and show it, this once
    Create(Create),
    /// List keys; secrets cannot be shown again
    List,
    /// Show a key: its limits, what it used, its last requests
    Show {
        /// Its name or id
        name: String,
    },
    /// Give a key a new secret and show it, this once
    Rotate {
        /// Its name or id
        name: String,
        /// How long the secret that it has works on, such as 24h
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        overlap: Option<u64>,
        /// The secret to take
        #[command(flatten)]
        brought: bring::Brought,
    },
    /// Revoke a key by its name or id; its open answers end too
    Revoke {
        /// Its name or id
        name: String,
    },
    /// Make keys of a file of existing ones: a secret a line, or a name and a secret
    Import {
        /// The file; - for standard input
        file: PathBuf,
        /// What those without a name are called, before a number; the file's name where absent
        #[arg(long, value_name = "NAME")]
        prefix: Option<String>,
    },
}

/// A new key.
#[derive(Debug, Clone, clap::Args)]
pub struct Create {
    /// What to call it
    name: String,
    #[command(flatten)]
    brought: bring::Brought,
    /// Models it may use, with commas; a * at the end stands for any rest
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    models: Option<Vec<String>>,
    /// Requests in a minute
    #[arg(long, value_name = "N")]
    rpm: Option<u64>,
    /// Tokens in a minute
    #[arg(long, value_name = "N")]
    tpm: Option<u64>,
    /// Requests at once
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
    /// Dollars in a period
    #[arg(long, value_name = "USD")]
    budget_usd: Option<f64>,
    /// The budget's period: minute, hour, day, week or month (the default)
    #[arg(long, value_name = "PERIOD", requires = "budget_usd")]
    period: Option<String>,
    /// Whose days the period goes by, such as Europe/Berlin; UTC where absent
    #[arg(long, value_name = "ZONE", requires = "budget_usd")]
    time_zone: Option<String>,
    /// How long it is good, such as 12h or 30d
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expires: Option<u64>,
    /// A note of yours; may come several times
    #[arg(long = "label", value_name = "NAME=TEXT", value_parser = label)]
    labels: Vec<(String, String)>,
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    match command {
        Command::Create(new) => {
            let made = client.post("/api/keys", &body(new)?).await?;
            print(global, &made, |made| vec![text(made, "secret")]);
        }
        Command::List => {
            let keys = client.get("/api/keys").await?;
            print(global, &keys, |keys| rows(list(keys, "keys")));
        }
        Command::Show { name } => {
            let key = client.get(&format!("/api/keys/{}", step(&name))).await?;
            print(global, &key, show::lines);
        }
        Command::Rotate { name, overlap, brought } => {
            let body = json!({
                "value": brought.read()?, "overlap_seconds": overlap.unwrap_or_default(),
            });
            let rotated = client.post(&format!("/api/keys/{}/rotate", step(&name)), &body).await?;
            print(global, &rotated, |rotated| vec![text(rotated, "secret")]);
        }
        Command::Revoke { name } => {
            let done = client.delete(&format!("/api/keys/{}", step(&name))).await?;
            print(global, &done, |_| vec![format!("revoked {name}")]);
        }
        Command::Import { file, prefix } => {
            let keys = bring::keys_of(&file, prefix.as_deref())?;
            let mut imported = 0;
            for batch in keys.chunks(BATCH) {
                let done = client.post("/api/key-files", &json!({ "keys": batch })).await;
                let done = done.map_err(|error| {
                    failed(format_args!("{imported} keys were imported; then: {error}"))
                })?;
                imported += list(&done, "imported").len();
            }
            let done = json!({ "imported": imported });
            print(global, &done, |_| vec![format!("imported {imported} keys")]);
        }
    }
    Ok(())
}

fn body(new: Create) -> Result<Value, CliError> {
    let labels: serde_json::Map<String, Value> =
        new.labels.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
    Ok(json!({
        "name": new.name,
        "value": new.brought.read()?,
        "models": new.models,
        "rpm": new.rpm,
        "tpm": new.tpm,
        "concurrency": new.concurrency,
        "budget_usd": new.budget_usd,
        "period": new.period,
        "time_zone": new.time_zone,
        "expires_seconds": new.expires,
        "labels": labels,
    }))
}

fn label(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, text) = parts.ok_or("a label is NAME=TEXT")?;
    Ok((name.to_owned(), text.to_owned()))
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
            show::limits(key),
            show::labels(key),
            text(key, "from"),
            moment(&key["expires_ms"]),
        ]
    };
    table(
        &["NAME", "STATE", "SECRET", "MODELS", "LIMITS", "LABELS", "FROM", "EXPIRES"],
        keys.iter().map(row).collect(),
    )
}
