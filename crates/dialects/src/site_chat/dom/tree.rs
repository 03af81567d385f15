//! The elements of a block, from its HTML.
//!
//! What comes is a browser's own writing of a tree that it has built already, so only html5ever's
//! tokenizer is used: its tree builder looks through all open elements for each new one, which a
//! page that nests ten thousand of them would make us pay for.

use std::{cell::RefCell, ops::Range};

use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind,
    },
};

use super::vocabulary;

/// Elements below this many others count as part of the last one above.
const MAX_DEPTH: usize = 200;

/// How far back an end tag looks for its element.
const LOOK_BACK: usize = 64;

pub(super) type NodeId = usize;

/// The root of every tree.
pub(super) const ROOT: NodeId = 0;

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Element(Element),
}

#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) tag: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<NodeId>,
    /// Where the nodes below it end.
    end: NodeId,
    /// Whether an element below it is a block.
    holds_block: bool,
}

/// Nodes in document order.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Of each node the one that it is in; the root is in itself.
    parents: Vec<NodeId>,
}

impl Tree {
    pub(super) fn parse(html: &str) -> Self {
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(html));
        let tokenizer = Tokenizer::new(Builder::default(), TokenizerOpts::default());
        // A script's end would pause the tokenizer; the sink reports none.
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        let mut growing = tokenizer.sink.0.into_inner();
        while growing.open.len() > 1 {
            growing.close_last();
        }
        let mut tree = Self { nodes: growing.nodes, parents: growing.parents };
        let end = tree.nodes.len();
        if let Some(root) = tree.element_mut(ROOT) {
            root.end = end;
        }
        tree.note_blocks(ROOT, end);
        tree
    }

    /// Children come after their parents, so one way back suffices.
    fn note_blocks(&mut self, start: NodeId, end: NodeId) {
        for node in (start..end).rev() {
            let Some(element) = self.element(node) else { continue };
            let holds = element.children.iter().any(|child| self.is_block(*child));
            if let Some(element) = self.element_mut(node) {
                element.holds_block = holds;
            }
        }
    }

    pub(super) fn element(&self, node: NodeId) -> Option<&Element> {
        match self.nodes.get(node) {
            Some(Node::Element(element)) => Some(element),
            _ => None,
        }
    }

    fn element_mut(&mut self, node: NodeId) -> Option<&mut Element> {
        match self.nodes.get_mut(node) {
            Some(Node::Element(element)) => Some(element),
            _ => None,
        }
    }

    pub(super) fn node(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(node)
    }

    pub(super) fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.parents.get(node).copied().filter(|parent| *parent != node)
    }

    pub(super) fn tag(&self, node: NodeId) -> &str {
        self.element(node).map_or("", |element| element.tag.as_str())
    }

    pub(super) fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        self.element(node)?.attribute(name)
    }

    pub(super) fn children(&self, node: NodeId) -> &[NodeId] {
        self.element(node).map_or(&[], |element| &element.children)
    }

    /// All nodes below one.
    pub(super) fn below(&self, node: NodeId) -> Range<NodeId> {
        node + 1..self.element(node).map_or(node + 1, |element| element.end)
    }

    /// The first element of that name below one.
    pub(super) fn first(&self, node: NodeId, tag: &str) -> Option<NodeId> {
        self.below(node).find(|below| self.tag(*below) == tag)
    }

    /// All text below a node, as it stands.
    pub(super) fn text(&self, node: NodeId) -> String {
        self.below(node).chain(Some(node)).filter_map(|below| self.own_text(below)).collect()
    }

    /// The text that a node itself is.
    pub(super) fn own_text(&self, node: NodeId) -> Option<&str> {
        match self.node(node) {
            Some(Node::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether it stands in lines of its own.
    pub(super) fn is_block(&self, node: NodeId) -> bool {
        self.element(node).is_some_and(|element| {
            vocabulary::is_block(&element.tag)
                || (element.holds_block && !vocabulary::is_whole(self, node))
        })
    }

    /// Whether nothing of it is shown as text.
    pub(super) fn is_skipped(&self, node: NodeId) -> bool {
        self.element(node).is_some_and(vocabulary::is_skipped)
    }

    /// Whether it has nothing to show.
    pub(super) fn is_empty(&self, node: NodeId) -> bool {
        let shows = |node: NodeId| match self.node(node) {
            Some(Node::Text(text)) => !text.trim().is_empty(),
            Some(Node::Element(element)) => {
                matches!(element.tag.as_str(), "img" | "input" | "hr")
                    || element.attribute("data-math").is_some()
            }
            None => false,
        };
        !shows(node) && !self.below(node).any(shows)
    }

    /// Takes `cursor` from the very end of the text, where the page writes.
    pub(super) fn without_cursor(&mut self, cursor: &str) {
        let last = self
            .nodes
            .iter_mut()
            .rev()
            .filter_map(|node| match node {
                Node::Text(text) if !text.trim().is_empty() => Some(text),
                _ => None,
            })
            .next();
        let Some(text) = last else { return };
        let shown = text.trim_end();
        if let Some(rest) = shown.strip_suffix(cursor) {
            let length = rest.len();
            text.truncate(length);
        }
    }
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn classes(&self) -> impl Iterator<Item = &str> {
        self.attribute("class").unwrap_or_default().split_ascii_whitespace()
    }
}

#[derive(Default)]
struct Builder(RefCell<Growing>);

struct Growing {
    nodes: Vec<Node>,
    parents: Vec<NodeId>,
    /// The open elements with their names: those that are too deep have the number of the last
    /// that is not.
    open: Vec<(NodeId, String)>,
}

impl Default for Growing {
    fn default() -> Self {
        Self {
            nodes: vec![Node::Element(Element::default())],
            parents: vec![ROOT],
            open: vec![(ROOT, String::new())],
        }
    }
}

impl Growing {
    fn parent(&self) -> NodeId {
        self.open.last().map_or(ROOT, |(node, _)| *node)
    }

    fn add(&mut self, node: Node) -> NodeId {
        let id = self.nodes.len();
        let parent = self.parent();
        if let Some(Node::Element(parent)) = self.nodes.get_mut(parent) {
            parent.children.push(id);
        }
        self.nodes.push(node);
        self.parents.push(parent);
        id
    }

    fn text(&mut self, more: &str) {
        let last = self.children_of_parent_end();
        if let Some(Node::Text(text)) = last.and_then(|last| self.nodes.get_mut(last)) {
            text.push_str(more);
            return;
        }
        self.add(Node::Text(more.to_owned()));
    }

    fn children_of_parent_end(&self) -> Option<NodeId> {
        match self.nodes.get(self.parent()) {
            Some(Node::Element(parent)) => parent.children.last().copied(),
            _ => None,
        }
    }

    fn start(&mut self, tag: &Tag) {
        let name = tag.name.to_string();
        let attributes = tag
            .attrs
            .iter()
            .map(|one| (one.name.local.to_string(), one.value.to_string()))
            .collect();
        let closes = vocabulary::is_void(&name) || tag.self_closing;
        let id = if self.open.len() < MAX_DEPTH || closes {
            let end = self.nodes.len() + 1;
            self.add(Node::Element(Element {
                tag: name.clone(),
                attributes,
                end,
                ..Element::default()
            }))
        } else {
            self.parent()
        };
        if !closes {
            self.open.push((id, name));
        }
    }

    fn end(&mut self, name: &str) {
        let known = self.open.iter().skip(1).rev().take(LOOK_BACK);
        let Some(above) = known.into_iter().position(|(_, open)| open == name) else { return };
        for _ in 0..=above {
            self.close_last();
        }
    }

    fn close_last(&mut self) {
        let end = self.nodes.len();
        if let Some((node, _)) = self.open.pop()
            && let Some(Node::Element(element)) = self.nodes.get_mut(node)
        {
            element.end = end;
        }
    }
}

impl TokenSink for Builder {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut growing = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => growing.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                growing.start(&tag);
                if matches!(&*tag.name, "script" | "style" | "textarea" | "title") {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            Token::TagToken(tag) => growing.end(&tag.name),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
