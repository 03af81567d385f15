//! Blocks of code: fences, languages, and the many ways in which pages lay lines out.

use super::{
    tree::{Node, NodeId, Tree},
    vocabulary,
};

/// Languages whose code holds fences of its own, so that theirs must be longer from the beginning.
const MARKDOWN: &[&str] = &["markdown", "md", "mdx"];

/// What pages write where no language was given.
const NO_LANGUAGE: &[&str] = &["plaintext", "undefined", "none", "code", "copy"];

pub(super) struct Code {
    pub(super) text: String,
    /// How much of it more code cannot change.
    pub(super) said: usize,
}

/// A label above code that names its language.
pub(super) struct Label {
    pub(super) node: NodeId,
    pub(super) language: String,
}

pub(super) fn is_code(tree: &Tree, node: NodeId) -> bool {
    tree.element(node).is_some_and(vocabulary::is_code_block)
}

/// The block as a fence.
pub(super) fn write(tree: &Tree, block: NodeId, label: Option<&str>) -> Code {
    let inner = tree.first(block, "code");
    let mut text = String::new();
    lines(tree, inner.unwrap_or(block), &mut text);
    if let Some(shorter) = text.strip_suffix('\n') {
        text.truncate(shorter.len());
    }
    let language = language(tree, block, inner).or_else(|| label.map(str::to_owned));
    let fence = fence(&text, language.as_deref().unwrap_or_default());
    let head = format!("{fence}{}\n", language.unwrap_or_default());
    // The end of a fence is shown as code while it is written, and so are marks around it.
    let steady = text.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '`' | '~' | '>' | '-' | '\u{200b}')
    });
    let said = if steady.is_empty() { 0 } else { head.len() + steady.len() };
    Code { text: format!("{head}{text}\n{fence}"), said }
}

/// Backticks, more than any line has that would end the fence.
fn fence(text: &str, language: &str) -> String {
    let ends = text.lines().filter_map(|line| {
        let line = line.trim();
        (line.len() >= 3 && line.chars().all(|c| c == '`')).then_some(line.len() + 1)
    });
    let least = if MARKDOWN.contains(&language) { 4 } else { 3 };
    "`".repeat(ends.max().unwrap_or(0).max(least))
}

fn language(tree: &Tree, block: NodeId, inner: Option<NodeId>) -> Option<String> {
    let told = |node: NodeId| tree.element(node).and_then(vocabulary::language_of);
    let around = std::iter::successors(tree.parent(block), |node| tree.parent(*node));
    inner
        .and_then(told)
        .or_else(|| told(block))
        .or_else(|| around.take(3).find_map(told))
        .or_else(|| {
            let inner = inner?;
            head_label(tree, tree.below(block).take_while(|node| *node < inner).collect())
        })
        .filter(|language| !NO_LANGUAGE.contains(&language.as_str()))
}

/// The one word that stands above the code and is no button's.
fn head_label(tree: &Tree, nodes: Vec<NodeId>) -> Option<String> {
    let words: Vec<&str> = nodes
        .iter()
        .filter(|node| !is_within_skipped(tree, **node))
        .filter_map(|node| tree.own_text(*node))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    let [word] = words[..] else { return None };
    let word = word.to_lowercase();
    (vocabulary::is_language(&word) && word != "text").then_some(word)
}

fn is_within_skipped(tree: &Tree, node: NodeId) -> bool {
    let above = std::iter::successors(tree.parent(node), |node| tree.parent(*node));
    above.take(8).any(|node| tree.is_skipped(node))
}

/// Above a block of code that has its head outside: a head with a button, and the block.
pub(super) fn label(tree: &Tree, shown: &[NodeId]) -> Option<Label> {
    let elements: Vec<NodeId> =
        shown.iter().copied().filter(|node| tree.element(*node).is_some()).collect();
    let [head, block, ..] = elements[..] else { return None };
    let holds_code =
        |node: NodeId| is_code(tree, node) || tree.below(node).any(|below| is_code(tree, below));
    if elements.len() > 3 || !holds_code(block) || holds_code(head) {
        return None;
    }
    let named = tree.element(head).is_some_and(|element| {
        element.classes().any(|class| class.contains("header") || class.contains("lang"))
    });
    if !named && tree.first(head, "button").is_none() {
        return None;
    }
    let language = head_label(tree, tree.below(head).collect()).unwrap_or_default();
    Some(Label { node: head, language })
}

/// Code as it stands: by rows of a table, by elements that are lines, or as text.
fn lines(tree: &Tree, node: NodeId, out: &mut String) {
    let children = tree.children(node);
    for child in children {
        match tree.node(*child) {
            Some(Node::Text(text)) => out.push_str(text),
            Some(Node::Element(element)) => {
                if vocabulary::is_gutter(element) || tree.is_skipped(*child) {
                    continue;
                }
                let tag = element.tag.as_str();
                if tag == "br" {
                    out.push('\n');
                    continue;
                }
                let own_line = matches!(tag, "tr" | "div" | "p" | "li");
                if own_line && !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                let start = out.len();
                lines(tree, *child, out);
                // An empty line is a line, too.
                if own_line
                    && (tag == "tr" || !holds_lines(tree, *child))
                    && !out[start..].ends_with('\n')
                {
                    out.push('\n');
                }
            }
            None => {}
        }
    }
}

fn holds_lines(tree: &Tree, node: NodeId) -> bool {
    tree.below(node).any(|below| matches!(tree.tag(below), "tr" | "div" | "p" | "li"))
}
