//! Starting a browser of the fleet: an ordinary one, with a profile and a copy of the extension of
//! its own. No flag here hides what it is.

use std::{
    fs::{self, File},
    path::Path,
    process::{ExitStatus, Stdio},
};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{FleetError, Mode, Profile, ProxyAddress, process};
use crate::browser::{self, BrowserError, Chromium};

/// The file by which the extension of this copy learns where its gateway is.
const ORDER_FILE: &str = "order.json";
const LOG_FILE: &str = "browser.log";

const FLAGS: &[&str] = &[
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-sync",
    "--hide-crash-restore-bubble",
    // Tabs that nobody looks at are what these browsers are for.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--window-size=1280,900",
];

/// What saves memory without changing what a page can do (docs/FLEET.md has the figures).
const FRUGAL: &[&str] = &[
    "--disable-features=Translate,MediaRouter,OptimizationHints,GlobalMediaControls,DialMediaRouteProvider",
    "--disable-background-networking",
    "--disk-cache-size=33554432",
    "--media-cache-size=8388608",
];

/// What to start.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The browser.
    pub chromium: &'a Chromium,
    /// Its profile.
    pub profile: &'a Profile,
    /// With a window or without.
    pub mode: Mode,
    /// Its outbound proxy.
    pub proxy: Option<&'a ProxyAddress>,
    /// The gateway's address, `http://host:port`.
    pub gateway: &'a str,
    /// A fleet key, while it is not paired.
    pub key: Option<&'a str>,
    /// Sites whose tabs it keeps open, by name and origin.
    pub sites: &'a [(String, String)],
    /// Tabs of each.
    pub lanes: u32,
}

/// A running browser; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Launch<'_> {
    /// Starts it.
    ///
    /// # Errors
    /// When files cannot be written or the program does not start.
    pub fn start(&self) -> Result<Running, FleetError> {
        let (folder, extension) = (self.profile.browser_folder(), self.profile.extension_folder());
        fs::create_dir_all(&folder).map_err(|error| FleetError::file(&folder, error))?;
        self.write_extension(&extension)?;
        let log_path = self.profile.file(LOG_FILE);
        let log = File::create(&log_path).map_err(|error| FleetError::file(&log_path, error))?;
        let mut command = Command::new(&self.chromium.path);
        command
            .args(self.arguments(&folder, &extension))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        // A Ctrl-C in the terminal is its supervisor's to act on.
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(|error| BrowserError::NotStarted(error.to_string()))?;
        Ok(Running { child })
    }

    /// Written anew at each start, so that it is always of this version and for these sites.
    fn write_extension(&self, folder: &Path) -> Result<(), FleetError> {
        let mut origins: Vec<String> =
            self.sites.iter().map(|(_, origin)| origin.clone()).collect();
        origins.sort();
        origins.dedup();
        browser::write_extension(folder, &origins)?;
        self.profile.write_order(&self.order())
    }

    fn order(&self) -> Value {
        let mut order = json!({
            "gateway": format!("{}/node", self.gateway.replacen("http", "ws", 1)),
            "label": self.profile.name(),
            "sites": self.sites.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "lanes": self.lanes,
        });
        if let Some(key) = self.key {
            order["key"] = key.into();
        }
        order
    }

    fn arguments(&self, folder: &Path, extension: &Path) -> Vec<String> {
        let mut arguments: Vec<String> =
            FLAGS.iter().chain(FRUGAL).map(|flag| (*flag).to_owned()).collect();
        if self.mode == Mode::Headless {
            arguments.extend(["--headless", "--disable-gpu"].map(str::to_owned));
        }
        // Chromium's sandbox does not work for root.
        if browser::is_root(folder) {
            arguments.push("--no-sandbox".to_owned());
        }
        if let Some(proxy) = self.proxy {
            arguments.extend(proxy.arguments(host_of(self.gateway)));
        }
        arguments.push(process::profile_argument(folder));
        arguments.push(format!("--load-extension={}", extension.display()));
        arguments.push("about:blank".to_owned());
        arguments
    }
}

impl Profile {
    fn write_order(&self, order: &Value) -> Result<(), FleetError> {
        let path = self.extension_folder().join(ORDER_FILE);
        fs::write(&path, order.to_string()).map_err(|error| FleetError::file(&path, error))
    }

    /// Takes the fleet key out of the order: this profile is paired.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn forget_key(&self) -> Result<(), FleetError> {
        let path = self.extension_folder().join(ORDER_FILE);
        let file = |error| FleetError::file(&path, error);
        let text = fs::read_to_string(&path).map_err(file)?;
        let mut order: Value = serde_json::from_str(&text).map_err(|error| {
            FleetError::Content { path: path.display().to_string(), reason: error.to_string() }
        })?;
        if let Some(fields) = order.as_object_mut() {
            fields.remove("key");
        }
        self.write_order(&order)
    }

    /// The last words of its browser, where it ended by itself.
    #[must_use]
    pub fn last_words(&self) -> String {
        browser::last_line(&self.file(LOG_FILE))
    }
}

impl Running {
    /// Its process, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When the system does not tell.
    pub async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends it in good order.
    pub async fn end(mut self) {
        process::end(&mut self.child).await;
    }
}

/// The host of `http://host:port`.
fn host_of(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Profiles;

    #[tokio::test]
    async fn the_order_is_in_this_copy_and_its_key_goes_after_pairing() {
        let folder = tempfile::tempdir().expect("folder");
        let held =
            Profiles::of(folder.path()).named("work").expect("name").hold().await.expect("held");
        let proxy = ProxyAddress::parse("socks5://p.test:1080").expect("proxy");
        let chromium = Chromium { path: "/bin/true".into(), version: "Chromium 156".to_owned() };
        let launch = Launch {
            chromium: &chromium,
            profile: &held.profile,
            mode: Mode::Headless,
            proxy: Some(&proxy),
            gateway: "http://127.0.0.1:7070",
            key: Some("fleet-x"),
            sites: &[("demo".to_owned(), "http://127.0.0.1:7070".to_owned())],
            lanes: 2,
        };
        let extension = held.profile.extension_folder();
        launch.write_extension(&extension).expect("written");
        let read = || -> Value {
            let text = fs::read_to_string(extension.join(ORDER_FILE)).expect("order");
            serde_json::from_str(&text).expect("JSON")
        };
        let order = read();
        assert_eq!(order["gateway"], "ws://127.0.0.1:7070/node");
        assert_eq!(order["key"], "fleet-x");
        held.profile.forget_key().expect("forgotten");
        assert_eq!(read()["key"], Value::Null);
        assert_eq!(read()["sites"], json!(["demo"]));

        let arguments = launch.arguments(Path::new("/p"), Path::new("/e"));
        for needed in [
            "--headless",
            "--user-data-dir=/p",
            "--load-extension=/e",
            "--proxy-server=socks5://p.test:1080",
        ] {
            assert!(arguments.iter().any(|word| word == needed), "{needed}: {arguments:?}");
        }
        let debugging = arguments.iter().any(|word| word.starts_with("--remote-debugging"));
        assert!(!debugging, "another user of this machine would read the profile through it");
        let windowed = Launch { mode: Mode::Headed, proxy: None, ..launch };
        let arguments = windowed.arguments(Path::new("/p"), Path::new("/e"));
        assert!(!arguments.iter().any(|word| word.contains("headless") || word.contains("proxy")));
    }
}
