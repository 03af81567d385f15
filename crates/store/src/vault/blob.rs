//! A sealed record, format 1: a data key of its own, wrapped by a key of the ring.
//!
//! ```text
//! format 1 byte | key id 4 | nonce 24 | wrapped data key 48 | nonce 24 | sealed text and tag
//! ```
//! Both parts are bound to where the record belongs and to the key's id, so that a record that is
//! moved, relabelled or changed by a bit does not open.

use aws_lc_rs::{hkdf, rand};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

use super::{Plain, VaultError, keyring::Kek};

/// The only format there is.
const FORMAT: u8 = 1;

const KEY: usize = 32;
const TAG: usize = 16;
const NONCE: usize = 24;
const HEAD: usize = 1 + 4;
const WRAPPED: usize = HEAD + NONCE;
const TEXT_NONCE: usize = WRAPPED + KEY + TAG;
const TEXT: usize = TEXT_NONCE + NONCE;

/// What a record is for. Each purpose has a key of its own: a record of one is noise to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Proves at a start that the right key is there.
    Canary,
    /// A credential for a provider.
    Account,
    /// The keys themselves, under a passphrase.
    Keyring,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Account => "account secret",
            Self::Keyring => "keyring",
        }
    }
}

/// Where a record belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) table: &'a str,
    pub(crate) row: &'a str,
    pub(crate) column: &'a str,
}

impl Place<'_> {
    /// What both parts of a record are bound to; lengths keep the fields apart.
    fn bound(&self, key: u32, part: &str) -> Vec<u8> {
        let mut out = vec![FORMAT];
        for text in [self.purpose.label(), self.table, self.row, self.column, part] {
            out.extend((text.len() as u64).to_le_bytes());
            out.extend(text.as_bytes());
        }
        out.extend(key.to_be_bytes());
        out
    }
}

/// Seals a text under a key of the ring.
pub(super) fn seal(kek: &Kek, place: &Place<'_>, text: &[u8]) -> Result<Vec<u8>, VaultError> {
    let data_key = Zeroizing::new(random::<KEY>()?);
    let (wrap_nonce, text_nonce) = (random::<NONCE>()?, random::<NONCE>()?);
    let wrap = Payload { msg: &*data_key, aad: &place.bound(kek.id, "key") };
    let wrapped = wrapper(kek, place.purpose)?.encrypt(&wrap_nonce.into(), wrap);
    let text = Payload { msg: text, aad: &place.bound(kek.id, "text") };
    let sealed = XChaCha20Poly1305::new((&*data_key).into()).encrypt(&text_nonce.into(), text);
    let (Ok(wrapped), Ok(sealed)) = (wrapped, sealed) else { return Err(VaultError::Broken) };
    let mut out = Vec::with_capacity(TEXT + sealed.len());
    out.push(FORMAT);
    out.extend(kek.id.to_be_bytes());
    out.extend(wrap_nonce);
    out.extend(wrapped);
    out.extend(text_nonce);
    out.extend(sealed);
    Ok(out)
}

/// Opens a record with the key that it names.
pub(super) fn open(kek: &Kek, place: &Place<'_>, blob: &[u8]) -> Result<Plain, VaultError> {
    if key_id(blob)? != kek.id {
        return Err(VaultError::Broken);
    }
    let nonce = |at: usize| <[u8; NONCE]>::try_from(&blob[at..at + NONCE]);
    let (Ok(wrap_nonce), Ok(text_nonce)) = (nonce(HEAD), nonce(TEXT_NONCE)) else {
        return Err(VaultError::Broken);
    };
    let wrap = Payload { msg: &blob[WRAPPED..TEXT_NONCE], aad: &place.bound(kek.id, "key") };
    let data_key = wrapper(kek, place.purpose)?.decrypt(&wrap_nonce.into(), wrap);
    let data_key = Zeroizing::new(data_key.map_err(|_| VaultError::Broken)?);
    let cipher = XChaCha20Poly1305::new_from_slice(&data_key).map_err(|_| VaultError::Broken)?;
    let text = Payload { msg: &blob[TEXT..], aad: &place.bound(kek.id, "text") };
    let text = cipher.decrypt(&text_nonce.into(), text).map_err(|_| VaultError::Broken)?;
    Ok(Plain::new(text))
}

/// Under which key of the ring a record is.
pub(super) fn key_id(blob: &[u8]) -> Result<u32, VaultError> {
    if blob.len() < TEXT + TAG || blob[0] != FORMAT {
        return Err(VaultError::Broken);
    }
    Ok(u32::from_be_bytes([blob[1], blob[2], blob[3], blob[4]]))
}

/// The key that wraps data keys of one purpose.
fn wrapper(kek: &Kek, purpose: Purpose) -> Result<XChaCha20Poly1305, VaultError> {
    let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tabway vault 1").extract(&*kek.key);
    let mut key = Zeroizing::new([0; KEY]);
    let label = [b"wrap ".as_slice(), purpose.label().as_bytes()];
    let derived = root.expand(&label, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut *key));
    derived.map_err(|_| VaultError::Broken)?;
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

/// Random bytes, or nothing is sealed at all.
pub(super) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| VaultError::Random)?;
    Ok(bytes)
}
