//! The messages of one turn: a site may answer in several, and let them grow side by side.

use super::{
    TextMode,
    answer::{Answer, Voice},
};
use crate::chat::{Event, Failure};

/// The most messages of one turn; what comes in more is left out.
const MAX_MESSAGES: usize = 256;

/// Between the texts of two messages.
const BETWEEN: &str = "\n\n";

/// Keeps the texts of messages apart, for each choice and voice.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// In order of appearance.
    list: Vec<Message>,
}

#[derive(Debug)]
struct Message {
    key: Key,
    text: String,
}

/// What tells messages apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) choice: u8,
    pub(super) voice: Voice,
    pub(super) id: String,
}

impl Key {
    fn is_beside(&self, other: &Self) -> bool {
        self.choice == other.choice && self.voice == other.voice
    }
}

impl Messages {
    /// Text of a message, in a rule's mode. `follows`: only where the message is known.
    pub(super) fn say(
        &mut self,
        key: Key,
        text: &str,
        (mode, follows): (TextMode, bool),
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if !answer.wants(Some(key.choice)) {
            return Ok(());
        }
        let at = match self.list.iter().position(|message| message.key == key) {
            Some(at) => at,
            None if follows || self.list.len() >= MAX_MESSAGES => return Ok(()),
            None => {
                self.list.push(Message { key: key.clone(), text: String::new() });
                self.list.len() - 1
            }
        };
        let beside = |message: &&Message| message.key.is_beside(&key);
        let is_first = self.list[..at].iter().filter(beside).all(|message| message.text.is_empty());
        let is_last = !self.list[at + 1..].iter().any(|message| message.key.is_beside(&key));
        let message = &mut self.list[at];
        let known = message.text.len();
        let grows = match mode {
            TextMode::Delta => {
                message.text.push_str(text);
                true
            }
            TextMode::Cumulative => {
                let grows = text.starts_with(&message.text);
                text.clone_into(&mut message.text);
                grows
            }
        };
        if !(grows && is_last) {
            return answer.all(key.choice, key.voice, &self.whole(&key), out);
        }
        if known == 0 && !is_first && !message.text.is_empty() {
            answer.more(key.choice, key.voice, BETWEEN, out)?;
        }
        answer.more(key.choice, key.voice, &message.text[known..], out)
    }

    /// The text of a choice and voice, as [`Messages::say`] has said it where nothing was rewritten.
    fn whole(&self, key: &Key) -> String {
        let beside = self.list.iter().filter(|message| message.key.is_beside(key));
        let texts = beside.map(|message| message.text.as_str()).filter(|text| !text.is_empty());
        texts.collect::<Vec<_>>().join(BETWEEN)
    }
}
