//! Models that can be asked for now.

use std::sync::Arc;

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_dialects::chat::{Failure, FailureClass};

use super::{error::ApiError, permit::Permit, strict::Strict};
use crate::{app::App, call::catalogue};

pub(super) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Value> {
    let model = |model: catalogue::Listed| {
        json!({
            "name": model.name, "owner": model.owner, "emulated": model.emulated,
            "type": model.kind(), "capabilities": model.capabilities,
        })
    };
    let models: Vec<Value> = catalogue::all(&app).into_iter().map(model).collect();
    Json(json!({ "models": models }))
}

/// Which pages are to be read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// All of them where absent.
    #[serde(default)]
    site: Option<String>,
}

/// Has browsers read again what their pages offer.
pub(super) async fn refresh(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(which): Strict<Which>,
) -> Result<Json<Value>, ApiError> {
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
    Ok(Json(json!({ "message": found.in_words(), "result": found, "models": models })))
}
