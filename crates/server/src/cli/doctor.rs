//! `tabway doctor`: looks at what commonly goes wrong, and says what to do.

use serde_json::{Value, json};

use super::{
    Global,
    client::{self, Client},
    output::{failed, list, print, text},
    status,
};
use crate::{
    browser,
    config::{self, Environment},
    exit::CliError,
};

/// One finding.
struct Finding {
    what: &'static str,
    good: bool,
    words: String,
}

impl Finding {
    fn good(what: &'static str, words: impl Into<String>) -> Self {
        Self { what, good: true, words: words.into() }
    }

    fn bad(what: &'static str, words: impl Into<String>) -> Self {
        Self { what, good: false, words: words.into() }
    }
}

/// Looks, prints, and fails where something is wrong.
///
/// # Errors
/// When something is wrong.
pub async fn run(global: &Global) -> Result<(), CliError> {
    let mut findings = vec![configuration(global)];
    // Not wrong: said to who wonders why a client gets the proxy's answer.
    let notice = config::swallows_loopback(&Environment::of_process());
    findings.extend(notice.map(|words| Finding::good("proxy", words)));
    findings.push(match browser::find(None).await {
        Ok(found) => Finding::good("chromium", found.version),
        // Only the demo and managed browsers need one of this machine.
        Err(error) => Finding::good("chromium", format!("none for `tabway demo`: {error}")),
    });
    findings.extend(gateway(global).await);
    let told: Vec<Value> = findings
        .iter()
        .map(|finding| json!({ "check": finding.what, "ok": finding.good, "words": finding.words }))
        .collect();
    print(global, &json!({ "findings": told }), |_| {
        let line = |finding: &Finding| {
            let mark = if finding.good { "ok  " } else { "BAD " };
            format!("{mark} {:<14} {}", finding.what, finding.words)
        };
        findings.iter().map(line).collect()
    });
    match findings.iter().filter(|finding| !finding.good).count() {
        0 => Ok(()),
        1 => Err(failed("one thing is wrong")),
        bad => Err(failed(format!("{bad} things are wrong"))),
    }
}

fn configuration(global: &Global) -> Finding {
    match client::config(global) {
        Ok(config) => {
            Finding::good("configuration", format!("data in {}", config.data_dir.display()))
        }
        Err(error) => Finding::bad("configuration", error.message),
    }
}

async fn gateway(global: &Global) -> Vec<Finding> {
    let client = match Client::find(global) {
        Ok(client) => client,
        Err(error) => return vec![Finding::bad("gateway", error.message)],
    };
    let answer = match client.get("/api/status").await {
        Ok(answer) => answer,
        Err(error) => return vec![Finding::bad("gateway", error.message)],
    };
    let mut findings = vec![Finding::good("gateway", format!("answers at {}", client.url))];
    if answer["models"] == 0 {
        let words = "none; pair a browser, add a site, or set a provider's key";
        findings.push(Finding::bad("models", words));
    } else {
        findings.push(Finding::good("models", text(&answer, "models")));
    }
    if list(&answer, "needs_human").is_empty() {
        let nodes = &answer["nodes"];
        let words = format!("{} connected of {}", nodes["connected"], nodes["paired"]);
        findings.push(Finding::good("browsers", words));
    }
    findings
        .extend(status::needs(&answer).into_iter().map(|words| Finding::bad("browsers", words)));
    let extensions = status::extensions(&client, &answer);
    findings.extend(extensions.into_iter().map(|words| Finding::bad("extension", words)));
    findings
}
