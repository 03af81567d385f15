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

use self::state::Snapshot;
use crate::{
    admin::as_image,
    app::App,
    edge::Context,
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
    let node = node.parse().ok().filter(|_| is_local(&context, &headers));
    let picture = node.and_then(|node| app.nodes.picture(node, &site));
    picture.map_or_else(|| StatusCode::NOT_FOUND.into_response(), as_image)
}

/// Whether it is a person at this machine who asks. What a proxy hands on comes from elsewhere
/// although the connection does not.
fn is_local(context: &Context, headers: &HeaderMap) -> bool {
    const HANDED_ON: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
    context.peer.ip().to_canonical().is_loopback()
        && !HANDED_ON.iter().any(|name| headers.contains_key(*name))
}
