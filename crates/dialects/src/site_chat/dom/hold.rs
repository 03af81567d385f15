//! What the page shows literally while it waits for the rest: `**wo` becomes bold when its end
//! comes. From the first mark without its partner on, nothing is said yet.

use super::{escape::Run, line::Char};

/// More marks without partners than these are not kept: the first is what counts.
const MAX_OPENERS: usize = 256;

/// A line of these alone may become something else. The last is what some pages put in, so that a
/// line of dashes makes no heading of the line above.
const MARKS: &str = "#-+*.)>=_`~|:$[]^ 0123456789\u{200b}";

/// A mark that may still become markup.
struct Opener {
    c: char,
    /// Of how many characters it is.
    length: usize,
    at: usize,
}

/// The first character of an open line that more text may make into something else.
pub(super) fn first_unsettled(chars: &[Char]) -> Option<usize> {
    let mut openers: Vec<Opener> = Vec::new();
    let mut at = 0;
    while at < chars.len() && openers.len() < MAX_OPENERS {
        let Char { c, literal } = chars[at];
        if !literal {
            at += 1;
            continue;
        }
        let run = Run::around(chars, at);
        match c {
            '`' | '*' | '_' | '~' => {
                mark(&mut openers, c, &run, run.end == chars.len());
                at = run.end;
                continue;
            }
            '$' => {
                let blank = chars.get(at + 1).is_some_and(|next| next.c.is_whitespace());
                if !close(&mut openers, '$') && !blank {
                    openers.push(Opener { c, length: 1, at });
                }
            }
            '[' | '(' => openers.push(Opener { c, length: 1, at }),
            ']' => {
                let next = chars.get(at + 1).map(|next| next.c);
                if next.is_some_and(|next| !"([:".contains(next)) {
                    close(&mut openers, '[');
                }
            }
            ')' => {
                let opened =
                    openers.iter().rposition(|one| one.c == '(').map(|one| openers.remove(one).at);
                if opened.and_then(|at| at.checked_sub(1)).is_some_and(|at| chars[at].c == ']') {
                    close(&mut openers, '[');
                }
            }
            '<' => {
                let tag = |next: &Char| {
                    !next.literal || next.c.is_ascii_alphabetic() || "/!?".contains(next.c)
                };
                if chars.get(at + 1).is_none_or(tag) {
                    openers.push(Opener { c, length: 1, at });
                }
            }
            '>' => {
                close(&mut openers, '<');
            }
            _ => {}
        }
        at += 1;
    }
    let tail = tail(chars);
    openers.first().map(|one| one.at).into_iter().chain(tail).min()
}

/// A run that may open or close. The last of the line may still become longer, so it closes
/// nothing; nor does one that is shorter than what it would close.
fn mark(openers: &mut Vec<Opener>, c: char, run: &Run, last: bool) {
    let length = run.length();
    let closes = !last && (c == '`' || run.can_close(c));
    let partner = openers.iter().rposition(|one| one.c == c && (c != '`' || one.length == length));
    if let Some(partner) = partner.filter(|_| closes) {
        if openers[partner].length <= length {
            openers.remove(partner);
        } else {
            openers[partner].length -= length;
        }
    } else if last || c == '`' || run.may_open(c) {
        openers.push(Opener { c, length, at: run.start });
    }
}

/// Takes away the last opener of that kind.
fn close(openers: &mut Vec<Opener>, c: char) -> bool {
    let known = openers.iter().rposition(|one| one.c == c);
    known.map(|one| openers.remove(one)).is_some()
}

/// Where the end begins that is not yet whole: an entity, an escape, the mark of a block, a row.
fn tail(chars: &[Char]) -> Option<usize> {
    let word = chars.iter().rposition(|one| !one.c.is_ascii_alphanumeric() && one.c != '#');
    let cut = word.filter(|at| {
        chars[*at].literal
            && (chars[*at].c == '&'
                || (at + 1 == chars.len() && matches!(chars[*at].c, '\\' | '!')))
    });
    let line = line_start(chars, chars.len());
    let marks = chars[line..].iter().all(|one| one.literal && MARKS.contains(one.c));
    let before = line.checked_sub(1).map_or(0, |end| line_start(chars, end));
    let rows = [before, line].into_iter().find(|start| {
        let row = chars[*start..].iter().take_while(|one| one.c != '\n');
        row.into_iter().any(|one| one.literal && one.c == '|')
    });
    let block = (marks && line < chars.len()).then_some(line.saturating_sub(1));
    [cut, block, rows].into_iter().flatten().min()
}

fn line_start(chars: &[Char], end: usize) -> usize {
    chars[..end].iter().rposition(|one| one.c == '\n').map_or(0, |at| at + 1)
}
