//! Every route beside the hot ones, grouped by who calls it. The hot ones are in `edge`.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{Extension, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, Request, Uri, header};
use hyper::body::Incoming;
use tower_service::Service;

use crate::{
    admin,
    app::App,
    body::Body,
    bridges, demo_site,
    edge::{Context, not_found},
    extension_files, health, metrics, nodes, page,
    surface::{self, error},
};

/// The routes of one worker.
pub(crate) struct Router(axum::Router);

impl Router {
    pub(crate) fn new(app: &Arc<App>) -> Self {
        let operators = axum::Router::new()
            .route("/readyz", get(ready))
            .route("/health", get(health_figures))
            .route("/metrics", get(figures));
        let media = axum::Router::new().route("/media/{id}", get(surface::media::one));
        let browsers = axum::Router::new().route("/node", get(nodes::door::open));
        let routes = operators
            .merge(demo_site::routes())
            .merge(browsers)
            .merge(media)
            .merge(surface::files::routes())
            .merge(admin::routes())
            .merge(page::routes())
            .merge(bridges::routes())
            .merge(extension_files::routes())
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
