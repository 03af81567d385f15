//! `tabway import`: takes over what an older bridge's folder holds, and says what not and why.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    Global,
    client::{Client, step},
    output::{list, print, table, text},
};
use crate::{
    exit::{CliError, Exit},
    import::{self, Plan},
};

/// The adapter of the pages that such a folder is about.
const ADAPTER: &str = "lmarena";

/// What `tabway import` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The folder that holds config.jsonc, models.json or model_endpoint_map.json
    folder: PathBuf,
    /// The site that it is for: the one that uses the adapter `lmarena` unless said
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Only say what would be taken
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(args: Args, global: &Global) -> Result<(), CliError> {
    let plan = import::read(&args.folder).map_err(|words| CliError::new(Exit::Failure, words))?;
    let done = if args.dry_run { json!({}) } else { apply(&plan, args.site, global).await? };
    let answer = json!({
        "dry_run": args.dry_run, "report": plan.report, "site": done["site"],
        "failed": list(&done, "failed"),
    });
    print(global, &answer, lines);
    match list(&answer, "failed").is_empty() {
        true => Ok(()),
        false => Err(CliError::new(Exit::Failure, "not all of it could be put in force")),
    }
}

/// Puts the plan in force, one call a thing: what fails is said, the rest stands.
async fn apply(plan: &Plan, site: Option<String>, global: &Global) -> Result<Value, CliError> {
    let client = Client::find(global)?;
    let site = target(&client, site).await?;
    let mut calls = Vec::new();
    if !plan.settings.is_empty() {
        let path = format!("/api/sites/{}/settings", step(&site));
        calls.push(("settings of the site".to_owned(), path, json!(plan.settings)));
    }
    if let Some(key) = &plan.key {
        let key = json!({ "name": "imported", "value": key });
        calls.push(("api_key".to_owned(), "/api/keys".to_owned(), key));
    }
    for pin in &plan.pins {
        let mut body = json!(pin);
        body["site"] = json!(site);
        body["imported"] = json!(true);
        let what = format!("conversation {} of `{}`", pin.address, pin.model);
        calls.push((what, "/api/conversations".to_owned(), body));
    }
    let mut failed = Vec::new();
    for (what, path, body) in calls {
        if let Err(error) = client.post(&path, &body).await {
            // A second import finds what the first one took.
            if error.to_string().contains("exists already") {
                continue;
            }
            if error.exit == Exit::Unreachable {
                return Err(error);
            }
            failed.push(json!({ "what": what, "why": error.to_string() }));
        }
    }
    Ok(json!({ "site": site, "failed": failed }))
}

/// The site that it is for; added where there is none of its kind.
async fn target(client: &Client, asked: Option<String>) -> Result<String, CliError> {
    let sites = client.get("/api/sites").await?;
    let named = |name: &str| list(&sites, "sites").iter().any(|site| site["name"] == name);
    if let Some(name) = asked {
        return match named(&name) {
            true => Ok(name),
            false => Err(CliError::new(Exit::Failure, format!("no site is named `{name}`"))),
        };
    }
    let fits = |site: &&Value| site["adapter"] == ADAPTER;
    let mut known = list(&sites, "sites").iter().filter(fits);
    match (known.next(), known.next()) {
        (Some(site), None) => Ok(text(site, "name")),
        (Some(_), Some(_)) => {
            let words = format!("several sites use the adapter `{ADAPTER}`: say which with --site");
            Err(CliError::new(Exit::Usage, words))
        }
        (None, _) => {
            let new = json!({ "name": ADAPTER, "adapter": ADAPTER });
            client.post("/api/sites", &new).await?;
            Ok(ADAPTER.to_owned())
        }
    }
}

fn lines(answer: &Value) -> Vec<String> {
    let row = |line: &Value| {
        let outcome = text(line, "outcome").replace('_', " ");
        vec![text(line, "file"), text(line, "entry"), outcome, text(line, "words")]
    };
    let head = ["FILE", "ENTRY", "OUTCOME", "WHAT IT BECAME, OR WHY NOT"];
    let mut lines = table(&head, list(answer, "report").iter().map(row).collect());
    let failed = list(answer, "failed").iter();
    lines.extend(failed.map(|one| format!("failed: {}: {}", text(one, "what"), text(one, "why"))));
    lines.push(match answer["dry_run"].as_bool() {
        Some(true) => "nothing was changed".to_owned(),
        _ => format!("put in force for the site `{}`", text(answer, "site")),
    });
    lines
}
