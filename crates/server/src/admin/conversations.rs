//! Conversations of pages that stand for a model.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tabway_dialects::ids::{NodeId, PinId};
use tabway_store::{NewPin, Pin};

use super::{error::ApiError, permit::Permit, strict::Strict};
use crate::{
    app::App,
    call::pins::{self, PinError},
};

/// All of them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Conversations {
    conversations: Vec<Pin>,
}

pub(super) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Conversations> {
    Json(Conversations { conversations: app.pins.all() })
}

/// What is to stand for which model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    site: String,
    model: String,
    /// The model, mode and side of the page that it is answered as, where that is not the name's own.
    #[serde(default, rename = "as")]
    choice: Option<String>,
    /// Path and query; what a tab shows now where absent.
    #[serde(default)]
    address: Option<String>,
    /// The browser: that whose tab is looked at, or the only one that can open the address.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    node: Option<NodeId>,
    /// The tab to look at.
    #[serde(default)]
    lane: Option<u64>,
    /// The name of the only key that may use it.
    #[serde(default)]
    key: Option<String>,
    /// Whether it comes from another bridge's files.
    #[serde(default)]
    imported: bool,
}

pub(super) async fn capture(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(wish): Strict<Wish>,
) -> Result<Json<Pin>, ApiError> {
    let Wish { site, model, choice, address, node, lane, key, imported } = wish;
    let (node, address) = match address {
        Some(address) => (node, address),
        None => {
            let (node, address) = app.nodes.locate(&site, node, lane).await?;
            (Some(node), address)
        }
    };
    let source = if imported { "import" } else { "command" };
    let new = NewPin { site, model, choice, node, address, key, source };
    match pins::pin(&app, new).await {
        Ok(pin) => Ok(Json(pin)),
        Err(PinError::Refused(words)) => Err(ApiError::invalid(words)),
        Err(PinError::Store(error)) => Err(error.into()),
    }
}

/// What is gone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RemovedConversation")]
pub(super) struct Removed {
    removed: String,
}

pub(super) async fn remove(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Removed>, ApiError> {
    let known = match id.parse::<PinId>() {
        Ok(id) => pins::unpin(&app, id).await?,
        Err(_) => false,
    };
    if known {
        return Ok(Json(Removed { removed: id }));
    }
    let words = "no such conversation; `tabway conversation list` shows those there are";
    Err(ApiError::not_found(words))
}
