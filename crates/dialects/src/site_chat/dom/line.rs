//! The text of a paragraph, heading or cell as it is put together: what is markup, what is the
//! answer's own and perhaps to be escaped.

use super::{escape, hold};

/// Where a line stands, which decides what would be markup there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Paragraph,
    Heading,
    Cell,
    /// Between the brackets of a link.
    Label,
}

/// A character, and whether it is the answer's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Char {
    pub(super) c: char,
    pub(super) literal: bool,
}

/// Markdown, and how much of it more text cannot change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Markdown {
    pub(super) text: String,
    pub(super) stable: usize,
}

#[derive(Debug, Default)]
pub(super) struct Line {
    chars: Vec<Char>,
    /// What begins here may still change.
    hold: Option<usize>,
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn is_blank(&self) -> bool {
        self.chars.iter().all(|one| one.c.is_whitespace())
    }

    pub(super) fn last(&self) -> Option<Char> {
        self.chars.last().copied()
    }

    /// What begins here may still change; the first such place counts.
    pub(super) fn hold(&mut self, at: usize) {
        self.hold = Some(self.hold.map_or(at, |known| known.min(at)));
    }

    pub(super) fn markup(&mut self, text: &str) {
        self.chars.extend(text.chars().map(|c| Char { c, literal: false }));
    }

    /// Text of the page: white space counts once, as a line's end where it holds one.
    pub(super) fn literal(&mut self, text: &str) {
        for c in text.chars() {
            if !c.is_ascii_whitespace() {
                self.chars.push(Char { c, literal: true });
                continue;
            }
            match self.chars.last_mut() {
                None => {}
                Some(last) if last.c == ' ' && c == '\n' && last.literal => last.c = c,
                Some(last) if matches!(last.c, ' ' | '\n') => {}
                Some(_) => {
                    self.chars.push(Char { c: if c == '\n' { c } else { ' ' }, literal: true })
                }
            }
        }
    }

    /// Puts markup around what was written since `start`; white space stays outside, where it is
    /// needed for the markup to count.
    pub(super) fn wrap(&mut self, start: usize, mark: &str, open: bool) {
        let inner = self.chars.get(start..).unwrap_or_default();
        let blank = |one: &Char| one.c.is_whitespace();
        let Some(first) = inner.iter().position(|one| !blank(one)) else { return };
        let last = inner.iter().rposition(|one| !blank(one)).unwrap_or(first);
        let (first, after) = (start + first, start + last + 1);
        self.insert(after, mark);
        if open {
            self.hold(after);
        }
        self.insert(first, mark);
    }

    fn insert(&mut self, at: usize, mark: &str) {
        let marks = mark.chars().map(|c| Char { c, literal: false });
        self.chars.splice(at..at, marks);
        if let Some(hold) = self.hold.as_mut().filter(|hold| **hold >= at) {
            *hold += mark.chars().count();
        }
    }

    /// Escapes what would be read as markup. `open`: the page may still write here.
    pub(super) fn markdown(mut self, place: Place, open: bool) -> Markdown {
        while self.chars.last().is_some_and(|one| matches!(one.c, ' ' | '\n' | '\t')) {
            self.chars.pop();
        }
        if open && let Some(at) = hold::first_unsettled(&self.chars) {
            self.hold(at);
        }
        let hold = if open { self.hold } else { None };
        escape::write(&self.chars, place, hold)
    }
}
