//! `tabway adapter doctor`: what the adapter of a site finds on its live page.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::{
    super::{
        Global,
        client::{Client, step},
        output::{failed, list, print, table, text},
    },
    report,
};
use crate::exit::{CliError, Exit};

/// What [`row`] says.
pub(super) const HEAD: [&str; 6] = ["ROLE", "LOCATOR", "FOUND", "VISIBLE", "ENABLED", "ELEMENT"];

/// Arguments of `tabway adapter doctor`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The site
    site: String,
    /// Write it with the sketch of the page as one file, to attach to a report (.html or .svg)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Asks and prints.
///
/// # Errors
/// When no browser can look, and when the page cannot be used as it is.
pub(super) async fn run(args: &Args, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    let path = format!("/api/sites/{}/diagnose", step(&args.site));
    let seen = client.post(&path, &json!({})).await?;
    if let Some(file) = &args.out {
        let whole = match file.extension().and_then(|end| end.to_str()) {
            Some("svg") => text(&seen, "sketch"),
            _ => report::html(&seen),
        };
        fs::write(file, whole).map_err(|error| failed(format!("{}: {error}", file.display())))?;
    }
    print(global, &seen, lines);
    match text(&seen, "state").as_str() {
        "ready" | "loading" => Ok(()),
        state => {
            let words =
                format!("the page of {} cannot be used: {}", args.site, state.replace('_', " "));
            Err(CliError::new(Exit::Failure, words))
        }
    }
}

fn lines(seen: &Value) -> Vec<String> {
    let adapter = &seen["adapter"];
    let mut lines = vec![
        format!("{} at {}{}", text(seen, "site"), text(seen, "origin"), text(seen, "path")),
        format!("browser  {}", text(seen, "browser")),
        format!("adapter  {} revision {}", text(adapter, "name"), adapter["revision"]),
        format!("state    {} {}", text(seen, "state").replace('_', " "), text(seen, "detail"))
            .trim_end()
            .to_owned(),
    ];
    let locators = list(seen, "locators");
    if !locators.is_empty() {
        lines.push(String::new());
        let rows = locators.iter().map(row).collect();
        lines.extend(table(&HEAD, rows));
    }
    let signals = list(seen, "signals").iter();
    lines.extend(signals.map(|found| {
        let (signal, words) = (text(found, "signal"), text(found, "words"));
        format!("signal {signal}, probe {}: {words}", number(&found["probe"]))
            .trim_end_matches([':', ' '])
            .to_owned()
    }));
    lines.extend(
        list(seen, "advice").iter().filter_map(Value::as_str).map(|words| format!("-> {words}")),
    );
    lines
}

/// A role's line.
pub(super) fn row(found: &Value) -> Vec<String> {
    let there = found["count"].as_u64().unwrap_or_default() > 0;
    let yes = |name: &str| match (there, found[name].as_bool()) {
        (false, _) => "-",
        (true, Some(true)) => "yes",
        _ => "no",
    };
    vec![
        text(found, "role"),
        if there { number(&found["locator"]) } else { "-".to_owned() },
        text(found, "count"),
        yes("visible").to_owned(),
        yes("enabled").to_owned(),
        text(found, "element"),
    ]
}

/// A place in a list as people count.
fn number(at: &Value) -> String {
    at.as_u64().map_or_else(|| "-".to_owned(), |at| (at + 1).to_string())
}
