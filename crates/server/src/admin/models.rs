//! Models that can be asked for now.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tabway_dialects::chat::{Failure, FailureClass};
use tabway_protocol::adapter::Capability;

use super::{error::ApiError, permit::Permit, strict::Strict};
use crate::{app::App, call::catalogue, nodes::Reread};

/// Models that can be asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Models {
    models: Vec<Model>,
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
struct Model {
    name: String,
    /// The place of its first target, or `tabway` for a configured name.
    owner: String,
    /// Whether tools and answers of a given form are emulated.
    emulated: bool,
    r#type: &'static str,
    /// As far as pages and their adapters tell; empty for a provider's.
    capabilities: BTreeSet<Capability>,
}

pub(super) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Models> {
    let model = |model: catalogue::Listed| Model {
        r#type: model.kind(),
        name: model.name,
        owner: model.owner,
        emulated: model.emulated,
        capabilities: model.capabilities,
    };
    Json(Models { models: catalogue::all(&app).into_iter().map(model).collect() })
}

/// Which pages are to be read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// All of them where absent.
    #[serde(default)]
    site: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Refreshed {
    message: String,
    result: Reread,
    /// What can be asked for at these pages now.
    models: Vec<String>,
}

/// Has browsers read again what their pages offer.
pub(super) async fn refresh(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(which): Strict<Which>,
) -> Result<Json<Refreshed>, ApiError> {
    if let Some(name) = &which.site
        && !app.nodes.sites().iter().any(|site| site.name == *name)
    {
        let words = "no such site; `tabway site list` shows those there are";
        return Err(ApiError::not_found(words));
    }
    let found = app.nodes.reread(which.site.as_deref()).await;
    if found.asked == 0 && !found.outdated.is_empty() {
        return Err(Failure::new(FailureClass::NodeOutdated, found.in_words()).into());
    }
    let models: Vec<String> = app
        .nodes
        .site_models()
        .into_iter()
        .filter(|model| which.site.as_ref().is_none_or(|site| *site == model.site))
        .map(|model| format!("{}/{}", model.site, model.model))
        .collect();
    Ok(Json(Refreshed { message: found.in_words(), result: found, models }))
}
