//! `GET /media/{id}`: a picture, video or file of an answer. Its id is all that is asked.

use std::sync::Arc;

use axum::{
    extract::{Extension, Path, State},
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use tabway_dialects::chat::{Failure, FailureClass};
use tabway_store::{Files, StoreError, files::StoredFile};
use tower_http::services::ServeFile;

use super::error;
use crate::{app::App, edge::Context, media::kind};

/// Gives a stored medium, whole or the part that is asked for.
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    Path(id): Path<String>,
    request: Request<axum::body::Body>,
) -> Response {
    match found(&app, &id, request).await {
        Ok(response) => response,
        Err(failure) => error::response(&failure, context.id).map(axum::body::Body::new),
    }
}

async fn found(
    app: &App,
    id: &str,
    request: Request<axum::body::Body>,
) -> Result<Response, Failure> {
    let files = app.store.media();
    let file = files.find(id).await.map_err(|error| unreadable(&error))?;
    let file = file.ok_or_else(|| {
        Failure::new(FailureClass::NotFound, "there is no such medium, or its time is over")
    })?;
    served(files, &file, request).await
}

/// A stored file as an answer, whole or the part that is asked for.
pub(super) async fn served(
    files: &Files,
    file: &StoredFile,
    request: Request<axum::body::Body>,
) -> Result<Response, Failure> {
    let path = files.path(&file.id);
    let response = ServeFile::new(&path).try_call(request).await;
    let response = response.map_err(|source| unreadable(&StoreError::Folder { path, source }))?;
    let mut response = response.map(axum::body::Body::new);
    guard(response.headers_mut(), file);
    Ok(response)
}

/// A stored file is a stranger's: it may be looked at, and may do nothing.
fn guard(headers: &mut HeaderMap, file: &StoredFile) {
    let value = |text: &str| HeaderValue::from_str(text).ok();
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, value(&kind::plain_mime(&file.mime)).unwrap_or(octets));
    headers.insert(
        header::CONTENT_DISPOSITION,
        value(&kind::disposition(&file.mime, &file.name))
            .unwrap_or(HeaderValue::from_static("attachment")),
    );
    for (name, text) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "private, max-age=3600, immutable"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(text));
    }
}

/// The store cannot give what it should have.
pub(super) fn unreadable(error: &StoreError) -> Failure {
    Failure::new(FailureClass::Internal, "the file cannot be read").with_internal(error.to_string())
}
