//! One thing to try.

use std::{sync::Arc, time::Duration};

use crate::{
    call::places::{Account, InFlight, Pace, Place, Places, Standing},
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
    /// Its figures, where they decide.
    pub(super) pace: Option<Arc<Pace>>,
    /// How many tokens fit, where its owner says so.
    pub(super) context_window: Option<u64>,
    /// The number of the conversation, where its account is to be remembered.
    pub(super) conversation: Option<u64>,
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

    /// Whether a prompt that was too long for the other one may fit here.
    pub(crate) fn may_hold_more(&self, other: &Self) -> bool {
        match (self.context_window, other.context_window) {
            (Some(own), Some(others)) => own > others,
            _ => !self.is_beside(other) || self.model != other.model,
        }
    }

    /// It is asked now.
    pub(crate) fn begins(&self, now: u64) {
        if let Some(pace) = &self.pace {
            pace.ask(now);
        }
    }

    /// It was silent for so long, or that was its first byte.
    pub(crate) fn took(&self, time: Duration) {
        if let Some(pace) = &self.pace {
            pace.note(time);
        }
    }

    /// It has answered: its account is remembered for the conversation.
    pub(crate) fn remember(&self, places: &Places) {
        if let (Some(number), At::Provider(_, at)) = (self.conversation, &self.at)
            && let Some(account) = self.account()
        {
            places.affinity.hold(number, (account.id(), *at), places.now());
        }
    }

    /// Counts it as in flight, with about so many tokens.
    ///
    /// # Errors
    /// Where its account stands, if it takes none in the meantime.
    pub(crate) fn enter(&self, tokens: u64) -> Result<InFlight, Standing> {
        match self.at {
            At::Provider(_, account) => self.place.enter(Some(account), tokens),
            At::Site(_) => self.place.enter(None, tokens),
        }
    }
}
