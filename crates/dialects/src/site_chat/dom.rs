//! `dom`: what the page shows, HTML blocks to Markdown. The runner leaves out the elements of the
//! strip list; here blocks are put in order and only what will not change is said.

use std::collections::BTreeMap;

use htmd::HtmlToMarkdown;

use super::{
    DomSpec, PageRecord,
    answer::{Answer, Voice},
};
use crate::chat::{Event, Failure, FailureClass};

/// The most blocks of one answer.
const MAX_BLOCKS: usize = 10_000;

/// Stands between two blocks.
const GAP: &str = "\n\n";

pub(super) struct Dom {
    spec: DomSpec,
    converter: HtmlToMarkdown,
    blocks: BTreeMap<u32, Block>,
    /// Markdown of the blocks that are closed and said.
    settled: String,
    /// The first block that is not settled.
    current: u32,
}

#[derive(Debug)]
struct Block {
    html: String,
    closed: bool,
}

impl std::fmt::Debug for Dom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dom").field("blocks", &self.blocks).finish_non_exhaustive()
    }
}

impl Dom {
    pub(super) fn new(spec: DomSpec) -> Self {
        let converter =
            HtmlToMarkdown::builder().skip_tags(vec!["script", "style", "button", "svg"]).build();
        Self { spec, converter, blocks: BTreeMap::new(), settled: String::new(), current: 0 }
    }

    pub(super) fn push(
        &mut self,
        record: PageRecord,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let PageRecord::Dom { block, html, closed, .. } = record else { return Ok(()) };
        if block < self.current {
            return Ok(());
        }
        if self.blocks.len() >= MAX_BLOCKS && !self.blocks.contains_key(&block) {
            return Err(Failure::new(
                FailureClass::AnswerTooLarge,
                "the answer has too many blocks",
            ));
        }
        self.blocks.insert(block, Block { html, closed });
        self.say(answer, out)
    }

    /// Nothing will change any more.
    pub(super) fn finish(
        &mut self,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let waiting: Vec<u32> = self.blocks.keys().copied().collect();
        for block in waiting {
            self.current = block;
            if let Some(block) = self.blocks.get_mut(&block) {
                block.closed = true;
            }
            self.say(answer, out)?;
        }
        Ok(())
    }

    /// Says closed blocks whole and the stable beginning of the first open one.
    fn say(&mut self, answer: &mut Answer, out: &mut Vec<Event>) -> Result<(), Failure> {
        while let Some(block) = self.blocks.get(&self.current) {
            let markdown = self.markdown(&block.html)?;
            let whole = if self.settled.is_empty() || markdown.is_empty() {
                format!("{}{markdown}", self.settled)
            } else {
                format!("{}{GAP}{markdown}", self.settled)
            };
            if !block.closed {
                let stable = whole.len() - markdown.len() + stable_prefix(&markdown);
                // A gap alone would be said too early: the block may turn out empty.
                let stable =
                    if stable_prefix(&markdown) == 0 { self.settled.len() } else { stable };
                return answer.all(0, Voice::Text, &whole[..stable], out);
            }
            answer.all(0, Voice::Text, &whole, out)?;
            self.settled = whole;
            self.blocks.remove(&self.current);
            self.current += 1;
        }
        Ok(())
    }

    fn markdown(&self, html: &str) -> Result<String, Failure> {
        let markdown = self.converter.convert(html).map_err(|error| {
            Failure::new(FailureClass::UpstreamBadResponse, "the page's answer cannot be read")
                .with_internal(error.to_string())
        })?;
        Ok(without_cursor(markdown.trim(), self.spec.cursor.as_deref()))
    }
}

/// Leaves out the character that the page shows where it writes; closing markup may follow it.
fn without_cursor(markdown: &str, cursor: Option<&str>) -> String {
    let at = cursor.filter(|cursor| !cursor.is_empty()).and_then(|cursor| {
        let at = markdown.rfind(cursor)?;
        let closing = &markdown[at + cursor.len()..];
        closing.chars().all(is_closing).then_some((&markdown[..at], closing))
    });
    match at {
        Some((text, closing)) => format!("{}{closing}", text.trim_end()),
        None => markdown.to_owned(),
    }
}

/// Whether more text may push the character further back.
fn is_closing(c: char) -> bool {
    c.is_whitespace() || matches!(c, '*' | '_' | '`' | '~' | ')' | ']' | '|' | '-' | '\\')
}

/// Length of what more text cannot change: all but closing markup and white space at the end.
fn stable_prefix(markdown: &str) -> usize {
    markdown.trim_end_matches(is_closing).len()
}
