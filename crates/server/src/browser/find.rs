//! Which Chromium: the one that `TABWAY_CHROMIUM` names, else the first usable one of the machine.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::BrowserError;

/// Names in `PATH`, those that load extensions first.
const NAMES: &[&str] =
    &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];

/// Places outside `PATH`.
const PLACES: &[&str] = &[
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium-browser/chromium-browser",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The first branded Chrome that ignores `--load-extension`.
const CHROME_WITHOUT_LOAD_EXTENSION: u32 = 137;

/// A browser that will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chromium {
    /// The program.
    pub path: PathBuf,
    /// What it calls itself, such as `Chromium 156.0.8078.79`.
    pub version: String,
}

/// Finds a Chromium that loads extensions from a folder.
///
/// # Errors
/// When there is none, or only one that cannot be used.
pub async fn find(named: Option<&Path>) -> Result<Chromium, BrowserError> {
    if let Some(path) = named {
        return examine(path).await;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path =
        NAMES.iter().flat_map(|name| env::split_paths(&path).map(move |dir| dir.join(name)));
    let candidates = in_path.chain(PLACES.iter().map(PathBuf::from)).filter(|path| path.is_file());
    let mut refused = BrowserError::NotFound;
    for candidate in candidates {
        match examine(&candidate).await {
            Ok(found) => return Ok(found),
            // The first refusal says most: it is of the browser that the person has.
            Err(error) if matches!(refused, BrowserError::NotFound) => refused = error,
            Err(_) => {}
        }
    }
    Err(refused)
}

async fn examine(path: &Path) -> Result<Chromium, BrowserError> {
    let unusable =
        |reason: String| BrowserError::Unusable { path: path.display().to_string(), reason };
    let mut command = Command::new(path);
    command.arg("--version").kill_on_drop(true);
    let output = match timeout(Duration::from_secs(20), command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(unusable(error.to_string())),
        Err(_) => return Err(unusable("it does not say its version".to_owned())),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    judge(&text).map_err(|reason| unusable(reason.to_owned()))?;
    let version = text.split(" built on").next().unwrap_or(&text).trim().to_owned();
    Ok(Chromium { path: path.to_owned(), version })
}

/// Whether a browser of this version loads an extension from a folder.
fn judge(version: &str) -> Result<(), &'static str> {
    let version = version.trim();
    if version.starts_with("Google Chrome for Testing") || version.starts_with("Chromium") {
        return Ok(());
    }
    let Some(number) = version.strip_prefix("Google Chrome") else {
        return Err("it does not look like Chromium");
    };
    let major: Option<u32> =
        number.split_whitespace().find_map(|word| word.split('.').next()?.parse().ok());
    match major {
        Some(major) if major < CHROME_WITHOUT_LOAD_EXTENSION => Ok(()),
        _ => Err(
            "branded Chrome from 137 on ignores --load-extension; install Chromium, or load the extension by hand (see /extension/ of a running gateway)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn chromium_and_chrome_for_testing_will_do() {
        assert!(judge("Chromium 156.0.8078.79 built on Debian GNU/Linux 12").is_ok());
        assert!(judge("Google Chrome for Testing 150.0.1.2").is_ok());
        assert!(judge("Google Chrome 136.0.7103.59").is_ok());
    }

    #[test]
    fn branded_chrome_is_refused_with_the_reason() {
        let reason = judge("Google Chrome 143.0.7499.40").expect_err("too new");
        assert!(reason.contains("--load-extension"), "{reason}");
        assert!(judge("Mozilla Firefox 153.0").is_err());
    }

    #[tokio::test]
    async fn a_named_browser_that_is_not_there_is_an_error() {
        let named = std::path::Path::new("/nonexistent/chromium");
        let error = super::find(Some(named)).await.expect_err("not there");
        assert!(error.to_string().contains("/nonexistent/chromium"), "{error}");
    }
}
