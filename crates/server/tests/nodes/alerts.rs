//! Alerts about browsers: one that is gone, and a page that is not what its adapter knows.

use http::Method;
use serde_json::{Value, json};
use tabway_protocol::message::SeatState;
use tokio::time::timeout;

use crate::support::{Gateway, PATIENCE, site};

/// Waits until the newest message is this one.
async fn told(gateway: &Gateway, event: &str, rule: &str) -> Value {
    let found = async {
        loop {
            let (_, alerts) = gateway.api(Method::GET, "/api/alerts", "").await;
            let newest = &alerts["last"][0];
            if newest["event"] == event && newest["rule"] == rule {
                return alerts;
            }
        }
    };
    timeout(PATIENCE, found).await.expect(rule)
}

const FILE: &str =
    "[alerts]\nafter = \"20ms\"\nevery = \"20ms\"\n[alerts.rules]\nnode_gone = \"20ms\"";

#[tokio::test]
async fn a_browser_that_is_gone_is_told_and_the_last_one_is_critical() {
    let gateway = Gateway::start().await;
    gateway.reload_with(FILE).expect("a good file");
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    let first = gateway.browser(1).await;
    let second = gateway.browser(1).await;
    drop(first);
    let alerts = told(&gateway, "alert.raised", "node_gone").await;
    assert_eq!(alerts["active"][0]["severity"], "warning", "another one is here");
    drop(second);
    let worse = async {
        loop {
            let (_, alerts) = gateway.api(Method::GET, "/api/alerts", "").await;
            let active = alerts["active"].as_array().expect("a list");
            if active.len() == 2 && active.iter().all(|one| one["severity"] == "critical") {
                return;
            }
        }
    };
    timeout(PATIENCE, worse).await.expect("nobody is left, and sites are configured");
}

#[tokio::test]
async fn a_page_that_its_adapter_does_not_know_is_told_and_its_mending_too() {
    let gateway = Gateway::start().await;
    gateway.reload_with(FILE).expect("a good file");
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    let mut node = gateway.browser(1).await;
    node.seats(SeatState::PageChanged, 1, false).await;
    let alerts = told(&gateway, "alert.raised", "adapter_broken").await;
    let text = alerts["active"][0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("tabway adapter doctor"), "{text}");
    let (_, health) = gateway.api(Method::GET, "/api/health", "").await;
    let whats: Vec<&Value> =
        health["reasons"].as_array().expect("a list").iter().map(|one| &one["what"]).collect();
    assert!(whats.contains(&&json!("adapter_broken")), "{health}");
    node.seats(SeatState::Ready, 1, false).await;
    let alerts = told(&gateway, "alert.cleared", "adapter_broken").await;
    assert_eq!(alerts["active"], json!([]));
}
