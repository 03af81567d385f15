//! The data folder: its modes and its lock. The only Unix calls of this crate.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::StoreError;

/// The file whose lock says: in use. Its content means nothing.
const LOCK_FILE: &str = "lock";

/// A data folder that this process holds until it ends.
pub(crate) struct Folder {
    _lock: File,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path)?;
        let lock_path = path.join(LOCK_FILE);
        let lock = private_file(&lock_path).map_err(|e| StoreError::folder(&lock_path, e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Held(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(StoreError::folder(lock_path, error)),
        }
    }
}

/// Makes a folder for its owner alone, parents included.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o700)))
        .map_err(|error| StoreError::folder(path, error))
}

/// Opens or makes a file that its owner alone may read.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

/// Whether others than its owner may read a file.
pub(crate) fn is_open_to_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}
