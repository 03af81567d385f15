//! Time to the first token through a real Chromium: the client's minus the page's own.
//!
//! The demo page notes when its own code takes the first piece of an answer (`data-first-at`, in
//! milliseconds since 1970). The client notes when the first text reaches it. Both clocks are the
//! same machine's, so the difference is what the bridge adds: tap, extension, socket, gateway,
//! decoder and client connection.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tabway::browser::{self, Browser, Launch, Page};
use tokio::time::{Instant, sleep};

use crate::{
    admin::Admin,
    histogram::Histogram,
    http::{Connection, prompt_body, request},
    stand::{self, Folder, KEY, Program},
    unix_ns,
};

/// How many turns, and with what.
#[derive(Debug, Clone, clap::Args)]
pub struct TurnsArgs {
    /// The gateway's release binary.
    #[arg(long, default_value = "target/release/tabway")]
    pub binary: PathBuf,
    /// Turns, one after another.
    #[arg(long, default_value_t = 200)]
    pub turns: usize,
    /// What to ask: twenty words, one each 20 ms.
    #[arg(long, default_value = "/words 20 20")]
    pub prompt: String,
}

/// How long a step of the preparation may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The model that the demo page offers.
const MODEL: &str = "demo/default";

/// Runs the turns and tells the difference.
///
/// # Errors
/// When the browser does not start, is not paired, or an answer is cut.
pub async fn run(args: TurnsArgs) -> Result<Value> {
    let folder = Folder::new("turns")?;
    let (mut command, addr) = stand::demo(&args.binary, folder.path())?;
    let mut gateway = Program::start(&mut command, addr)?;
    gateway.ready().await?;
    let browser = launch(folder.path(), addr).await?;
    pair(&browser, addr, &Admin::of(addr, &folder.path().join("data"))?).await?;
    let page = Page::open(&browser.devtools, &format!("http://{addr}/demo/")).await?;
    let mut connection = Connection::open(addr).await?;
    let request = request(addr, KEY, &prompt_body(MODEL, &args.prompt));
    first_answer(&mut connection, &request).await?;

    let (mut added, mut early) = (Histogram::default(), 0);
    for turn in 1..=args.turns {
        let client_ns = ask(&mut connection, &request).await?;
        let page_ms = page.evaluate(FIRST_AT).await?;
        let page_ms: f64 = page_ms.as_str().unwrap_or_default().parse().context("data-first-at")?;
        let difference = client_ns as f64 - page_ms * 1e6;
        // The tap reads its own copy of the stream and may be ahead of the page's code.
        early += u64::from(difference < 0.0);
        added.record(difference.max(0.0) as u64);
        if turn % 20 == 0 {
            eprintln!("{turn} turns: {}", added.summary());
        }
    }
    browser.close().await;
    Ok(json!({ "turns": args.turns, "added": added.summary(), "client_first": early }))
}

const FIRST_AT: &str =
    "[...document.querySelectorAll('li[data-role=assistant]')].at(-1)?.dataset.firstAt";

async fn launch(folder: &Path, addr: SocketAddr) -> Result<Browser> {
    let named = std::env::var_os("TABWAY_CHROMIUM").map(PathBuf::from);
    let chromium = browser::find(named.as_deref()).await?;
    let extension = folder.join("extension");
    browser::write_extension(&extension, &[format!("http://{addr}")])?;
    let profile = folder.join("profile");
    Ok(Launch { chromium, extension, profile }.start().await?)
}

/// Types the code into the extension's popup and accepts the fingerprint that it shows.
async fn pair(browser: &Browser, addr: SocketAddr, admin: &Admin) -> Result<()> {
    let code = admin.pairing().await?;
    let url = format!("chrome-extension://{}/popup.html", browser::extension_id());
    let popup = Page::open(&browser.devtools, &url).await?;
    popup.wait_for("its form", "!!document.querySelector('#pair-button')", LIMIT).await?;
    popup.type_into("#gateway-url", &format!("http://{addr}")).await?;
    popup.type_into("#pair-code", &code.text).await?;
    popup.click("#pair-button").await?;
    let shown = "document.querySelector('#fingerprint').textContent";
    let fingerprint = popup.wait_for("a fingerprint", shown, LIMIT).await?;
    code.accept(admin, fingerprint.as_str().unwrap_or_default()).await?;
    let connected = "document.querySelector('#pair-state').dataset.state === 'connected'";
    popup.wait_for("that it is connected", connected, LIMIT).await?;
    Ok(popup.close().await?)
}

/// Asks until the page is ready to be asked.
async fn first_answer(connection: &mut Connection, request: &[u8]) -> Result<()> {
    let limit = Instant::now() + LIMIT;
    while let Err(error) = ask(connection, request).await {
        ensure!(Instant::now() < limit, "the page answers nothing: {error:#}");
        sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// One turn; nanoseconds since 1970 when its first text came.
async fn ask(connection: &mut Connection, request: &[u8]) -> Result<u128> {
    let head = connection.send(request).await?;
    let (mut first, mut reply) = (None, Vec::new());
    connection
        .body(head, |data| {
            reply.extend_from_slice(data);
            if first.is_none() && has_text(&reply) {
                first = Some(unix_ns());
            }
        })
        .await?;
    let text = String::from_utf8_lossy(&reply);
    ensure!(head.status == 200, "status {}: {text}", head.status);
    ensure!(text.ends_with("data: [DONE]\n\n"), "a cut answer: {text}");
    first.with_context(|| format!("an answer without text: {text}"))
}

/// Whether a chunk with words has come, not only the role's.
fn has_text(reply: &[u8]) -> bool {
    let key = b"\"content\":\"";
    memchr::memmem::find_iter(reply, key)
        .any(|at| reply.get(at + key.len()).is_some_and(|byte| *byte != b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_is_not_text() {
        assert!(!has_text(br#"{"delta":{"role":"assistant","content":""}}"#));
        assert!(has_text(br#"{"delta":{"content":""}} {"delta":{"content":"a"}}"#));
    }
}
