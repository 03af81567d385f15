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
