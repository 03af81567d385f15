//! Sites: those of the file are only shown, those of the database come and go by command.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_store::Site as StoredSite;

use super::{error::ApiError, nodes, permit::Permit, status::self_tests, strict::Strict};
use crate::{app::App, config::SiteConfig, sites};

pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Value>, ApiError> {
    let config = app.config_snapshot();
    let in_force = app.nodes.sites();
    let origin_of = |site: &SiteConfig| {
        let own = in_force.iter().find(|known| known.name == site.name);
        own.map(|known| known.origin.clone()).unwrap_or_default()
    };
    let of_file =
        config.sites.iter().map(|site| entry(&site.name, &site.adapter, &origin_of(site), "file"));
    let added = app.store.sites().list().await?;
    let added = added.iter().map(|site| {
        let mut shown = entry(&site.name, &site.adapter, &site.origin, "command");
        shown["settings"] = serde_json::from_str(&site.settings).unwrap_or_default();
        shown
    });
    let mut all: Vec<Value> = of_file.chain(added).collect();
    let nodes = nodes::all(&app).await?;
    for site in &mut all {
        site["self_tests"] = self_tests(&nodes, site["name"].as_str()).into();
    }
    Ok(Json(json!({ "sites": all })))
}

fn entry(name: &str, adapter: &str, origin: &str, owner: &str) -> Value {
    json!({ "name": name, "adapter": adapter, "origin": origin, "from": owner })
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSite {
    name: String,
    adapter: String,
    /// The adapter's first where absent.
    origin: Option<String>,
}

pub(super) async fn add(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(new): Strict<NewSite>,
) -> Result<Json<Value>, ApiError> {
    let site = checked(&app, new.name, new.adapter, new.origin.as_deref())?;
    let found = app
        .adapters
        .site(&site.name, &site.adapter, site.origin.as_deref())
        .map_err(|error| ApiError::invalid(error.to_string()))?;
    let settings = "{}".to_owned();
    let stored =
        StoredSite { name: site.name, adapter: site.adapter, origin: found.origin, settings };
    app.store.sites().add(&stored).await?;
    sites::publish(&app).await?;
    Ok(Json(entry(&stored.name, &stored.adapter, &stored.origin, "command")))
}

/// A site whose name and origin are well formed and not taken by the file.
pub(super) fn checked(
    app: &App,
    name: String,
    adapter: String,
    origin: Option<&str>,
) -> Result<SiteConfig, ApiError> {
    let site = SiteConfig::checked(name, adapter, origin)
        .map_err(|error| ApiError::invalid(error.to_string()))?;
    taken_by_file(app, &site.name)?;
    Ok(site)
}

pub(super) async fn remove(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    if !app.store.sites().remove(&name).await? {
        taken_by_file(&app, &name)?;
        let words = "no such site; `tabway site list` shows those there are";
        return Err(ApiError::not_found(words));
    }
    sites::publish(&app).await?;
    Ok(Json(json!({ "removed": name })))
}

/// Changes how a site is spoken to: a merge patch (RFC 7396) of its settings.
pub(super) async fn set(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Strict(patch): Strict<Value>,
) -> Result<Json<Value>, ApiError> {
    let known = app.store.sites().list().await?;
    let Some(site) = known.into_iter().find(|site| site.name == name) else {
        taken_by_file(&app, &name)?;
        let words = "no such site; `tabway site list` shows those there are";
        return Err(ApiError::not_found(words));
    };
    let mut settings: Value = serde_json::from_str(&site.settings).unwrap_or_else(|_| json!({}));
    merge(&mut settings, patch);
    let (written, manners) = sites::read_settings(&settings.to_string())
        .map_err(|error| ApiError::invalid(error.to_string()))?;
    if let Some(alias) = manners.aliases.keys().find(|alias| app.config().model(alias).is_some()) {
        return Err(ApiError::conflict(format!("model `{alias}` is from the file")));
    }
    let settings = json!(written);
    app.store.sites().set(&name, &settings.to_string()).await?;
    sites::take_manners(&app).await?;
    Ok(Json(json!({ "name": name, "settings": settings })))
}

fn merge(into: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *into = patch;
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    let Some(fields) = into.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// What the file declares is changed in the file. A provider's name would make `name/model` mean
/// two things.
fn taken_by_file(app: &App, name: &str) -> Result<(), ApiError> {
    let config = app.config();
    if config.sites.iter().any(|site| site.name == name) {
        return Err(ApiError::conflict(format!("site `{name}` is from the file; change it there")));
    }
    if config.provider(name).is_some() {
        return Err(ApiError::conflict(format!("a provider is named `{name}`")));
    }
    Ok(())
}
