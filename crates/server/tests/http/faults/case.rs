//! One fault, and what is expected of it.

use mock_upstream::{Behaviour, Fault};

/// A fault of an upstream, and what a client sees of it.
pub struct Case {
    /// The row of the fault: `U5`.
    pub row: &'static str,
    /// What goes wrong.
    pub fault: &'static str,
    /// How.
    pub upstream: Upstream,
    /// Settings of the gateway.
    pub limits: &'static str,
    /// Settings of the model.
    pub model: &'static str,
    /// What is seen of a buffered answer.
    pub whole: Seen,
    /// What is seen of a streamed one.
    pub stream: Seen,
    /// What the ledger's words of the failure hold.
    pub words: &'static str,
}

/// What stands where the upstream should.
pub enum Upstream {
    /// A port that nobody listens on.
    Refuses,
    /// A port that never takes a connection.
    BlackHole,
    /// An address.
    At(&'static str),
    /// The mock, but asked for TLS.
    NotTls,
    /// The mock.
    Mock(Behaviour),
    /// The mock behind a proxy that spoils its answers.
    Spoilt(Behaviour, Fault),
}

/// What a client sees.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// The whole answer as it should be.
    Whole,
    /// An answer, of which this is said.
    Passes(&'static str),
    /// A status and a code.
    Failure(u16, &'static str),
    /// The answer's beginning, then this code in an event, and no `[DONE]`.
    Event(&'static str),
    /// The fault does not exist in this form, for this reason.
    Nothing(&'static str),
}

impl Seen {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Whole => "the whole answer".to_owned(),
            Self::Passes(words) => format!("an answer: {words}"),
            Self::Failure(status, code) => format!("{status} `{code}`"),
            Self::Event(code) => format!("200, then an error event `{code}`, no `[DONE]`"),
            Self::Nothing(why) => format!("not here: {why}"),
        }
    }

    /// The failure's code.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Failure(_, code) | Self::Event(code) => Some(code),
            _ => None,
        }
    }

    /// Whether another target answers in its place: nothing has reached the client, and the fault
    /// is not the request's own.
    pub fn another_takes_over(self) -> bool {
        let own =
            ["upstream_rejected", "context_length_exceeded", "content_filter", "total_timeout"];
        matches!(self, Self::Failure(_, code) if !own.contains(&code))
    }

    /// Who takes over, in words.
    pub fn taken_over(self) -> &'static str {
        match self {
            Self::Whole | Self::Passes(_) | Self::Nothing(_) => "not needed",
            Self::Event(_) => "no: the answer had begun",
            Self::Failure(..) if self.another_takes_over() => "yes",
            Self::Failure(..) => "no: it would fail everywhere",
        }
    }
}

impl Case {
    /// A fault that is seen alike in both forms.
    pub fn new(row: &'static str, fault: &'static str, upstream: Upstream, seen: Seen) -> Self {
        Self { row, fault, upstream, limits: "", model: "", whole: seen, stream: seen, words: "" }
    }

    /// What is seen of a streamed answer.
    pub fn streamed(self, stream: Seen) -> Self {
        Self { stream, ..self }
    }

    /// With settings of the gateway.
    pub fn limits(self, limits: &'static str) -> Self {
        Self { limits, ..self }
    }

    /// With settings of the model.
    pub fn model(self, model: &'static str) -> Self {
        Self { model, ..self }
    }

    /// The ledger says this too.
    pub fn words(self, words: &'static str) -> Self {
        Self { words, ..self }
    }
}
