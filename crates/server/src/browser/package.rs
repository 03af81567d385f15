//! The extension's package as a folder that Chromium can load.

use std::{borrow::Cow, fs, path::Path};

use serde_json::{Map, Value};

use super::BrowserError;

/// Writes the package's files into `folder` with the origins granted.
///
/// A headless browser cannot show the prompt by which a person grants an origin. So this copy's
/// manifest names the origins in `host_permissions`; that is its only difference from the package.
///
/// # Errors
/// When a file cannot be written or the manifest is not an object.
pub fn write_extension<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, [u8]>)>,
    origins: &[String],
) -> Result<(), BrowserError> {
    for (name, bytes) in files {
        let bytes = if name == "manifest.json" { granted(&bytes, origins)?.into() } else { bytes };
        write(&folder.join(name.as_ref()), &bytes)?;
    }
    Ok(())
}

fn granted(manifest: &[u8], origins: &[String]) -> Result<Vec<u8>, BrowserError> {
    let unusable = |error: serde_json::Error| {
        BrowserError::NotStarted(format!("the extension's manifest: {error}"))
    };
    let mut manifest: Map<String, Value> = serde_json::from_slice(manifest).map_err(unusable)?;
    let patterns = origins.iter().map(|origin| format!("{origin}/*"));
    manifest.insert("host_permissions".to_owned(), patterns.map(Value::from).collect());
    serde_json::to_vec_pretty(&manifest).map_err(unusable)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BrowserError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| BrowserError::Write { path: path.display().to_string(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Vec<(Cow<'static, str>, Cow<'static, [u8]>)> {
        let manifest = br#"{"manifest_version": 3, "key": "abc", "optional_host_permissions": ["http://*/*"]}"#;
        vec![
            ("manifest.json".into(), manifest.as_slice().into()),
            ("icons/16.png".into(), b"png".as_slice().into()),
        ]
    }

    #[test]
    fn only_the_granted_origins_differ() {
        let folder = tempfile::tempdir().expect("folder");
        let origins = ["http://127.0.0.1:7860".to_owned(), "https://chat.test".to_owned()];
        write_extension(folder.path(), package(), &origins).expect("written");

        let read = |name: &str| fs::read(folder.path().join(name)).expect(name);
        let mut manifest: Map<String, Value> =
            serde_json::from_slice(&read("manifest.json")).expect("JSON");
        let granted = manifest.remove("host_permissions").expect("granted");
        assert_eq!(granted, serde_json::json!(["http://127.0.0.1:7860/*", "https://chat.test/*"]));
        let original: Map<String, Value> = serde_json::from_slice(&package()[0].1).expect("JSON");
        assert_eq!(manifest, original);
        assert_eq!(read("icons/16.png"), b"png");
    }
}
