//! `tabway status`: the running gateway at a glance.

use serde_json::Value;

use super::{
    Global,
    client::Client,
    output::{list, print, text},
};
use crate::exit::CliError;

/// Asks and prints.
///
/// # Errors
/// When the gateway does not answer.
pub async fn run(global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    let status = client.get("/api/status").await?;
    print(global, &status, |status| lines(&client, status));
    Ok(())
}

fn lines(client: &Client, status: &Value) -> Vec<String> {
    let nodes = &status["nodes"];
    let mut lines = vec![
        format!("Tabway {} at {}: {}", text(status, "version"), client.url, text(status, "status")),
        format!("browsers  {} connected of {}", nodes["connected"], nodes["paired"]),
        format!("sites     {}", status["sites"]),
        format!("models    {}", status["models"]),
    ];
    lines.extend(list(status, "self_tests").iter().map(self_test));
    lines.extend(needs(status));
    lines.extend(extensions(client, status));
    lines
}

/// Extensions of another age than the gateway, a line each.
pub(super) fn extensions(client: &Client, status: &Value) -> Vec<String> {
    let found = list(status, "extensions").iter();
    found
        .map(|one| format!("{}: {}", text(one, "browser"), advice(client, one, "advice")))
        .collect()
}

/// Advice that names the gateway's page, with the whole address.
pub(super) fn advice(client: &Client, found: &Value, name: &str) -> String {
    text(found, name).replace("/extension/", &format!("{}/extension/", client.url))
}

fn self_test(test: &Value) -> String {
    let [site, browser, summary] = ["site", "browser", "summary"].map(|name| text(test, name));
    let verdict = if test["passed"] == true { "passed" } else { "failed" };
    format!("self-test of {site} in {browser} {verdict}: {summary}")
}

/// What needs a human, a line each.
pub(super) fn needs(status: &Value) -> Vec<String> {
    let needs = list(status, "needs_human").iter();
    needs
        .map(|need| {
            let [site, browser, problem, advice] =
                ["site", "browser", "problem", "advice"].map(|name| text(need, name));
            format!("{site} in {browser}: {problem}. {advice}")
        })
        .collect()
}
