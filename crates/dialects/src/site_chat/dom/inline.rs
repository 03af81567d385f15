//! Text with its markup: emphasis, code, links, pictures, formulas.

use super::{
    line::{Line, Place},
    link, math,
    tree::{Node, NodeId, Tree},
};

/// What is around a piece of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    pub(super) place: Place,
    /// The page may still write at the end of these nodes.
    pub(super) open: bool,
    in_link: bool,
}

/// Writes neighbours that stand in lines together.
pub(super) fn line(tree: &Tree, nodes: &[NodeId], place: Place, open: bool) -> Line {
    let mut line = Line::default();
    write(tree, nodes, Around { place, open, in_link: false }, &mut line);
    line
}

fn write(tree: &Tree, nodes: &[NodeId], around: Around, line: &mut Line) {
    let last = nodes.iter().rposition(|node| !tree.is_skipped(*node) && !is_blank(tree, *node));
    for (at, node) in nodes.iter().enumerate() {
        let open = around.open && last.is_none_or(|last| at >= last);
        // Markup right after an address would be read as more of it.
        let next = nodes
            .get(at + 1)
            .map(|next| tree.own_text(*next).and_then(|text| text.chars().next()).unwrap_or('\\'));
        one(tree, *node, Around { open, ..around }, next, line);
    }
}

fn is_blank(tree: &Tree, node: NodeId) -> bool {
    tree.own_text(node).is_some_and(|text| text.trim().is_empty())
}

fn one(tree: &Tree, node: NodeId, around: Around, next: Option<char>, line: &mut Line) {
    let element = match tree.node(node) {
        Some(Node::Text(text)) => return line.literal(text),
        Some(Node::Element(element)) if !tree.is_skipped(node) => element,
        _ => return,
    };
    let start = line.len();
    if let Some(formula) = math::formula(tree, node) {
        line.markup(&formula.inline());
    } else {
        match element.tag.as_str() {
            "strong" | "b" => return emphasis(tree, node, around, ["**", "__"], line),
            "em" | "i" => return emphasis(tree, node, around, ["*", "_"], line),
            "del" | "s" | "strike" => return emphasis(tree, node, around, ["~~", "~~"], line),
            "br" => line_break(around.place, line),
            "code" | "tt" | "samp" => code(&tree.text(node), line),
            "img" => link::image(element, line),
            "a" if !around.in_link => {
                let inner = Around { in_link: true, open: false, ..around };
                let mut label = Line::default();
                write(tree, &element.children, inner, &mut label);
                link::link(tree, node, label, next, line);
            }
            "sup" if link::is_footnote(tree, node) => {
                return write(tree, &element.children, around, line);
            }
            // HTML is the Markdown for these.
            "sup" | "sub" | "kbd" => {
                let tag = &element.tag;
                line.markup(&format!("<{tag}>"));
                write(tree, &element.children, Around { open: false, ..around }, line);
                line.markup(&format!("</{tag}>"));
            }
            _ if tree.is_block(node) => {
                line.literal(" ");
                write(tree, &element.children, around, line);
                return line.literal(" ");
            }
            _ => return write(tree, &element.children, around, line),
        }
    }
    if around.open {
        line.hold(start);
    }
}

/// Emphasis by its usual mark, or by the other where the usual would run into one beside it.
fn emphasis(tree: &Tree, node: NodeId, around: Around, marks: [&str; 2], line: &mut Line) {
    let start = line.len();
    let beside = line.last().is_some_and(|last| !last.literal && last.c == '*');
    let children = tree.children(node);
    write(tree, children, around, line);
    let mark = if beside || is_alone_in_strong(tree, node) { marks[1] } else { marks[0] };
    line.wrap(start, mark, around.open);
}

/// `***a***` is strong in emphasis; emphasis in strong needs another mark.
fn is_alone_in_strong(tree: &Tree, node: NodeId) -> bool {
    matches!(tree.tag(node), "em" | "i")
        && tree.parent(node).is_some_and(|parent| {
            matches!(tree.tag(parent), "strong" | "b") && tree.children(parent).len() == 1
        })
}

fn line_break(place: Place, line: &mut Line) {
    match place {
        Place::Paragraph => line.markup("\\\n"),
        Place::Heading | Place::Label => line.literal(" "),
        Place::Cell => line.markup("<br>"),
    }
}

/// Code in a line, in more backticks than it has itself.
fn code(text: &str, line: &mut Line) {
    let text = text.replace(['\n', '\r'], " ");
    if text.is_empty() {
        return;
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = match longest {
        0 => "`".to_owned(),
        // The shortest run that it does not hold.
        _ => (1..)
            .map(|n| "`".repeat(n))
            .find(|run| !holds_run(&text, run.len()))
            .unwrap_or_default(),
    };
    let all_blank = text.chars().all(|c| c == ' ');
    let padded = !all_blank
        && (text.starts_with('`')
            || text.ends_with('`')
            || (text.starts_with(' ') && text.ends_with(' ')));
    let pad = if padded { " " } else { "" };
    line.markup(&format!("{fence}{pad}{text}{pad}{fence}"));
}

fn holds_run(text: &str, length: usize) -> bool {
    text.split(|c| c != '`').any(|run| run.len() == length)
}
