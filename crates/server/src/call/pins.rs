//! Conversations of pages that stand for a model: kept in the database, known here, one turn at a
//! time in each.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tabway_dialects::ids::PinId;
use tabway_protocol::message::Site;
use tabway_store::{NewPin, Pin, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc::Receiver};

use crate::{app::App, config::Pick, nodes::Capture};

/// The most pinned conversations.
const MOST: usize = 10_000;

/// The longest address.
const MAX_ADDRESS: usize = 2_000;

/// All pinned conversations.
#[derive(Debug, Default)]
pub struct Pins {
    known: RwLock<Vec<Arc<PinnedTalk>>>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct PinnedTalk {
    pub(super) pin: Pin,
    /// Two turns in one conversation at once would be one mess.
    turn: Arc<Semaphore>,
    /// Turns since the gateway started.
    turns: AtomicU64,
}

impl PinnedTalk {
    fn new(pin: Pin) -> Arc<Self> {
        Arc::new(Self { pin, turn: Arc::new(Semaphore::new(1)), turns: AtomicU64::new(0) })
    }

    /// The right to the next turn in it, if nobody has it.
    pub(super) fn try_take(&self) -> Option<OwnedSemaphorePermit> {
        let permit = self.turn.clone().try_acquire_owned().ok()?;
        self.turns.fetch_add(1, Ordering::Relaxed);
        Some(permit)
    }

    /// The same, once whoever has it is done.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        let permit = self.turn.clone().acquire_owned().await.ok()?;
        self.turns.fetch_add(1, Ordering::Relaxed);
        Some(permit)
    }
}

/// Why a conversation cannot be pinned.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// What was asked for is not well formed, or no conversation.
    #[error("{0}")]
    Refused(String),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Pins {
    /// Takes up those of the database.
    pub fn load(&self, pins: Vec<Pin>) {
        *self.write() = pins.into_iter().map(PinnedTalk::new).collect();
    }

    /// Every one.
    #[must_use]
    pub fn all(&self) -> Vec<Pin> {
        self.read().iter().map(|known| known.pin.clone()).collect()
    }

    /// The models that they stand for, as (site, model).
    #[must_use]
    pub fn models(&self) -> BTreeSet<(String, String)> {
        let known = self.read();
        known.iter().map(|known| (known.pin.site.clone(), known.pin.model.clone())).collect()
    }

    /// Those that a key may use for a model, in the order in which they are to be tried.
    pub(super) fn pool(
        &self,
        site: &str,
        model: &str,
        key: &str,
        pick: Pick,
    ) -> Vec<Arc<PinnedTalk>> {
        let fits = |talk: &&Arc<PinnedTalk>| {
            let Pin { site: at, model: of, key: only, .. } = &talk.pin;
            at == site && of == model && only.as_ref().is_none_or(|only| only == key)
        };
        let mut pool: Vec<_> = self.read().iter().filter(fits).cloned().collect();
        match pick {
            Pick::Random if pool.len() > 1 => {
                let turn = usize::try_from(super::places::random() % pool.len() as u64);
                pool.rotate_left(turn.unwrap_or_default());
            }
            Pick::Random => {}
            Pick::LeastBusy => pool.sort_by_key(|talk| talk.turns.load(Ordering::Relaxed)),
        }
        pool
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<PinnedTalk>>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Arc<PinnedTalk>>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pins a conversation.
///
/// # Errors
/// See [`PinError`].
pub async fn pin(app: &App, new: NewPin) -> Result<Pin, PinError> {
    check(app, &new).map_err(PinError::Refused)?;
    let pin = app.store.pinned().add(new).await?;
    app.pins.write().push(PinnedTalk::new(pin.clone()));
    Ok(pin)
}

/// Lets one go; whether there was one. A turn that runs in it ends as usual.
///
/// # Errors
/// When the database refuses.
pub async fn unpin(app: &App, id: PinId) -> Result<bool, StoreError> {
    let known = app.store.pinned().remove(id).await?;
    app.pins.write().retain(|talk| talk.pin.id != id);
    Ok(known)
}

/// Whether it can be pinned.
///
/// # Errors
/// Words that say why not.
pub fn check(app: &App, new: &NewPin) -> Result<(), String> {
    let sites = app.nodes.sites();
    let Some(site) = sites.iter().find(|site| site.name == new.site) else {
        return Err(format!("no site is named `{}`", new.site.escape_debug()));
    };
    let bad =
        |name: &String| name.is_empty() || name.len() > 200 || name.chars().any(char::is_control);
    if bad(&new.model) || new.choice.as_ref().is_some_and(bad) {
        return Err("name the model that the conversation is to stand for".to_owned());
    }
    if app.pins.read().len() >= MOST {
        return Err(format!("{MOST} conversations are pinned; remove some"));
    }
    is_conversation(site, &new.address)
}

/// Whether an address of the site can be that of one conversation.
fn is_conversation(site: &Site, address: &str) -> Result<(), String> {
    let url = address.parse::<http::uri::PathAndQuery>().ok();
    let plain = address.starts_with('/') && !address.starts_with("//") && !address.contains('#');
    let Some(url) = url.filter(|_| plain && address.len() <= MAX_ADDRESS) else {
        return Err(format!("`{}` is not the path of a page", address.escape_debug()));
    };
    let modes = site.adapter.modes.iter().map(|mode| &mode.start);
    let mut starts = std::iter::once(&site.adapter.page.start).chain(modes);
    let path =
        |text: &str| text.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
    if url.query().is_none() && starts.any(|start| path(start) == path(address)) {
        return Err(format!(
            "`{address}` is where {} begins new chats; open a conversation that has an address of \
             its own",
            site.name
        ));
    }
    Ok(())
}

/// Keeps what humans capture in the popup. Runs for ever.
pub(crate) async fn keep(app: Arc<App>, mut wishes: Receiver<Capture>) {
    while let Some(Capture { node, site, model, address }) = wishes.recv().await {
        let (model_name, site_name) = (model.clone(), site.clone());
        let (choice, key, source) = (None, None, "popup");
        let new = NewPin { site, model, choice, node: Some(node), address, key, source };
        let words = match pin(&app, new).await {
            Ok(pin) => format!("{site_name}/{model_name} is now answered in {}", pin.address),
            Err(error) => error.to_string(),
        };
        app.nodes.report_capture(node, words);
    }
}
