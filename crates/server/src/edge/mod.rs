//! The HTTP edge: what is decided about every request before its route sees it.
//!
//! Host, origin, request id; then the hot routes by hand, all others through the router.

mod client;
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

pub(crate) use client::{is_handed_on, may_administer};
pub(crate) use credential::credential;
pub(crate) use request_id::{client_request_id, new_request_id};

use crate::{
    body::{Answer, Body},
    health,
    routes::{About, Operation, Row, Verb, Who},
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
#[derive(Clone, Copy, PartialEq, Eq)]
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
    let (method, takes_post) = (request.method(), hot.takes_post());
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

/// Their addresses.
const HOT: [(&str, Hot); 6] = [
    ("/v1/chat/completions", Hot::ChatCompletions),
    ("/v1/models", Hot::Models),
    ("/healthz", Hot::Healthz),
    ("/v1/images/generations", Hot::Images),
    ("/api/v1/chat/completions", Hot::ChatCompletions),
    ("/api/v1/models", Hot::Models),
];

/// The one whose name may hold slashes.
const MODEL: &str = "/v1/models/";

fn hot_route(path: &str) -> Option<Hot> {
    let known = HOT.iter().find(|(known, _)| *known == path).map(|(_, hot)| *hot);
    known.or_else(|| path.strip_prefix(MODEL).filter(|name| !name.is_empty()).map(|_| Hot::Model))
}

impl Hot {
    fn takes_post(self) -> bool {
        matches!(self, Self::ChatCompletions | Self::Images)
    }

    fn about(self) -> About {
        match self {
            Self::ChatCompletions => surface::openai_chat::ABOUT,
            Self::Images => surface::images::ABOUT,
            Self::Models => About::new("Models that the key may use", Operation::of_nothing),
            Self::Model => About::new("One of them", Operation::of_nothing),
            Self::Healthz => About::new("Whether it lives", Operation::of_nothing),
        }
    }
}

/// These routes, as the table of all has them.
pub(crate) fn hot_rows() -> impl Iterator<Item = Row> {
    HOT.into_iter().chain([("/v1/models/{*model}", Hot::Model)]).map(|(path, hot)| Row {
        verb: if hot.takes_post() { Verb::Post } else { Verb::Get },
        path,
        who: if hot == Hot::Healthz { Who::Anyone } else { Who::Key },
        about: Some(hot.about()),
    })
}

/// A route that does not exist.
pub(crate) fn not_found(path: &str) -> Failure {
    // The path is the client's own words; only its readable part goes back.
    let path: String = path.chars().take(200).filter(char::is_ascii_graphic).collect();
    Failure::new(FailureClass::NotFound, format!("no route {path}; see /v1/models"))
}
