//! A file under a passphrase: a line that says how, then pieces of 64 KiB, each sealed and bound to
//! its place, so that a file that was changed, cut or put together anew does not open.
//!
//! ```text
//! tabway-backup 1 argon2id <KiB> <passes> <salt, hex> <nonce, hex>\n
//! piece (64 KiB and a tag of 16 bytes) ... last piece (shorter, or marked as the last)
//! ```
//! XChaCha20-Poly1305 in STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), by the crate
//! `aead-stream`. The format of `age` would open in its own tool too; its crate brought 57 packages.

use std::io::{self, BufRead, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use aws_lc_rs::rand;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::Payload};
use data_encoding::HEXLOWER;

use crate::{
    StoreError,
    vault::{Plain, passphrase::Cost},
};

const NAME: &str = "tabway-backup 1 argon2id";

/// The longest first line.
const MAX_HEAD: u64 = 512;

const PIECE: usize = 64 * 1024;
const TAG: usize = 16;
const SALT: usize = 16;
/// XChaCha20's nonce without the counter and the mark of the last piece.
const NONCE: usize = 24 - 5;

/// Seals what is written to it. Nothing is whole before [`SealedWriter::finish`].
pub(super) struct SealedWriter<W> {
    inner: W,
    head: Vec<u8>,
    seal: EncryptorBE32<XChaCha20Poly1305>,
    piece: Vec<u8>,
}

impl<W: Write> SealedWriter<W> {
    pub(super) fn begin(mut inner: W, passphrase: &Plain) -> Result<Self, StoreError> {
        let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
        rand::fill(&mut salt)
            .and_then(|()| rand::fill(&mut nonce))
            .map_err(|_| StoreError::Random)?;
        let Cost { memory_kib, passes } = Cost::TODAY;
        let (salt_hex, nonce_hex) = (HEXLOWER.encode(&salt), HEXLOWER.encode(&nonce));
        let head = format!("{NAME} {memory_kib} {passes} {salt_hex} {nonce_hex}\n").into_bytes();
        let key = Cost::TODAY.key(passphrase, &salt)?;
        inner.write_all(&head).map_err(StoreError::Backup)?;
        let aead = XChaCha20Poly1305::new((&*key).into());
        let seal = EncryptorBE32::from_aead(aead, (&nonce).into());
        Ok(Self { inner, head, seal, piece: Vec::with_capacity(PIECE) })
    }

    /// Writes the last piece.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let payload = Payload { msg: &self.piece, aad: &self.head };
        let last = self.seal.encrypt_last(payload).map_err(|_| too_large())?;
        self.inner.write_all(&last)?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE {
            let payload = Payload { msg: &self.piece, aad: &self.head };
            let sealed = self.seal.encrypt_next(payload).map_err(|_| too_large())?;
            self.inner.write_all(&sealed)?;
            self.piece.clear();
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// A piece is written when it is full: an early one would have another length.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "a backup is at most 256 TiB")
}

/// Opens a sealed file and writes its content, all of it or an error.
pub(super) fn open<R: BufRead>(
    mut from: R,
    passphrase: &Plain,
    to: &mut impl Write,
) -> Result<(), StoreError> {
    let mut head = Vec::new();
    from.by_ref().take(MAX_HEAD).read_until(b'\n', &mut head).map_err(StoreError::Backup)?;
    let (cost, salt, nonce) = parse(&head).ok_or(StoreError::NoBackup)?;
    let key = cost.key(passphrase, &salt)?;
    let mut opener =
        Some(DecryptorBE32::from_aead(XChaCha20Poly1305::new((&*key).into()), (&nonce).into()));
    let mut piece = Vec::with_capacity(PIECE + TAG);
    while let Some(mut opening) = opener.take() {
        piece.clear();
        let most = u64::try_from(PIECE + TAG).unwrap_or(u64::MAX);
        from.by_ref().take(most).read_to_end(&mut piece).map_err(StoreError::Backup)?;
        let payload = Payload { msg: &piece, aad: &head };
        let is_last = from.fill_buf().map_err(StoreError::Backup)?.is_empty();
        let opened = match is_last {
            true => opening.decrypt_last(payload),
            false => {
                let opened = opening.decrypt_next(payload);
                opener = Some(opening);
                opened
            }
        };
        let opened = opened.map_err(|_| StoreError::BackupClosed)?;
        to.write_all(&opened).map_err(StoreError::Backup)?;
    }
    Ok(())
}

fn parse(head: &[u8]) -> Option<(Cost, [u8; SALT], [u8; NONCE])> {
    let words = std::str::from_utf8(head).ok()?.strip_suffix('\n')?.strip_prefix(NAME)?;
    let mut words = words.split_whitespace();
    let cost = Cost::parse(&mut words)?;
    let mut bytes = || HEXLOWER.decode(words.next()?.as_bytes()).ok();
    let (salt, nonce) = (bytes()?, bytes()?);
    Some((cost, salt.try_into().ok()?, nonce.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(content: &[u8]) -> Vec<u8> {
        let mut writer =
            SealedWriter::begin(Vec::new(), &Plain::new("correct horse")).expect("begun");
        writer.write_all(content).expect("written");
        writer.finish().expect("finished")
    }

    fn unseal(sealed: &[u8], passphrase: &str) -> Result<Vec<u8>, StoreError> {
        let mut content = Vec::new();
        open(sealed, &Plain::new(passphrase), &mut content).map(|()| content)
    }

    #[test]
    fn what_was_sealed_opens_by_the_passphrase_and_by_no_other() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let sealed = seal(&content);
            assert_eq!(unseal(&sealed, "correct horse").expect("opened"), content, "{length}");
        }
        let refused = unseal(&seal(b"content"), "wrong horse");
        assert!(matches!(refused, Err(StoreError::BackupClosed)));
        assert!(matches!(unseal(b"PK\x03\x04", "x"), Err(StoreError::NoBackup)));
    }

    #[test]
    fn a_file_that_was_changed_or_cut_does_not_open() {
        let sealed = seal(&vec![7; 2 * PIECE + 100]);
        let body = sealed.len() - (2 * PIECE + 100 + 3 * TAG);
        for at in [body, body + PIECE, sealed.len() - 1, body - 2, NAME.len() + 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(unseal(&changed, "correct horse").is_err(), "{at}");
        }
        let first = body + PIECE + TAG;
        for cut in [first, first + PIECE + TAG, sealed.len() - 1, body] {
            assert!(unseal(&sealed[..cut], "correct horse").is_err(), "{cut}");
        }
        let mut swapped = sealed[..body].to_vec();
        swapped.extend(&sealed[first..first + PIECE + TAG]);
        swapped.extend(&sealed[body..first]);
        swapped.extend(&sealed[first + PIECE + TAG..]);
        assert!(unseal(&swapped, "correct horse").is_err());
    }
}
