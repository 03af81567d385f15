//! Quiet hours: what is critical passes, the rest is held and told together at their end.

use super::message::Message;
use crate::config::Severity;

/// Messages that are held; of more only the number.
const HELD: usize = 100;

/// What is held.
#[derive(Debug, Default)]
pub(super) struct Hold {
    messages: Vec<Message>,
    dropped: usize,
}

impl Hold {
    /// The message, where it is to be sent now.
    pub(super) fn pass(&mut self, message: Message, is_quiet: bool) -> Option<Message> {
        if !is_quiet || message.severity == Severity::Critical {
            return Some(message);
        }
        if self.messages.len() < HELD {
            self.messages.push(message);
        } else {
            self.dropped += 1;
        }
        None
    }

    /// What was held, once the hours are over, and how many more there were.
    pub(super) fn release(&mut self, is_quiet: bool) -> Option<(Vec<Message>, usize)> {
        if is_quiet || self.messages.is_empty() {
            return None;
        }
        Some((std::mem::take(&mut self.messages), std::mem::take(&mut self.dropped)))
    }
}
