//! Prices that an owner wrote: `[[prices]]` of the configuration file, and the file in the data
//! folder that `tabway prices update` puts there.

use std::{fs, io, path::Path};

use serde::Deserialize;

use super::{Price, WrittenPrice, price::Usd};
use crate::config::ConfigError;

/// The file in the data folder.
pub const FILE: &str = "prices.toml";

/// The longest file, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// The price of a model, or of those of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A provider, or all of a preset; any where absent.
    pub provider: Option<String>,
    /// The model's name there; a `*` at the end stands for any rest.
    pub model: String,
    /// What it costs.
    pub price: Price,
}

/// The same as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenEntry {
    #[serde(default)]
    provider: Option<String>,
    model: String,
    input: Usd,
    #[serde(default)]
    cache_read: Option<Usd>,
    #[serde(default)]
    cache_write: Option<Usd>,
    #[serde(default)]
    output: Option<Usd>,
}

impl WrittenEntry {
    /// The entry with its price in whole micro-USD.
    ///
    /// # Errors
    /// Words that name the entry and the part.
    pub(crate) fn read(self) -> Result<Entry, ConfigError> {
        let Self { provider, model, input, cache_read, cache_write, output } = self;
        let price = WrittenPrice { input, cache_read, cache_write, output }.read();
        let price = price.map_err(|words| {
            ConfigError::new(format!("price of `{}`: {words}", model.escape_debug()))
        })?;
        Ok(Entry { provider, model, price })
    }
}

/// What the file in the data folder says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnersFile {
    /// Where its owner has them from.
    pub source: Option<String>,
    /// The prices.
    pub entries: Vec<Entry>,
}

impl OwnersFile {
    /// Reads the text of such a file.
    ///
    /// # Errors
    /// Words with the line.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            #[serde(default)]
            source: Option<String>,
            #[serde(default)]
            prices: Vec<WrittenEntry>,
        }
        if text.len() > MAX_BYTES {
            return Err(ConfigError::new(format!(
                "a file of prices has {MAX_BYTES} bytes at most"
            )));
        }
        let written: Written = toml::from_str(text)
            .map_err(|error| ConfigError::from_toml(Path::new(FILE), text, &error))?;
        let entries: Vec<Entry> =
            written.prices.into_iter().map(WrittenEntry::read).collect::<Result<_, _>>()?;
        super::check(&entries)?;
        Ok(Self { source: written.source, entries })
    }

    /// The file of a data folder; nothing where there is none.
    ///
    /// # Errors
    /// When it cannot be read or is wrong.
    pub(super) fn of(data_dir: &Path) -> Result<Self, ConfigError> {
        let at = |error: ConfigError| error.at(&data_dir.display().to_string());
        match fs::read_to_string(data_dir.join(FILE)) {
            Ok(text) => Self::parse(&text).map_err(at),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(at(ConfigError::new(format!("{FILE}: {error}")))),
        }
    }
}

/// Puts such a file into the data folder, whole or not at all.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn put(data_dir: &Path, text: &str) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let fresh = data_dir.join(format!("{FILE}.new"));
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&fresh, data_dir.join(FILE)))
}
