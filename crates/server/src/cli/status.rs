//! `tabway status`: the running gateway at a glance.

use serde_json::Value;

use super::{
    Global,
    client::Client,
    output::{list, moment, print, text},
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
    let (nodes, seats) = (&status["nodes"], &status["seats"]);
    let mut lines = vec![
        format!("Tabway {} at {}: {}", text(status, "version"), client.url, text(status, "status")),
        format!(
            "health    {} of 100, {}",
            status["health"]["score"],
            text(&status["health"], "status")
        ),
        format!("browsers  {} connected of {}", nodes["connected"], nodes["paired"]),
        format!(
            "seats     {} ready of {}, {} resting",
            seats["ready"], seats["connected"], seats["resting"]
        ),
        format!("tabs      {} at work of {}", seats["busy_lanes"], seats["lanes"]),
        format!("queue     {} waiting", status["queued"]),
        format!("sites     {}", status["sites"]),
        format!("models    {}", status["models"]),
    ];
    if let Some(error) = status["config_error"].as_str() {
        lines.push(format!(
            "the configuration file is wrong, what was read before is in force: {error}"
        ));
    }
    lines.extend(list(&status["health"], "reasons").iter().map(|reason| {
        let [words, advice] = ["words", "advice"].map(|name| text(reason, name));
        format!("  -{} {words}. {advice}", reason["minus"])
    }));
    lines.extend(list(status, "self_tests").iter().map(self_test));
    lines.extend(list(status, "unwell").iter().flat_map(unwell));
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

/// A seat that does less than well: its score, and a line for each reason.
fn unwell(seat: &Value) -> Vec<String> {
    let [site, browser] = ["site", "browser"].map(|name| text(seat, name));
    let reasons = list(seat, "reasons").iter().map(|reason| {
        let [problem, advice] = ["problem", "advice"].map(|name| text(reason, name));
        format!("  -{} {problem}. {advice}", reason["points"])
    });
    let head = format!("{site} in {browser}: health {} of 100", seat["health"]);
    std::iter::once(head).chain(reasons).collect()
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
            let since = match need["since_ms"].as_i64() {
                Some(_) => format!(" since {} UTC", moment(&need["since_ms"])),
                None => String::new(),
            };
            format!("{site} in {browser}: {problem}{since}. {advice}")
        })
        .collect()
}
