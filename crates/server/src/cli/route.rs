//! `tabway route explain`: where a request for a model would go now, and why not elsewhere.

use clap::Subcommand;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    Global,
    client::Client,
    output::{list, print, table, text},
};
use crate::exit::CliError;

/// What is asked of the routes.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show each candidate of a model in order, and why it is taken or not
    Explain {
        /// The model
        #[arg(short, long)]
        model: String,
        /// As the key of this name would see it
        #[arg(long, value_name = "NAME")]
        key: Option<String>,
    },
}

/// Asks and prints.
///
/// # Errors
/// When the gateway does not answer, or knows no such model or key.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let Command::Explain { model, key } = command;
    let coded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut path = format!("/api/route/explain?model={}", coded(&model));
    if let Some(key) = key {
        path += &format!("&key={}", coded(&key));
    }
    let explained = Client::find(global)?.get(&path).await?;
    print(global, &explained, lines);
    Ok(())
}

fn lines(explained: &Value) -> Vec<String> {
    let [model, strategy] = ["model", "strategy"].map(|name| text(explained, name));
    let goes = match explained["taken"].as_str() {
        Some(taken) => format!("goes to {taken}"),
        None => "has nowhere to go now".to_owned(),
    };
    let rows = list(explained, "candidates").iter().map(|shown| {
        let account = shown["account"].as_str().map(|name| format!("#{name}"));
        let of = text(shown, "model");
        let reason = text(shown, "reason");
        vec![
            text(shown, "verdict"),
            text(shown, "target") + &account.unwrap_or_default(),
            text(shown, "in_flight"),
            if of == model { reason } else { format!("fallback {of}: {reason}") },
        ]
    });
    let head = format!("{model} ({strategy}) {goes}");
    let rows = table(&["VERDICT", "CANDIDATE", "IN FLIGHT", "WHY"], rows.collect());
    std::iter::once(head).chain(rows).collect()
}
