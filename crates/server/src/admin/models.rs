//! Models that can be asked for now.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::permit::Permit;
use crate::{app::App, call::catalogue};

pub(super) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Value> {
    let models: Vec<Value> = catalogue::all(&app)
        .into_iter()
        .map(
            |model| json!({ "name": model.name, "owner": model.owner, "emulated": model.emulated }),
        )
        .collect();
    Json(json!({ "models": models }))
}
