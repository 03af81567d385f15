//! What models cost, and what a request cost by that.
//!
//! Three sources, the first that knows the model wins: `[[prices]]` of the configuration file, the
//! owner's file in the data folder, the preset of the provider. Nothing is ever fetched.

mod entry;
mod price;
mod table;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::Serialize;
use tabway_dialects::chat::Usage;

pub use entry::{Entry, FILE, OwnersFile};
pub(crate) use entry::{WrittenEntry, put};
pub use price::{Cost, Price, WrittenPrice};
pub use table::Table;

use crate::config::{Config, ConfigError};

/// The prices in force; immutable, swapped as a whole.
#[derive(Debug, Default)]
pub struct Prices {
    by_provider: HashMap<String, [Arc<Layer>; 3]>,
}

/// The prices of one source for one provider.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    table: Table,
    from: &'static str,
    /// When and where the source has them from, where it says so.
    source: Option<String>,
}

impl Layer {
    /// The prices of a preset.
    pub(crate) fn of_preset(
        written: &BTreeMap<String, WrittenPrice>,
        source: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let entries = written.iter().map(|(model, price)| {
            let wrong = |words| ConfigError::new(format!("price of `{model}`: {words}"));
            price.read().map(|price| (model.clone(), price)).map_err(wrong)
        });
        let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        let table = Table::new(entries).map_err(ConfigError::new)?;
        Ok(Self { table, from: "preset", source: source.map(str::to_owned) })
    }

    /// The entries that are for one of these names, or for any. Of two with the same pattern the
    /// one that names its provider stands.
    fn of_entries(
        entries: &[Entry],
        names: [Option<&str>; 2],
        from: &'static str,
        source: Option<String>,
    ) -> Result<Self, ConfigError> {
        let any = entries.iter().filter(|entry| entry.provider.is_none());
        let own = entries
            .iter()
            .filter(|entry| entry.provider.is_some() && names.contains(&entry.provider.as_deref()));
        let entries = any.chain(own).map(|entry| (entry.model.clone(), entry.price));
        let table = Table::new(entries).map_err(ConfigError::new)?;
        Ok(Self { table, from, source })
    }
}

/// A price as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The provider.
    pub provider: String,
    /// The model's name there, or a pattern.
    pub model: String,
    /// Micro-USD per million tokens.
    pub price: Price,
    /// `config`, `file` or `preset`.
    pub from: &'static str,
    /// When and where its source has it from.
    pub source: Option<String>,
}

impl Prices {
    /// The prices for the providers of a configuration.
    ///
    /// # Errors
    /// When the file in the data folder is wrong.
    pub fn load(config: &Config) -> Result<Self, ConfigError> {
        Self::new(config, &OwnersFile::of(&config.data_dir)?)
    }

    fn new(config: &Config, file: &OwnersFile) -> Result<Self, ConfigError> {
        let mut by_provider = HashMap::with_capacity(config.providers.len());
        for provider in &config.providers {
            let names = [Some(provider.name.as_str()), provider.preset.as_deref()];
            let declared = Layer::of_entries(&config.prices, names, "config", None)?;
            let owners = Layer::of_entries(&file.entries, names, "file", file.source.clone())?;
            let layers = [Arc::new(declared), Arc::new(owners), provider.prices.clone()];
            if layers.iter().any(|layer| !layer.table.is_empty()) {
                by_provider.insert(provider.name.clone(), layers);
            }
        }
        Ok(Self { by_provider })
    }

    /// The price of a provider's model, where it is known.
    #[must_use]
    pub fn of(&self, provider: &str, model: &str) -> Option<Price> {
        let layers = self.by_provider.get(provider)?;
        layers.iter().find_map(|layer| layer.table.find(model))
    }

    /// What a request cost, in micro-USD; nothing where the price is not known.
    #[must_use]
    pub fn cost(&self, provider: &str, model: &str, usage: &Usage) -> Option<u64> {
        self.of(provider, model).map(|price| price.cost(usage).total())
    }

    /// All prices, by provider and name; those that a stronger source covers by the same pattern
    /// are left out.
    #[must_use]
    pub fn all(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> = Vec::new();
        for (provider, layers) in &self.by_provider {
            let mut of_provider: Vec<Listed> = Vec::new();
            for layer in layers {
                for (model, price) in layer.table.entries() {
                    if of_provider.iter().all(|known| known.model != model) {
                        let (provider, source) = (provider.clone(), layer.source.clone());
                        of_provider.push(Listed {
                            provider,
                            model,
                            price,
                            from: layer.from,
                            source,
                        });
                    }
                }
            }
            listed.extend(of_provider);
        }
        listed.sort_by(|a, b| (&a.provider, &a.model).cmp(&(&b.provider, &b.model)));
        listed
    }
}

/// Checks the patterns of all entries.
pub(crate) fn check(entries: &[Entry]) -> Result<(), ConfigError> {
    let all = entries.iter().map(|entry| (entry.model.clone(), entry.price));
    Table::new(all).map(|_| ()).map_err(ConfigError::new)
}

#[cfg(test)]
mod tests;
