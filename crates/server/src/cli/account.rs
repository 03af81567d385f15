//! `tabway account`: credentials for providers.

use std::{
    fs,
    io::{IsTerminal, Read, stdin},
    path::PathBuf,
};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    Global,
    client::{Client, step},
    output::{failed, list, print, table, text},
};
use crate::exit::{CliError, Exit};

/// The most that is read as a secret.
const MAX_SECRET: u64 = 32 * 1024;

/// Credentials for providers
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Store a credential, sealed; it is in force at once
    Add(Add),
    /// List accounts; of secrets only the end is shown
    List,
    /// Ask the provider something small and say what is wrong and what to do
    Test {
        /// The provider
        provider: String,
        /// The account
        name: String,
        /// Ask this model for one token, in place of the list of models
        #[arg(long, short)]
        model: Option<String>,
    },
    /// Remove an account and its secret; requests in flight end with it
    Remove {
        /// The provider
        provider: String,
        /// The account
        name: String,
    },
    /// Take an account back into use
    Enable {
        /// The provider
        provider: String,
        /// The account
        name: String,
    },
    /// Take an account out of use
    Disable {
        /// The provider
        provider: String,
        /// The account
        name: String,
    },
}

/// A new account.
#[derive(Debug, Clone, clap::Args)]
pub struct Add {
    /// A provider of the configuration, the name of a preset, or any name with --base-url
    #[arg(long)]
    provider: String,
    /// What to call it
    #[arg(long)]
    name: String,
    /// bearer, or service_account for a key file of Google
    #[arg(long, default_value = "bearer", value_parser = ["bearer", "service_account"])]
    kind: String,
    /// Read the secret from standard input
    #[arg(long, conflicts_with = "secret_file", required_unless_present = "secret_file")]
    secret_stdin: bool,
    /// Read the secret from a file
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Where the API begins (.../v1), for a provider that is neither declared nor a preset
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Google's project; that of the key where absent
    #[arg(long)]
    project: Option<String>,
    /// Google's location, such as europe-west4; everywhere where absent
    #[arg(long)]
    location: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    let path =
        |provider: &str, name: &str| format!("/api/accounts/{}/{}", step(provider), step(name));
    match command {
        Command::Add(new) => {
            let secret = secret(&new)?;
            let body = json!({
                "provider": new.provider, "name": new.name, "kind": new.kind, "secret": *secret,
                "base_url": new.base_url, "project": new.project, "location": new.location,
            });
            let made = client.post("/api/accounts", &body).await?;
            print(global, &made, |made| {
                let (provider, name) = (text(made, "provider"), text(made, "name"));
                vec![
                    format!("added {provider}/{name} {}", text(made, "secret")),
                    format!("try it: tabway account test {provider} {name}"),
                ]
            });
        }
        Command::List => {
            let accounts = client.get("/api/accounts").await?;
            print(global, &accounts, |accounts| rows(list(accounts, "accounts")));
        }
        Command::Test { provider, name, model } => {
            let path = format!("{}/test", path(&provider, &name));
            let found = client.post(&path, &json!({ "model": model })).await?;
            print(global, &found, |found| vec![text(found, "words")]);
            if found["ok"] != true {
                return Err(failed(format!("{provider}/{name}: {}", text(&found, "code"))));
            }
        }
        Command::Remove { provider, name } => {
            let done = client.delete(&path(&provider, &name)).await?;
            print(global, &done, |_| vec![format!("removed {provider}/{name}")]);
        }
        Command::Enable { provider, name } => {
            let done = client.post(&path(&provider, &name), &json!({ "enabled": true })).await?;
            print(global, &done, |_| vec![format!("enabled {provider}/{name}")]);
        }
        Command::Disable { provider, name } => {
            let done = client.post(&path(&provider, &name), &json!({ "enabled": false })).await?;
            print(global, &done, |_| vec![format!("disabled {provider}/{name}")]);
        }
    }
    Ok(())
}

/// The secret, from a file or from standard input: never from an argument, which others can read.
fn secret(new: &Add) -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::new());
    let read = match &new.secret_file {
        Some(path) => {
            let file = fs::File::open(path)
                .map_err(|error| failed(format!("{}: {error}", path.display())))?;
            file.take(MAX_SECRET + 1).read_to_string(&mut text)
        }
        None => {
            if stdin().is_terminal() {
                eprintln!("paste the secret, then Enter and Ctrl-D");
            }
            stdin().take(MAX_SECRET + 1).read_to_string(&mut text)
        }
    };
    read.map_err(|error| failed(format!("the secret cannot be read: {error}")))?;
    if text.trim().is_empty() {
        return Err(CliError::new(Exit::Usage, "the secret is empty"));
    }
    Ok(text)
}

fn rows(accounts: &[Value]) -> Vec<String> {
    if accounts.is_empty() {
        return vec![
            "no accounts; `tabway account add --provider openai --name main --secret-stdin` adds one"
                .to_owned(),
        ];
    }
    let row = |account: &Value| {
        let state = match (&account["problem"], &account["enabled"]) {
            (Value::String(problem), _) => problem.as_str(),
            (_, Value::Bool(false)) => "disabled",
            _ => "in use",
        };
        let cell = |name: &str| text(account, name);
        let kind = cell("kind");
        vec![cell("provider"), cell("name"), kind, cell("secret"), cell("from"), state.to_owned()]
    };
    let head = ["PROVIDER", "NAME", "KIND", "SECRET", "FROM", "STATE"];
    table(&head, accounts.iter().map(row).collect())
}
