//! Markdown compared: both sides pass one CommonMark writer, then character by character.

use comrak::{Arena, Options, format_commonmark, nodes::NodeValue, parse_document};
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices};

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.math_dollars = true;
    options.render.prefer_fenced = true;
    options
}

/// The text as one writer writes it.
pub fn normal(markdown: &str) -> String {
    let (arena, options) = (Arena::new(), options());
    let root = parse_document(&arena, markdown, &options);
    let mut out = String::new();
    format_commonmark(root, &options, &mut out).expect("a string takes all");
    out
}

/// All code of it: its blocks with their languages, and code in lines.
pub fn code_of(markdown: &str) -> Vec<(String, String)> {
    let (arena, options) = (Arena::new(), options());
    let root = parse_document(&arena, markdown, &options);
    root.descendants()
        .filter_map(|node| match &node.data.borrow().value {
            NodeValue::CodeBlock(block) => Some((block.info.clone(), block.literal.clone())),
            NodeValue::Code(code) => Some((String::new(), code.literal.clone())),
            _ => None,
        })
        .collect()
}

/// How many characters are the same.
pub fn compare(right: &str, ours: &str) -> usize {
    if right == ours {
        return right.chars().count();
    }
    let (right, ours): (Vec<char>, Vec<char>) = (right.chars().collect(), ours.chars().collect());
    let operations = capture_diff_slices(Algorithm::Myers, &right, &ours);
    operations
        .iter()
        .map(|operation| match operation {
            DiffOp::Equal { len, .. } => *len,
            _ => 0,
        })
        .sum()
}

/// The lines that differ.
pub fn show(right: &str, ours: &str) -> String {
    let diff = TextDiff::from_lines(right, ours);
    let lines = diff.iter_all_changes().filter_map(|change| match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(format!("- {change}")),
        ChangeTag::Insert => Some(format!("+ {change}")),
    });
    lines.collect()
}
