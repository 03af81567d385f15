//! The HTTP edge: what is decided about every request before its route sees it.
//!
//! Host, origin, request id; then the hot routes by hand, all others through the router.

mod credential;
mod host;
mod origin;
mod request_id;

use std::{net::SocketAddr, sync::Arc};

use http::{HeaderValue, Method, Request, header};
use hyper::body::Incoming;
use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::RequestId,
};

pub(crate) use credential::credential;
pub(crate) use request_id::{client_request_id, new_request_id};

use crate::{
    body::{Answer, Body},
    health,
    runtime::Worker,
    surface::{self, error},
};

/// What a route is told about its request besides the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// Our id of the request.
    pub(crate) id: RequestId,
    /// The other end.
    pub(crate) peer: SocketAddr,
}

/// Routes that are worth a branch of their own.
enum Hot {
    ChatCompletions,
    Images,
    Models,
    Model,
    Healthz,
}

/// Answers one request. What is large is boxed: this future has its place in every connection,
/// and most connections wait most of the time.
pub(crate) async fn serve(
    worker: Arc<Worker>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Answer {
    let context = Context { id: new_request_id(), peer };
    let echoed = client_request_id(request.headers());
    let allowed = origin::cors_headers(&worker.app.config(), request.headers());
    tracing::debug!(request = %context.id, peer = %context.peer, method = %request.method(), path = request.uri().path());
    let mut response = match answer(worker, context, request).await {
        Ok(response) => response,
        Err(failure) => error::response(&failure, context.id),
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&context.id.to_string()) {
        headers.insert("x-request-id", id);
    }
    if let Some(echoed) = echoed {
        headers.insert("x-client-request-id", echoed);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(allowed) = allowed {
        headers.extend(allowed);
    }
    Ok(response)
}

async fn answer(
    worker: Arc<Worker>,
    context: Context,
    request: Request<Incoming>,
) -> Result<http::Response<Body>, Failure> {
    host::check(&worker.app, &request)?;
    if let Some(preflight) = origin::check(&worker.app.config(), &request)? {
        return Ok(preflight);
    }
    let Some(hot) = hot_route(request.uri().path()) else {
        return Ok(Box::pin(worker.router.answer(context, request)).await);
    };
    let (method, takes_post) =
        (request.method(), matches!(hot, Hot::ChatCompletions | Hot::Images));
    if takes_post && method != Method::POST {
        return Ok(error::method_not_allowed(method, Some("POST"), context.id));
    }
    if !takes_post && method != Method::GET && method != Method::HEAD {
        return Ok(error::method_not_allowed(method, Some("GET, HEAD"), context.id));
    }
    match hot {
        Hot::ChatCompletions => {
            Box::pin(surface::openai_chat::chat_completions(worker, context, request)).await
        }
        Hot::Images => Box::pin(surface::images::generations(worker, context, request)).await,
        Hot::Models => surface::models::list(&worker, request.headers()),
        Hot::Model => surface::models::one(&worker, &request),
        Hot::Healthz => Ok(health::alive()),
    }
}

fn hot_route(path: &str) -> Option<Hot> {
    match path {
        "/v1/chat/completions" | "/api/v1/chat/completions" => Some(Hot::ChatCompletions),
        "/v1/images/generations" => Some(Hot::Images),
        "/v1/models" | "/api/v1/models" => Some(Hot::Models),
        "/healthz" => Some(Hot::Healthz),
        _ => path.strip_prefix("/v1/models/").filter(|name| !name.is_empty()).map(|_| Hot::Model),
    }
}

/// A route that does not exist.
pub(crate) fn not_found(path: &str) -> Failure {
    // The path is the client's own words; only its readable part goes back.
    let path: String = path.chars().take(200).filter(char::is_ascii_graphic).collect();
    Failure::new(FailureClass::NotFound, format!("no route {path}; see /v1/models"))
}
