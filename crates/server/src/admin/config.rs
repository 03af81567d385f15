//! The configuration in force: where each setting came from, and reading it again.

use std::{path::PathBuf, sync::Arc};

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Serialize;

use super::{error::ApiError, permit::Permit};
use crate::{
    app::App,
    reload::{self, Reading},
};

/// The configuration in force.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct InForce {
    file: Option<PathBuf>,
    last_reading: Reading,
    /// What its reading has to say.
    notes: Vec<String>,
    settings: Vec<Setting>,
}

/// A setting, and where it came from.
#[derive(Debug, Serialize, JsonSchema)]
struct Setting {
    setting: String,
    source: String,
}

/// The file, how its last reading went, and the source of each setting that has one.
pub(super) async fn show(_permit: Permit, State(app): State<Arc<App>>) -> Json<InForce> {
    let config = app.config_snapshot();
    let settings = config.origins.iter();
    let settings = settings
        .map(|(setting, origin)| Setting { setting: setting.clone(), source: origin.to_string() });
    Json(InForce {
        file: config.path.clone(),
        last_reading: (*app.reloads.last()).clone(),
        notes: config.notes.clone(),
        settings: settings.collect(),
    })
}

/// What is different now.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Changes {
    changes: Vec<String>,
}

/// Reads the file again, all of it or nothing, and says what changed.
pub(super) async fn read_again(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Changes>, ApiError> {
    let changes =
        reload::reload(&app).map_err(|error| ApiError::invalid_config(error.to_string()))?;
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    Ok(Json(Changes { changes }))
}
