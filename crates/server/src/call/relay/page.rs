//! A page's answer on its way to the client, in the client's dialect.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use tabway_dialects::{
    chat::{Event, Failure, FailureClass, Fold, Usage},
    openai_chat::{ReplyHead, StreamEncoder, encode_reply, error_event},
};

use crate::{
    body::Body,
    call::{
        admit::Call,
        attempt::page::PageAnswer,
        places::InFlight,
        record::{PageFacts, Record},
        route::Candidate,
    },
};

/// The whole answer in one body.
///
/// # Errors
/// The page's failure; the request is then settled.
pub(super) async fn whole(
    mut call: Call,
    candidate: &Candidate,
    mut page: PageAnswer,
) -> Result<Bytes, Failure> {
    let head = head(&call, &page);
    let most = call.worker.app.config().limits.max_answer_bytes;
    match folded(&mut page, &head, most).await {
        Ok((body, usage)) => {
            call.record.succeed(candidate, usage, page.facts())?;
            Ok(body)
        }
        Err(failure) => {
            call.record.attempt_failed(candidate, &failure, page.facts());
            Err(call.record.fail(failure))
        }
    }
}

async fn folded(
    page: &mut PageAnswer,
    head: &ReplyHead,
    most: usize,
) -> Result<(Bytes, Option<Usage>), Failure> {
    let mut fold = Fold::default();
    while !page.has_ended() {
        for event in page.next().await? {
            fold.push(event)?;
        }
        if fold.text_bytes() > most {
            return Err(too_large());
        }
    }
    let reply = fold.finish()?;
    Ok((encode_reply(&reply, head).into(), reply.usage))
}

/// The answer as it is written.
pub(super) fn streamed(
    call: Call,
    candidate: Candidate,
    page: PageAnswer,
    in_flight: InFlight,
) -> Body {
    let relay = PageRelay {
        encoder: StreamEncoder::new(head(&call, &page), call.peek.include_usage),
        page: Some(page),
        left: call.worker.app.config().limits.max_answer_bytes,
        record: call.record,
        candidate,
        _in_flight: in_flight,
    };
    let pieces = stream::unfold(relay, |mut relay| async move {
        let piece = relay.next().await?;
        Some((Ok(Frame::data(piece)), relay))
    });
    Body::pieces(StreamBody::new(pieces))
}

struct PageRelay {
    encoder: StreamEncoder,
    /// Gone when the answer has ended.
    page: Option<PageAnswer>,
    /// How many more bytes the answer may have.
    left: usize,
    record: Record,
    candidate: Candidate,
    _in_flight: InFlight,
}

impl PageRelay {
    /// The next piece. The request's end is noted before its last piece is handed out.
    async fn next(&mut self) -> Option<Bytes> {
        let page = self.page.as_mut()?;
        let key = self.record.watch();
        let events = match key.unless_over(page.next()).await {
            Ok(events) => events,
            Err(failure) => return Some(self.fail(failure)),
        };
        let ended = page.has_ended();
        let mut piece = Vec::new();
        let mut usage = None;
        for event in &events {
            match event {
                Event::Failed(failure) => return Some(self.fail(failure.clone())),
                Event::Usage(counts) => usage = Some(*counts),
                _ => {}
            }
            self.encoder.encode(event, &mut piece);
        }
        let Some(left) = self.left.checked_sub(piece.len()) else {
            return Some(self.fail(too_large()));
        };
        self.left = left;
        if ended {
            let facts = self.facts();
            if let Err(failure) = self.record.succeed(&self.candidate, usage, facts) {
                return Some(self.fail(failure));
            }
            self.page = None;
            self.encoder.done(&mut piece);
        }
        Some(piece.into())
    }

    fn facts(&self) -> PageFacts {
        self.page.as_ref().map(PageAnswer::facts).unwrap_or_default()
    }

    fn fail(&mut self, failure: Failure) -> Bytes {
        let facts = self.facts();
        self.page = None;
        self.record.attempt_failed(&self.candidate, &failure, facts);
        self.record.fail_in_stream(&failure);
        error_event(&failure, self.record.id()).into()
    }
}

fn head(call: &Call, page: &PageAnswer) -> ReplyHead {
    let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let id = format!("chatcmpl-{}", call.record.id().uuid().simple());
    let emulated = page.emulated();
    ReplyHead { id, model: call.peek.model.clone(), created, emulated }
}

fn too_large() -> Failure {
    Failure::new(FailureClass::AnswerTooLarge, "the answer grew over the limit")
}
