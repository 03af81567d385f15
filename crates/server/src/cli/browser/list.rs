//! `tabway browser list` and `profiles`.

use serde_json::{Value, json};

use super::super::{
    Global,
    output::{failed, list, print, table, text},
};
use crate::{
    exit::CliError,
    fleet::{Profiles, used_bytes},
};

const MEGABYTE: u64 = 1_000_000;

/// The browsers that run.
pub(super) fn running(global: &Global, profiles: &Profiles) -> Result<(), CliError> {
    let mut rows = Vec::new();
    for profile in profiles.all().map_err(failed)? {
        let Some(status) = profile.status().map_err(failed)? else { continue };
        let settings = profile.settings().map_err(failed)?;
        rows.push(json!({
            "profile": profile.name(),
            "state": status.state,
            "detail": status.detail,
            "mode": status.mode,
            "why": status.why,
            "node": settings.node,
            "lanes": settings.lanes,
            "browser_pid": status.browser,
            "supervisor_pid": status.supervisor,
            "restarts": status.restarts,
            "memory_mb": status.browser.and_then(used_bytes).map(|bytes| bytes / MEGABYTE),
        }));
    }
    print(global, &json!({ "browsers": rows }), |told| {
        let told = list(told, "browsers");
        if told.is_empty() {
            return vec!["no browser runs; start some with `tabway browser start`".to_owned()];
        }
        let names = ["profile", "state", "mode", "restarts", "memory_mb", "node", "detail"];
        let cells = |row: &Value| names.iter().map(|name| text(row, name)).collect();
        let head = ["PROFILE", "STATE", "MODE", "RESTARTS", "MB", "NODE", "DETAIL"];
        table(&head, told.iter().map(cells).collect())
    });
    Ok(())
}

/// The profiles that are kept, whether they run or not.
pub(super) fn profiles(global: &Global, profiles: &Profiles) -> Result<(), CliError> {
    let mut rows = Vec::new();
    for profile in profiles.all().map_err(failed)? {
        let running = profile.is_supervised().map_err(failed)?;
        let mut row = serde_json::to_value(profile.settings().map_err(failed)?).map_err(failed)?;
        row["profile"] = profile.name().into();
        row["running"] = running.into();
        rows.push(row);
    }
    print(global, &json!({ "profiles": rows }), |told| {
        let told = list(told, "profiles");
        if told.is_empty() {
            return vec![
                "no profile yet; `tabway browser start --profile NAME` makes one".to_owned(),
            ];
        }
        let cells = |row: &Value| {
            let sites: Vec<&str> = list(row, "sites").iter().filter_map(Value::as_str).collect();
            let sites = if sites.is_empty() { "all".to_owned() } else { sites.join(", ") };
            let running = if row["running"] == true { "yes" } else { "no" };
            let [mode, proxy, node] = ["mode", "proxy", "node"].map(|name| text(row, name));
            vec![
                text(row, "profile"),
                running.to_owned(),
                sites,
                text(row, "lanes"),
                mode,
                proxy,
                node,
            ]
        };
        let head = ["PROFILE", "RUNS", "SITES", "TABS", "MODE", "PROXY", "NODE"];
        table(&head, told.iter().map(cells).collect())
    });
    Ok(())
}
