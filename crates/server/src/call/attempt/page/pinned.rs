//! A request for a model that conversations of the page stand for: typed in one of them.

use std::{sync::Arc, time::Duration};

use tabway_dialects::chat::{ChatRequest, Failure, FailureClass};
use tabway_protocol::message::Site;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{answer::PageAnswer, tools, turn::turn, way::Way};
use crate::{
    call::{admit::Call, attempt::Failed, choice::Choice, pins::PinnedTalk},
    config::PinSend,
    nodes::{PAGES_OWN, Pinned},
};

/// The most of a pool that are tried for one request.
const MOST_TRIED: usize = 3;

/// How long one waits for a tab of its browser where others may do.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The conversation of one turn. Nobody else types there until it is dropped.
pub(super) struct Taken {
    talk: Arc<PinnedTalk>,
    pub(super) permit: OwnedSemaphorePermit,
    /// Whether nothing else will do.
    pub(super) is_last: bool,
    /// Whether all of the request is typed.
    pub(super) is_whole: bool,
}

impl Taken {
    /// The page's model, mode and side, where it has its own.
    fn choice(&self) -> Option<String> {
        self.talk.pin.choice.clone()
    }

    /// Where it is.
    pub(super) fn place(&self) -> Pinned {
        Pinned { node: self.talk.pin.node, address: self.talk.pin.address.clone() }
    }
}

/// The model to choose there: the one that it stands for, where the page has one of that name; else
/// what the conversation has stands.
pub(super) fn model_of<'c>(call: &Call, site: &Site, choice: &Choice<'c>) -> &'c str {
    let mode = choice.mode.map(|mode| mode.name.as_str());
    let has = call.worker.app.nodes.offers(&site.name, choice.model, mode);
    if has { choice.model } else { PAGES_OWN }
}

/// The answer of a pinned conversation. None where the model has none, or none that can be used now
/// and any chat will do.
pub(super) async fn attempt(
    call: &Call,
    known: &Arc<Site>,
    (model, asked): (&str, &ChatRequest),
    native: bool,
) -> Option<Result<PageAnswer, Failed>> {
    let app = &call.worker.app;
    let rules = app.manners(&known.name).pinned;
    let pool = app.pins.pool(&known.name, model, call.record.key(), rules.pick);
    let first = pool.first()?.clone();
    let is_whole = rules.send == PinSend::Whole;
    let mut told = None;
    let free = pool.into_iter().filter_map(|talk| talk.try_take().map(|permit| (talk, permit)));
    for (talk, permit) in free.take(MOST_TRIED) {
        let taken = Taken { talk, permit, is_last: false, is_whole };
        let own = taken.choice();
        let model = own.as_deref().unwrap_or(model);
        let way = Way { pinned: Some(taken), native, ..Way::default() };
        match turn(call, known, (model, asked), way).await {
            Err(failed) if may_go_on(&failed) && !tools::refused(&failed) => told = Some(failed),
            outcome => return Some(outcome),
        }
    }
    if !rules.strict {
        if let Some(failed) = told {
            let code = failed.failure.class.code();
            tracing::info!(request = %call.record.id(), code, "no pinned conversation; any chat");
        }
        return None;
    }
    if let Some(failed) = told {
        return Some(Err(failed));
    }
    // All of them are at work.
    let wait = app.config().queue.wait;
    let Ok(Some(permit)) = timeout(wait, first.take()).await else {
        let words = format!("{}: every pinned conversation of `{model}` is busy", known.name);
        return Some(Err(Failure::new(FailureClass::Busy, words).into()));
    };
    let taken = Taken { talk: first, permit, is_last: true, is_whole };
    let own = taken.choice();
    let model = own.as_deref().unwrap_or(model);
    let way = Way { pinned: Some(taken), native, ..Way::default() };
    Some(turn(call, known, (model, asked), way).await)
}

/// Whether another conversation may do better: nothing was typed, and the fault is not the request's.
fn may_go_on(failed: &Failed) -> bool {
    let of_request = matches!(
        failed.failure.class,
        FailureClass::InvalidJson
            | FailureClass::InvalidRequest
            | FailureClass::Unsupported
            | FailureClass::ContextTooLong
            | FailureClass::FileTooLarge
            | FailureClass::FileRefused
            | FailureClass::Moderated
            | FailureClass::SiteQuota
            | FailureClass::SiteRateLimited
    );
    !failed.page.accepted && !of_request
}
