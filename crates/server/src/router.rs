//! Every route beside the hot ones, grouped by who calls it. The hot ones are in `edge`.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    extract::{Extension, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Request, Uri, header};
use hyper::body::Incoming;
use serde_json::Value;
use tower_service::Service;

use crate::{
    admin::{self, Permit},
    app::App,
    body::Body,
    bridges, demo_site,
    edge::{Context, hot_rows, not_found},
    extension_files, health, metrics, nodes, page,
    routes::{Routes, Row, Verb, Who, document},
    surface::{self, error},
};

/// Every route that there is: the permission table.
#[must_use]
pub fn table() -> Vec<Row> {
    routes().answered_before(hot_rows()).rows()
}

fn routes() -> Routes<Arc<App>> {
    let operators = Routes::of(Who::Anyone)
        .get("/readyz", "Whether it takes requests", ready)
        .get("/health", "Queue, seats, lanes and score", health_figures)
        .get("/metrics", "Figures for Prometheus", figures)
        .gives("application/openmetrics-text")
        .get("/media/{id}", "A picture, film or file of an answer", surface::media::one)
        .gives("application/octet-stream");
    let browsers =
        Routes::of(Who::Node).page(Verb::Get, "/node", axum::routing::get(nodes::door::open));
    let own = Routes::of(Who::Admin).get("/api/openapi.json", "This document", openapi);
    operators
        .merge(own)
        .merge(demo_site::routes())
        .merge(browsers)
        .merge(surface::files::routes())
        .merge(admin::routes())
        .merge(page::routes())
        .merge(bridges::routes())
        .merge(extension_files::routes())
}

async fn openapi(_permit: Permit) -> Json<Value> {
    Json(document(&table()))
}

/// The routes of one worker.
pub(crate) struct Router(axum::Router);

impl Router {
    pub(crate) fn new(app: &Arc<App>) -> Self {
        let routes = routes()
            .router()
            .fallback(unknown)
            .method_not_allowed_fallback(wrong_method)
            .with_state(app.clone());
        Self(routes)
    }

    /// Answers a request that no hot route took.
    pub(crate) async fn answer(
        &self,
        context: Context,
        request: Request<Incoming>,
    ) -> http::Response<Body> {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(context);
        // Always ready, and cheap to clone: one Arc.
        let answered: Result<_, Infallible> = self.0.clone().call(request).await;
        match answered {
            Ok(response) => response.map(Body::pieces),
            Err(never) => match never {},
        }
    }
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    health::ready(&app).map(axum::body::Body::new)
}

async fn health_figures(State(app): State<Arc<App>>) -> Response {
    health::health(&app).map(axum::body::Body::new)
}

async fn figures(State(app): State<Arc<App>>) -> Response {
    let mut response = metrics::text(&app).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    );
    response
}

async fn unknown(Extension(context): Extension<Context>, uri: Uri) -> Response {
    error::response(&not_found(uri.path()), context.id).map(axum::body::Body::new)
}

async fn wrong_method(Extension(context): Extension<Context>, method: http::Method) -> Response {
    error::method_not_allowed(&method, None, context.id).map(axum::body::Body::new)
}
