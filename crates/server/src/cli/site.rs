//! `tabway site`: adapters at origins.

use serde_json::{Value, json};

use super::{
    Global,
    client::{Client, step},
    output::{list, print, table, text},
};
use crate::exit::{CliError, Exit};

/// Sites: a kind of page at an address
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Add a site
    Add {
        /// What to call it; its models are served as NAME/MODEL
        name: String,
        /// The kind of page; `tabway adapter list` shows those there are
        #[arg(long, value_name = "ADAPTER")]
        adapter: String,
        /// Scheme, host and port, such as http://127.0.0.1:7860; for pages that one company runs
        /// the adapter knows it
        #[arg(long, value_name = "URL")]
        origin: Option<String>,
    },
    /// List sites
    List,
    /// Change how a site that was added by command is spoken to
    Set {
        /// Its name
        name: String,
        /// conversations, packing, merge_system, reload_idle, tools, pinned.strict, pinned.pick,
        /// pinned.send or alias.NAME, with the value; the usual again without one
        #[arg(required = true, value_name = "SETTING=VALUE")]
        settings: Vec<String>,
    },
    /// Read again what models the open pages offer
    Refresh {
        /// This site alone
        name: Option<String>,
    },
    /// Remove a site that was added by command
    Remove {
        /// Its name
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
        Command::Add { name, adapter, origin } => {
            let body = json!({ "name": name, "adapter": adapter, "origin": origin });
            let added = client.post("/api/sites", &body).await?;
            print(global, &added, |_| {
                vec![
                    format!("added {name}"),
                    "grant its address in the extension's popup, on the open page".to_owned(),
                ]
            });
        }
        Command::List => {
            let sites = client.get("/api/sites").await?;
            print(global, &sites, |sites| rows(list(sites, "sites")));
        }
        Command::Set { name, settings } => {
            let path = format!("/api/sites/{}/settings", step(&name));
            let set = client.post(&path, &patch(&settings)?).await?;
            print(global, &set, |set| vec![format!("{name}: {}", set["settings"])]);
        }
        Command::Refresh { name } => {
            let answer = client.post("/api/models/refresh", &json!({ "site": name })).await?;
            print(global, &answer, |answer| {
                let models = list(answer, "models").iter().filter_map(Value::as_str);
                let mut lines = vec![text(answer, "message")];
                lines.extend(models.map(str::to_owned));
                lines
            });
        }
        Command::Remove { name } => {
            let done = client.delete(&format!("/api/sites/{}", step(&name))).await?;
            print(global, &done, |_| vec![format!("removed {name}")]);
        }
    }
    Ok(())
}

/// `SETTING=VALUE` as a merge patch.
fn patch(settings: &[String]) -> Result<Value, CliError> {
    let mut patch = json!({});
    for setting in settings {
        let wrong = |words: &str| CliError::new(Exit::Usage, format!("`{setting}`: {words}"));
        let (name, value) = setting.split_once('=').ok_or_else(|| wrong("write SETTING=VALUE"))?;
        let value = match value {
            "" => Value::Null,
            "true" | "false" => json!(value == "true"),
            text => json!(text),
        };
        match name.split_once('.') {
            Some(("alias", alias)) => patch["aliases"][alias] = value,
            Some(("pinned", rule)) => patch["pinned"][rule] = value,
            Some(_) => return Err(wrong("there is no such setting")),
            None => patch[name] = value,
        }
    }
    Ok(patch)
}

fn rows(sites: &[Value]) -> Vec<String> {
    if sites.is_empty() {
        return vec!["no site; add one with `tabway site add`".to_owned()];
    }
    let row = |site: &Value| {
        ["name", "adapter", "origin", "from"].into_iter().map(|name| text(site, name)).collect()
    };
    table(&["NAME", "ADAPTER", "ORIGIN", "FROM"], sites.iter().map(row).collect())
}
