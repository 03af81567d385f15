//! A page's pictures, apart from its text.

use tabway_dialects::{
    chat::{Failure, FailureClass, Fold, Reply, Usage},
    site_chat::Medium,
};

use super::answered;
use crate::call::{
    Pictures,
    attempt::{Answer, Started, page::PageAnswer},
};

/// How much of a page's words a failure repeats, in characters.
const MAX_WORDS: usize = 300;

/// The pictures of an answer that has begun.
///
/// # Errors
/// The page's failure, and `no_image` where it has none; the request is then settled.
pub(in crate::call) async fn pictures(started: Started) -> Result<Pictures, Failure> {
    let by = answered(&started);
    let Started { mut call, candidate, answer, in_flight: _in_flight } = started;
    let Answer::Page(mut page) = answer else {
        let words = "pictures come from pages";
        return Err(call.record.fail(Failure::new(FailureClass::Internal, words)));
    };
    let most = call.worker.app.config().limits.max_answer_bytes;
    match drawn(&mut page, most).await {
        Ok((media, usage)) => {
            call.record.succeed(&candidate, usage, page.facts())?;
            Ok(Pictures { media, by })
        }
        Err(failure) => {
            call.record.attempt_failed(&candidate, &failure, page.facts());
            Err(call.record.fail(failure))
        }
    }
}

async fn drawn(
    page: &mut PageAnswer,
    most: usize,
) -> Result<(Vec<Medium>, Option<Usage>), Failure> {
    let mut fold = Fold::default();
    while !page.has_ended() {
        for event in page.next().await? {
            fold.push(event)?;
        }
        if fold.text_bytes() > most {
            let words = "the answer grew over the limit";
            return Err(Failure::new(FailureClass::AnswerTooLarge, words));
        }
    }
    let reply = fold.finish()?;
    let mut media = page.take_media();
    media.retain(|medium| medium.mime.starts_with("image/"));
    if media.is_empty() { Err(none(&reply)) } else { Ok((media, reply.usage)) }
}

/// The page answered, with words alone: they say why.
fn none(reply: &Reply) -> Failure {
    let parts = reply.choices.iter().flat_map(|choice| &choice.parts);
    let words: String = parts.map(|part| part.text.as_str()).collect::<Vec<_>>().join(" ");
    let words: String = words.chars().take(MAX_WORDS).collect();
    let message = format!("the page's answer holds no picture; it says: {}", words.trim());
    Failure::new(FailureClass::NoImage, message)
}
