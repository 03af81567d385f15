//! `tabway node`: paired browsers.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::{
    Global,
    client::{Client, step},
    output::{failed, list, moment, print, seconds, table, text},
    status::advice,
};
use crate::exit::{CliError, Exit};

/// How long the gateway holds one question for news, in milliseconds.
const HELD_MS: u64 = 25_000;

/// Paired browsers
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Pair a browser: show a code, wait for it, compare fingerprints
    Pair(Pair),
    /// List browsers
    List,
    /// Look at the pages now: say what each shows, and what a person has to do
    Check {
        /// One browser, by its id or name
        node: Option<String>,
    },
    /// Unpair a browser by its id or name
    Remove {
        /// Its id or name
        node: String,
    },
}

/// Arguments of `tabway node pair`.
#[derive(Debug, Clone, clap::Args)]
pub struct Pair {
    /// Accept the browser with this fingerprint without asking; any other is rejected
    #[arg(long, value_name = "FINGERPRINT")]
    accept: Option<String>,
    /// Make a fleet key instead, which pairs this many browsers without asking
    #[arg(long, value_name = "COUNT", conflicts_with = "accept", requires = "expires")]
    fleet: Option<u32>,
    /// How long the fleet key is good, such as 12h
    #[arg(long, value_name = "TIME", value_parser = seconds, requires = "fleet")]
    expires: Option<u64>,
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    match command {
        Command::Pair(Pair { fleet: Some(count), expires: Some(seconds), .. }) => {
            fleet(&client, global, count, seconds).await
        }
        Command::Pair(pair) => self::pair(&client, global, pair.accept.as_deref()).await,
        Command::List => {
            let nodes = client.get("/api/nodes").await?;
            print(global, &nodes, |nodes| rows(&client, list(nodes, "nodes")));
            Ok(())
        }
        Command::Check { node } => check(&client, global, node.as_deref()).await,
        Command::Remove { node } => remove(&client, global, &node).await,
    }
}

async fn fleet(client: &Client, global: &Global, count: u32, life: u64) -> Result<(), CliError> {
    let body = json!({ "count": count, "expires_seconds": life });
    let made = client.post("/api/fleets", &body).await?;
    print(global, &made, |made| {
        vec![
            format!("Address  {}", socket(client)),
            format!("Key      {}", text(made, "key")),
            format!("pairs {count} browsers until {} UTC", moment(&made["expires_ms"])),
        ]
    });
    Ok(())
}

async fn pair(client: &Client, global: &Global, accept: Option<&str>) -> Result<(), CliError> {
    let opened = client.post("/api/pairings", &json!({})).await?;
    // On standard error, so that standard output is the outcome alone where JSON is asked for.
    eprintln!("Extension  {}/extension/", client.url);
    eprintln!("Address    {}", socket(client));
    eprintln!("Code       {}", text(&opened, "code"));
    eprintln!("Enter both in the extension's popup; the code is good for five minutes.");
    let path = format!("/api/pairings/{}", step(&text(&opened, "id")));
    let mut seen = "waiting".to_owned();
    loop {
        let now = client.get(&format!("{path}?seen={seen}&wait_ms={HELD_MS}")).await?;
        match now["state"].as_str().unwrap_or_default() {
            "waiting" => {}
            "compare" => {
                if seen != "compare" {
                    answer(client, &path, &now, accept).await?;
                }
                "compare".clone_into(&mut seen);
            }
            "paired" => {
                print(global, &now, |now| vec![format!("paired as {}", text(now, "node"))]);
                return Ok(());
            }
            "rejected" => return Err(failed("the browser was not accepted")),
            "gone" => return Err(failed("the browser went away before the answer")),
            _ => return Err(failed("no browser was paired in time")),
        }
    }
}

/// Compares the fingerprint: by the argument, or by asking.
async fn answer(
    client: &Client,
    path: &str,
    found: &Value,
    accept: Option<&str>,
) -> Result<(), CliError> {
    let fingerprint = text(found, "fingerprint");
    eprintln!("Browser    {} ({})", text(found, "label"), text(found, "browser"));
    eprintln!("Fingerprint {fingerprint}");
    let yes = match accept {
        Some(expected) => expected.trim().eq_ignore_ascii_case(&fingerprint),
        None => ask("Does the popup show the same fingerprint? [y/N] ").await?,
    };
    match yes {
        true => {
            let body = json!({ "fingerprint": fingerprint });
            client.post(&format!("{path}/accept"), &body).await?;
        }
        false => {
            client.post(&format!("{path}/reject"), &json!({})).await?;
        }
    }
    Ok(())
}

async fn ask(question: &'static str) -> Result<bool, CliError> {
    let asked = tokio::task::spawn_blocking(move || {
        let input = std::io::stdin();
        if !input.is_terminal() {
            let words = "there is no terminal to ask; give --accept FINGERPRINT";
            return Err(CliError::new(Exit::Usage, words));
        }
        eprint!("{question}");
        std::io::stderr().flush().map_err(failed)?;
        let mut line = String::new();
        input.lock().read_line(&mut line).map_err(failed)?;
        Ok(matches!(line.trim(), "y" | "Y" | "yes"))
    });
    asked.await.map_err(failed)?
}

/// The id of the browser of that id or name.
async fn id_of(client: &Client, named: &str) -> Result<String, CliError> {
    let nodes = client.get("/api/nodes").await?;
    let known: Vec<&Value> = list(&nodes, "nodes")
        .iter()
        .filter(|node| node["id"] == named || node["label"] == named)
        .collect();
    match known.as_slice() {
        [node] => Ok(text(node, "id")),
        [] => Err(failed(format!("no browser is called `{named}`; see `tabway node list`"))),
        _ => Err(failed(format!("several browsers are called `{named}`; give the id"))),
    }
}

async fn remove(client: &Client, global: &Global, named: &str) -> Result<(), CliError> {
    let id = id_of(client, named).await?;
    let done = client.delete(&format!("/api/nodes/{}", step(&id))).await?;
    print(global, &done, |_| vec![format!("removed {named}")]);
    Ok(())
}

async fn check(client: &Client, global: &Global, named: Option<&str>) -> Result<(), CliError> {
    let node = match named {
        Some(named) => Some(id_of(client, named).await?),
        None => None,
    };
    let told = client.post("/api/nodes/check", &json!({ "node": node })).await?;
    print(global, &told, |told| {
        let mut lines = rows(client, list(told, "nodes"));
        lines.extend(list(told, "checked").iter().map(checked));
        lines.extend(super::status::needs(told));
        lines
    });
    match (told["ready"] == true, list(&told, "needs_human").len()) {
        (true, 0) => Ok(()),
        (false, 0) => Err(failed("no browser can take a turn now")),
        (_, 1) => Err(failed("a page needs somebody")),
        (_, count) => Err(failed(format!("{count} pages need somebody"))),
    }
}

/// What a look brought: the page's state, and what was found.
fn checked(seat: &Value) -> String {
    let [site, browser, state] = ["site", "browser", "state"].map(|name| text(seat, name));
    let found = match (seat["found"].as_str(), seat["problem"].as_str()) {
        (Some(found), _) if !found.is_empty() => format!(" ({found})"),
        (None, Some(problem)) => format!(" (not looked at: {problem})"),
        _ => String::new(),
    };
    format!("{site} in {browser}: {state}{found}")
}

fn socket(client: &Client) -> String {
    format!("{}/node", client.url.replacen("http", "ws", 1))
}

fn rows(client: &Client, nodes: &[Value]) -> Vec<String> {
    if nodes.is_empty() {
        return vec!["no browser is paired; pair one with `tabway node pair`".to_owned()];
    }
    let row = |node: &Value| {
        let state = match (&node["connected"], &node["paused"]) {
            (Value::Bool(true), Value::Bool(true)) => "paused",
            (Value::Bool(true), _) => "connected",
            _ => "away",
        };
        let seats = list(node, "seats");
        let seat = |seat: &Value| format!("{}: {}", text(seat, "site"), text(seat, "state"));
        vec![
            text(node, "label"),
            state.to_owned(),
            text(node, "browser"),
            text(node, "extension"),
            seats.iter().map(seat).collect::<Vec<_>>().join(", "),
            text(node, "id"),
        ]
    };
    let head = ["NAME", "STATE", "BROWSER", "EXTENSION", "SITES", "ID"];
    let mut lines = table(&head, nodes.iter().map(row).collect());
    let old = nodes.iter().filter(|node| node["extension_advice"].is_string());
    lines.extend(old.map(|node| {
        format!("{}: {}", text(node, "label"), advice(client, node, "extension_advice"))
    }));
    lines
}
