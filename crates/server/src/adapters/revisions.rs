//! Drafts, publications and the way back. Rows are only added: to publish or to roll back is to put
//! a text in force under a new number.

use tabway_protocol::adapter::{Adapter, AdapterError};
use tabway_store::{AdapterRevision, AdapterState, NewAdapterRevision, Store, StoreError};

use super::built_in;
use crate::{
    app::App,
    sites::{self, SitesError},
};

/// Who acts with the admin token.
pub(crate) const ADMIN: &str = "admin";

/// Why a revision cannot be made or put in force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RevisionError {
    /// The text is not an adapter.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// The adapter has no such draft.
    #[error("adapter `{name}` has no {what}; `tabway adapter history {name}` shows what it has")]
    Unknown {
        /// The adapter.
        name: String,
        /// What was looked for.
        what: String,
    },
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is published, but the sites cannot be put in force.
    #[error(transparent)]
    Sites(#[from] SitesError),
}

/// Keeps a text as a draft: no browser gets it.
pub(crate) async fn draft(
    app: &App,
    text: &str,
    made_by: &str,
    origin: Option<&str>,
) -> Result<AdapterRevision, RevisionError> {
    let adapter = Adapter::parse(text)?;
    let new = NewAdapterRevision {
        above: own_revision(&adapter.name),
        name: adapter.name,
        state: AdapterState::Draft,
        text: text.to_owned(),
        copy_of: None,
        made_by: made_by.to_owned(),
        origin: origin.map(str::to_owned),
    };
    Ok(app.store.adapters().add(&new).await?)
}

/// Puts a draft in force on every browser: that of the number, or the latest.
pub(crate) async fn publish(
    app: &App,
    name: &str,
    revision: Option<u32>,
) -> Result<AdapterRevision, RevisionError> {
    let history = app.store.adapters().history(name).await?;
    let draft = history.iter().find(|one| {
        one.state == AdapterState::Draft && revision.is_none_or(|number| one.revision == number)
    });
    let draft = draft.ok_or_else(|| unknown(name, "draft", revision))?;
    // It may have been written for another version of the program.
    Adapter::parse(&draft.text)?;
    put_in_force(app, name, &draft.text, draft.revision, draft.origin.clone()).await
}

/// Puts a text in force in the store of a gateway that does not run yet.
pub(crate) async fn put_text_in_force(
    store: &Store,
    name: &str,
    text: &str,
) -> Result<(), StoreError> {
    let new = NewAdapterRevision {
        name: name.to_owned(),
        state: AdapterState::Published,
        text: text.to_owned(),
        copy_of: None,
        made_by: ADMIN.to_owned(),
        origin: None,
        above: own_revision(name),
    };
    store.adapters().add(&new).await.map(drop)
}

/// Puts an earlier text in force again: that of the number, or the one before the present one.
pub(crate) async fn roll_back(
    app: &App,
    name: &str,
    to: Option<u32>,
) -> Result<AdapterRevision, RevisionError> {
    let history = app.store.adapters().history(name).await?;
    let published: Vec<&AdapterRevision> =
        history.iter().filter(|one| one.state == AdapterState::Published).collect();
    let own = built_in().get(name).map(|adapter| adapter.revision);
    let wanted = to.or_else(|| {
        // What is in force may itself be a way back: the next one leads further.
        let present = published.first()?;
        let copied = present.copy_of.filter(|copied| {
            own == Some(*copied) || published.iter().any(|one| one.revision == *copied)
        });
        let present = copied.unwrap_or(present.revision);
        let before = published.iter().map(|one| one.revision).find(|number| *number < present);
        before.or(own.filter(|own| *own < present))
    });
    let wanted = wanted.ok_or_else(|| unknown(name, "earlier revision", None))?;
    if let Some(found) = published.iter().find(|one| one.revision == wanted) {
        return put_in_force(app, name, &found.text, wanted, found.origin.clone()).await;
    }
    if own == Some(wanted) {
        return put_in_force(app, name, "", wanted, None).await;
    }
    Err(unknown(name, "published revision", Some(wanted)))
}

async fn put_in_force(
    app: &App,
    name: &str,
    text: &str,
    copy_of: u32,
    origin: Option<String>,
) -> Result<AdapterRevision, RevisionError> {
    let new = NewAdapterRevision {
        name: name.to_owned(),
        state: AdapterState::Published,
        text: text.to_owned(),
        copy_of: Some(copy_of),
        made_by: ADMIN.to_owned(),
        origin,
        above: own_revision(name),
    };
    let published = app.store.adapters().add(&new).await?;
    app.adapters.refresh(&app.store).await?;
    sites::publish(app).await?;
    Ok(published)
}

fn own_revision(name: &str) -> u32 {
    built_in().get(name).map_or(0, |adapter| adapter.revision)
}

fn unknown(name: &str, what: &str, revision: Option<u32>) -> RevisionError {
    let what = revision.map_or_else(|| what.to_owned(), |number| format!("{what} {number}"));
    RevisionError::Unknown { name: name.to_owned(), what }
}
