//! The plain status page at `/`: what runs, what can be asked for, what needs a human.

mod browsers;
pub(crate) mod layout;
mod queue;
mod state;

use std::sync::Arc;

use axum::{
    extract::{Extension, Path, State},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use tabway_dialects::chat::Failure;

use self::state::Snapshot;
use crate::{
    admin::as_image,
    app::App,
    edge::{Context, is_handed_on, may_administer},
    routes::{Routes, Verb, Who},
};

/// The page and its files.
pub(crate) fn routes() -> Routes<Arc<App>> {
    let style = get(|| async { file("text/css", STYLE) });
    let script = get(|| async { file("text/javascript", SCRIPT) });
    let files = Routes::of(Who::Anyone).page(Verb::Get, "/page/style.css", style).page(
        Verb::Get,
        "/page/refresh.js",
        script,
    );
    Routes::of(Who::Here)
        .page(Verb::Get, "/", get(show))
        .page(Verb::Get, "/page/pictures/{node}/{site}", get(picture))
        .merge(files)
}

const STYLE: &str = include_str!("../../assets/page/style.css");
const SCRIPT: &str = include_str!("../../assets/page/refresh.js");

/// What others see: that it runs.
const CLOSED: &str = "<h1>Tabway runs</h1>\n<p class=\"lead\">Its state is shown to its own \
                      machine only. There, open this page by <code>localhost</code>, or run \
                      <code>tabway status</code>.</p>\n";

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))], text).into_response()
}

async fn show(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = may_administer(&app.config(), &context, &headers) {
        return refused(&refusal);
    }
    let content = match is_local(&context, &headers) {
        true => Snapshot::take(&app).await.html(),
        false => CLOSED.to_owned(),
    };
    (layout::headers(), Html(layout::page("State", &content))).into_response()
}

/// The picture of a page that needs its human, for those who may see the state.
async fn picture(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    Path((node, site)): Path<(String, String)>,
) -> Response {
    if let Err(refusal) = may_administer(&app.config(), &context, &headers) {
        return refused(&refusal);
    }
    let node = node.parse().ok().filter(|_| is_local(&context, &headers));
    let picture = node.and_then(|node| app.nodes.picture(node, &site));
    picture.map_or_else(|| StatusCode::NOT_FOUND.into_response(), as_image)
}

fn refused(refusal: &Failure) -> Response {
    let words = layout::escaped(&refusal.message);
    let content = format!("<h1>Not from here</h1>\n<p class=\"lead\">{words}</p>\n");
    let page = Html(layout::page("State", &content));
    (StatusCode::FORBIDDEN, layout::headers(), page).into_response()
}

/// Whether it is a person at this machine who asks.
fn is_local(context: &Context, headers: &HeaderMap) -> bool {
    context.peer.ip().to_canonical().is_loopback() && !is_handed_on(headers)
}
