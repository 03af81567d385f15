//! Blocks: paragraphs, headings, lists, quotes; each line with what stands before it.

use super::{
    code, inline,
    line::{Line, Place},
    math, table,
    tree::{NodeId, ROOT, Tree},
};

/// What stands between two blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    Line,
    Blank,
}

/// The mark of a list, by which two lists that follow each other are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListMark {
    ordered: bool,
    second: bool,
}

impl ListMark {
    fn after(before: Option<Self>, ordered: bool) -> Self {
        let second = before.is_some_and(|before| before.ordered == ordered && !before.second);
        Self { ordered, second }
    }

    fn text(self, number: u64) -> String {
        match (self.ordered, self.second) {
            (false, false) => "- ".to_owned(),
            (false, true) => "* ".to_owned(),
            (true, false) => format!("{number}. "),
            (true, true) => format!("{number}) "),
        }
    }
}

/// A block of the answer as Markdown.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) text: String,
    /// How much of it more text cannot change.
    pub(super) stable: usize,
    /// The list that it ends with.
    pub(super) list: Option<ListMark>,
}

/// Writes a tree. `before` is the list that the block before ended with; `open`: the page may still
/// write at its end; `underlined`: it was said as a paragraph, so as a heading it needs a line below.
pub(super) fn write(
    tree: &Tree,
    before: Option<ListMark>,
    open: bool,
    underlined: bool,
) -> Written {
    let mut writer = Writer {
        tree,
        out: String::new(),
        prefix: String::new(),
        gap: Gap::None,
        list: before,
        hold: None,
        underlined,
    };
    writer.container(ROOT, open, Gap::Blank);
    let Writer { out: mut text, hold, list, .. } = writer;
    text.truncate(text.trim_end().len());
    let stable = if open { hold.unwrap_or(text.len()).min(text.len()) } else { text.len() };
    let stable = if open { without_mark(&text[..stable]) } else { stable };
    Written { text, stable, list }
}

/// Without a last line that holds only what stands before a text: the mark of an item, of a quote.
fn without_mark(text: &str) -> usize {
    let mut text = text.trim_end();
    let mark = |c: char| c.is_ascii_digit() || " \t->*.)[]x".contains(c);
    while let Some(rest) =
        text.rsplit('\n').next().filter(|line| !line.is_empty() && line.chars().all(mark))
    {
        text = text[..text.len() - rest.len()].trim_end();
    }
    text.len()
}

struct Writer<'t> {
    tree: &'t Tree,
    out: String,
    /// What stands before each line.
    prefix: String,
    gap: Gap,
    /// The list just written, while nothing else was.
    list: Option<ListMark>,
    hold: Option<usize>,
    underlined: bool,
}

impl Writer<'_> {
    /// All in an element: neighbours that stand in lines together are paragraphs.
    fn container(&mut self, node: NodeId, open: bool, gap: Gap) {
        let tree = self.tree;
        let shown: Vec<NodeId> = tree
            .children(node)
            .iter()
            .copied()
            .filter(|child| !tree.is_skipped(*child) && !self.is_number(*child))
            .collect();
        let code_label = code::label(tree, &shown);
        // The page writes in the last child; one in a line that shows nothing is its cursor.
        let last = shown.iter().rposition(|child| tree.is_block(*child) || !tree.is_empty(*child));
        let mut line: Vec<NodeId> = Vec::new();
        for (at, child) in shown.into_iter().enumerate() {
            let open = open && last.is_none_or(|last| at >= last);
            if code_label.as_ref().is_some_and(|label| label.node == child) {
                continue;
            }
            let formula = math::formula(tree, child).filter(|formula| formula.display);
            if !tree.is_block(child) && formula.is_none() {
                line.push(child);
                if open {
                    self.paragraph(&std::mem::take(&mut line), open, gap);
                }
                continue;
            }
            self.paragraph(&std::mem::take(&mut line), false, gap);
            let language = code_label.as_ref().map(|label| label.language.as_str());
            self.block(child, open, gap, language);
        }
        self.paragraph(&line, open, gap);
    }

    /// Whether it is the box of a task, which the list has written.
    fn is_number(&self, node: NodeId) -> bool {
        self.tree.tag(node) == "input"
    }

    fn block(&mut self, node: NodeId, open: bool, gap: Gap, language: Option<&str>) {
        let tree = self.tree;
        let Some(element) = tree.element(node) else { return };
        if let Some(formula) = math::formula(tree, node) {
            return self.whole(&formula.lines(), open);
        }
        if code::is_code(tree, node) {
            return self.code(node, open, language);
        }
        match element.tag.as_str() {
            "p" | "summary" | "figcaption" | "dt" => {
                if element.children.iter().any(|child| tree.is_block(*child)) {
                    return self.container(node, open, gap);
                }
                self.paragraph(&element.children, open, Gap::Blank);
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(node, open),
            "ul" | "ol" | "menu" => self.list(node, open),
            "blockquote" => self.quote(node, open),
            "hr" => self.whole("---", open),
            "table" => match table::write(tree, node, open) {
                Some(table) => {
                    self.begin();
                    self.lines(&table.text, Some(table.stable).filter(|_| open));
                    self.gap = Gap::Blank;
                }
                None => self.container(node, open, gap),
            },
            _ => self.container(node, open, gap),
        }
    }

    fn paragraph(&mut self, nodes: &[NodeId], open: bool, gap: Gap) {
        if nodes.is_empty() {
            return;
        }
        let shown: Vec<NodeId> =
            nodes.iter().copied().filter(|node| !self.tree.is_empty(*node)).collect();
        if let [node] = shown[..]
            && let Some(formula) = math::formula(self.tree, node).filter(|formula| formula.display)
        {
            return self.whole(&formula.lines(), open);
        }
        let line = inline::line(self.tree, nodes, Place::Paragraph, open);
        if self.text(line, "", Place::Paragraph, open) {
            self.gap = gap;
        }
    }

    fn heading(&mut self, node: NodeId, open: bool) {
        let tree = self.tree;
        let level = tree.tag(node).trim_start_matches('h').parse().unwrap_or(1);
        let line = inline::line(tree, tree.children(node), Place::Heading, open);
        if self.underlined && level <= 2 && self.prefix.is_empty() && !line.is_blank() {
            let markdown = line.markdown(Place::Heading, false);
            let rule = if level == 1 { "===" } else { "---" };
            return self.whole(&format!("{}\n{rule}", markdown.text), open);
        }
        // A paragraph becomes a heading of these kinds, and a paragraph again, while the page reads
        // `Items:`, `-`, `- one`.
        if open && level <= 2 {
            self.hold();
        }
        if self.text(line, &format!("{} ", "#".repeat(level)), Place::Heading, open) {
            self.gap = Gap::Blank;
        }
    }

    fn text(&mut self, line: Line, mark: &str, place: Place, open: bool) -> bool {
        if line.is_blank() {
            return false;
        }
        let markdown = line.markdown(place, open);
        self.begin();
        if open && markdown.stable == 0 {
            self.hold();
        }
        self.out.push_str(mark);
        self.lines(&markdown.text, open.then_some(markdown.stable));
        true
    }

    /// What is said only when it is complete.
    fn whole(&mut self, text: &str, open: bool) {
        self.begin();
        if open {
            self.hold();
        }
        self.lines(text, None);
        self.gap = Gap::Blank;
    }

    fn code(&mut self, node: NodeId, open: bool, language: Option<&str>) {
        let code = code::write(self.tree, node, language);
        self.begin();
        if open && code.said == 0 {
            self.hold();
        }
        self.lines(&code.text, open.then_some(code.said));
        self.gap = Gap::Blank;
    }

    fn quote(&mut self, node: NodeId, open: bool) {
        if self.tree.is_empty(node) {
            return;
        }
        self.begin();
        let at = self.prefix.len();
        self.out.push_str("> ");
        self.prefix.push_str("> ");
        self.container(node, open, Gap::Blank);
        self.prefix.truncate(at);
        self.gap = Gap::Blank;
        self.list = None;
    }

    fn list(&mut self, node: NodeId, open: bool) {
        let tree = self.tree;
        let items: Vec<NodeId> =
            tree.children(node).iter().copied().filter(|item| tree.tag(*item) == "li").collect();
        let Some(last) = items.last().copied() else {
            return self.container(node, open, Gap::Blank);
        };
        let ordered = tree.tag(node) == "ol";
        let mark = ListMark::after(self.list, ordered);
        let apart = items.iter().any(|item| is_loose(tree, *item));
        let gap = if apart { Gap::Blank } else { Gap::Line };
        let mut number = tree.attribute(node, "start").and_then(|n| n.parse().ok()).unwrap_or(1);
        for item in items {
            number = tree.attribute(item, "value").and_then(|n| n.parse().ok()).unwrap_or(number);
            self.item(item, &mark.text(number), gap, open && item == last);
            number += 1;
        }
        self.gap = Gap::Blank;
        self.list = Some(mark);
    }

    fn item(&mut self, item: NodeId, mark: &str, gap: Gap, open: bool) {
        self.begin();
        if open && self.tree.is_empty(item) {
            self.hold();
        }
        let at = self.prefix.len();
        self.out.push_str(mark);
        self.prefix.extend(mark.chars().map(|_| ' '));
        if let Some(done) = task(self.tree, item) {
            self.out.push_str(if done { "[x] " } else { "[ ] " });
        }
        self.container(item, open, gap);
        self.prefix.truncate(at);
        self.gap = gap;
        self.list = None;
    }

    /// A block begins: the gap before it is written.
    fn begin(&mut self) {
        if self.gap == Gap::Blank {
            self.out.push('\n');
            self.out.push_str(self.prefix.trim_end());
        }
        if self.gap != Gap::None {
            self.out.push('\n');
            self.out.push_str(&self.prefix);
        }
        self.gap = Gap::None;
        self.list = None;
    }

    /// Lines with what stands before each; what begins at `stable` may change.
    fn lines(&mut self, text: &str, stable: Option<usize>) {
        let mut at = 0;
        for (nth, line) in text.split('\n').enumerate() {
            if nth > 0 {
                self.out.push('\n');
                let prefix = if line.is_empty() { self.prefix.trim_end() } else { &self.prefix };
                self.out.push_str(prefix);
            }
            match stable.filter(|stable| (at..=at + line.len()).contains(stable)) {
                Some(stable) if self.hold.is_none() => {
                    self.out.push_str(&line[..stable - at]);
                    self.hold();
                    self.out.push_str(&line[stable - at..]);
                }
                _ => self.out.push_str(line),
            }
            at += line.len() + 1;
        }
    }

    fn hold(&mut self) {
        self.hold = self.hold.or(Some(self.out.len()));
    }
}

/// Whether a list with this item has empty lines between its items: a paragraph says so.
fn is_loose(tree: &Tree, item: NodeId) -> bool {
    tree.children(item).iter().any(|child| tree.tag(*child) == "p")
}

/// Whether an item is a task, and done.
fn task(tree: &Tree, item: NodeId) -> Option<bool> {
    let first = tree.below(item).find(|below| {
        tree.own_text(*below).is_some_and(|text| !text.trim().is_empty())
            || tree.attribute(*below, "type") == Some("checkbox")
            || tree.tag(*below) == "li"
    })?;
    (tree.attribute(first, "type") == Some("checkbox"))
        .then(|| tree.attribute(first, "checked").is_some())
}
