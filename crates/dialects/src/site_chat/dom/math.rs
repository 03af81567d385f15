//! Formulas by their TeX source, where the page keeps it.

use super::{
    tree::{NodeId, Tree},
    vocabulary,
};

pub(super) struct Formula {
    tex: String,
    pub(super) display: bool,
}

impl Formula {
    pub(super) fn inline(&self) -> String {
        if self.display { format!("$${}$$", self.tex) } else { format!("${}$", self.tex) }
    }

    /// In lines of its own.
    pub(super) fn lines(&self) -> String {
        format!("$$\n{}\n$$", self.tex)
    }
}

/// The formula that an element shows as a whole.
pub(super) fn formula(tree: &Tree, node: NodeId) -> Option<Formula> {
    let element = tree.element(node)?;
    let has = |wanted: &str| element.classes().any(|class| class == wanted);
    if let Some(tex) = element.attribute("data-math") {
        let display =
            element.classes().any(|class| class.contains("block") || class.contains("display"));
        return Some(Formula { tex: tex.trim().to_owned(), display });
    }
    if element.tag == "script" {
        let display = element.attribute("type").is_some_and(|kind| kind.contains("mode=display"));
        let tex = vocabulary::is_tex_script(element).then(|| tree.text(node))?;
        return Some(Formula { tex: tex.trim().to_owned(), display });
    }
    if has("katex-error") {
        return Some(Formula { tex: tree.text(node).trim().to_owned(), display: false });
    }
    let displays = |display: Option<&str>| matches!(display, Some("block" | "true"));
    let display = match element.tag.as_str() {
        "math" => displays(element.attribute("display")),
        "mjx-container" => displays(element.attribute("display")),
        _ if has("katex-display") => true,
        _ if has("katex") => {
            let math = tree.first(node, "math");
            math.is_some_and(|math| displays(tree.attribute(math, "display")))
        }
        _ => return None,
    };
    let tex = tree.below(node).find_map(|below| {
        (tree.tag(below) == "annotation"
            && tree.attribute(below, "encoding") == Some("application/x-tex"))
        .then(|| tree.text(below))
    })?;
    Some(Formula { tex: tex.trim().to_owned(), display })
}
