//! One thing to try.

use std::sync::Arc;

use crate::{
    call::places::{Account, InFlight, Place},
    config::Provider,
};

/// One thing to try: a provider with one of its accounts, or a page.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(super) at: At,
    /// The model's name there.
    pub(super) model: String,
    /// How the place is doing.
    pub(super) place: Arc<Place>,
    /// Why it is tried now, and what was passed over before it.
    pub(super) why: String,
}

/// Where it is.
#[derive(Debug, Clone)]
pub(crate) enum At {
    /// A provider with one of its accounts.
    Provider(Arc<Provider>, usize),
    /// A page, by its site's name.
    Site(String),
}

impl Candidate {
    /// Where it is.
    pub(crate) fn at(&self) -> &At {
        &self.at
    }

    /// Provider or site.
    pub(crate) fn place(&self) -> &str {
        match &self.at {
            At::Provider(provider, _) => &provider.name,
            At::Site(site) => site,
        }
    }

    /// The model's name there.
    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    /// `place/model`, as headers and ledger have it.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.place(), self.model)
    }

    /// Why it is tried now, and what was passed over before it.
    pub(crate) fn why(&self) -> &str {
        &self.why
    }

    pub(crate) fn is_provider(&self) -> bool {
        matches!(self.at, At::Provider(..))
    }

    /// Whether both are at one provider or one site.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        self.place() == other.place()
    }

    /// The provider's account.
    pub(crate) fn account(&self) -> Option<&Arc<Account>> {
        match self.at {
            At::Provider(_, at) => self.place.accounts().get(at),
            At::Site(_) => None,
        }
    }

    /// The account's name; empty for a page.
    pub(crate) fn account_name(&self) -> &str {
        self.account().map_or("", |account| account.name())
    }

    /// Counts it as in flight; `None` where its account, in the meantime, takes none.
    pub(crate) fn enter(&self) -> Option<InFlight> {
        match self.at {
            At::Provider(_, account) => self.place.enter(Some(account)),
            At::Site(_) => self.place.enter(None),
        }
    }
}
