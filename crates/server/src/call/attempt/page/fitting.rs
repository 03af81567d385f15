//! Whether a model can take what a request holds, as far as its page or its adapter tells.

use std::collections::BTreeSet;

use tabway_dialects::chat::{ChatRequest, Failure, FailureClass, Part};
use tabway_protocol::adapter::Capability;

use crate::media::Delivery;

/// Refuses what the model cannot take or give, with the field that asks for it.
///
/// # Errors
/// `unsupported`: another target may do.
pub(super) fn check(
    request: &ChatRequest,
    delivery: Delivery,
    can: &BTreeSet<Capability>,
) -> Result<(), Failure> {
    let refuse = |words: &str, path: String| {
        Err(Failure::new(FailureClass::Unsupported, words).with_param(path))
    };
    if delivery == Delivery::Apart && !can.contains(&Capability::ImageOut) {
        return refuse("this model's answers hold no pictures", "model".to_owned());
    }
    let before = usize::from(!request.system.is_empty());
    for (at, message) in request.messages.iter().enumerate() {
        for (number, part) in message.parts.iter().enumerate() {
            let (needed, words) = match part {
                Part::Image { .. } => (Capability::Vision, "this model takes no pictures"),
                Part::File { data: Some(data), .. } if data.starts_with("data:image/") => {
                    (Capability::Vision, "this model takes no pictures")
                }
                Part::File { data: Some(data), .. } if !data.contains("://") => {
                    (Capability::Files, "this model takes no files")
                }
                // What an uploaded file or one of our own media is, is not known before it is read.
                _ => continue,
            };
            if !can.contains(&needed) {
                return refuse(words, format!("messages.{}.content.{number}", at + before));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tabway_dialects::openai_chat::decode_request;

    use super::*;

    fn asked(content: &str) -> ChatRequest {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":{content}}}]}}"#);
        decode_request(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_picture_needs_eyes_and_a_file_a_model_that_takes_it() {
        let picture = asked(
            r#"[{"type":"text","text":"?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]"#,
        );
        let file = asked(
            r#"[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="}}]"#,
        );
        let words = BTreeSet::from([Capability::Text]);
        let eyes = BTreeSet::from([Capability::Text, Capability::Vision]);
        let refused = check(&picture, Delivery::Kept, &words).unwrap_err();
        assert_eq!(refused.class, FailureClass::Unsupported);
        assert_eq!(refused.param.as_deref(), Some("messages.0.content.1"));
        assert!(check(&picture, Delivery::Kept, &eyes).is_ok());
        assert!(check(&file, Delivery::Kept, &eyes).is_err());
        assert!(check(&asked("\"hi\""), Delivery::Kept, &words).is_ok());
        assert!(check(&asked("\"paint\""), Delivery::Apart, &eyes).is_err());
    }
}
