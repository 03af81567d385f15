//! Saved pages of an adapter in a real Chromium: the extension looks at each as it would at the live
//! one. Nothing is loaded from the network, and no script of the page runs.

use std::{
    convert::Infallible,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tabway_protocol::{
    adapter::{Adapter, Role},
    message::{Diagnosis, Site, missing_roles},
};
use tokio::{
    net::TcpListener,
    time::{Instant, MissedTickBehavior, interval},
};

use super::super::{demo::folder::Folder, demo::pair::pair, output::failed};
use crate::{
    browser::{self, Browser, Chromium, Launch, Page},
    config::{Environment, Flags},
    exit::CliError,
    nodes::Nodes,
    serve::{Options, serve},
};

/// How long a page may take to show itself and to be looked at.
const LIMIT: Duration = Duration::from_secs(30);

/// What a saved page may do: be there.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The name of the site in the gateway of this test.
const SITE: &str = "saved";

/// A saved page and what the extension found on it.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) name: String,
    pub(super) diagnosis: Diagnosis,
    /// Roles that it must show and does not.
    pub(super) missing: Vec<&'static str>,
}

/// Looks at every page, given by name and HTML.
///
/// # Errors
/// With the step that failed.
pub(super) async fn look(
    chromium: Chromium,
    adapter: &Adapter,
    pages: Vec<(String, String)>,
) -> Result<Vec<Looked>, CliError> {
    let shown = Shown::default();
    let origin = shown.serve().await?;
    let folder = Folder::make(None)?;
    let running = serve(options(folder.path())?).await?;
    let nodes = &running.app.nodes;
    let site = Site { name: SITE.to_owned(), origin: origin.clone(), adapter: adapter.clone() };
    nodes.set_sites(vec![site]);

    let extension = folder.path().join("extension");
    browser::write_extension(&extension, std::slice::from_ref(&origin)).map_err(failed)?;
    let launch = Launch { chromium, extension, profile: folder.path().join("profile") };
    let browser = launch.start().await.map_err(failed)?;
    pair(&browser, nodes, &running.url()).await?;
    let address = format!("{origin}{}", adapter.page.start);
    let mut looked = Vec::with_capacity(pages.len());
    for (name, html) in pages {
        shown.show(html);
        let diagnosis = look_at(&browser, nodes, &address).await?;
        let missing = missing(adapter, &diagnosis);
        looked.push(Looked { name, diagnosis, missing });
    }
    browser.close().await;
    running.stop().await;
    Ok(looked)
}

fn options(folder: &Path) -> Result<Options, CliError> {
    let config = folder.join("config.toml");
    std::fs::write(&config, "").map_err(failed)?;
    let flags = Flags {
        config: Some(config),
        data_dir: Some(folder.join("data")),
        port: Some(0),
        ..Flags::default()
    };
    Ok(Options::new(flags, Environment::from_pairs([("TABWAY_DISCOVER", "false")])))
}

async fn look_at(browser: &Browser, nodes: &Nodes, address: &str) -> Result<Diagnosis, CliError> {
    let page = Page::open(&browser.devtools, address).await.map_err(failed)?;
    let loaded = "document.readyState === 'complete' && location.protocol !== 'about:'";
    page.wait_for("itself", loaded, LIMIT).await.map_err(failed)?;
    let give_up = Instant::now() + LIMIT;
    let mut looks = interval(Duration::from_millis(100));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let diagnosis = loop {
        looks.tick().await;
        let seen = nodes.diagnose(SITE, None, None).await.map_err(failed)?;
        // The runner of the page has yet to say that it is there.
        if !seen.diagnosis.locators.is_empty() || Instant::now() >= give_up {
            break seen.diagnosis;
        }
    };
    page.close().await.map_err(failed)?;
    Ok(diagnosis)
}

/// What a page that can be used must show. One with a signal that hinders is not such a page.
fn missing(adapter: &Adapter, seen: &Diagnosis) -> Vec<&'static str> {
    if seen.signals.iter().any(|found| found.signal != "done") {
        return Vec::new();
    }
    let mut wanted = adapter.self_test.found.clone();
    if !wanted.contains(&Role::Composer) {
        wanted.push(Role::Composer);
    }
    missing_roles(seen, &wanted).into_iter().map(Role::word).collect()
}

/// The page that is shown at every path of an origin of its own.
#[derive(Debug, Clone, Default)]
struct Shown(Arc<Mutex<Bytes>>);

impl Shown {
    fn show(&self, html: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = html.into();
    }

    fn answer(&self) -> Response<Full<Bytes>> {
        let html = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut response = Response::new(Full::new(html));
        let head = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, "no-store"),
        ];
        for (name, value) in head {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Serves it for as long as the command runs; its origin.
    async fn serve(&self) -> Result<String, CliError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shown = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shown = shown.clone();
                let answer = service_fn(move |_| {
                    let response = shown.answer();
                    async move { Ok::<_, Infallible>(response) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Ok(format!("http://{address}"))
    }
}
