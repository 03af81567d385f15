//! The blocks of one text as the page sends them, anew with each change; what of them is said.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::super::answer::common_prefix;
use super::{
    block::{self, ListMark, Written},
    tree::Tree,
};
use crate::chat::{Failure, FailureClass};

/// The most blocks of one text.
const MAX_BLOCKS: u32 = 20_000;

/// Stands between two blocks.
const GAP: &str = "\n\n";

/// What is new.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) more: String,
    /// Whether the page changed what had been said.
    pub(super) rewritten: bool,
}

/// A block that may still change, or be taken back by the block before it: `2` is a paragraph until
/// its full stop makes it the next item of the list above.
#[derive(Debug, Default)]
struct Block {
    html: String,
    closed: bool,
    /// What was said of it.
    said: String,
    /// Whether all of it was said.
    complete: bool,
    list: Option<ListMark>,
}

#[derive(Debug, Default)]
pub(super) struct Follower {
    blocks: BTreeMap<u32, Block>,
    /// What the blocks before those were when they were let go.
    settled: Vec<u64>,
    /// The list that the last of them ended with.
    list: Option<ListMark>,
    spoke: bool,
}

impl Follower {
    pub(super) fn push(
        &mut self,
        number: u32,
        html: String,
        closed: bool,
        cursor: Option<&str>,
    ) -> Result<Said, Failure> {
        if number >= MAX_BLOCKS {
            let words = "the answer has too many blocks";
            return Err(Failure::new(FailureClass::AnswerTooLarge, words));
        }
        let mut said = Said::default();
        if let Some(known) = self.settled.get(number as usize) {
            let text = write(&html, None, false, cursor, false).text;
            said.rewritten = *known != hash(&text);
            return Ok(said);
        }
        let block = self.blocks.entry(number).or_default();
        block.complete &= block.html == html;
        block.html = html;
        block.closed = closed;
        if !closed {
            // The page writes in its last block: what was below it is there no more.
            self.blocks.retain(|below, block| *below <= number || !block.said.is_empty());
        }
        self.say(cursor, &mut said);
        Ok(said)
    }

    /// Nothing will change any more.
    pub(super) fn finish(&mut self, cursor: Option<&str>) -> Said {
        let mut said = Said::default();
        for block in self.blocks.values_mut() {
            block.closed = true;
        }
        // What the page left out is no reason to keep the rest back.
        let blocks = std::mem::take(&mut self.blocks);
        let first = u32::try_from(self.settled.len()).unwrap_or(u32::MAX);
        self.blocks = (first..).zip(blocks.into_values()).collect();
        self.say(cursor, &mut said);
        said
    }

    /// Says closed blocks whole and the stable beginning of the first open one.
    fn say(&mut self, cursor: Option<&str>, out: &mut Said) {
        let mut number = u32::try_from(self.settled.len()).unwrap_or(u32::MAX);
        let mut list = self.list;
        while let Some(block) = self.blocks.get_mut(&number) {
            if !(block.closed && block.complete) {
                let underlined = !block.said.is_empty() && !block.said.starts_with('#');
                let written = write(&block.html, list, !block.closed, cursor, underlined);
                let spoke = self.spoke;
                self.spoke |= block.say(&written, spoke, out);
            }
            list = block.list.or(list.filter(|_| block.said.is_empty()));
            if !block.closed {
                break;
            }
            number += 1;
        }
        self.settle();
    }

    /// Lets go of blocks below which something was said: they can hardly change.
    fn settle(&mut self) {
        while let Some(first) = self.blocks.first_key_value().map(|(number, _)| *number)
            && first as usize == self.settled.len()
            && self.blocks.range(first + 1..).any(|(_, block)| !block.said.is_empty())
            && let Some((_, block)) = self.blocks.pop_first()
        {
            self.settled.push(hash(&block.said));
            self.list = block.list.or(self.list.filter(|_| block.said.is_empty()));
        }
    }
}

impl Block {
    /// Says what is new; whether anything is.
    fn say(&mut self, written: &Written, spoke: bool, out: &mut Said) -> bool {
        let text = if self.closed { &written.text } else { &written.text[..written.stable] };
        self.complete = self.closed;
        self.list = written.list;
        let more = match continued(&self.said, text) {
            Some(more) => more,
            // A page that is still writing may come back to what it showed.
            None if !self.closed => return false,
            None => {
                out.rewritten = true;
                &text[common_prefix(&self.said, text)..]
            }
        };
        if more.is_empty() {
            return false;
        }
        if self.said.is_empty() && spoke {
            out.more.push_str(GAP);
        }
        out.more.push_str(more);
        if out.rewritten || !text.starts_with(self.said.as_str()) {
            self.said = text.to_owned();
        } else {
            self.said.push_str(more);
        }
        true
    }
}

/// What follows in `text` after what was said. White space may differ, and the marks of quotes in
/// empty lines: a list whose items are apart from its third item on was said without such lines.
fn continued<'t>(said: &str, text: &'t str) -> Option<&'t str> {
    if let Some(more) = text.strip_prefix(said) {
        return Some(more);
    }
    let mut rest = text.char_indices().filter(|(_, c)| counts(*c));
    let mut end = 0;
    for wanted in said.chars().filter(|c| counts(*c)) {
        match rest.next() {
            Some((at, c)) if c == wanted => end = at + c.len_utf8(),
            _ => return None,
        }
    }
    Some(&text[end..])
}

fn counts(c: char) -> bool {
    !c.is_whitespace() && c != '>'
}

fn write(
    html: &str,
    list: Option<ListMark>,
    open: bool,
    cursor: Option<&str>,
    underlined: bool,
) -> Written {
    let mut tree = Tree::parse(html);
    if let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) {
        tree.without_cursor(cursor);
    }
    block::write(&tree, list, open, underlined)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Where a list stands among others changes its mark, not what it says.
    let words = text.split_whitespace().filter(|word| !matches!(*word, "-" | "*"));
    words.for_each(|word| word.hash(&mut hasher));
    hasher.finish()
}
