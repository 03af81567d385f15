//! Kinds of page that the gateway knows.

use axum::Json;
use serde_json::{Value, json};

use super::permit::Permit;
use crate::adapters;

pub(super) async fn list(_permit: Permit) -> Json<Value> {
    let adapters: Vec<Value> = adapters::built_in()
        .values()
        .map(|adapter| {
            json!({
                "name": adapter.name,
                "title": adapter.title,
                "revision": adapter.revision,
                "verified": adapter.verified,
                "terms": adapter.terms,
                "official_api": adapter.official_api,
                "models": adapter.offered(),
            })
        })
        .collect();
    Json(json!({ "adapters": adapters }))
}
