//! An attempt at a page: the request as a prompt, a turn of a lane, and the page's records decoded
//! into events.

mod answer;
mod conversation;
mod emulation;
mod fitting;
mod harvest;
mod meter;
mod named_files;
mod noted;
mod order;
mod pinned;
mod tools;
mod turn;
mod way;

use std::sync::Arc;

use tabway_dialects::{
    chat::{ChatRequest, Failure, FailureClass},
    openai_chat::decode_request,
};
use tabway_protocol::message::Site;

pub(in crate::call) use self::answer::PageAnswer;
use self::{conversation::Conversation, turn::turn, way::Way};
use super::Failed;
use crate::{
    call::{admit::Call, choice::Choice},
    media::Delivery,
};

/// How often a turn may begin again that a browser lost before its page took the prompt.
const MOST_REDONE: u8 = 2;

/// One attempt: the answer that a page has begun.
///
/// # Errors
/// Why no page began one, and whether one had taken the prompt.
pub(super) async fn attempt(call: &Call, site: &str, model: &str) -> Result<PageAnswer, Failed> {
    let known = find_site(call, site)?;
    let choice = Choice::of(&known.adapter, model);
    let asked = decode_request(&call.body)?;
    let app = &call.worker.app;
    let print = app.store.runs().print(&call.owner, &call.body);
    if let Some(left) = app.nodes.take_left(&print, site) {
        tracing::info!(request = %call.record.id(), job = %left.lost.job, "asked again after a restart");
        let way = Way { left: Some(left), ..Way::default() };
        return turn(call, &known, (model, &asked), way).await;
    }
    if app.nodes.is_left_elsewhere(&print, site) {
        let words = "a page of another site has this request already";
        return Err(Failure::new(FailureClass::NodeLost, words).into());
    }
    let ways = tools::Ways::of(call, &known, (&asked, &choice))?;
    if ways.native {
        match by_any_way(call, &known, (model, &asked), true).await {
            Err(failed) if ways.emulated && tools::refused(&failed) => {
                let words = &failed.failure.message;
                tracing::info!(request = %call.record.id(), "tools in words instead: {words}");
            }
            outcome => return outcome,
        }
    }
    by_any_way(call, &known, (model, &asked), false).await
}

/// In the conversation that stands for the model, on in the request's own, or in a new chat.
/// `native`: tools go into the page's own dialog.
async fn by_any_way(
    call: &Call,
    known: &Arc<Site>,
    (model, asked): (&str, &ChatRequest),
    native: bool,
) -> Result<PageAnswer, Failed> {
    if call.media != Delivery::Apart
        && let Some(answer) = pinned::attempt(call, known, (model, asked), native).await
    {
        return answer;
    }
    let choice = Choice::of(&known.adapter, model);
    // The conversation is the client's own, before anything is put into it.
    let conversation = || Conversation::of(call, &known.name, (model, &choice), asked);
    let going = conversation();
    if let Some((held, tail)) = going.as_ref().and_then(Conversation::held) {
        let way = Way { conversation: going, on: Some((held, tail)), native, ..Way::default() };
        match turn(call, known, (model, asked), way).await {
            Err(failed) if !failed.page.accepted && !tools::refused(&failed) => {
                let code = failed.failure.class.code();
                tracing::info!(request = %call.record.id(), code, "a new chat instead");
            }
            outcome => return outcome,
        }
    }
    in_a_new_chat(call, known, (model, asked), (conversation, native)).await
}

/// In a new chat of any page. Where the browser's word is that nothing was sent, no harm is done by
/// doing it again.
async fn in_a_new_chat(
    call: &Call,
    known: &Arc<Site>,
    order: (&str, &ChatRequest),
    (conversation, native): (impl Fn() -> Option<Conversation>, bool),
) -> Result<PageAnswer, Failed> {
    let mut lost: Option<Failed> = None;
    let mut redone = 0;
    loop {
        let way = Way { conversation: conversation(), native, ..Way::default() };
        let failed = match turn(call, known, order, way).await {
            Err(failed) => failed,
            answer => return answer,
        };
        let again = failed.failure.class == FailureClass::NodeLost && !failed.page.accepted;
        if !again || redone == MOST_REDONE {
            // That no other page is there says less than what became of the first.
            let began = failed.page.node.is_some();
            return Err(lost.filter(|_| !began).unwrap_or(failed));
        }
        redone += 1;
        tracing::info!(request = %call.record.id(), "again: {}", failed.failure.message);
        lost = Some(failed);
    }
}

fn find_site(call: &Call, name: &str) -> Result<Arc<Site>, Failure> {
    let sites = call.worker.app.nodes.sites();
    sites.into_iter().find(|site| site.name == name).ok_or_else(|| {
        let words = format!("no site is named `{name}`; `tabway site list` shows those there are");
        Failure::new(FailureClass::NoNode, words)
    })
}
