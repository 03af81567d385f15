//! Where a request for a model would go now, and why.

use std::sync::Arc;

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{error::ApiError, permit::Permit, strict::StrictQuery};
use crate::{
    app::App,
    call::{
        catalogue,
        route::explain::{Explained, explain},
    },
    config::ModelFilter,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    model: String,
    /// The name of a key; none may do everything.
    #[serde(default)]
    key: Option<String>,
}

pub(super) async fn show(
    _permit: Permit,
    State(app): State<Arc<App>>,
    StrictQuery(Question { model, key }): StrictQuery<Question>,
) -> Result<Json<Explained>, ApiError> {
    let found = catalogue::find(&app, &model)
        .ok_or_else(|| ApiError::not_found("no such model; see /api/models"))?;
    let key = match key {
        Some(name) => {
            let words = "no such key; `tabway key list` shows those there are";
            Some(models_of(&app, &name).ok_or_else(|| ApiError::not_found(words))?)
        }
        None => None,
    };
    Ok(Json(explain(&app, &found, key.as_ref())))
}

/// The models of a key of the file or of the database.
fn models_of(app: &App, name: &str) -> Option<ModelFilter> {
    let config = app.config();
    let declared = config.keys.iter().find(|key| key.name == name).map(|key| key.models.clone());
    declared.or_else(|| {
        let made = app.store.keys().list();
        let key = made.into_iter().find(|key| key.is_live() && key.name == name)?;
        Some(ModelFilter::new(key.models.clone()))
    })
}
