//! A credential of a provider, made ready once: a request only copies a pointer.

use std::{fmt, sync::Arc};

use http::{HeaderName, HeaderValue, Uri};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Auth, ConfigError, Secret, ServiceAccount, Terms};

/// A credential of a provider.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// What it was made from; `None` where nothing is sent.
    pub secret: Option<Secret>,
    /// What is sent.
    pub credential: Credential,
    /// Who it belongs to.
    pub owner: Owner,
    /// Where its requests go, where that is not the provider's own address.
    pub(super) urls: Option<Arc<Urls>>,
    /// How much it may give.
    pub terms: Terms,
}

/// Who made an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Nobody: it stands for "without a credential" where there is none.
    Nobody,
    /// The configuration file.
    File,
    /// A variable of the environment.
    Environment,
    /// A command: it lives in the database.
    Command,
}

/// How an account's secret is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// It is sent as it is.
    #[default]
    Bearer,
    /// A key file of Google: tokens are had with it.
    ServiceAccount,
}

impl AccountKind {
    /// As files, commands and the database have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::ServiceAccount => "service_account",
        }
    }

    /// Reads its name.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        match text {
            "bearer" => Ok(Self::Bearer),
            "service_account" => Ok(Self::ServiceAccount),
            _ => Err(ConfigError::new(format!("kind `{text}` is not bearer or service_account"))),
        }
    }
}

/// What is sent for an account.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The same with each request.
    Fixed(Arc<Sent>),
    /// Tokens that end.
    Service(Arc<ServiceAccount>),
}

/// A header, ready to be sent.
#[derive(Default)]
pub struct Sent {
    /// The header; none where nothing is sent.
    pub header: Option<(HeaderName, HeaderValue)>,
    /// The text in it, to be taken out of others' words.
    pub secret: Option<Secret>,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sent(hidden)")
    }
}

/// Addresses of one account.
#[derive(Debug)]
pub(super) struct Urls {
    pub(super) base_url: String,
    pub(super) chat_url: Uri,
}

/// What an owner says of an account beside its secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    /// Where the provider's API begins, for a provider that has neither declaration nor preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Google's project; that of the key where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Google's location; the preset's where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

impl Account {
    /// Nothing to send.
    pub(super) fn none() -> Self {
        Self {
            name: "default".to_owned(),
            secret: None,
            credential: Credential::Fixed(Arc::default()),
            owner: Owner::Nobody,
            urls: None,
            terms: Terms::default(),
        }
    }

    /// An account whose secret is fit for what it is for.
    ///
    /// # Errors
    /// What is wrong with the secret; never the secret itself.
    pub(super) fn new(
        name: String,
        kind: AccountKind,
        auth: Auth,
        secret: Secret,
        owner: Owner,
    ) -> Result<Self, ConfigError> {
        let credential = match kind {
            AccountKind::Bearer => {
                let header = auth.header(Some(&secret)).map_err(|_| {
                    ConfigError::new("the secret has characters that no header can carry")
                })?;
                if header.is_none() {
                    return Err(ConfigError::new(
                        "the provider is said to take no credential (auth = \"none\")",
                    ));
                }
                Credential::Fixed(Arc::new(Sent { header, secret: Some(secret.clone()) }))
            }
            AccountKind::ServiceAccount => {
                Credential::Service(Arc::new(ServiceAccount::parse(secret.expose())?))
            }
        };
        Ok(Self {
            name,
            secret: Some(secret),
            credential,
            owner,
            urls: None,
            terms: Terms::default(),
        })
    }

    /// Whether it is still the same credential at the same address, so that what is known of it
    /// holds.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let text = |account: &Self| account.secret.as_ref().map(|one| one.expose().to_owned());
        let address = |account: &Self| account.urls.as_ref().map(|urls| urls.base_url.clone());
        self.name == other.name
            && self.owner == other.owner
            && self.kind() == other.kind()
            && text(self) == text(other)
            && address(self) == address(other)
    }

    /// How its secret is used.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        match self.credential {
            Credential::Fixed(_) => AccountKind::Bearer,
            Credential::Service(_) => AccountKind::ServiceAccount,
        }
    }
}

/// The end of a secret that is long enough to give four characters away.
#[must_use]
pub fn hint(kind: AccountKind, secret: &str) -> String {
    let shown = match kind {
        AccountKind::Bearer => secret.to_owned(),
        AccountKind::ServiceAccount => ServiceAccount::parse(secret)
            .map(|account| account.key_id().to_owned())
            .unwrap_or_default(),
    };
    let count = shown.chars().count();
    if count < 16 { String::new() } else { shown.chars().skip(count - 4).collect() }
}
