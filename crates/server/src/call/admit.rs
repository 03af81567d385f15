//! Admission: the request is readable, its model exists, the key may use it.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use tabway_dialects::{
    chat::{Failure, FailureClass},
    patch::{self, Peek},
};

use super::{Order, catalogue, record::Record};
use crate::{config::Model, media::Delivery, runtime::Worker};

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
    let admitted = examine(worker, order);
    if let Err(failure) = &admitted {
        app.metrics.request_ended(failure.class.code());
    }
    admitted
}

fn examine(worker: Arc<Worker>, order: Order) -> Result<Call, Failure> {
    let peek = patch::peek(&order.body)?;
    let model = catalogue::find(&worker.app, &peek.model);
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
    let record = Record::open(worker.app.clone(), &order, &peek)?;
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
