//! `tabway prices`: what models cost.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::{
    Global,
    client::Client,
    output::{list, print, table, text},
};
use crate::exit::{CliError, Exit};

/// What models cost
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// List the prices in force, USD per million tokens
    List {
        /// Of this provider only
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
    },
    /// Replace your own prices by those of a file (TOML, `[[prices]]`); nothing is fetched
    Update {
        /// The file; one without entries takes your own prices back
        file: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    match command {
        Command::List { provider } => {
            let mut told = Client::find(global)?.get("/api/prices").await?;
            if let (Some(wanted), Some(prices)) = (provider, told["prices"].as_array_mut()) {
                prices.retain(|price| price["provider"] == *wanted);
            }
            print(global, &told, |told| rows(list(told, "prices")));
        }
        Command::Update { file } => {
            let read = fs::read_to_string(&file).map_err(|error| {
                CliError::new(Exit::Usage, format!("{}: {error}", file.display()))
            })?;
            let client = Client::find(global)?;
            let done = client.post("/api/prices", &json!({ "file": read })).await?;
            print(global, &done, |done| vec![format!("{} price(s) of your own", done["prices"])]);
        }
    }
    Ok(())
}

fn rows(prices: &[Value]) -> Vec<String> {
    if prices.is_empty() {
        return vec!["no prices; see docs/CONFIG.md#prices".to_owned()];
    }
    let row = |entry: &Value| {
        let price = &entry["price"];
        let part = |name: &str| usd(price[name].as_u64().unwrap_or_default());
        vec![
            text(entry, "provider"),
            text(entry, "model"),
            part("input"),
            part("cache_read"),
            part("cache_write"),
            part("output"),
            text(entry, "from"),
            text(entry, "source"),
        ]
    };
    let head =
        ["PROVIDER", "MODEL", "INPUT", "CACHE READ", "CACHE WRITE", "OUTPUT", "FROM", "SOURCE"];
    table(&head, prices.iter().map(row).collect())
}

/// Micro-USD as USD, without noughts at the end.
fn usd(micro: u64) -> String {
    let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::usd;

    #[test]
    fn amounts_are_exact_and_short() {
        assert_eq!([0, 2_800, 2_500_000, 30_000_000].map(usd), ["0", "0.0028", "2.5", "30"]);
    }
}
