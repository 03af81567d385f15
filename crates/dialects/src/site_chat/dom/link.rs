//! Links, pictures and footnotes.

use super::{
    line::{Line, Place},
    tree::{Element, NodeId, Tree},
};

/// A link around its label; `next` is the character after it.
pub(super) fn link(tree: &Tree, node: NodeId, label: Line, next: Option<char>, line: &mut Line) {
    let Some(element) = tree.element(node) else { return };
    let href = element.attribute("href").unwrap_or_default();
    if element.attribute("data-footnote-backref").is_some() {
        return;
    }
    if let Some(name) = footnote(element) {
        return line.markup(&format!("[^{name}]"));
    }
    let plain = tree.text(node);
    if label.is_blank() {
        return;
    }
    if href.is_empty() {
        return line.literal(&plain);
    }
    if let Some(shown) = autolink(&plain, href) {
        let before = line.last().map(|last| last.c);
        let bare = is_apart(before, "*_~(") && is_apart(next, "<.,:;!?)\"'*_~");
        return match shown {
            Autolink::Whole if !bare => line.markup(&format!("<{plain}>")),
            _ => line.markup(&plain),
        };
    }
    line.markup("[");
    line.markup(&label.markdown(Place::Label, false).text);
    line.markup(&format!("]({}{})", destination(href), title(element)));
}

enum Autolink {
    /// The address with its scheme.
    Whole,
    /// The page has added a scheme.
    Short,
}

/// Whether an address was made a link just so.
fn autolink(text: &str, href: &str) -> Option<Autolink> {
    let same = |href: &str| href == text || decoded(href) == text || href == decoded(text);
    let text_is_link = !text.is_empty() && !text.contains(char::is_whitespace);
    let added =
        ["http://", "https://", "mailto:"].iter().find_map(|scheme| href.strip_prefix(scheme));
    let slash = |href: &str| href.strip_suffix('/').is_some_and(same);
    match () {
        () if !text_is_link => None,
        () if text.contains(':') && (same(href) || slash(href)) => Some(Autolink::Whole),
        () if added.is_some_and(|added| same(added) || slash(added)) => Some(Autolink::Short),
        () => None,
    }
}

fn is_apart(c: Option<char>, marks: &str) -> bool {
    c.is_none_or(|c| c.is_whitespace() || marks.contains(c))
}

/// Percent signs read, where that gives text.
fn decoded(href: &str) -> String {
    let mut bytes = Vec::with_capacity(href.len());
    let mut rest = href.as_bytes();
    while let [first, more @ ..] = rest {
        let digits = more.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte =
            digits.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &more[2..] } else { more };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| href.to_owned())
}

fn destination(href: &str) -> String {
    let mut depth = 0_i32;
    let balanced = href.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    }) && depth == 0;
    let plain = balanced
        && !href.starts_with('<')
        && !href.contains(|c: char| c.is_whitespace() || c.is_control());
    if plain {
        return href.replace('\\', "\\\\");
    }
    let mut out = String::from("<");
    for c in href.chars().filter(|c| !matches!(c, '\n' | '\r')) {
        if matches!(c, '<' | '>' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('>');
    out
}

fn title(element: &Element) -> String {
    let Some(title) = element.attribute("title").filter(|title| !title.is_empty()) else {
        return String::new();
    };
    format!(" \"{}\"", title.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A picture; of emoji drawn as pictures and of pictures that only the page can open, the words.
pub(super) fn image(element: &Element, line: &mut Line) {
    let alt = element.attribute("alt").unwrap_or_default();
    let src = element.attribute("src").unwrap_or_default();
    let emoji = element.classes().any(|class| class.to_ascii_lowercase().contains("emoji"));
    if emoji || src.is_empty() || src.starts_with("blob:") || src.starts_with("data:") {
        return line.literal(alt);
    }
    let mut label = Line::default();
    label.literal(alt);
    let label = label.markdown(Place::Label, false).text;
    line.markup(&format!("![{label}]({}{})", destination(src), title(element)));
}

/// The name of the footnote that a link leads to.
fn footnote(element: &Element) -> Option<&str> {
    element.attribute("data-footnote-ref")?;
    let (_, name) = element.attribute("href")?.rsplit_once("fn-")?;
    Some(name)
}

/// Whether it only raises the number of a footnote.
pub(super) fn is_footnote(tree: &Tree, node: NodeId) -> bool {
    tree.below(node)
        .any(|below| tree.element(below).is_some_and(|element| footnote(element).is_some()))
}
