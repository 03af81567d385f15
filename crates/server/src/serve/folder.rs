//! The data folder's own files: who may read them, the admin token, where the gateway listens.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use data_encoding::BASE32_NOPAD;

use super::StartError;
use crate::config::{Config, Secret};

/// Holds what `/api/*` asks for; readable by its owner alone.
pub const ADMIN_TOKEN_FILE: &str = "admin-token";

/// Holds the address of the running gateway, for the command line.
pub const ENDPOINT_FILE: &str = "endpoint";

/// Makes the folder, for its owner alone.
pub(super) fn prepare(folder: &Path) -> Result<(), StartError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| unusable(folder, &error))
}

/// The token of the configuration, that of an earlier start, or a fresh one.
pub(super) fn admin_token(config: &Config) -> Result<Secret, StartError> {
    let path = config.data_dir.join(ADMIN_TOKEN_FILE);
    if let Some(token) = &config.admin_token {
        write_private(&path, token.expose())?;
        return Ok(token.clone());
    }
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 32 => return Ok(Secret::new(text.trim())),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(&path, &error)),
    }
    let mut bytes = [0; 24];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| StartError::Folder("the system gives no random bytes".to_owned()))?;
    let token = format!("tw-admin-{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase());
    write_private(&path, &token)?;
    Ok(Secret::new(token))
}

/// Writes a file that its owner alone may read, whole or not at all.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), StartError> {
    let fresh = path.with_extension("new");
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&fresh, path));
    written.map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &std::io::Error) -> StartError {
    StartError::Folder(format!("the data folder cannot be used: {}: {error}", path.display()))
}

/// Says where the running gateway is.
pub(super) fn note_endpoint(folder: &Path, url: &str) -> Result<(), StartError> {
    write_private(&folder.join(ENDPOINT_FILE), url)
}
