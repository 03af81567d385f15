//! `/metrics`: what is told, that it is well formed, and that nobody can make it grow.

use std::collections::BTreeMap;

use http::Method;
use serde_json::json;

use crate::{
    support::{
        Gateway,
        exposition::{self, Family},
    },
    v1::chat::{CANARY, ask, ask_stream, before, mock},
};

/// Every family with its type and its labels. Dashboards and alert rules name them: one that goes
/// or changes its meaning breaks those of others.
const FAMILIES: &str = "\
tabway_accounts gauge provider,state
tabway_alerts_active gauge rule
tabway_attempts counter outcome,target
tabway_budget_used_ratio_max gauge
tabway_budgets gauge state
tabway_build_info gauge version
tabway_connections gauge
tabway_errors counter class,model
tabway_health_score gauge
tabway_lanes gauge
tabway_ledger_open_requests gauge
tabway_ledger_state gauge state
tabway_ledger_unread_bytes gauge
tabway_models gauge
tabway_nodes gauge
tabway_queue_length gauge
tabway_queue_longest_wait_seconds gauge
tabway_queue_wait_seconds histogram for
tabway_request_duration_seconds histogram model
tabway_requests counter kind,model,outcome
tabway_requests_in_flight gauge
tabway_retries counter
tabway_retries_refused counter
tabway_scheduling_seconds histogram
tabway_seats gauge
tabway_start_time_seconds gauge
tabway_time_to_first_token_seconds histogram model
tabway_tokens counter direction,model
";

async fn figures(gateway: &Gateway) -> BTreeMap<String, Family> {
    let reply = gateway.get("/metrics").await;
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    assert!(!reply.text().contains(CANARY));
    exposition::read(&reply.text())
}

/// The sum of a family's samples that have these labels.
fn sum(figures: &BTreeMap<String, Family>, name: &str, labels: &[(&str, &str)]) -> f64 {
    let samples = figures.get(name).unwrap_or_else(|| panic!("no {name}")).samples.iter();
    let fits = samples.filter(|one| labels.iter().all(|(name, value)| one.label(name) == *value));
    fits.filter(|one| !one.name.ends_with("_bucket") && !one.name.ends_with("_sum"))
        .map(|one| one.value)
        .sum()
}

#[tokio::test]
async fn every_family_is_told_and_well_formed() {
    let mock = mock().await;
    let gateway = before(&[&mock], "").await;
    let key = "[[keys]]\nname = \"k\"\nsecret = \"sk-a-key-of-16-chars\"\nbudget_usd = 1.0\n";
    let file = gateway.folder.path().join("tabway.toml");
    let config = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, format!("{config}{key}")).expect("written");
    gateway.running.reload().expect("a good file");
    let headers = [("authorization", "Bearer sk-a-key-of-16-chars")];
    for body in [ask("hello"), ask_stream("hello"), json!({"model": "nothing", "messages": []})] {
        let path = "/v1/chat/completions";
        gateway.send(Method::POST, path, &headers, &body.to_string()).await;
    }
    let figures = figures(&gateway).await;
    let told: String = figures
        .iter()
        .map(|(name, family)| {
            let mut labels: Vec<&str> = family
                .samples
                .iter()
                .flat_map(|one| one.labels.keys().map(String::as_str))
                .filter(|label| *label != "le")
                .collect();
            labels.sort_unstable();
            labels.dedup();
            format!("{} {} {}", name, family.kind, labels.join(",")).trim_end().to_owned() + "\n"
        })
        .collect();
    assert_eq!(told, FAMILIES);
    let of_model = |kind| [("model", "mock-model"), ("kind", kind), ("outcome", "ok")];
    assert_eq!(sum(&figures, "tabway_requests", &of_model("whole")), 1.0);
    assert_eq!(sum(&figures, "tabway_requests", &of_model("stream")), 1.0);
    let refused = [("model", "other"), ("class", "model_not_found")];
    assert_eq!(sum(&figures, "tabway_errors", &refused), 1.0);
    let of_model = [("model", "mock-model")];
    assert_eq!(sum(&figures, "tabway_request_duration_seconds", &of_model), 2.0);
    assert_eq!(sum(&figures, "tabway_time_to_first_token_seconds", &of_model), 2.0);
    assert!(sum(&figures, "tabway_tokens", &[("direction", "output")]) > 0.0);
    let target = [("target", "mock0/mock-model"), ("outcome", "ok")];
    assert_eq!(sum(&figures, "tabway_attempts", &target), 2.0);
    assert_eq!(sum(&figures, "tabway_accounts", &[("provider", "mock0"), ("state", "well")]), 1.0);
    assert_eq!(sum(&figures, "tabway_budgets", &[("state", "well")]), 1.0);
}

#[tokio::test]
async fn words_of_clients_make_no_series_and_names_are_escaped() {
    let odd = "a\\\"model\\\"of\\\\ours";
    let mock = mock().await;
    let config = format!(
        "[[providers]]\nname = \"mock\"\nbase_url = \"{}\"\n[[providers.accounts]]\n\
         name = \"main\"\nsecret = \"{CANARY}\"\n[[models]]\nname = \"{odd}\"\n\
         targets = [{{ provider = \"mock\", model = \"mock-model\" }}]\n",
        mock.base_url()
    );
    let gateway = Gateway::start(&config).await;
    let mut body = ask("hello");
    body["model"] = json!("a\"model\"of\\ours");
    assert_eq!(gateway.chat(&body).await.status, 200);
    let before: usize = figures(&gateway).await.values().map(|family| family.samples.len()).sum();
    for number in 0..50 {
        body["model"] = json!(format!("made-up-{number}"));
        assert_eq!(gateway.chat(&body).await.status, 404);
    }
    let figures = figures(&gateway).await;
    let after: usize = figures.values().map(|family| family.samples.len()).sum();
    let odd = [("model", "a\"model\"of\\ours"), ("outcome", "ok")];
    assert_eq!(sum(&figures, "tabway_requests", &odd), 1.0);
    let refused = [("model", "other"), ("outcome", "refused")];
    assert_eq!(sum(&figures, "tabway_requests", &refused), 50.0);
    // "other" itself: its requests, its error, its tokens and its two histograms.
    assert_eq!(after - before, 1 + 1 + 2 + 2 * 16);
}

/// Names of families in a text, with the labels that are asked of each; `_bucket` and the like are
/// samples of one.
fn named(text: &str) -> Vec<(String, Vec<String>)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in text.match_indices("tabway_") {
        let rest = &text[at..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let samples = ["_total", "_bucket", "_sum", "_count"];
        let name = &rest[..end];
        let name = samples.iter().find_map(|one| name.strip_suffix(one)).unwrap_or(name);
        let within = rest[end..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = within.map_or("", |(labels, _)| labels).split(',');
        let labels = labels.filter_map(|one| one.split_once('=')).map(|(label, _)| label);
        let labels = labels.map(|one| one.trim_end_matches('!').to_owned()).collect();
        found.push((name.to_owned(), labels));
    }
    found
}

#[test]
fn what_dashboards_rules_and_docs_name_is_told() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let known: BTreeMap<&str, Vec<&str>> = FAMILIES
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let name = words.next().expect("a name");
            (name, words.nth(1).map_or_else(Vec::new, |labels| labels.split(',').collect()))
        })
        .collect();
    // What Prometheus adds, and the states of browsers and pages, of which this gateway has none.
    let always = ["job", "instance", "le", "state"];
    let read = |file: &str| std::fs::read_to_string(root.join(file)).expect(file);
    let dashboard = read("deploy/grafana-dashboard.json").replace("\\\"", "\"");
    serde_json::from_str::<serde_json::Value>(&read("deploy/grafana-dashboard.json"))
        .expect("JSON");
    for text in [&dashboard, &read("deploy/prometheus/alerts.yml")] {
        let named = named(text);
        assert!(named.len() > 10);
        for (name, labels) in named {
            let of_it = known.get(name.as_str()).unwrap_or_else(|| panic!("no family {name}"));
            for label in labels {
                let is_known = of_it.contains(&&*label) || always.contains(&&*label);
                assert!(is_known, "{name} has no label {label}");
            }
        }
    }
    let docs = read("docs/MONITORING.md");
    let documented: Vec<String> = named(&docs).into_iter().map(|(name, _)| name).collect();
    for name in known.keys() {
        assert!(documented.iter().any(|one| one == name), "docs/MONITORING.md lacks {name}");
    }
}
