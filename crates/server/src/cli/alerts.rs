//! `tabway alerts`: what is wrong now, what was told, and whether messages arrive.

use serde_json::{Value, json};

use super::{
    Global,
    client::Client,
    output::{list, moment, print, table, text},
};
use crate::exit::{CliError, Exit};

/// What is wrong now, what was told, and whether messages arrive
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Show what is wrong now, what was told last, and how each channel did
    List,
    /// Send a test message to a channel, or to all, and say what became of it
    Test {
        /// Its name, as `tabway alerts list` shows it
        channel: Option<String>,
    },
}

/// Runs the command.
///
/// # Errors
/// In one line; with exit code 1 where a test did not arrive.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    match command {
        Command::List => {
            let alerts = client.get("/api/alerts").await?;
            print(global, &alerts, shown);
        }
        Command::Test { channel } => {
            let body = channel.map_or_else(|| json!({}), |channel| json!({ "channel": channel }));
            let tried = client.post("/api/alerts/test", &body).await?;
            print(global, &tried, |tried| list(tried, "tried").iter().map(became).collect());
            let failed = list(&tried, "tried").iter().filter(|one| one["ok"] != true).count();
            if failed > 0 {
                let words = format!("{failed} of the channels did not take the message");
                return Err(CliError::new(Exit::Failure, words));
            }
        }
    }
    Ok(())
}

fn became(one: &Value) -> String {
    let [channel, kind, host, problem] =
        ["channel", "kind", "host", "problem"].map(|name| text(one, name));
    match one["ok"] == true {
        true => format!("{channel} ({kind}, {host}): taken"),
        false => format!("{channel} ({kind}, {host}): {problem}"),
    }
}

fn shown(alerts: &Value) -> Vec<String> {
    let told = |one: &Value| {
        format!("{}  {:<8}  {}", moment(&one["at_ms"]), text(one, "severity"), text(one, "text"))
    };
    let mut lines = match list(alerts, "active") {
        [] => vec!["nothing is wrong".to_owned()],
        active => active.iter().map(told).collect(),
    };
    if alerts["quiet"] == true {
        lines.push("quiet hours: only what is critical is sent".to_owned());
    }
    let last = list(alerts, "last");
    if !last.is_empty() {
        lines.push("told last:".to_owned());
        lines.extend(last.iter().map(told));
    }
    let channels = list(alerts, "channels");
    if channels.is_empty() {
        lines.push("no channel is configured: only the log is told".to_owned());
        return lines;
    }
    let row = |channel: &Value| {
        let delivery = &channel["delivery"];
        let [name, kind, host, min] =
            ["name", "kind", "host", "min_severity"].map(|name| text(channel, name));
        let [arrived, lost, error] =
            ["delivered", "lost", "error"].map(|name| text(delivery, name));
        vec![name, kind, host, min, arrived, lost, error]
    };
    let head = ["CHANNEL", "KIND", "HOST", "FROM", "ARRIVED", "LOST", "LAST PROBLEM"];
    lines.extend(table(&head, channels.iter().map(row).collect()));
    lines
}
