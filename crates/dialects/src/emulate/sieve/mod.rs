//! Takes tool calls out of text as it comes. All other text goes through at once; held back is only
//! what may still become a call. What stands in code or in thoughts is text, whatever it looks like.
//!
//! Where the text is cut means nothing: every decision waits for the characters that it needs.

mod look;
mod open;

use self::{
    look::{Seen, literal},
    open::{End, Kind, Open},
};
use super::{
    markup::{Body, Markup},
    read::{self, Written},
};

/// The longest call, in bytes.
pub const MAX_CALL_BYTES: usize = 1 << 20;

/// The longest run of white space that waits for what follows it.
const MAX_SPACE: usize = 256;

/// Thoughts that a page shows within its text, if an answer begins with them.
const THOUGHTS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];

/// What comes out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sifted {
    /// Text that is no call.
    Text(String),
    /// Calls that can be read.
    Calls(Vec<Written>),
    /// A call that cannot be read, and why.
    Broken {
        /// As the model wrote it.
        raw: String,
        /// In words for the model.
        why: String,
    },
}

/// A call is longer than [`MAX_CALL_BYTES`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// The sieve of one answer.
#[derive(Debug)]
pub(super) struct Sieve {
    /// Functions that the client has.
    names: Vec<String>,
    /// What may still become a call, or is one that has not ended.
    held: String,
    open: Option<Open>,
    place: Place,
    /// Whether nothing but white space stands before in the line.
    at_line_start: bool,
    /// Whether anything but white space has come.
    begun: bool,
    /// Whether a call has come.
    called: bool,
    /// Bytes from the start of `held` that were looked at as JSON and are none of a call.
    not_bare: usize,
    /// Text on its way out.
    text: String,
    /// White space that waits for what follows it: before a call it is nobody's.
    space: String,
}

/// Where in the Markdown the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    /// In the line of a fence, behind it.
    Info {
        mark: char,
        length: usize,
    },
    Code {
        mark: char,
        length: usize,
    },
    Inline {
        length: usize,
    },
    Thought {
        closer: &'static str,
    },
}

/// What to do next.
enum Step {
    /// So many bytes are text.
    Say(usize),
    /// So many bytes are nobody's.
    Drop(usize),
    Open(Open),
    Wait,
}

impl Sieve {
    pub(super) fn new(names: Vec<String>) -> Self {
        Self {
            names,
            held: String::new(),
            open: None,
            place: Place::Text,
            at_line_start: true,
            begun: false,
            called: false,
            not_bare: 0,
            text: String::new(),
            space: String::new(),
        }
    }

    /// More of the text.
    pub(super) fn push(&mut self, more: &str, out: &mut Vec<Sifted>) -> Result<(), TooLong> {
        self.held.push_str(more);
        self.sift(false, out)
    }

    /// The text has ended.
    pub(super) fn finish(&mut self, out: &mut Vec<Sifted>) -> Result<(), TooLong> {
        self.sift(true, out)?;
        if !self.called && !self.space.is_empty() {
            out.push(Sifted::Text(std::mem::take(&mut self.space)));
        }
        Ok(())
    }

    fn sift(&mut self, last: bool, out: &mut Vec<Sifted>) -> Result<(), TooLong> {
        let mut at = 0;
        loop {
            if let Some(mut open) = self.open.take() {
                self.held.drain(..at);
                at = 0;
                match open.end(&self.held, last) {
                    Some(end) => at = self.close(&open, &end, out),
                    None if self.held.len() <= MAX_CALL_BYTES => {
                        self.open = Some(open);
                        break;
                    }
                    None if matches!(open.kind, Kind::Bare) => self.not_bare = self.held.len(),
                    None => return Err(TooLong),
                }
                continue;
            }
            if at == self.held.len() {
                break;
            }
            match self.step(at, last) {
                Step::Say(length) => {
                    self.text.push_str(&self.held[at..at + length]);
                    at += length;
                    self.not_bare = self.not_bare.saturating_sub(length);
                }
                Step::Drop(length) => at += length,
                Step::Open(open) => self.open = Some(open),
                Step::Wait => break,
            }
        }
        self.held.drain(..at);
        self.say(out);
        Ok(())
    }

    /// What an open markup was; how many bytes of it are done with.
    fn close(&mut self, open: &Open, end: &End, out: &mut Vec<Sifted>) -> usize {
        let body = &self.held[end.body.clone()];
        let sifted = match &open.kind {
            Kind::Markup(Markup { body: Body::Invented, .. }) => None,
            Kind::Bare => {
                let known = |call: &Written| self.names.contains(&call.name);
                let calls = read::bare(body).filter(|calls| !end.cut && calls.iter().all(known));
                match calls.filter(|calls| !calls.is_empty()) {
                    Some(calls) => Some(Sifted::Calls(calls)),
                    None => {
                        self.not_bare = end.total;
                        return 0;
                    }
                }
            }
            Kind::Markup(_) | Kind::Fence(_) => {
                // The name in the opening tag is a part of what is read.
                let named = matches!(&open.kind, Kind::Markup(Markup { body: Body::Named, .. }));
                let body = if named { &self.held[..end.total] } else { body };
                Some(match read::calls(body) {
                    Ok(calls) => Sifted::Calls(calls),
                    Err(why) => Sifted::Broken { raw: self.held[..end.total].to_owned(), why },
                })
            }
        };
        self.say(out);
        self.called |= sifted.is_some();
        out.extend(sifted);
        self.begun = true;
        self.at_line_start = true;
        end.total
    }

    /// Gives the text that is ready, but for white space at its end.
    fn say(&mut self, out: &mut Vec<Sifted>) {
        let words = self.text.trim_end().len();
        if words > 0 {
            let mut said = std::mem::take(&mut self.space);
            said.push_str(&self.text[..words]);
            out.push(Sifted::Text(said));
        }
        self.space.push_str(&self.text[words..]);
        self.text.clear();
        if self.space.len() > MAX_SPACE {
            out.push(Sifted::Text(std::mem::take(&mut self.space)));
        }
    }

    fn step(&mut self, at: usize, last: bool) -> Step {
        let rest = &self.held[at..];
        let Some(c) = rest.chars().next() else { return Step::Wait };
        let step = match self.place {
            Place::Text => self.in_text(rest, c, last),
            Place::Info { mark, length } => match c {
                '\n' => Next::to(Place::Code { mark, length }, 1),
                // A backtick behind a fence of them: it was code within a line.
                '`' if mark == '`' => Next::to(Place::Inline { length }, 0),
                c => Next::say(c.len_utf8()),
            },
            Place::Code { mark, length } if c == mark && self.at_line_start => {
                let Some(run) = look::run(rest, mark, last) else { return Step::Wait };
                let line = rest[run..].split('\n').next().unwrap_or_default();
                let ended = last || rest[run..].contains('\n');
                match (run >= length && line.trim().is_empty(), ended) {
                    (true, false) => return Step::Wait,
                    (true, true) => Next::to(Place::Text, run),
                    (false, _) => Next::say(run),
                }
            }
            Place::Code { .. } => Next::say(c.len_utf8()),
            Place::Inline { length } => match c {
                '`' => {
                    let Some(run) = look::run(rest, '`', last) else { return Step::Wait };
                    if run == length { Next::to(Place::Text, run) } else { Next::say(run) }
                }
                // A mark without its fellow in the line was only a character.
                '\n' => Next::to(Place::Text, 1),
                c => Next::say(c.len_utf8()),
            },
            Place::Thought { closer } => match literal(rest, closer) {
                Seen::Yes(_) => {
                    self.place = Place::Text;
                    self.at_line_start = true;
                    return Step::Say(closer.len());
                }
                Seen::Perhaps if !last => return Step::Wait,
                _ => Next::say(c.len_utf8()),
            },
        };
        match step {
            Next::Say(place, length) => {
                self.place = place.unwrap_or(self.place);
                self.line(at, length);
                Step::Say(length)
            }
            Next::Other(step) => step,
        }
    }

    fn in_text(&self, rest: &str, c: char, last: bool) -> Next {
        let mut waits = false;
        if self.at_line_start && matches!(c, '`' | '~') {
            let Some(run) = look::run(rest, c, last) else { return Next::Other(Step::Wait) };
            if run >= 3 {
                match look::fence_of_call(&rest[run..]) {
                    Seen::Yes(line) => {
                        let kind = Kind::Fence(rest[..run].to_owned());
                        return Next::Other(Step::Open(Open::new(kind, run + line)));
                    }
                    Seen::Perhaps if !last => return Next::Other(Step::Wait),
                    _ => return Next::to(Place::Info { mark: c, length: run }, run),
                }
            }
        }
        match c {
            '`' => {
                return match look::run(rest, '`', last) {
                    Some(run) => Next::to(Place::Inline { length: run }, run),
                    None => Next::Other(Step::Wait),
                };
            }
            '<' | '[' => {
                match look::markup(rest, &self.names) {
                    Seen::Yes(markup) if markup.body != Body::Invented || self.called => {
                        let kind = Kind::Markup(markup);
                        let open = Open::new(kind, markup.opener.len());
                        return Next::Other(Step::Open(open));
                    }
                    Seen::Perhaps => waits = true,
                    _ => {}
                }
                for (opener, closer) in THOUGHTS.iter().filter(|_| !self.begun) {
                    match literal(rest, opener) {
                        Seen::Yes(_) => return Next::to(Place::Thought { closer }, opener.len()),
                        Seen::Perhaps => waits = true,
                        Seen::No => {}
                    }
                }
                match look::stray(rest, self.called) {
                    Seen::Yes(length) if last || !waits => {
                        return Next::Other(Step::Drop(length));
                    }
                    Seen::No => {}
                    _ => waits = true,
                }
            }
            _ => {}
        }
        if self.at_line_start && self.not_bare == 0 && matches!(c, '{' | '[') {
            match look::bare(rest) {
                Seen::Yes(()) => return Next::Other(Step::Open(Open::new(Kind::Bare, 0))),
                Seen::Perhaps => waits = true,
                Seen::No => {}
            }
        }
        if waits && !last { Next::Other(Step::Wait) } else { Next::say(c.len_utf8()) }
    }

    /// Follows the line through text that is said.
    fn line(&mut self, at: usize, length: usize) {
        for c in self.held[at..at + length].chars() {
            match c {
                '\n' => self.at_line_start = true,
                // A quotation's mark, too, stands before a line.
                ' ' | '\t' | '\r' | '>' => {}
                _ => self.at_line_start = false,
            }
            self.begun |= !c.is_whitespace();
        }
    }
}

/// A step and the place that follows it.
enum Next {
    Say(Option<Place>, usize),
    Other(Step),
}

impl Next {
    fn say(length: usize) -> Self {
        Self::Say(None, length)
    }

    fn to(place: Place, length: usize) -> Self {
        Self::Say(Some(place), length)
    }
}

#[cfg(test)]
mod tests;
