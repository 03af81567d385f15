//! Provider presets: one TOML file each in `providers/`, inside the binary.

use std::{collections::BTreeMap, sync::Arc};

use http::{
    HeaderName, HeaderValue,
    header::{self, InvalidHeaderValue},
};
use rust_embed::RustEmbed;
use serde::Deserialize;
use tabway_dialects::chat::Dialect;

use super::{ConfigError, Provider, Secret, build};
use crate::prices::{Layer, WrittenPrice};

#[derive(RustEmbed)]
#[folder = "../../providers"]
#[include = "*.toml"]
struct Files;

/// What is known about an upstream before its owner says anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What people call it.
    pub title: String,
    /// Where its API begins (`.../v1`).
    /// `{project}` and `{location}` are an account's; absent where it is for its owner to say.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The wire languages it speaks, the most faithful first.
    pub dialects: Vec<Dialect>,
    /// How the credential is sent.
    #[serde(default)]
    pub auth: Auth,
    /// The environment variable under which people keep its key.
    #[serde(default)]
    pub key_variable: Option<String>,
    /// A small model of it, for a test where it lists none.
    #[serde(default)]
    pub probe_model: Option<String>,
    /// What a test asks for in place of the list of models, where that asks for no credential.
    #[serde(default)]
    pub probe_path: Option<String>,
    /// Whether it runs on the user's own machine, where a start without a file looks for it.
    #[serde(default)]
    pub local: bool,
    /// When and where its prices are from.
    #[serde(default)]
    pub prices_source: Option<String>,
    /// What its models cost, USD per million tokens.
    #[serde(default)]
    pub prices: BTreeMap<String, WrittenPrice>,
}

impl Preset {
    /// Its prices, read.
    ///
    /// # Errors
    /// Words that name the price that is none.
    pub(super) fn layer(&self) -> Result<Arc<Layer>, ConfigError> {
        Layer::of_preset(&self.prices, self.prices_source.as_deref()).map(Arc::new)
    }
}

/// The provider that a preset describes, without accounts.
///
/// # Errors
/// When there is no such preset, or it says no address.
pub(super) fn provider(name: &str) -> Result<Provider, ConfigError> {
    let preset = find(name)?;
    let base_url = preset.base_url.as_deref().ok_or_else(|| no_address(name))?;
    let made =
        build::make_provider(name.to_owned(), base_url, preset.dialects.clone(), preset.auth)?;
    Ok(Provider {
        preset: Some(name.to_owned()),
        prices: preset.layer()?,
        probe_model: preset.probe_model,
        probe_path: preset.probe_path,
        local: preset.local,
        ..made
    })
}

/// A preset for programs that run anywhere.
pub(super) fn no_address(name: &str) -> ConfigError {
    ConfigError::new(format!("preset `{name}` says no address: give base_url"))
}

/// How a credential travels to an upstream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// `authorization: Bearer ...`
    #[default]
    Bearer,
    /// `x-api-key: ...`
    XApiKey,
    /// `api-key: ...`
    ApiKey,
    /// No credential.
    None,
}

impl Auth {
    /// The header that carries a credential; none where there is nothing to send.
    ///
    /// # Errors
    /// When the credential is not fit for a header.
    pub fn header(
        self,
        secret: Option<&Secret>,
    ) -> Result<Option<(HeaderName, HeaderValue)>, InvalidHeaderValue> {
        let Some(secret) = secret.map(Secret::expose) else { return Ok(None) };
        let (name, mut value) = match self {
            Self::None => return Ok(None),
            Self::Bearer => {
                (header::AUTHORIZATION, HeaderValue::try_from(format!("Bearer {secret}"))?)
            }
            Self::XApiKey => (HeaderName::from_static("x-api-key"), HeaderValue::from_str(secret)?),
            Self::ApiKey => (HeaderName::from_static("api-key"), HeaderValue::from_str(secret)?),
        };
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    /// Reads the word of a configuration file.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        match text {
            "bearer" => Ok(Self::Bearer),
            "x_api_key" | "x-api-key" => Ok(Self::XApiKey),
            "api_key" | "api-key" => Ok(Self::ApiKey),
            "none" => Ok(Self::None),
            _ => Err(ConfigError::new(format!(
                "`{text}` is not a way to send a credential: bearer, x_api_key, api_key or none"
            ))),
        }
    }
}

/// The preset of that name.
///
/// # Errors
/// When there is none; the words list those that are.
pub(super) fn find(name: &str) -> Result<Preset, ConfigError> {
    let Some(file) = Files::get(&format!("{name}.toml")) else {
        let names: Vec<String> = names().collect();
        return Err(ConfigError::new(format!(
            "no preset `{name}`; there are {}",
            names.join(", ")
        )));
    };
    let text = String::from_utf8_lossy(&file.data);
    toml::from_str(&text).map_err(|error| ConfigError::new(format!("preset {name}: {error}")))
}

/// Whether there is a preset of that name.
pub(super) fn exists(name: &str) -> bool {
    Files::get(&format!("{name}.toml")).is_some()
}

/// Every preset by name, in order.
pub fn all() -> impl Iterator<Item = (String, Preset)> {
    names().filter_map(|name| find(&name).ok().map(|preset| (name, preset)))
}

fn names() -> impl Iterator<Item = String> {
    let mut names: Vec<String> =
        Files::iter().filter_map(|name| name.strip_suffix(".toml").map(str::to_owned)).collect();
    names.sort();
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_preset() {
        assert!(names().count() >= 18);
        for name in names() {
            let preset = find(&name).unwrap_or_else(|error| panic!("{error}"));
            let base_url = preset.base_url.clone();
            let base_url = base_url.unwrap_or_else(|| "http://its-owner-says".to_owned());
            assert!(base_url.starts_with("http") && !base_url.ends_with('/'), "{name}");
            assert!(!preset.dialects.is_empty(), "{name}");
            assert!(preset.layer().is_ok(), "{name}: {:?}", preset.layer().err());
            let (priced, told) = (!preset.prices.is_empty(), preset.prices_source.is_some());
            assert_eq!(priced, told, "{name}: prices say when and from where");
            assert!(!(preset.local && preset.key_variable.is_some()), "{name}: found twice");
            assert!(!preset.local || base_url.starts_with("http://127.0.0.1:"), "{name}");
        }
    }
}
