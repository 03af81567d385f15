//! What the pages of a site show: asked now, or kept from turns that failed.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_dialects::ids::NodeId;
use tabway_protocol::{
    adapter::Role,
    message::{Diagnosis, Site, missing_roles},
};

use super::{error::ApiError, permit::Permit, strict::Strict};
use crate::{
    app::App,
    nodes::{Seen, mend},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// The browser to ask; the one that serves the site best where absent.
    #[schemars(with = "Option<String>")]
    node: Option<NodeId>,
}

/// Asks a browser to look.
pub(super) async fn ask(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Strict(question): Strict<Question>,
) -> Result<Json<Value>, ApiError> {
    let site = known(&app, &name)?;
    let seen = app.nodes.diagnose(&name, question.node, None).await?;
    Ok(Json(entry(&site, &seen)))
}

/// The last looks, the newest first.
pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let site = known(&app, &name)?;
    let seen: Vec<Value> =
        app.nodes.diagnoses(&name).iter().map(|seen| entry(&site, seen)).collect();
    Ok(Json(json!({ "site": name, "diagnoses": seen })))
}

pub(super) fn known(app: &App, name: &str) -> Result<Arc<Site>, ApiError> {
    let site = app.nodes.sites().into_iter().find(|site| site.name == name);
    site.ok_or_else(|| {
        ApiError::not_found("no such site; `tabway site list` shows those there are")
    })
}

fn entry(site: &Site, seen: &Seen) -> Value {
    let Diagnosis { about, path, state, detail, locators, signals, sketch, .. } = &seen.diagnosis;
    json!({
        "site": site.name,
        "origin": site.origin,
        "adapter": { "name": site.adapter.name, "revision": site.adapter.revision },
        "node": seen.node,
        "browser": seen.label,
        "at_ms": seen.at_ms,
        "about": about,
        "path": path,
        "state": state,
        "detail": detail,
        "summary": seen.summary,
        "advice": advice(site, &seen.diagnosis),
        "locators": locators,
        "signals": signals,
        "sketch": sketch,
    })
}

/// What to do about what the page shows, a line each.
fn advice(site: &Site, diagnosis: &Diagnosis) -> Vec<String> {
    let adapter = &site.adapter;
    let mut advice: Vec<String> =
        mend(diagnosis.state).map(|(_, advice)| advice.to_owned()).into_iter().collect();
    advice.extend(moved(site));
    if diagnosis.locators.is_empty() {
        return advice;
    }
    let mut wanted = adapter.self_test.found.clone();
    if !wanted.contains(&Role::Composer) {
        wanted.push(Role::Composer);
    }
    let missing = missing_roles(diagnosis, &wanted);
    if !missing.is_empty() {
        let missing: Vec<_> = missing.into_iter().map(Role::word).collect();
        advice.push(format!(
            "Nothing was found for {}: teach this page in the extension's popup, or mend the \
             adapter's locators.",
            missing.join(", ")
        ));
    }
    advice
}

/// That the public page has a newer address than the site's.
fn moved(site: &Site) -> Option<String> {
    let known = &site.adapter.page.origins;
    let newest = known.first().filter(|newest| **newest != site.origin)?;
    known.contains(&site.origin).then(|| {
        format!("The page has moved from {} to {newest}: make that the site's origin.", site.origin)
    })
}
