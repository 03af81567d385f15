//! Where the vault's keys come from: the environment, a file elsewhere, a credential of systemd,
//! or a file of the data folder that the gateway makes at its first use, closed by a passphrase
//! where there is one.

use std::{
    fmt::Write as _,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::{
    Plain, VaultError,
    blob::{self, Place, Purpose},
    keyring::{Kek, Keyring},
    passphrase::Cost,
};
use crate::folder;

/// The gateway's own file, in the data folder.
pub const KEY_FILE: &str = "vault.key";

/// Its name while it is written.
const UNFINISHED: &str = "vault.key.new";

/// The first word of a file that a passphrase closes.
const CLOSED: &str = "tabway-keyring-1";

const CLOSED_PLACE: Place<'static> =
    Place { purpose: Purpose::Keyring, table: "file", row: KEY_FILE, column: "keys" };

/// What the owner says about the vault's keys.
#[derive(Debug, Clone, Default)]
pub struct KeySource {
    /// The keys themselves, from the environment.
    pub key: Option<Plain>,
    /// A file elsewhere, read and never written.
    pub file: Option<PathBuf>,
    /// Closes the file of the data folder.
    pub passphrase: Option<Plain>,
}

impl KeySource {
    /// Whether the gateway writes its keys itself.
    pub(super) fn is_own(&self) -> bool {
        self.key.is_none() && self.file.is_none()
    }

    /// What messages call the place of the keys.
    pub(super) fn name(&self, data_dir: &Path) -> String {
        match (&self.key, &self.file) {
            (Some(_), _) => "TABWAY_VAULT_KEY".to_owned(),
            (None, Some(file)) => file.display().to_string(),
            (None, None) => data_dir.join(KEY_FILE).display().to_string(),
        }
    }

    /// Reads the keys; `None` where none were ever made.
    pub(super) fn read(&self, data_dir: &Path) -> Result<Option<Keyring>, VaultError> {
        let place = self.name(data_dir);
        let unreadable = |words: String| VaultError::Unreadable { place: place.clone(), words };
        if let Some(key) = &self.key {
            let text = key.expose_text().ok_or_else(|| unreadable("not text".to_owned()))?;
            return Keyring::parse(text).map(Some).map_err(unreadable);
        }
        let own = data_dir.join(KEY_FILE);
        let path = self.file.as_deref().unwrap_or(&own);
        let failed = |source| VaultError::File { path: path.to_owned(), source };
        if !path.try_exists().map_err(failed)? {
            return match &self.file {
                Some(_) => Err(VaultError::Missing(path.to_owned())),
                None => Ok(None),
            };
        }
        if folder::is_open_to_others(path).map_err(failed)? {
            return Err(VaultError::OpenToOthers(path.to_owned()));
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        if let Some(closed) = text.strip_prefix(CLOSED) {
            let refused = || VaultError::Passphrase(path.to_owned());
            let passphrase = self.passphrase.as_ref().ok_or_else(refused)?;
            let closed =
                Closed::parse(closed).ok_or_else(|| unreadable("damaged or cut short".into()))?;
            let opened = blob::open(&closed.key(passphrase)?, &CLOSED_PLACE, &closed.blob);
            let opened = opened.map_err(|_| refused())?;
            let text = opened.expose_text().ok_or_else(refused)?;
            return Keyring::parse(text).map(Some).map_err(unreadable);
        }
        let ring = Keyring::parse(&text).map_err(unreadable)?;
        if self.is_own() && self.passphrase.is_some() {
            // A passphrase that was set later closes what was open until then.
            self.write(data_dir, &ring)?;
        }
        Ok(Some(ring))
    }

    /// Writes the gateway's own file, whole or not at all.
    pub(super) fn write(&self, data_dir: &Path, ring: &Keyring) -> Result<(), VaultError> {
        if !self.is_own() {
            return Err(VaultError::NotOurs(self.name(data_dir)));
        }
        let text = match &self.passphrase {
            None => ring.text(),
            Some(passphrase) => Zeroizing::new(Closed::make(passphrase, &ring.text())?),
        };
        let (path, unfinished) = (data_dir.join(KEY_FILE), data_dir.join(UNFINISHED));
        let written = folder::private_file(&unfinished).and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            // The name too must outlive a power loss: records are sealed by these keys next.
            fs::File::open(data_dir)?.sync_all()
        });
        written.map_err(|source| VaultError::File { path, source })
    }
}

/// A ring under a passphrase, as its file has it.
struct Closed {
    memory_kib: u32,
    passes: u32,
    salt: Vec<u8>,
    blob: Vec<u8>,
}

impl Closed {
    fn make(passphrase: &Plain, text: &str) -> Result<String, VaultError> {
        let salt = blob::random::<16>()?.to_vec();
        let Cost { memory_kib, passes } = Cost::TODAY;
        let mut made = Self { memory_kib, passes, salt, blob: Vec::new() };
        made.blob = blob::seal(&made.key(passphrase)?, &CLOSED_PLACE, text.as_bytes())?;
        let mut out = String::from(CLOSED);
        let (salt, blob) = (HEXLOWER.encode(&made.salt), HEXLOWER.encode(&made.blob));
        // Writing to a String does not fail.
        let _ = writeln!(out, " argon2id {memory_kib} {passes} {salt} {blob}");
        Ok(out)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let _argon2id = words.next().filter(|word| *word == "argon2id")?;
        let Cost { memory_kib, passes } = Cost::parse(&mut words)?;
        let salt = HEXLOWER.decode(words.next()?.as_bytes()).ok()?;
        let blob = HEXLOWER.decode(words.next()?.as_bytes()).ok()?;
        Some(Self { memory_kib, passes, salt, blob })
    }

    /// The key that the passphrase gives.
    fn key(&self, passphrase: &Plain) -> Result<Kek, VaultError> {
        let cost = Cost { memory_kib: self.memory_kib, passes: self.passes };
        let key = cost.key(passphrase, &self.salt)?;
        Ok(Kek { id: 0, key })
    }
}
