//! The event grammar that every stream is decoded into.
//!
//! `Start (PartStart Delta* PartEnd)* Stop+ Usage?` for each answer, parts of several choices may
//! interleave. Decoders may be sloppy about order; the normaliser makes a stream follow the grammar,
//! and encoders rely on it. A buffered reply is the fold of its events.

use super::{Failure, Opaque, Usage};

/// One step of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The answer begins. At most once, first.
    Start {
        /// The upstream's id of the reply.
        id: Option<String>,
        /// The model that the upstream names.
        model: Option<String>,
    },
    /// A part begins.
    PartStart {
        /// Which answer of several (`n`), from 0.
        choice: u32,
        /// Number of the part, unique in the stream, from 0 in order of appearance.
        part: u32,
        /// What it holds.
        kind: PartKind,
    },
    /// More of a part.
    Delta {
        /// The part's number.
        part: u32,
        /// What comes.
        delta: Delta,
    },
    /// The part is complete.
    PartEnd {
        /// The part's number.
        part: u32,
    },
    /// A choice is complete. Exactly once for each choice.
    Stop {
        /// Which answer of several.
        choice: u32,
        /// Why.
        reason: StopReason,
        /// The word with which the upstream or the page said so, where it is known.
        native: Option<String>,
    },
    /// Token counts. At most once, after every `Stop`.
    Usage(Usage),
    /// The answer failed, before its start or in the middle; nothing follows.
    Failed(Failure),
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// The answer's text.
    Text,
    /// Reasoning apart from the answer.
    Reasoning,
    /// A refusal in words.
    Refusal,
    /// A tool call.
    ToolCall {
        /// The call's id.
        id: String,
        /// The function's name.
        name: String,
    },
}

/// More of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// Text of a text, reasoning or refusal part.
    Text(String),
    /// JSON text of a tool call's arguments.
    Arguments(String),
    /// State of the part that is carried, not understood: a signature, encrypted reasoning.
    State(Opaque),
}

/// Why a choice is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// The model was done, or met a stop text.
    Done,
    /// The output limit was reached.
    Length,
    /// It calls tools.
    ToolCalls,
    /// The upstream's filter stepped in.
    ContentFilter,
    /// A word of the upstream that has no canonical form.
    Other(String),
}
