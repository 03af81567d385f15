//! The path of a request, the same for every surface: admit, route, attempt, relay, settle.
//!
//! Before the first byte of an answer the next candidate may take over; after it a failure is an
//! event of the stream. A client that leaves drops the future or the body, and with it the
//! upstream's connection or the page's job; [`record::Record`] then writes `client_gone`.

mod admit;
mod attempt;
mod bodies;
pub mod catalogue;
mod choice;
pub mod pins;
pub mod places;
mod record;
mod relay;
pub mod repeats;
pub mod route;
mod talk;
pub mod talks;

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::HeaderMap;
use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::RequestId,
    site_chat::Medium,
};

use crate::{body::Body, keys::Caller, media::Delivery, runtime::Worker};

/// What a surface asks for.
pub(crate) struct Order {
    /// Our id.
    pub(crate) id: RequestId,
    /// The client's own id, where it brought one.
    pub(crate) client_id: Option<String>,
    /// Who asks.
    pub(crate) caller: Caller,
    /// The request as it came.
    pub(crate) body: Bytes,
    /// Under which it must not be done twice.
    pub(crate) idempotency_key: Option<String>,
    /// How the answer's media are given.
    pub(crate) media: Delivery,
    /// The surface's name in the ledger.
    pub(crate) surface: &'static str,
    /// Where the gateway is for the client.
    pub(crate) base: String,
    /// When its head had come.
    pub(crate) started: Instant,
}

/// What a surface answers.
pub(crate) struct Reply {
    /// Headers of the upstream that the client may see.
    pub(crate) headers: HeaderMap,
    /// Who answers.
    pub(crate) by: Option<Answered>,
    /// Whether the body is a stream of events.
    pub(crate) streams: bool,
    /// The answer.
    pub(crate) body: Body,
}

/// Who answers, for the headers. Unknown while a stream still waits for its first token.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    /// `place/model`
    pub(crate) target: String,
    /// How many attempts it took.
    pub(crate) attempts: u32,
    /// Fields that the target could not honour in full.
    pub(crate) losses: Vec<String>,
    /// Fields that were honoured by prompt alone.
    pub(crate) emulated: Vec<&'static str>,
}

/// Pictures of a page's answer.
pub(crate) struct Pictures {
    /// The pictures, at least one.
    pub(crate) media: Vec<Medium>,
    /// Who gave them.
    pub(crate) by: Answered,
}

/// Asks a page for pictures: the same path, and the answer's media instead of its text.
pub(crate) async fn pictures(worker: Arc<Worker>, order: Order) -> Result<Pictures, Failure> {
    let call = admit::admit(worker, order)?;
    let pages = route::plan(&call).only_pages();
    if pages.is_empty() {
        let words = "pictures come from chat pages, and this model has none";
        let failure = Failure::new(FailureClass::Unsupported, words).with_param("model");
        return Err(call.record.fail(failure));
    }
    let key = call.record.watch();
    let drawn = async { relay::pictures(Box::pin(attempt::first(call, pages)).await?).await };
    key.unless_over(drawn).await
}

/// Answers a chat request.
pub(crate) async fn run(worker: Arc<Worker>, order: Order) -> Result<Reply, Failure> {
    let keeper = bodies::Keeper::of(&worker.app, &order);
    bodies::kept(keeper, answer(worker, order).await)
}

async fn answer(worker: Arc<Worker>, order: Order) -> Result<Reply, Failure> {
    let call = admit::admit(worker, order)?;
    let streams = call.peek.stream;
    let commit_after = call.model.deadlines.commit_after;
    let nodes = call.worker.app.nodes.clone();
    let plan = route::plan(&call);
    let (id, key) = (call.record.id(), call.record.watch());
    // Boxed at once: each future around it would carry its room again.
    let attempts = Box::pin(attempt::first(call, plan));
    if streams {
        let attempts = Box::pin(key.unless_over(attempts));
        relay::stream(attempts, commit_after, (id, nodes)).await
    } else {
        key.unless_over(async { relay::whole(attempts.await?).await }).await
    }
}
