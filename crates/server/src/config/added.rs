//! Accounts of the database, laid over a configuration: one more credential of a provider that is
//! there, or a provider made by the name of its preset.

use std::sync::Arc;

use tabway_dialects::chat::Dialect;

use super::{
    Account, AccountKind, AccountSettings, Config, ConfigError, Model, Owner, Place, Provider,
    Secret, Target, build, preset,
};

/// An account that was added by command, opened.
#[derive(Debug, Clone)]
pub struct AddedAccount {
    /// The provider's name.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// How the secret is used.
    pub kind: AccountKind,
    /// The credential.
    pub secret: Secret,
    /// What else its owner says.
    pub settings: AccountSettings,
}

/// An account of the database that is not of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The provider's name.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// Why.
    pub words: String,
}

impl Config {
    /// The same configuration with exactly these accounts of the database. One that does not fit is
    /// left out and named.
    ///
    /// # Errors
    /// Where the file has an account of the same name: it would have two owners.
    pub fn with_accounts(
        &self,
        added: &[AddedAccount],
    ) -> Result<(Self, Vec<LeftOut>), ConfigError> {
        let mut providers: Vec<Provider> =
            self.providers.iter().filter_map(|provider| without_added(provider)).collect();
        let mut left_out = Vec::new();
        for account in added {
            let at = match providers.iter().position(|one| one.name == account.provider) {
                Some(at) => at,
                None => match self.provider_for(account) {
                    Ok(made) => {
                        providers.push(made);
                        providers.len() - 1
                    }
                    Err(error) => {
                        left_out.push(account.left_out(&error));
                        continue;
                    }
                },
            };
            let provider = &mut providers[at];
            refuse_twice(provider, account)?;
            match account.ready(provider) {
                Ok(ready) => provider.accounts.push(ready),
                Err(error) => left_out.push(account.left_out(&error)),
            }
        }
        providers.retain(|provider| !provider.made || !provider.accounts.is_empty());
        providers.iter_mut().for_each(settle);
        let providers: Vec<Arc<Provider>> =
            providers.into_iter().map(|provider| self.kept(provider)).collect();
        Ok((self.with_providers(providers), left_out))
    }

    /// Whether an account would be of use here.
    ///
    /// # Errors
    /// What is wrong with it; never its secret.
    pub fn check_account(&self, account: &AddedAccount) -> Result<(), ConfigError> {
        let made;
        let provider = match self.provider(&account.provider) {
            Some(provider) => provider.as_ref(),
            None => {
                made = self.provider_for(account)?;
                &made
            }
        };
        account.ready(provider).map(drop)
    }

    /// A provider that is made because it has an account.
    fn provider_for(&self, account: &AddedAccount) -> Result<Provider, ConfigError> {
        build::check_name("provider", &account.provider)?;
        if self.sites.iter().any(|site| site.name == account.provider) {
            return Err(ConfigError::new(format!("a site is named `{}`", account.provider)));
        }
        let made = match &account.settings.base_url {
            Some(base_url) => build::make_provider(
                account.provider.clone(),
                base_url,
                vec![Dialect::OpenaiChat],
                super::Auth::default(),
            )?,
            None => preset::provider(&account.provider).map_err(|error| {
                ConfigError::new(format!(
                    "no provider `{}` is declared, and {error}; base_url makes one of any name",
                    account.provider
                ))
            })?,
        };
        let proxy = self.proxies.of(&made.base_uri);
        Ok(Provider { made: true, discover: true, local: false, proxy, ..made })
    }

    /// The provider as it was, where nothing of it has changed: what is known of it holds.
    fn kept(&self, mut provider: Provider) -> Arc<Provider> {
        let Some(known) = self.provider(&provider.name) else { return Arc::new(provider) };
        let is_unchanged = known.accounts.len() == provider.accounts.len()
            && known.accounts.iter().zip(&provider.accounts).all(|(a, b)| a.is_same(b));
        if is_unchanged {
            return known.clone();
        }
        for account in &mut provider.accounts {
            // With the token that it has.
            if let Some(same) = known.accounts.iter().find(|known| known.is_same(account)) {
                *account = same.clone();
            }
        }
        Arc::new(provider)
    }

    fn with_providers(&self, providers: Vec<Arc<Provider>>) -> Self {
        let mut config = Self { providers, ..self.clone() };
        let models: Vec<_> =
            self.models.iter().map(|model| Arc::new(config.repointed(model))).collect();
        config.by_name = models.iter().map(|model| (model.name.clone(), model.clone())).collect();
        config.models = models;
        config
    }

    /// A model whose targets are at the providers in force. A target whose provider is gone stays
    /// out.
    fn repointed(&self, model: &Model) -> Model {
        let targets = model.targets.iter().filter_map(|target| {
            let place = match &target.place {
                Place::Provider(provider) => {
                    Place::Provider(self.provider(&provider.name)?.clone())
                }
                Place::Site(name) => Place::Site(name.clone()),
            };
            Some(Target { place, ..target.clone() })
        });
        Model { targets: targets.collect(), ..model.clone() }
    }
}

impl AddedAccount {
    fn left_out(&self, error: &ConfigError) -> LeftOut {
        LeftOut {
            provider: self.provider.clone(),
            name: self.name.clone(),
            words: error.to_string(),
        }
    }

    /// Ready for its provider.
    fn ready(&self, provider: &Provider) -> Result<Account, ConfigError> {
        let base = self.settings.base_url.as_deref().map(|url| url.trim_end_matches('/'));
        if base.is_some_and(|base| base != provider.base_url) {
            return Err(ConfigError::new(format!(
                "provider `{}` is at {}; leave base_url out, or give the provider another name",
                provider.name, provider.base_url
            )));
        }
        let secret = self.secret.clone();
        let mut account =
            Account::new(self.name.clone(), self.kind, provider.auth, secret, Owner::Command)?;
        let (project, location) = (&self.settings.project, &self.settings.location);
        account.settle(provider, project.as_deref(), location.as_deref())?;
        Ok(account)
    }
}

/// A provider as its file or preset has it; nothing where only accounts made it.
fn without_added(provider: &Provider) -> Option<Provider> {
    let mut provider = provider.clone();
    provider.accounts.retain(|account| account.owner != Owner::Command);
    (!provider.made).then_some(provider)
}

/// Where there is a credential, nobody goes without one; where there is none, somebody must.
pub(super) fn settle(provider: &mut Provider) {
    if provider.accounts.iter().any(|account| account.owner != Owner::Nobody) {
        provider.accounts.retain(|account| account.owner != Owner::Nobody);
    } else if provider.accounts.is_empty() {
        provider.accounts.push(Account::none());
    }
}

/// An account has one owner.
fn refuse_twice(provider: &Provider, account: &AddedAccount) -> Result<(), ConfigError> {
    let taken = provider.accounts.iter().any(|known| {
        known.name == account.name && !matches!(known.owner, Owner::Command | Owner::Nobody)
    });
    if !taken {
        return Ok(());
    }
    Err(ConfigError::new(format!(
        "account `{0}` of `{1}` is both in the file and added by command; `tabway account remove \
         {1} {0}` removes the latter",
        account.name, account.provider
    )))
}
