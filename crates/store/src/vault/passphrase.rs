//! From a passphrase to a key, by Argon2id.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::{Plain, VaultError};

/// The most that a file may ask for, so that a forged one does not exhaust the machine.
const MOST_MEMORY_KIB: u32 = 1 << 20;
const MOST_PASSES: u32 = 16;

/// What a guess at a passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
}

impl Cost {
    /// 64 MiB, three passes.
    pub(crate) const TODAY: Self = Self { memory_kib: 64 * 1024, passes: 3 };

    /// Reads the two numbers.
    pub(crate) fn parse<'w>(words: &mut impl Iterator<Item = &'w str>) -> Option<Self> {
        let memory_kib = words.next()?.parse().ok().filter(|kib| *kib <= MOST_MEMORY_KIB)?;
        let passes = words.next()?.parse().ok().filter(|passes| *passes <= MOST_PASSES)?;
        Some(Self { memory_kib, passes })
    }

    /// The key that a passphrase gives.
    pub(crate) fn key(
        self,
        passphrase: &Plain,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let params = Params::new(self.memory_kib, self.passes, 1, Some(32));
        let params = params.map_err(|_| VaultError::Broken)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose(), salt, &mut *key)
            .map_err(|_| VaultError::Broken)?;
        Ok(key)
    }
}
