//! Starting Chromium, headless, with a profile of its own and the extension loaded.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::json;
use tokio::{
    process::{Child, Command},
    time::{Instant, interval, timeout},
};

use super::{BrowserError, Chromium, DevTools, DevToolsError};

/// Where Chromium says its DevTools port and path.
const PORT_FILE: &str = "DevToolsActivePort";

/// How long Chromium may take to open its DevTools port.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How long it may take to end in good order.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Plain operation of a browser that nobody watches: no first-run pages, no background traffic.
const FLAGS: &[&str] = &[
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--window-size=1280,900",
];

/// What to start.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The browser.
    pub chromium: Chromium,
    /// The extension's folder.
    pub extension: PathBuf,
    /// The profile's folder; made where it is not there.
    pub profile: PathBuf,
}

/// A running Chromium; killed when dropped.
#[derive(Debug)]
pub struct Browser {
    /// Its socket.
    pub devtools: DevTools,
    /// Whether it runs without its sandbox, because we are root.
    pub without_sandbox: bool,
    child: Child,
}

impl Launch {
    /// Starts it and connects.
    ///
    /// # Errors
    /// When it ends or is silent.
    pub async fn start(&self) -> Result<Browser, BrowserError> {
        let write =
            |path: &Path, error| BrowserError::Write { path: path.display().to_string(), error };
        fs::create_dir_all(&self.profile).map_err(|error| write(&self.profile, error))?;
        // One of an earlier run would name a port that is no longer ours.
        let _ = fs::remove_file(self.profile.join(PORT_FILE));
        let log_path = self.profile.join("chromium.log");
        let log = File::create(&log_path).map_err(|error| write(&log_path, error))?;
        let without_sandbox = is_root(&self.profile);
        let mut command = Command::new(&self.chromium.path);
        command
            .args(FLAGS)
            // Chromium's sandbox does not work for root.
            .args(without_sandbox.then_some("--no-sandbox"))
            .arg(format!("--user-data-dir={}", self.profile.display()))
            .arg(format!("--load-extension={}", self.extension.display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        let mut child =
            command.spawn().map_err(|error| BrowserError::NotStarted(error.to_string()))?;
        let url = self.devtools_url(&mut child, &log_path).await?;
        let devtools = DevTools::connect(&url).await?;
        Ok(Browser { devtools, without_sandbox, child })
    }

    /// Chromium writes port and path into its profile once it listens.
    async fn devtools_url(&self, child: &mut Child, log: &Path) -> Result<String, BrowserError> {
        let file = self.profile.join(PORT_FILE);
        let deadline = Instant::now() + START_LIMIT;
        let mut looks = interval(Duration::from_millis(50));
        loop {
            looks.tick().await;
            let text = fs::read_to_string(&file).unwrap_or_default();
            if let Some((port, path)) = text.trim_end().split_once('\n') {
                return Ok(format!("ws://127.0.0.1:{port}{path}"));
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(BrowserError::NotStarted(format!("{status}; {}", last_line(log))));
            }
            if Instant::now() >= deadline {
                let seconds = START_LIMIT.as_secs();
                return Err(BrowserError::NotStarted(format!(
                    "no DevTools port after {seconds} s; {}",
                    last_line(log)
                )));
            }
        }
    }
}

impl Browser {
    /// Closes it in good order, so that its profile is whole; kills it where it hesitates.
    pub async fn close(mut self) {
        // "Gone" is what is wanted here.
        let asked: Result<_, DevToolsError> =
            self.devtools.call(None, "Browser.close", json!({})).await;
        if asked.is_err() || timeout(CLOSE_LIMIT, self.child.wait()).await.is_err() {
            // It may have ended in between.
            let _ = self.child.kill().await;
        }
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }
}

/// The last line of a log that says something.
pub(crate) fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
}

/// Whether we are root: a folder that we have made belongs to root.
#[cfg(unix)]
pub(crate) fn is_root(ours: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(ours).is_ok_and(|meta| meta.uid() == 0)
}

#[cfg(not(unix))]
pub(crate) fn is_root(_ours: &Path) -> bool {
    false
}
