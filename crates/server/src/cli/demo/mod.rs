//! `tabway demo`: the whole way once, for real. A gateway of its own, a headless Chromium with the
//! extension, a page, pairing through the popup, one streaming request over the public API.

mod adapter;
mod ask;
pub(super) mod folder;
mod local;
pub(super) mod pair;
mod snippets;
mod voice;

use std::{path::PathBuf, time::Duration};

use tokio::signal::unix::{SignalKind, signal};

use self::{adapter::Named, folder::Folder, local::Local, voice::Voice};
use super::Global;
use crate::{
    browser::{self, Browser, Launch, Page},
    config::{Environment, Flags},
    exit::{CliError, Exit},
    serve::{Options, Running, serve},
};

/// How long a page may take to show itself and be ready to type into.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// Arguments of `tabway demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// End after the answer
    #[arg(long)]
    pub once: bool,
    /// The adapter of the page to use, by its name or as a file (NAME.toml); every other than the
    /// built-in page needs --origin
    #[arg(long, value_name = "S", default_value = "demo")]
    pub site: String,
    /// Where the page is, such as http://127.0.0.1:7860
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
    /// Port to listen on; a free one where absent
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// What to ask
    #[arg(long, value_name = "TEXT", default_value = "Say hello, and what you are.")]
    pub prompt: String,
}

/// Runs the demo until its end, or until Ctrl-C.
///
/// # Errors
/// With the step that failed, in one line.
pub async fn run(args: Args, global: &Global) -> Result<(), CliError> {
    let named = Named::read(&args.site)?;
    if named.site != "demo" && args.origin.is_none() {
        let words = format!(
            "--site {} needs --origin: where its page runs, such as http://127.0.0.1:7860",
            args.site
        );
        return Err(CliError::new(Exit::Usage, words));
    }
    let voice = Voice::start();
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut stage = Stage::default();
    let ended = tokio::select! {
        ended = show(&args, &named, global, &voice, &mut stage) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
        _ = terminate.recv() => None,
    };
    stage.clear().await;
    ended.unwrap_or_else(|| {
        voice.say("stopped");
        Ok(())
    })
}

/// What the demo has put up so far.
#[derive(Default)]
struct Stage {
    browser: Option<Browser>,
    gateway: Option<Running>,
    folder: Option<Folder>,
}

impl Stage {
    /// Ends it all in good order.
    async fn clear(self) {
        if let Some(browser) = self.browser {
            browser.close().await;
        }
        if let Some(gateway) = self.gateway {
            gateway.stop().await;
        }
        // Last: the others write into it until they have ended.
        if let Some(folder) = self.folder {
            folder.remove().await;
        }
    }
}

async fn show(
    args: &Args,
    named: &Named,
    global: &Global,
    voice: &Voice,
    stage: &mut Stage,
) -> Result<(), CliError> {
    let chosen = std::env::var_os("TABWAY_CHROMIUM").map(PathBuf::from);
    let chromium = browser::find(chosen.as_deref()).await.map_err(failed)?;
    voice.say(&format!("{} at {}", chromium.version, chromium.path.display()));

    let folder = stage.folder.insert(Folder::make(global.data_dir.as_deref())?);
    let port = folder::port(args.port)?;
    let own = folder.own()?;
    let demo = folder.write_config(&own, args, &named.site, port)?;
    named.put_in_force(&demo.data_dir).await?;
    let running = stage.gateway.insert(start_gateway(&demo, port).await?);
    let url = running.url();
    voice.say(&format!("gateway at {url}, its data in {}", folder.path().display()));

    let extension = own.join("extension");
    let origins = [demo.origin.clone()];
    browser::write_extension(&extension, &origins).map_err(failed)?;
    let launch = Launch { chromium, extension, profile: own.join("profile") };
    let browser = stage.browser.insert(launch.start().await.map_err(failed)?);
    let sandbox =
        if browser.without_sandbox { ", without its sandbox, since you are root" } else { "" };
    voice.say(&format!("Chromium runs headless with the extension{sandbox}"));

    let nodes = &running.app.nodes;
    let fingerprint = pair::pair(browser, nodes, &url).await?;
    voice.say(&format!("paired: popup and gateway show the same fingerprint, {fingerprint}"));
    let _page = open_page(browser, &demo.page, voice).await?;
    let model = pair::ready_model(nodes, &named.site, READY_LIMIT).await?;
    ask::ask(&Local::new(&url, &demo.key), &model, &args.prompt, voice).await?;

    if args.once {
        return Ok(());
    }
    snippets::print(&url, &demo.key, &model, folder.path());
    // Serves until Ctrl-C, which `run` hears, or until the browser goes away.
    browser.ended().await;
    Err(CliError::new(Exit::Failure, "Chromium has ended"))
}

async fn start_gateway(demo: &folder::Demo, port: u16) -> Result<Running, CliError> {
    let flags = Flags {
        config: Some(demo.config.clone()),
        data_dir: Some(demo.data_dir.clone()),
        host: None,
        port: None,
        listen: Some(format!("127.0.0.1:{port}")),
    };
    // What the person's own environment says is not the demo's business.
    let env = Environment::from_pairs::<String, String>([]);
    Ok(serve(Options::new(flags, env)).await?)
}

async fn open_page(browser: &Browser, url: &str, voice: &Voice) -> Result<Page, CliError> {
    let page = Page::open(&browser.devtools, url).await.map_err(failed)?;
    let loaded = "document.readyState === 'complete' && location.protocol !== 'about:'";
    page.wait_for("itself", loaded, READY_LIMIT).await.map_err(failed)?;
    voice.say(&format!("page open: {url}"));
    Ok(page)
}

/// A failed step with its reason.
fn failed(error: impl std::error::Error) -> CliError {
    CliError::new(Exit::Failure, error.to_string())
}
