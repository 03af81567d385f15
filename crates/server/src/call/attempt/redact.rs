//! Our credentials in an upstream's words.

use tabway_dialects::chat::Failure;

use crate::config::Secret;

/// Shorter than this it is no secret, and words would suffer.
const SHORTEST: usize = 6;

/// Takes the credential out of words for the client and words for the log.
pub(super) fn redact(mut failure: Failure, secret: Option<&Secret>) -> Failure {
    let Some(secret) = secret.map(Secret::expose).filter(|secret| secret.len() >= SHORTEST) else {
        return failure;
    };
    let texts = [Some(&mut failure.message), failure.internal.as_mut(), failure.param.as_mut()];
    for text in texts.into_iter().flatten().filter(|text| text.contains(secret)) {
        *text = text.replace(secret, "[redacted]");
    }
    failure
}
