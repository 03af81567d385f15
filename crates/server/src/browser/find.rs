//! Which Chromium: the one that `TABWAY_CHROMIUM` names, else the first usable one of the machine.

#[cfg(not(windows))]
use std::time::Duration;
use std::{
    env,
    path::{Path, PathBuf},
};

#[cfg(not(windows))]
use tokio::{process::Command, time::timeout};

use super::BrowserError;

/// Names in `PATH`, those that load extensions first.
const NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "microsoft-edge-stable",
    "microsoft-edge",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
];

/// Places outside `PATH`.
#[cfg(not(windows))]
const PLACES: &[&str] = &[
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium-browser/chromium-browser",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Places below the folders that Windows installs programs to.
#[cfg(windows)]
const PLACES: &[&str] = &[
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
    "Google/Chrome/Application/chrome.exe",
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
    let candidates = in_path.chain(places()).filter(|path| path.is_file());
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

#[cfg(not(windows))]
fn places() -> impl Iterator<Item = PathBuf> {
    PLACES.iter().map(PathBuf::from)
}

#[cfg(windows)]
fn places() -> impl Iterator<Item = PathBuf> {
    let roots = ["LOCALAPPDATA", "PROGRAMFILES", "PROGRAMFILES(X86)"].map(env::var_os);
    let roots = roots.into_iter().flatten().map(PathBuf::from);
    roots.flat_map(|root| PLACES.iter().map(move |place| root.join(place)))
}

async fn examine(path: &Path) -> Result<Chromium, BrowserError> {
    let unusable =
        |reason: String| BrowserError::Unusable { path: path.display().to_string(), reason };
    let text = version(path).await.map_err(unusable)?;
    judge(&text).map_err(|reason| unusable(reason.to_owned()))?;
    let version = text.split(" built on").next().unwrap_or(&text).trim().to_owned();
    Ok(Chromium { path: path.to_owned(), version })
}

/// What it says of itself.
#[cfg(not(windows))]
async fn version(path: &Path) -> Result<String, String> {
    let mut command = Command::new(path);
    command.arg("--version").kill_on_drop(true);
    match timeout(Duration::from_secs(20), command.output()).await {
        Ok(Ok(output)) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it does not say its version".to_owned()),
    }
}

/// On Windows browsers say nothing of themselves: a folder beside the program has their version.
#[cfg(windows)]
async fn version(path: &Path) -> Result<String, String> {
    let said = path.display().to_string();
    let product = match () {
        () if said.contains("Edge") => "Microsoft Edge",
        () if said.contains("Google") => "Google Chrome",
        () => "Chromium",
    };
    let beside = path.parent().ok_or("it is in no folder")?;
    let names = std::fs::read_dir(beside).map_err(|error| error.to_string())?.flatten();
    let is_version = |name: &String| {
        name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u32>().is_ok())
    };
    let number =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).find(is_version);
    Ok(format!("{product} {}", number.unwrap_or_default()))
}

/// Whether a browser of this version loads an extension from a folder.
fn judge(version: &str) -> Result<(), &'static str> {
    let version = version.trim();
    // Edge is not built with the branding that refuses the flag; where one does, its extension
    // never comes and whoever waits for it says so.
    let loads = ["Google Chrome for Testing", "Chromium", "Microsoft Edge"];
    if loads.iter().any(|product| version.starts_with(product)) {
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
        assert!(judge("Microsoft Edge 150.0.1.2").is_ok());
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
