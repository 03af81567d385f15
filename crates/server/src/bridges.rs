//! Addresses of the bridges that people come from: some answer as they did, the endpoints of their
//! browsers say where to get this gateway's extension.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Extension, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, header};
use serde_json::json;
use tabway_dialects::chat::{Failure, FailureClass};

use crate::{
    app::App,
    call::catalogue,
    edge::{Context, credential},
    routes::{Routes, Verb, Who},
    surface::error,
};

pub(crate) fn routes() -> Routes<Arc<App>> {
    const GONE: &str = "Gone: get the extension of this gateway";
    let answered = Routes::of(Who::Key).post(
        "/v1/refresh-models",
        "Read the models of pages again",
        refresh_models,
    );
    Routes::of(Who::Anyone)
        .page(Verb::Get, "/monitor", get(|| async { Redirect::temporary("/") }))
        .any("/ws", GONE, gone)
        .any("/v1/extension/push", GONE, gone)
        .any("/internal/{*rest}", GONE, gone)
        .merge(answered)
}

/// Has every browser read again what its pages offer, and lists what came.
async fn refresh_models(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Response {
    let caller = match credential(&headers).and_then(|shown| app.keys.identify(&shown)) {
        Ok(caller) => caller,
        Err(failure) => return error::response(&failure, context.id).map(axum::body::Body::new),
    };
    let found = app.nodes.reread(None).await;
    let listed = catalogue::all(&app);
    let models: Vec<&String> =
        listed.iter().map(|model| &model.name).filter(|name| caller.may_use(name)).collect();
    // Nothing was read where no browser answered; what is known still stands.
    let success = found.asked > found.silent;
    let message = found.in_words();
    Json(json!({ "success": success, "message": message, "models": models })).into_response()
}

/// The node endpoint of another bridge. Nothing of the request is read: what such a script sends
/// may hold cookies.
async fn gone(Extension(context): Extension<Context>) -> Response {
    let words = "this is Tabway: get its extension from /extension/ and pair it with \
                 `tabway node pair`; other bridges' scripts do not work here";
    let failure = Failure::new(FailureClass::Gone, words);
    let mut response = error::response(&failure, context.id).map(axum::body::Body::new);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
