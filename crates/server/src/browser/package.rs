//! The extension's package as a folder that Chromium can load.

use std::{fs, path::Path};

use serde_json::{Map, Value};

use super::BrowserError;
use crate::extension_files::Chromium as Package;

/// The id that Chromium gives the extension, by the key in its manifest.
#[must_use]
pub fn extension_id() -> &'static str {
    include_str!("../../../../extension/dist/chromium-id.txt").trim()
}

/// Writes the package's files into `folder` with the origins granted.
///
/// A headless browser cannot show the prompt by which a person grants an origin. So this copy's
/// manifest names the origins in `host_permissions`; that is its only difference from the package.
///
/// # Errors
/// When a file cannot be written or the manifest is not an object.
pub fn write_extension(folder: &Path, origins: &[String]) -> Result<(), BrowserError> {
    for name in Package::iter() {
        let Some(file) = Package::get(&name) else { continue };
        let bytes = match name.as_ref() {
            "manifest.json" => granted(&file.data, origins)?.into(),
            _ => file.data,
        };
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

    #[test]
    fn only_the_granted_origins_differ() {
        let folder = tempfile::tempdir().expect("folder");
        let origins = ["http://127.0.0.1:7860".to_owned(), "https://chat.test".to_owned()];
        write_extension(folder.path(), &origins).expect("written");

        let read = |name: &str| fs::read(folder.path().join(name)).expect(name);
        let mut manifest: Map<String, Value> =
            serde_json::from_slice(&read("manifest.json")).expect("JSON");
        let granted = manifest.remove("host_permissions").expect("granted");
        assert_eq!(granted, serde_json::json!(["http://127.0.0.1:7860/*", "https://chat.test/*"]));
        for name in Package::iter() {
            let packed = Package::get(&name).expect("packed").data;
            if name == "manifest.json" {
                let original: Map<String, Value> = serde_json::from_slice(&packed).expect("JSON");
                assert_eq!(manifest, original);
            } else {
                assert_eq!(read(&name), packed.as_ref(), "{name}");
            }
        }
    }
}
