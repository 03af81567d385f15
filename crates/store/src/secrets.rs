//! The gateway's id and the pepper of its hashes: a file of its own, so that a copy of the
//! database alone is of no use for guessing.

use std::{fs, io::Write, path::Path};

use aws_lc_rs::{hmac, rand};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use tabway_dialects::ids::GatewayId;

use crate::{StoreError, clock, database, folder};

/// `<gateway id> <64 hex digits>`
const FILE: &str = "pepper";

/// Its name while it is written.
const UNFINISHED: &str = "pepper.new";

/// Random bytes of an API key: 192 bits.
const KEY_BYTES: usize = 24;

/// Characters of a pairing code: 50 bits in base32.
const CODE_CHARS: usize = 10;

/// What hashes are made with.
pub(crate) struct Secrets {
    gateway: GatewayId,
    keys: hmac::Key,
    codes: hmac::Key,
    requests: hmac::Key,
    cursors: hmac::Key,
}

impl Secrets {
    pub(crate) fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        if !path.exists() {
            // A first start writes the pepper before it makes the database.
            if data_dir.join(database::FILE).exists() {
                return Err(StoreError::Missing(path));
            }
            make(data_dir, &path)?;
        }
        let broken = |words: &str| StoreError::Secrets(format!("{}: {words}", path.display()));
        let open = folder::is_open_to_others(&path).map_err(|e| StoreError::folder(&path, e))?;
        if open {
            return Err(broken("others may read this file; chmod 600 it"));
        }
        let text = fs::read_to_string(&path).map_err(|e| StoreError::folder(&path, e))?;
        let parts = text.trim().split_once(' ').and_then(|(gateway, pepper)| {
            let pepper = HEXLOWER.decode(pepper.as_bytes()).ok().filter(|p| p.len() == 32)?;
            Some((gateway.parse().ok()?, pepper))
        });
        let (gateway, pepper) = parts.ok_or_else(|| {
            broken("damaged: put the file of a backup back; without it no API key is known")
        })?;
        Ok(Self {
            gateway,
            keys: derive(&pepper, "api keys"),
            codes: derive(&pepper, "pairing codes"),
            requests: derive(&pepper, "requests"),
            cursors: derive(&pepper, "cursors"),
        })
    }

    pub(crate) fn gateway(&self) -> GatewayId {
        self.gateway
    }

    /// The hash of an API key.
    pub(crate) fn hash_key(&self, secret: &str) -> [u8; 32] {
        hash(&self.keys, secret)
    }

    /// The hash of a request.
    pub(crate) fn hash_request(&self, owner: &str, body: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.requests);
        context.update(&(owner.len() as u64).to_le_bytes());
        context.update(owner.as_bytes());
        context.update(body);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// Binds a place in a list to the question that the list answers.
    pub(crate) fn seal_cursor(&self, question: &str, place: &[u8]) -> [u8; 8] {
        let mut context = hmac::Context::with_key(&self.cursors);
        context.update(&(question.len() as u64).to_le_bytes());
        context.update(question.as_bytes());
        context.update(place);
        let mut out = [0; 8];
        out.copy_from_slice(&context.sign().as_ref()[..8]);
        out
    }

    /// The hash of a pairing code, however it was typed.
    pub(crate) fn hash_code(&self, code: &str) -> String {
        let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
        HEXLOWER.encode(&hash(&self.codes, &plain.to_ascii_uppercase()))
    }
}

/// Makes the file under another name first: a start that is cut short leaves no half of it.
fn make(data_dir: &Path, path: &Path) -> Result<(), StoreError> {
    let gateway = GatewayId::from_uuid(clock::new_uuid());
    let text = format!("{gateway} {}\n", HEXLOWER.encode(&random::<32>()?));
    let unfinished = data_dir.join(UNFINISHED);
    let written = folder::private_file(&unfinished).and_then(|mut file| {
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    });
    written.map_err(|error| StoreError::folder(path, error))
}

/// One key a purpose.
fn derive(pepper: &[u8], purpose: &str) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, pepper);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, purpose.as_bytes()).as_ref())
}

fn hash(key: &hmac::Key, text: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(key, text.as_bytes()).as_ref());
    out
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| StoreError::Random)?;
    Ok(bytes)
}

/// A fresh API key: `tw-` and 192 random bits.
pub(crate) fn new_key() -> Result<String, StoreError> {
    let bytes = random::<KEY_BYTES>()?;
    Ok(format!("tw-{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()))
}

/// A fresh pairing code: `XXXX-XXXX-XX`.
pub(crate) fn new_code() -> Result<String, StoreError> {
    let text = BASE32_NOPAD.encode(&random::<8>()?);
    let text = &text[..CODE_CHARS];
    Ok(format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..]))
}
