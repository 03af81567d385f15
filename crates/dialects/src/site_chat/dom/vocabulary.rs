//! What pages mean by their elements and class names.

use super::tree::{Element, NodeId, Tree};

const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

const VOIDS: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Never text of an answer, whatever the adapter says.
const SKIPPED: &[&str] = &[
    "style", "button", "svg", "template", "textarea", "select", "noscript", "canvas", "iframe",
    "video", "audio", "title", "mat-icon",
];

/// Classes of what is there for screen readers only, and of icons whose text is their name.
const SKIPPED_CLASSES: &[&str] = &[
    "sr-only",
    "visually-hidden",
    "material-icons",
    "material-symbols-outlined",
    "material-symbols-rounded",
    "material-symbols-sharp",
    "google-symbols",
];

pub(super) fn is_block(tag: &str) -> bool {
    BLOCKS.contains(&tag)
}

pub(super) fn is_void(tag: &str) -> bool {
    VOIDS.contains(&tag)
}

pub(super) fn is_skipped(element: &Element) -> bool {
    let style = element.attribute("style").unwrap_or_default();
    SKIPPED.contains(&element.tag.as_str())
        || (element.tag == "script" && !is_tex_script(element))
        || element.attribute("hidden").is_some()
        || style.replace(' ', "").contains("display:none")
        || element.classes().any(|class| SKIPPED_CLASSES.contains(&class))
}

/// Formulas are one piece, whatever their pictures are made of.
pub(super) fn is_whole(tree: &Tree, node: NodeId) -> bool {
    tree.element(node).is_some_and(|element| {
        matches!(element.tag.as_str(), "math" | "mjx-container" | "code")
            || element.attribute("data-math").is_some()
            || element.classes().any(|class| matches!(class, "katex" | "katex-display"))
    })
}

/// Where MathJax 2 keeps a formula's source.
pub(super) fn is_tex_script(element: &Element) -> bool {
    element.attribute("type").is_some_and(|kind| kind.starts_with("math/tex"))
}

/// Whether it shows the numbers of lines beside code.
pub(super) fn is_gutter(element: &Element) -> bool {
    const GUTTERS: &[&str] = &["line-number", "linenumber", "lineno", "ln-numbers", "gutter"];
    let style = element.attribute("style").unwrap_or_default().replace(' ', "");
    style.contains("user-select:none")
        || element.classes().any(|class| GUTTERS.iter().any(|gutter| class.contains(gutter)))
}

/// Whether it shows code in lines: `pre`, and what CodeMirror writes into.
pub(super) fn is_code_block(element: &Element) -> bool {
    element.tag == "pre" || element.classes().any(|class| class == "cm-content")
}

/// The language that class names or data attributes tell.
pub(super) fn language_of(element: &Element) -> Option<String> {
    let attributes = ["data-language", "data-lang"];
    let told = attributes.iter().filter_map(|name| element.attribute(name));
    let classes = element.classes().filter_map(|class| {
        ["language-", "lang-", "highlight-source-"]
            .iter()
            .find_map(|prefix| class.strip_prefix(prefix))
    });
    classes.chain(told).find(|name| is_language(name)).map(str::to_owned)
}

/// Whether a text can be the name of a programming language.
pub(super) fn is_language(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "+-#._/".contains(c))
}
