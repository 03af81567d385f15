//! `/v1/files`: files that a client keeps here, to name them in its chat requests. A key sees its
//! own files and no other's.

mod shape;
mod upload;

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Extension, Path, Query, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use tabway_dialects::chat::{Failure, FailureClass};
use tabway_store::{StoreError, files::StoredFile};

use super::{error, media};
use crate::{
    app::App,
    edge::{Context, credential},
    keys::Caller,
    routes::{Routes, Who},
};

type Axum = axum::body::Body;

/// The routes.
pub(crate) fn routes() -> Routes<Arc<App>> {
    Routes::of(Who::Key)
        .get("/v1/files", "The key's files", list)
        .post("/v1/files", "Keep a file", make)
        .takes("multipart/form-data")
        .get("/v1/files/{id}", "One of the key's files", one)
        .delete("/v1/files/{id}", "Delete a file", remove)
        .get("/v1/files/{id}/content", "Its bytes", content)
        .gives("application/octet-stream")
}

async fn make(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    request: Request<Axum>,
) -> Response {
    let (head, body) = request.into_parts();
    let made = async {
        let caller = caller(&app, &head.headers)?;
        let file = upload::keep(&app, &caller, &head.headers, body).await?;
        Ok(shape::file(&file))
    };
    answer(made.await, context)
}

async fn list(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let listed = async {
        let caller = caller(&app, &headers)?;
        let mut page = shape::page(&query)?;
        let limit = page.limit;
        // One more tells whether there are more.
        page.limit += 1;
        let found = app.store.uploads().list(&caller.owner(), &page).await;
        Ok(shape::list(&found.map_err(|error| refused(&error))?, limit))
    };
    answer(listed.await, context)
}

async fn one(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = async { Ok(shape::file(&find(&app, &caller(&app, &headers)?, &id).await?)) };
    answer(found.await, context)
}

async fn remove(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let removed = async {
        let caller = caller(&app, &headers)?;
        let removed = app.store.uploads().remove(&caller.owner(), &id).await;
        if removed.map_err(|error| refused(&error))? {
            Ok(json!({ "id": id, "object": "file", "deleted": true }))
        } else {
            Err(unknown(&id))
        }
    };
    answer(removed.await, context)
}

async fn content(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    Path(id): Path<String>,
    request: Request<Axum>,
) -> Response {
    let found = async {
        let file = find(&app, &caller(&app, request.headers())?, &id).await?;
        media::served(app.store.uploads(), &file, request).await
    };
    match found.await {
        Ok(response) => response,
        Err(failure) => error::response(&failure, context.id).map(Axum::new),
    }
}

fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Failure> {
    app.keys.identify(&credential(headers)?)
}

/// The caller's file of that id. Another key's is as unknown as none.
async fn find(app: &App, caller: &Caller, id: &str) -> Result<StoredFile, Failure> {
    let found = app.store.uploads().find(id).await.map_err(|error| refused(&error))?;
    let own = found.filter(|file| file.owner == caller.owner());
    own.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Failure {
    let id: String = id.chars().filter(char::is_ascii_graphic).take(100).collect();
    let words = format!("this key has no file `{id}`; GET /v1/files lists those it has");
    Failure::new(FailureClass::NotFound, words)
}

/// Why the store does not do it.
fn refused(error: &StoreError) -> Failure {
    match error {
        StoreError::Full { .. } => Failure::new(FailureClass::StorageFull, error.to_string()),
        _ => media::unreadable(error),
    }
}

fn answer(result: Result<Value, Failure>, context: Context) -> Response {
    match result {
        Ok(value) => axum::Json(value).into_response(),
        Err(failure) => error::response(&failure, context.id).map(Axum::new),
    }
}
