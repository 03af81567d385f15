//! Admission: the request is readable, its model exists, the key may use it and has enough left.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use tabway_dialects::{
    chat::{Failure, FailureClass, Usage},
    patch::{self, Peek},
};

use super::{
    Order, catalogue,
    record::{Held, Record},
};
use crate::{
    app::App,
    config::{Model, Place},
    keys::Estimate,
    media::Delivery,
    metrics::{Kind, ModelFigures},
    runtime::Worker,
};

/// Bytes of a request that are counted as a token before anybody has counted its tokens.
const BYTES_OF_TOKEN: u64 = 4;

/// How many tokens an answer may have where the request does not say.
const USUAL_OUTPUT: u64 = 1_024;

/// A request that was admitted.
pub(super) struct Call {
    pub(super) worker: Arc<Worker>,
    /// The request as it came.
    pub(super) body: Bytes,
    /// How the answer's media are given.
    pub(super) media: Delivery,
    /// Where the gateway is for the client.
    pub(super) base: String,
    /// Whose uploads the request may name, and whose conversations it may go on with.
    pub(super) owner: String,
    /// What routing knows of it.
    pub(super) peek: Peek,
    /// What was asked for.
    pub(super) model: Arc<Model>,
    /// When all attempts together must be over.
    pub(super) deadline: Instant,
    /// How it is going; tells the ledger when it is dropped.
    pub(super) record: Record,
}

pub(super) fn admit(worker: Arc<Worker>, order: Order) -> Result<Call, Failure> {
    let app = worker.app.clone();
    let mut asked = Asked { kind: Kind::Whole, figures: None };
    let admitted = examine(worker, order, &mut asked);
    if let Err(failure) = &admitted {
        let figures = asked.figures.unwrap_or_else(|| app.metrics.of_no_model());
        figures.ended(asked.kind, Some(failure.class));
    }
    admitted
}

/// What is known of a request that may still be refused.
struct Asked {
    kind: Kind,
    figures: Option<Arc<ModelFigures>>,
}

fn examine(worker: Arc<Worker>, order: Order, asked: &mut Asked) -> Result<Call, Failure> {
    let peek = patch::peek(&order.body)?;
    asked.kind = Kind::of(peek.stream);
    let model = catalogue::find(&worker.app, &peek.model);
    if let Some(model) = &model {
        let is_listed = || catalogue::is_listed(&worker.app, model);
        asked.figures = Some(worker.app.metrics.of_model(&model.name, is_listed));
    }
    let allowed = order.caller.may_use(&peek.model);
    let model = match model {
        Some(model) if allowed => model,
        Some(_) => {
            return Err(Failure::new(
                FailureClass::PermissionDenied,
                format!("this key may not use the model `{}`", peek.model),
            )
            .with_param("model"));
        }
        None => return Err(catalogue::unknown(&peek.model)),
    };
    let admission = order.caller.admit(|| estimate(&worker.app, &order.body, &peek, &model))?;
    let figures = asked.figures.clone().unwrap_or_else(|| worker.app.metrics.of_no_model());
    let repeats = &worker.app.repeats;
    let repeat = order
        .idempotency_key
        .as_ref()
        .map(|key| repeats.begin(order.caller.owner(), key.clone(), order.id));
    let held = Held { admission, repeat: repeat.transpose()? };
    let record = Record::open(worker.app.clone(), &order, &peek, figures, held)?;
    Ok(Call {
        deadline: order.started + model.deadlines.total,
        body: order.body,
        media: order.media,
        base: order.base,
        owner: order.caller.owner(),
        worker,
        peek,
        model,
        record,
    })
}

/// Tokens of a request, by estimate.
pub(super) fn input_tokens(body: &Bytes) -> u64 {
    u64::try_from(body.len()).unwrap_or(u64::MAX) / BYTES_OF_TOKEN
}

/// What the request may need: all that it says, the longest answer that it asks for, at the price
/// of the dearest target. Where no price is known, no money.
fn estimate(app: &App, body: &Bytes, peek: &Peek, model: &Model) -> Estimate {
    let choices = u64::from(peek.choices.max(1));
    let usage = Usage {
        input: input_tokens(body),
        output: peek.max_output.unwrap_or(USUAL_OUTPUT).saturating_mul(choices),
        ..Usage::default()
    };
    let prices = app.prices.load();
    let costs = model.targets.iter().filter_map(|target| match &target.place {
        Place::Provider(provider) => prices.cost(&provider.name, &target.model, &usage),
        Place::Site(_) => None,
    });
    Estimate { tokens: usage.total(), micro_usd: costs.max().unwrap_or(0) }
}
