//! Backslashes before what would be read as markup, and only there.

use super::line::{Char, Markdown, Place};

/// How far a run of one character is followed: a page may show a hundred thousand.
const LONGEST_RUN: usize = 64;

/// The characters as Markdown; what begins at `hold` is not stable.
pub(super) fn write(chars: &[Char], place: Place, hold: Option<usize>) -> Markdown {
    let text = Text { chars, place, linked: holds(chars, "](") || holds(chars, "][") };
    let mut out = String::with_capacity(chars.len() + 8);
    let mut stable = None;
    for (at, one) in chars.iter().enumerate() {
        if hold.is_some_and(|hold| at >= hold) && stable.is_none() {
            stable = Some(out.len());
        }
        match (one.c, place) {
            ('\n', Place::Heading | Place::Cell | Place::Label) => {
                out.push(' ');
                continue;
            }
            ('|', Place::Cell) => out.push('\\'),
            _ if one.literal && text.needs_escape(at) => out.push('\\'),
            _ => {}
        }
        out.push(one.c);
    }
    let stable = stable.unwrap_or(out.len());
    Markdown { text: out, stable }
}

fn holds(chars: &[Char], pair: &str) -> bool {
    let mut wanted = pair.chars();
    let (Some(first), Some(second)) = (wanted.next(), wanted.next()) else { return false };
    chars.windows(2).any(|two| two[0].literal && two[0].c == first && two[1].c == second)
}

struct Text<'a> {
    chars: &'a [Char],
    place: Place,
    /// Whether brackets of it would make a link.
    linked: bool,
}

impl Text<'_> {
    fn at(&self, at: usize) -> Option<char> {
        self.chars.get(at).map(|one| one.c)
    }

    fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|at| self.at(at))
    }

    fn needs_escape(&self, at: usize) -> bool {
        let Some(c) = self.at(at) else { return false };
        let next = self.at(at + 1);
        let inline = match c {
            '\\' => next.is_none_or(|next| next.is_ascii_punctuation() || next == '\n'),
            '`' => true,
            '*' | '_' | '~' => {
                let run = Run::around(self.chars, at);
                (run.can_open(c) || run.can_close(c)) && (c != '~' || run.length() <= 2)
            }
            '[' | ']' | '<' if self.place == Place::Label => true,
            '[' => {
                self.linked
                    || (next == Some('^')
                        && self.place == Place::Paragraph
                        && self.is_definition(at))
            }
            ']' => self.linked,
            '<' => next.is_some_and(|next| next.is_ascii_alphabetic() || "/!?".contains(next)),
            '&' => self.is_entity(at + 1),
            '!' => self.chars.get(at + 1).is_some_and(|next| next.c == '[' && !next.literal),
            '#' => self.place == Place::Heading && self.closes_heading(at),
            _ => false,
        };
        inline || (self.place == Place::Paragraph && self.begins_block(at, c))
    }

    fn is_entity(&self, at: usize) -> bool {
        let name: String = self.chars[at.min(self.chars.len())..]
            .iter()
            .map(|one| one.c)
            .take(34)
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '#' | ';'))
            .collect();
        name.find(';').is_some_and(|end| end > 0)
    }

    fn closes_heading(&self, at: usize) -> bool {
        let rest = &self.chars[at..];
        rest.len() <= LONGEST_RUN
            && rest.iter().all(|one| one.c == '#')
            && self.before(at).is_none_or(char::is_whitespace)
    }

    fn is_definition(&self, at: usize) -> bool {
        self.is_line_start(at) && self.line(at).contains("]:")
    }

    fn is_line_start(&self, at: usize) -> bool {
        self.before(at).is_none_or(|before| before == '\n')
    }

    /// From `at` to the line's end.
    fn line(&self, at: usize) -> String {
        self.chars[at..].iter().map(|one| one.c).take_while(|c| *c != '\n').collect()
    }

    /// Whether a line that begins so would be no text.
    fn begins_block(&self, at: usize, c: char) -> bool {
        if matches!(c, '.' | ')') {
            return self.ends_number(at);
        }
        if !self.is_line_start(at) || !"#>-+*_=~:|[".contains(c) {
            return false;
        }
        let line = self.line(at);
        let after = line.trim_start_matches(c);
        let run = line.len() - after.len();
        let apart = after.is_empty() || after.starts_with([' ', '\t']);
        let first = at == 0;
        match c {
            '#' => run <= 6 && apart,
            '>' => true,
            '-' | '+' | '*' if run == 1 && apart => true,
            '-' | '*' | '_' if line.chars().all(|one| one == c || one == ' ') => true,
            '=' => !first && after.trim().is_empty(),
            '~' => run >= 3,
            '[' => {
                line.contains("]:")
                    || ["[ ] ", "[x] ", "[X] "].iter().any(|box_| line.starts_with(box_))
            }
            '-' | ':' | '|' => {
                !first && line.contains('-') && line.chars().all(|c| "-:| ".contains(c))
            }
            _ => false,
        }
    }

    /// Whether the line so far is a number, as an ordered list's.
    fn ends_number(&self, at: usize) -> bool {
        let digits =
            self.chars[..at].iter().rev().take(10).take_while(|one| one.c.is_ascii_digit()).count();
        (1..=9).contains(&digits)
            && self.is_line_start(at - digits)
            && self.at(at + 1).is_none_or(char::is_whitespace)
    }
}

/// A run of the same character with what stands around it.
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) end: usize,
    before: Option<char>,
    after: Option<char>,
}

impl Run {
    /// The run of the answer's own characters that `at` is in.
    pub(super) fn around(chars: &[Char], at: usize) -> Self {
        let same = |one: &Char| one.literal && one.c == chars[at].c;
        let start =
            at - chars[..at].iter().rev().take(LONGEST_RUN).take_while(|one| same(one)).count();
        let end = at + chars[at..].iter().take(LONGEST_RUN).take_while(|one| same(one)).count();
        let before = start.checked_sub(1).and_then(|at| chars.get(at)).map(|one| one.c);
        let after = chars.get(end).map(|one| one.c);
        Self { start, end, before, after }
    }

    pub(super) fn length(&self) -> usize {
        self.end - self.start
    }

    fn is_left_flanking(&self) -> bool {
        flanks(self.after, self.before)
    }

    fn is_right_flanking(&self) -> bool {
        flanks(self.before, self.after)
    }

    pub(super) fn can_open(&self, c: char) -> bool {
        let within_word = c == '_' && self.is_right_flanking() && !is_punctuation(self.before);
        self.is_left_flanking() && !within_word
    }

    /// Whether it may open something once more text has come.
    pub(super) fn may_open(&self, c: char) -> bool {
        let blank = self.after.is_none_or(char::is_whitespace);
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let in_one = c == '_' && in_word(self.before) && in_word(self.after);
        !(blank || in_one)
    }

    pub(super) fn can_close(&self, c: char) -> bool {
        let within_word = c == '_' && self.is_left_flanking() && !is_punctuation(self.after);
        self.is_right_flanking() && !within_word
    }
}

/// CommonMark's rule, seen from either side.
fn flanks(inner: Option<char>, outer: Option<char>) -> bool {
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    !blank(inner) && (!is_punctuation(inner) || blank(outer) || is_punctuation(outer))
}

fn is_punctuation(c: Option<char>) -> bool {
    // Symbols and punctuation beyond ASCII: what is neither letter, digit, mark nor white space.
    c.is_some_and(|c| {
        c.is_ascii_punctuation()
            || (!c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control())
    })
}
