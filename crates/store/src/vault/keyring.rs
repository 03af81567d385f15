//! The keys that wrap the records' own keys. The newest seals; the older ones open what they
//! sealed until nothing is left under them.
//!
//! Written as `ID:KEY`, one a line or with commas between, the key as 64 hex digits. One key may
//! stand without its id, which is then 1.

use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::{Zeroize, Zeroizing};

use super::{VaultError, blob};

/// The most keys of a ring.
const MOST: usize = 64;

/// One key of the ring.
#[derive(Clone)]
pub(crate) struct Kek {
    pub(crate) id: u32,
    pub(crate) key: Zeroizing<[u8; 32]>,
}

/// Every key, oldest first; never empty.
#[derive(Clone)]
pub(crate) struct Keyring(Vec<Kek>);

impl Keyring {
    /// A ring of one fresh key.
    pub(super) fn fresh() -> Result<Self, VaultError> {
        Ok(Self(vec![Kek { id: 1, key: Zeroizing::new(blob::random()?) }]))
    }

    /// Reads a ring as it is written.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut keys = Vec::new();
        let entries = text.split(|c: char| c.is_whitespace() || c == ',');
        for entry in entries.filter(|entry| !entry.is_empty()) {
            let (id, key) = entry.split_once(':').unwrap_or(("1", entry));
            let id: u32 = id.parse().map_err(|_| "a key's id is not a number".to_owned())?;
            let mut bytes = HEXLOWER_PERMISSIVE
                .decode(key.as_bytes())
                .map_err(|_| format!("key {id} is not 64 hex digits; it may be cut short"))?;
            let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new);
            bytes.zeroize();
            let key =
                key.map_err(|_| format!("key {id} is not 64 hex digits; it may be cut short"))?;
            if key.iter().all(|byte| *byte == 0) {
                return Err(format!("key {id} is all zeros"));
            }
            keys.push(Kek { id, key });
        }
        keys.sort_by_key(|key| key.id);
        if keys.is_empty() {
            return Err("empty: put it back from your backup".to_owned());
        }
        if keys.len() > MOST {
            return Err(format!("more than {MOST} keys"));
        }
        if let Some(twice) = keys.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(format!("two keys have the id {}", twice[0].id));
        }
        Ok(Self(keys))
    }

    /// The ring as it is written.
    pub(super) fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for key in &self.0 {
            let hex = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(&*key.key));
            text.push_str(&format!("{}:{}\n", key.id, *hex));
        }
        text
    }

    /// The one that seals.
    pub(super) fn newest(&self) -> Result<&Kek, VaultError> {
        self.0.last().ok_or(VaultError::Broken)
    }

    pub(super) fn find(&self, id: u32) -> Option<&Kek> {
        self.0.iter().find(|key| key.id == id)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|key| key.id)
    }

    /// The ring with one more key, which seals from then on.
    pub(super) fn with_next(&self) -> Result<Self, VaultError> {
        let id = self.newest()?.id.checked_add(1).ok_or(VaultError::Broken)?;
        let mut keys = self.0.clone();
        keys.push(Kek { id, key: Zeroizing::new(blob::random()?) });
        Ok(Self(keys))
    }

    /// The ring without one of its older keys.
    pub(super) fn without(&self, id: u32) -> Self {
        Self(self.0.iter().filter(|key| key.id != id).cloned().collect())
    }
}
