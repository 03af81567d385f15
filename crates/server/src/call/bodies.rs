//! What a request said and what it was answered, for keys whose owner asks for it. Off by default.
//!
//! The request path keeps a handle to the request's bytes and a bounded copy of the answer's; a task
//! of its own takes credentials out and writes both down when the request is over.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use serde_json::json;
use tabway_dialects::{chat::Failure, ids::RequestId};
use tabway_store::{
    StoreError,
    files::{NewFile, Room},
};

use super::{Order, Reply};
use crate::{app::App, body::Body, config::BodiesConfig, redact::redact};

/// Keeps one request's texts; dropped, it writes them down.
pub(super) struct Keeper {
    app: Arc<App>,
    config: Arc<BodiesConfig>,
    id: RequestId,
    request: Bytes,
    answer: Vec<u8>,
    /// Whether the answer is longer.
    cut: bool,
}

impl Keeper {
    /// One for the request, where its key's owner wants it.
    pub(super) fn of(app: &Arc<App>, order: &Order) -> Option<Box<Self>> {
        let config = app.config().ledger.bodies.clone()?;
        let key = order.caller.key()?;
        config.keys.allows(&key.name).then(|| {
            let (app, id, request) = (app.clone(), order.id, order.body.clone());
            Box::new(Self { app, config, id, request, answer: Vec::new(), cut: false })
        })
    }

    fn take(&mut self, piece: &[u8]) {
        let room = self.config.max_item_bytes.saturating_sub(self.answer.len());
        self.cut |= piece.len() > room;
        self.answer.extend_from_slice(&piece[..piece.len().min(room)]);
    }
}

/// Lets the keeper see the answer on its way.
pub(super) fn kept(
    keeper: Option<Box<Keeper>>,
    reply: Result<Reply, Failure>,
) -> Result<Reply, Failure> {
    let Some(mut keeper) = keeper else { return reply };
    match reply {
        Ok(reply) => {
            let body = match reply.body {
                Body::Whole(bytes) => {
                    keeper.take(bytes.as_deref().unwrap_or_default());
                    Body::Whole(bytes)
                }
                pieces @ Body::Pieces(_) => Body::pieces(Seen { body: pieces, keeper }),
            };
            Ok(Reply { body, ..reply })
        }
        Err(failure) => {
            keeper.take(failure.to_string().as_bytes());
            Err(failure)
        }
    }
}

/// An answer that its keeper sees.
struct Seen {
    body: Body,
    keeper: Box<Keeper>,
}

impl http_body::Body for Seen {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = http_body::Body::poll_frame(Pin::new(&mut this.body), cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(piece) = frame.data_ref()
        {
            this.keeper.take(piece);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        http_body::Body::size_hint(&self.body)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // No runtime, or as many being written as may be: a copy is not worth the wait.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let Ok(permit) = self.app.keeping.clone().try_acquire_owned() else {
            tracing::warn!(request = %self.id, "its texts are not kept: too many at once");
            return;
        };
        let (app, config, id) = (self.app.clone(), self.config.clone(), self.id);
        let (request, answer) = (self.request.clone(), std::mem::take(&mut self.answer));
        let cut = self.cut;
        runtime.spawn(async move {
            let _permit = permit;
            let most = config.max_item_bytes.min(request.len());
            let text = json!({
                "request": redact(&String::from_utf8_lossy(&request[..most])),
                "request_cut": most < request.len(),
                "answer": redact(&String::from_utf8_lossy(&answer)),
                "answer_cut": cut,
            });
            if let Err(error) = write(&app, &config, id, text.to_string().as_bytes()).await {
                tracing::warn!(request = %id, %error, "its texts are not kept");
            }
        });
    }
}

async fn write(
    app: &App,
    config: &BodiesConfig,
    id: RequestId,
    text: &[u8],
) -> Result<(), StoreError> {
    let bodies = app.store.bodies();
    let mut draft = bodies.draft().await?;
    draft.write(text).await?;
    let new = NewFile {
        owner: id.to_string(),
        mime: "application/json".to_owned(),
        life: config.keep,
        ..NewFile::default()
    };
    bodies.keep(draft, new, Room::Evict { most: config.max_bytes }).await?;
    Ok(())
}
