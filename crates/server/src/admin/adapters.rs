//! Kinds of page that the gateway knows: those of the program, drafts, and what was published here.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_store::{AdapterRevision, Site as StoredSite};

use super::{error::ApiError, permit::Permit, sites::checked, strict::Strict};
use crate::{
    adapters::{
        self, Known,
        revisions::{self, RevisionError},
    },
    app::App,
    sites,
};

pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Value>, ApiError> {
    let adapters: Vec<Value> = app.adapters.all().values().map(entry).collect();
    let drafts: Vec<Value> = app.store.adapters().drafts().await?.iter().map(revision).collect();
    Ok(Json(json!({ "adapters": adapters, "drafts": drafts })))
}

fn entry(known: &Known) -> Value {
    let Known { adapter, published } = known;
    json!({
        "name": adapter.name,
        "title": adapter.title,
        "revision": adapter.revision,
        "from": if published.is_some() { "database" } else { "built_in" },
        "made_by": published.as_ref().map(|published| &published.made_by),
        "verified": adapter.verified,
        "terms": adapter.terms,
        "official_api": adapter.official_api,
        "models": adapter.offered(),
    })
}

/// A revision without its text.
fn revision(stored: &AdapterRevision) -> Value {
    json!({
        "name": stored.name,
        "revision": stored.revision,
        "state": stored.state,
        "copy_of": stored.copy_of,
        "made_by": stored.made_by,
        "origin": stored.origin,
        "created_ms": stored.created_ms,
    })
}

pub(super) async fn revisions(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let history = app.store.adapters().history(&name).await?;
    let own = adapters::built_in()
        .get(&name)
        .map(|adapter| json!({ "name": name, "revision": adapter.revision, "state": "built_in" }));
    if history.is_empty() && own.is_none() {
        let words = "no such adapter; `tabway adapter list` shows those there are";
        return Err(ApiError::not_found(words));
    }
    let in_force = app.adapters.all().get(&name).map(|known| known.adapter.revision);
    let with_text = |stored: &AdapterRevision| {
        let mut shown = revision(stored);
        shown["text"] = json!(stored.text);
        shown
    };
    let revisions: Vec<Value> = history.iter().map(with_text).chain(own).collect();
    Ok(Json(json!({ "name": name, "in_force": in_force, "revisions": revisions })))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    /// The adapter as TOML.
    text: String,
}

pub(super) async fn draft(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(new): Strict<Draft>,
) -> Result<Json<Value>, ApiError> {
    let stored = revisions::draft(&app, &new.text, revisions::ADMIN, None).await?;
    Ok(Json(revision(&stored)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    /// Which draft; the latest where absent.
    #[serde(default)]
    revision: Option<u32>,
    /// A site to add for it.
    #[serde(default)]
    site: Option<PublishedSite>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishedSite {
    name: String,
    /// Where the page is; where the draft was taught if absent.
    #[serde(default)]
    origin: Option<String>,
}

pub(super) async fn publish(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Strict(asked): Strict<Publish>,
) -> Result<Json<Value>, ApiError> {
    let site = match asked.site {
        Some(site) => {
            let taught = taught_at(&app, &name, asked.revision).await?;
            let origin = site.origin.or(taught).ok_or_else(|| {
                ApiError::invalid("the draft was not taught at a page: say the site's `origin`")
            })?;
            // Before anything is put in force.
            if app.nodes.sites().iter().any(|known| known.name == site.name) {
                return Err(ApiError::conflict(format!("site `{}` exists already", site.name)));
            }
            Some(checked(&app, site.name, name.clone(), Some(&origin))?)
        }
        None => None,
    };
    let published = revisions::publish(&app, &name, asked.revision).await?;
    let mut shown = revision(&published);
    if let Some(site) = site {
        let origin = site.origin.unwrap_or_default();
        let settings = "{}".to_owned();
        let stored = StoredSite { name: site.name, adapter: site.adapter, origin, settings };
        app.store.sites().add(&stored).await?;
        sites::publish(&app).await?;
        shown["site"] = json!({ "name": stored.name, "origin": stored.origin });
    }
    Ok(Json(shown))
}

async fn taught_at(app: &App, name: &str, number: Option<u32>) -> Result<Option<String>, ApiError> {
    let drafts = app.store.adapters().history(name).await?;
    let meant = |one: &AdapterRevision| number.is_none_or(|number| one.revision == number);
    Ok(drafts.into_iter().find(meant).and_then(|draft| draft.origin))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBack {
    /// Which revision's text; the one before the present one where absent.
    #[serde(default)]
    revision: Option<u32>,
}

pub(super) async fn roll_back(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Strict(asked): Strict<RollBack>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(revision(&revisions::roll_back(&app, &name, asked.revision).await?)))
}

impl From<RevisionError> for ApiError {
    fn from(error: RevisionError) -> Self {
        match error {
            RevisionError::Adapter(error) => Self::invalid(error.to_string()),
            RevisionError::Unknown { .. } => Self::not_found(error.to_string()),
            RevisionError::Store(error) => error.into(),
            RevisionError::Sites(error) => error.into(),
        }
    }
}
