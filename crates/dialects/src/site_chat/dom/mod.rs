//! `dom`: what the page shows, HTML blocks to Markdown. The runner leaves out what the adapter's
//! lists name; here blocks are put in order and only what will not change is said.
//!
//! The writer is our own. A converter of whole pages (htmd was tried) tells neither which part of
//! its text is final nor what a renderer meant by its elements: formulas, languages of code, tasks,
//! alignment; and it recurses as deep as a page nests.

mod block;
mod code;
mod escape;
mod follow;
mod hold;
mod inline;
mod line;
mod link;
mod math;
mod table;
mod tree;
mod vocabulary;

use std::collections::BTreeMap;

use self::follow::Follower;
use super::{
    DomSpec, PageRecord,
    answer::{Answer, Voice},
};
use crate::chat::{Event, Failure};

/// One follower for each text of the page: of each answer its reasoning and its words.
#[derive(Debug)]
pub(super) struct Dom {
    spec: DomSpec,
    followers: BTreeMap<(u8, bool), Follower>,
}

impl Dom {
    pub(super) fn new(spec: DomSpec) -> Self {
        Self { spec, followers: BTreeMap::new() }
    }

    pub(super) fn push(
        &mut self,
        record: PageRecord,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let PageRecord::Dom { block, html, closed, thought, choice } = record else {
            return Ok(());
        };
        let follower = self.followers.entry((choice, thought)).or_default();
        let said = follower.push(block, html, closed, self.spec.cursor.as_deref())?;
        say(said, choice, thought, answer, out)
    }

    /// Nothing will change any more.
    pub(super) fn finish(
        &mut self,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        for ((choice, thought), follower) in &mut self.followers {
            say(follower.finish(self.spec.cursor.as_deref()), *choice, *thought, answer, out)?;
        }
        Ok(())
    }
}

fn say(
    said: follow::Said,
    choice: u8,
    thought: bool,
    answer: &mut Answer,
    out: &mut Vec<Event>,
) -> Result<(), Failure> {
    if said.rewritten {
        answer.note_rewrite();
    }
    let voice = if thought { Voice::Reasoning } else { Voice::Text };
    answer.more(choice, voice, &said.more, out)
}

#[cfg(test)]
mod tests;
