//! `tabway import`: what an older bridge's folder holds is taken over, or it is said why not.

use std::{collections::BTreeMap, path::Path};

use clap::Parser as _;
use http::Method;
use serde_json::json;
use tabway::{
    cli::{Cli, Command, import},
    import::{Outcome, read},
};

use crate::support::Gateway;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("config.jsonc", include_str!("imported/config.jsonc")),
        ("models.json", include_str!("imported/models.json")),
        ("model_endpoint_map.json", include_str!("imported/model_endpoint_map.json")),
        ("available_models.json", "[]"),
    ] {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

/// Runs the command as a shell does.
async fn run(gateway: &Gateway, folder: &Path, more: &[&str]) -> Result<(), String> {
    let data = gateway.folder.path().join("data");
    let words = ["tabway", "--json", "--data-dir", data.to_str().expect("a path"), "import"];
    let words = words.into_iter().chain([folder.to_str().expect("a path")]);
    let cli = Cli::try_parse_from(words.chain(more.iter().copied())).expect("a command");
    let Command::Import(args) = cli.command else { panic!("another command") };
    import::run(args, &cli.global).await.map_err(|error| error.to_string())
}

#[test]
fn every_entry_is_reported_and_no_secret_is_repeated() {
    let folder = folder();
    let plan = read(folder.path()).expect("a plan");
    let outcome: BTreeMap<_, _> = plan
        .report
        .iter()
        .map(|line| (format!("{} {}", line.file, line.entry), (line.outcome, line.words.clone())))
        .collect();
    for (entry, expected, says) in [
        ("config.jsonc tavern_mode_enabled", Outcome::Taken, "merge_system = true"),
        (
            "config.jsonc use_default_ids_if_mapping_not_found",
            Outcome::Taken,
            "pinned.strict = true",
        ),
        ("config.jsonc session_id", Outcome::Taken, "as battle@a"),
        ("config.jsonc message_id", Outcome::NotTaken, "no message is run again"),
        ("config.jsonc bypass_enabled", Outcome::NotTaken, "never evaded"),
        ("config.jsonc stream_response_timeout_seconds", Outcome::ByHand, "360s"),
        ("config.jsonc enable_idle_restart", Outcome::Taken, "reload_idle = 7200s"),
        ("config.jsonc idle_restart_timeout_seconds", Outcome::Taken, "enable_idle_restart"),
        ("config.jsonc auth_cookie", Outcome::NotTaken, "stay in the browser"),
        ("models.json painter-1", Outcome::Taken, "for image"),
        ("models.json broken", Outcome::NotTaken, "not a name with an id"),
        ("model_endpoint_map.json claude-x", Outcome::Taken, "/c/0197f2c1"),
        ("model_endpoint_map.json painter-1[1]", Outcome::Taken, "as battle@b"),
        ("model_endpoint_map.json painter-1[2]", Outcome::NotTaken, "no address can be made"),
        ("available_models.json ", Outcome::NotTaken, "not opened"),
    ] {
        let (found, words) = &outcome[entry];
        assert_eq!(*found, expected, "{entry}: {words}");
        assert!(words.contains(says), "{entry}: {words}");
    }
    let told = serde_json::to_string(&plan.report).expect("JSON");
    assert!(!told.contains("never-to-be-seen") && !told.contains("sk-imported"), "{told}");
    assert!(read(&folder.path().join("none")).is_err());
}

#[tokio::test]
async fn it_is_put_in_force_once_and_a_dry_run_changes_nothing() {
    let gateway = Gateway::start().await;
    let folder = folder();
    run(&gateway, folder.path(), &["--dry-run"]).await.expect("said");
    let (_, sites) = gateway.api(Method::GET, "/api/sites", "").await;
    assert_eq!(sites["sites"], json!([]));

    for _ in 0..2 {
        run(&gateway, folder.path(), &[]).await.expect("taken, and found there again");
    }
    let (_, sites) = gateway.api(Method::GET, "/api/sites", "").await;
    assert_eq!(sites["sites"][0]["name"], "lmarena");
    let settings = &sites["sites"][0]["settings"];
    assert_eq!(settings["merge_system"], true);
    assert_eq!(settings["reload_idle"], "7200s");
    assert_eq!(settings["pinned"], json!({ "strict": true }));
    assert_eq!(settings["aliases"]["painter-1"], "painter-1");
    let (_, pins) = gateway.api(Method::GET, "/api/conversations", "").await;
    let pins = pins["conversations"].as_array().expect("a list").clone();
    let seen = pins.iter().map(|pin| (pin["model"].clone(), pin["as"].clone()));
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [
            (json!("default"), json!("battle@a")),
            (json!("claude-x"), json!(null)),
            (json!("painter-1"), json!(null)),
            (json!("painter-1"), json!("battle@b")),
        ]
    );
    assert!(pins.iter().all(|pin| pin["source"] == "import"));
    let (_, models) =
        gateway.http(Method::GET, "/v1/models", Some("sk-imported-0123456789"), "").await;
    let models: serde_json::Value = serde_json::from_slice(&models).expect("JSON");
    let has =
        |id: &str| models["data"].as_array().is_some_and(|all| all.iter().any(|m| m["id"] == id));
    assert!(has("dreamer") && has("lmarena/claude-x"), "{models}");
}

#[tokio::test]
async fn settings_of_a_site_change_one_by_one() {
    let gateway = Gateway::start().await;
    let new = json!({ "name": "own", "adapter": "demo", "origin": "http://127.0.0.1:2" });
    gateway.api(Method::POST, "/api/sites", &new.to_string()).await;
    let set = async |patch: serde_json::Value| {
        gateway.api(Method::POST, "/api/sites/own/settings", &patch.to_string()).await
    };
    let (status, body) = set(json!({ "packing": "tags", "aliases": { "fast": "default" } })).await;
    assert_eq!((status.as_u16(), &body["settings"]["packing"]), (200, &json!("tags")));
    let (_, body) = set(json!({ "packing": null, "pinned": { "pick": "least_busy" } })).await;
    assert_eq!(
        body["settings"],
        json!({
            "aliases": { "fast": "default" }, "pinned": { "pick": "least_busy" },
        })
    );
    for wrong in [
        json!({ "packing": "xml" }),
        json!({ "packign": "tags" }),
        json!({ "pinned": { "pick": "best" } }),
    ] {
        assert_eq!(set(wrong).await.0.as_u16(), 400);
    }
    let (status, _) = gateway.http(Method::GET, "/v1/models/fast", None, "").await;
    assert_eq!(status.as_u16(), 200, "a name of its own");
    let gateway = gateway.restart().await;
    let (status, _) = gateway.http(Method::GET, "/v1/models/own%2Fdefault", None, "").await;
    // The test's gateway has sites of its own; what was kept is read again with them.
    assert_eq!(status.as_u16(), 404);
    let (_, sites) = gateway.api(Method::GET, "/api/sites", "").await;
    assert_eq!(sites["sites"][0]["settings"]["aliases"]["fast"], "default");
}
