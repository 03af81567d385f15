//! The demo's own data folder, and in its folder `demo` what only the demo needs: the configuration,
//! the extension, the browser's profile.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use data_encoding::BASE32_NOPAD;
use tokio::time::sleep;

use super::{Args, failed};
use crate::exit::{CliError, Exit};

/// How often a folder that is still written to is tried to be removed.
const REMOVALS: usize = 20;
const BETWEEN_REMOVALS: Duration = Duration::from_millis(50);

/// A folder that goes away with the demo, unless the person named one.
#[derive(Debug)]
pub(in crate::cli) struct Folder {
    path: PathBuf,
    ours: bool,
}

/// What the configuration came to.
#[derive(Debug)]
pub(super) struct Demo {
    pub(super) config: PathBuf,
    pub(super) data_dir: PathBuf,
    pub(super) key: String,
    pub(super) origin: String,
    /// The page's address.
    pub(super) page: String,
}

impl Folder {
    pub(in crate::cli) fn make(named: Option<&Path>) -> Result<Self, CliError> {
        let (path, ours) = match named {
            Some(path) => (path.to_owned(), false),
            None => (std::env::temp_dir().join(format!("tabway-demo-{}", random()?)), true),
        };
        fs::create_dir_all(&path).map_err(|error| unusable(&path, &error))?;
        Ok(Self { path, ours })
    }

    pub(in crate::cli) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, if it is ours. A browser that has ended leaves helpers that write for a moment yet.
    pub(super) async fn remove(self) {
        for _ in 0..REMOVALS {
            if !self.ours || !self.path.exists() || fs::remove_dir_all(&self.path).is_ok() {
                return;
            }
            sleep(BETWEEN_REMOVALS).await;
        }
    }

    /// The folder `demo` in it, empty: a browser that is paired already would not pair again.
    pub(super) fn own(&self) -> Result<PathBuf, CliError> {
        let own = self.path.join("demo");
        match fs::remove_dir_all(&own) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(unusable(&own, &error));
            }
            _ => {}
        }
        fs::create_dir_all(&own).map_err(|error| unusable(&own, &error))?;
        Ok(own)
    }

    pub(super) fn write_config(
        &self,
        own: &Path,
        args: &Args,
        site: &str,
        port: u16,
    ) -> Result<Demo, CliError> {
        let gateway = format!("http://127.0.0.1:{port}");
        let (origin, page) = match &args.origin {
            Some(origin) => (origin.trim_end_matches('/').to_owned(), origin.clone()),
            None => (gateway.clone(), format!("{gateway}/demo/")),
        };
        let key = format!("tw-demo-{}", random()?);
        let text = format!(
            "# Written by `tabway demo`.\n\n[[keys]]\nname = \"demo\"\nsecret = {}\n\n\
             [[sites]]\nname = {name}\nadapter = {name}\norigin = {}\n",
            quoted(&key),
            quoted(&origin),
            name = quoted(site),
        );
        let config = own.join("config.toml");
        fs::write(&config, text).map_err(|error| unusable(&config, &error))?;
        Ok(Demo { config, data_dir: self.path.clone(), key, origin, page })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.ours {
            // A leftover in the temporary folder does no harm.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The port to listen on: the page's address must be known before the gateway listens.
pub(super) fn port(wanted: Option<u16>) -> Result<u16, CliError> {
    match wanted {
        Some(port) => Ok(port),
        None => {
            let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
            Ok(socket.local_addr().map_err(failed)?.port())
        }
    }
}

fn random() -> Result<String, CliError> {
    let mut bytes = [0; 10];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| CliError::new(Exit::Failure, "the system gives no random bytes"))?;
    Ok(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn unusable(path: &Path, error: &io::Error) -> CliError {
    CliError::new(Exit::Failure, format!("cannot use {}: {error}", path.display()))
}
