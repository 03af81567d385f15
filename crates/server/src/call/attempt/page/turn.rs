//! One turn: the request is written for its page, given to a lane, and has begun to answer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tabway_dialects::{
    chat::{ChatRequest, Failure, Loss, Severity},
    ids::RequestId,
    site_chat::{Given, Prompt, TurnDecoder},
    stream::Order,
};
use tabway_protocol::message::Site;
use tokio::time::Instant;

use super::{
    answer::PageAnswer,
    conversation,
    emulation::{self, Emulation},
    fitting,
    harvest::{self, Harvests},
    meter::Meter,
    named_files,
    noted::Noted,
    order, pinned, tools,
    way::Way,
};
use crate::{
    call::{admit::Call, attempt::Failed, choice::Choice, record::PageFacts},
    nodes::{JobOrder, LeftTurn},
};

/// What every turn of an answer has in common.
pub(super) struct Again {
    pub(super) request: RequestId,
    /// The name of the key that asks.
    pub(super) key: String,
    pub(super) site: Arc<Site>,
    /// The model's name there.
    pub(super) model: String,
    /// Files that the request names.
    pub(super) given: BTreeMap<String, Given>,
    /// How long the page may take to begin.
    pub(super) patience: Duration,
    /// Its tools, for the page's own dialog.
    pub(super) tools: Option<String>,
}

impl Again {
    fn of(
        call: &Call,
        site: &Arc<Site>,
        model: &str,
        (given, tools): (BTreeMap<String, Given>, Option<String>),
    ) -> Self {
        let usual = Duration::from_millis(site.adapter.limits.first_token_ms);
        Self {
            request: call.record.id(),
            key: call.record.key().to_owned(),
            site: site.clone(),
            model: model.to_owned(),
            given,
            patience: call.model.deadlines.first_byte.unwrap_or(usual),
            tools,
        }
    }
}

/// A request, as the page gets it.
struct Written {
    prompt: Prompt,
    emulation: Option<Emulation>,
    given: BTreeMap<String, Given>,
    /// Its tools, for the page's own dialog.
    tools: Option<String>,
    /// Fields that the page cannot honour in full.
    losses: Vec<String>,
}

/// One turn of a lane: its last turns alone where a page shows the others, else all of it in any.
///
/// # Errors
/// Why the page began no answer, and whether it had taken the prompt.
pub(super) async fn turn(
    call: &Call,
    known: &Arc<Site>,
    (model, asked): (&str, &ChatRequest),
    mut way: Way,
) -> Result<PageAnswer, Failed> {
    let choice = Choice::of(&known.adapter, model);
    let Written { prompt, emulation, given, tools, losses } =
        write(call, known, (asked, &choice), &way).await?;
    let text = prompt.text.clone();
    let app = call.worker.app.clone();
    let again = Again::of(call, known, model, (given, tools));
    let order = ordered(call, (&again, &choice), prompt, &way);
    let total = order.total;
    let harvests = way.left.as_ref().map_or_else(Harvests::default, |left| Harvests::of(left.lost));
    let noted = Noted::new(&app, again.request, way.left.as_ref().map(|left| left.run.request));
    let typed = harvests.has_begun();
    let job = app.nodes.start(order).await.map_err(|failure| Failed {
        failure,
        page: PageFacts { accepted: typed, ..PageFacts::default() },
    })?;
    match &mut way.conversation {
        Some(conversation) => conversation.begins(&job),
        None => app.talks.leave(job.node(), job.lane()),
    }
    let limits = &known.adapter.limits;
    let mut meter = Meter::default();
    meter.begin(&text);
    let mut answer = PageAnswer {
        id: job.id(),
        node: job.node(),
        lane: job.lane(),
        conversation_word: way.word(),
        conversation: way.conversation,
        _pinned: way.pinned.map(|taken| taken.permit),
        job: Some(job),
        app,
        delivery: call.media,
        apart: Vec::new(),
        base: call.base.clone(),
        decoder: match typed {
            true => harvest::decoder(&known.adapter, &choice),
            false => decoder(known, &choice, again.tools.is_some()),
        },
        harvests,
        _noted: noted,
        order: Order::default(),
        prompt: text,
        emulation,
        first_token: Instant::now()
            + if typed { again.patience.max(harvest::OPENING) } else { again.patience },
        silence: call.model.deadlines.idle.unwrap_or(Duration::from_millis(limits.silence_ms)),
        again,
        deadline: Instant::now() + total,
        accepted: typed,
        meter,
        spent: None,
        ready: Vec::new(),
        ended: false,
        losses,
    };
    answer.begin().await?;
    Ok(answer)
}

/// The request as this page takes it, by this way.
async fn write(
    call: &Call,
    Site { name, adapter, .. }: &Site,
    (asked, choice): (&ChatRequest, &Choice<'_>),
    way: &Way,
) -> Result<Written, Failure> {
    let ours = (&*call.model, adapter, choice);
    let (mut request, emulation) =
        emulation::prepare(asked.clone(), ours, (call.record.id(), way.native))?;
    let shown = way.shown(asked);
    if shown > 0 {
        conversation::leave_last(&mut request, shown, adapter);
    }
    let given = match &adapter.files {
        // Of all of it: a turn that mends an answer begins a new chat.
        Some(_) => named_files::of(call, asked).await?,
        None => BTreeMap::new(),
    };
    let packing = call.worker.app.manners(name).packing;
    let prompt = order::prompt(&request, adapter, choice, (given.clone(), packing))?;
    let can = call.worker.app.nodes.capabilities(name, choice.model);
    fitting::check(asked, call.media, &can)?;
    let mut losses = meaning_lost(&prompt.losses);
    losses.extend(emulation.iter().flat_map(|emulation| emulation.losses.iter().cloned()));
    let declared = if way.native { tools::declared(adapter, asked) } else { None };
    let (tools, dropped) = declared.unzip();
    losses.extend(dropped.into_iter().flatten());
    Ok(Written { prompt, emulation, given, tools, losses })
}

/// The turn's order, by this way.
fn ordered(
    call: &Call,
    (again, choice): (&Again, &Choice<'_>),
    prompt: Prompt,
    way: &Way,
) -> JobOrder {
    let app = &call.worker.app;
    let left = call.deadline.saturating_duration_since(std::time::Instant::now());
    let total = Duration::from_millis(again.site.adapter.limits.total_ms).min(left);
    let wait = app.config().queue.wait.min(left).min(way.patience().unwrap_or(Duration::MAX));
    let mut order = job_order(again, choice, prompt, (wait, total));
    order.held = way.on.as_ref().map(|(held, _)| *held);
    if let Some(taken) = &way.pinned {
        order.pinned = Some(taken.place());
        pinned::model_of(call, &again.site, choice).clone_into(&mut order.model);
    }
    match &way.left {
        None => order.print = Some(app.store.runs().print(&call.owner, &call.body)),
        Some(LeftTurn { lost, .. }) => {
            order.harvest = Some(*lost);
            (order.wait, order.accept) = (harvest::LEFT_PATIENCE.min(total), harvest::OPENING);
        }
    }
    order
}

/// A turn of a lane, in a new chat.
pub(super) fn job_order(
    Again { request, key, site, tools, .. }: &Again,
    choice: &Choice<'_>,
    prompt: Prompt,
    (wait, total): (Duration, Duration),
) -> JobOrder {
    let plain = JobOrder::new(&site.name, choice.model, prompt.text);
    let uploads = site.adapter.files.as_ref().map_or(0, |files| files.wait_ms);
    let uploads = if prompt.files.is_empty() { 0 } else { uploads };
    JobOrder {
        request: Some(*request),
        key: key.clone(),
        wait,
        total,
        mode: choice.mode.map(|mode| mode.name.clone()),
        settings: prompt.settings,
        tools: tools.clone(),
        accept: plain.accept + Duration::from_millis(uploads),
        files: prompt.files,
        ..plain
    }
}

pub(super) fn decoder(site: &Site, choice: &Choice<'_>, calls: bool) -> TurnDecoder {
    let adapter = &site.adapter;
    let mut decoder = TurnDecoder::new(&adapter.answer, choice.sides(), !adapter.media.is_empty());
    if !calls {
        decoder.ignore_calls();
    }
    decoder
}

fn meaning_lost(losses: &[Loss]) -> Vec<String> {
    let meaning = losses.iter().filter(|loss| loss.severity >= Severity::Meaning);
    meaning.map(|loss| loss.path.clone()).collect()
}
