//! `/extension/`: how a person gets the extension, its packages and their sums.

mod age;

use std::{
    io::{Cursor, Write},
    sync::LazyLock,
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::{StatusCode, header};
use rust_embed::RustEmbed;
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

pub(crate) use self::age::Age;
use crate::{
    page::layout,
    routes::{Routes, Verb, Who},
};

#[derive(RustEmbed)]
#[folder = "../../extension/dist/chromium"]
pub(crate) struct Chromium;

#[derive(RustEmbed)]
#[folder = "../../extension/dist/firefox"]
struct Firefox;

/// Version of the extension that this gateway carries: they are released together.
#[must_use]
pub(crate) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The routes; they hold no state.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Routes<S> {
    let chromium = get(|| async { package(&CHROMIUM, "application/zip") });
    let firefox = get(|| async { package(&FIREFOX, "application/x-xpinstall") });
    let folder = get(|| async { Redirect::permanent("/extension/") });
    Routes::of(Who::Anyone)
        .page(Verb::Get, "/extension", folder)
        .page(Verb::Get, "/extension/", get(steps))
        .page(Verb::Get, "/extension/chromium.zip", chromium)
        .page(Verb::Get, "/extension/firefox.xpi", firefox)
}

/// Built at the first request; the same bytes each time, so that a checksum means something.
static CHROMIUM: LazyLock<Option<Archive>> = LazyLock::new(|| archive::<Chromium>().ok());
static FIREFOX: LazyLock<Option<Archive>> = LazyLock::new(|| archive::<Firefox>().ok());

/// A package as it is downloaded.
struct Archive {
    bytes: Bytes,
    /// SHA-256 in hexadecimal, as `sha256sum` prints it.
    sum: String,
}

fn archive<Package: RustEmbed>() -> Result<Archive, ZipError> {
    let bytes = packed::<Package>()?;
    let sum = HEXLOWER.encode(digest(&SHA256, &bytes).as_ref());
    Ok(Archive { bytes, sum })
}

/// All files of a package, in order of their names, with the format's first moment as their time.
fn packed<Package: RustEmbed>() -> Result<Bytes, ZipError> {
    let mut names: Vec<_> = Package::iter().collect();
    names.sort();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        let Some(file) = Package::get(&name) else { continue };
        archive.start_file(name.as_ref(), options)?;
        archive.write_all(&file.data)?;
    }
    Ok(archive.finish()?.into_inner().into())
}

fn package(archive: &Option<Archive>, kind: &'static str) -> Response {
    match archive {
        Some(archive) => ([(header::CONTENT_TYPE, kind)], archive.bytes.clone()).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn steps() -> Response {
    let sum = |archive: &'static Option<Archive>| archive.as_ref().map_or("", |one| &one.sum);
    let content = include_str!("../assets/page/extension.html")
        .replace("{version}", version())
        .replace("{chromium_sum}", sum(&CHROMIUM))
        .replace("{firefox_sum}", sum(&FIREFOX));
    let page = layout::page("Get the extension", &content);
    (layout::headers(), Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The build writes down what it would pack, by code of its own.
    #[test]
    fn packages_are_those_of_the_build() {
        let built = include_str!("../../../extension/dist/PACKAGES.sha256");
        let ours = [("chromium.zip", archive::<Chromium>()), ("firefox.xpi", archive::<Firefox>())]
            .map(|(name, archive)| format!("{}  {name}\n", archive.unwrap().sum));
        assert_eq!(built, ours.concat());
    }

    #[test]
    fn packages_are_whole_and_byte_stable() {
        assert_eq!(packed::<Chromium>().unwrap(), packed::<Chromium>().unwrap());
        for bytes in [packed::<Chromium>().unwrap(), packed::<Firefox>().unwrap()] {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            let names: Vec<String> =
                archive.file_names().map(|name| name.unwrap().into_owned()).collect();
            assert!(names.contains(&"manifest.json".to_owned()), "{names:?}");
            let manifest = archive.by_name("manifest.json").unwrap();
            let manifest: serde_json::Value = serde_json::from_reader(manifest).unwrap();
            assert_eq!(manifest["manifest_version"], 3);
            assert_eq!(manifest["version"], version(), "gateway and extension go together");
            assert!(manifest.get("host_permissions").is_none(), "nothing is granted at install");
        }
    }
}
