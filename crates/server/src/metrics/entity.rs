//! The figures of one model and of one target.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{
    ends::{End, Ends, Outcome},
    timing::{Times, Timing},
};

/// The figures of a model, as clients ask for it.
#[derive(Debug, Default)]
pub(crate) struct ModelFigures {
    /// Requests that wanted a whole answer, and those that wanted a stream.
    whole: Ends,
    stream: Ends,
    /// From the request to its end, of requests that were admitted.
    pub(crate) duration: Timing,
    /// From the request to the first byte of its answer.
    pub(crate) first_token: Timing,
    tokens_in: AtomicU64,
    tokens_out: AtomicU64,
}

/// How a request wanted its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Whole,
    Stream,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Whole, Self::Stream];

    pub(crate) fn of(stream: bool) -> Self {
        if stream { Self::Stream } else { Self::Whole }
    }

    /// As a label.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stream => "stream",
        }
    }
}

impl ModelFigures {
    /// Counts a request's end.
    pub(crate) fn ended(&self, kind: Kind, end: End) {
        self.ends(kind).count(end);
    }

    /// How requests of a kind ended.
    pub(crate) fn ends(&self, kind: Kind) -> &Ends {
        match kind {
            Kind::Whole => &self.whole,
            Kind::Stream => &self.stream,
        }
    }

    /// Counts tokens, input and output.
    pub(crate) fn used(&self, input: u64, output: u64) {
        self.tokens_in.fetch_add(input, Ordering::Relaxed);
        self.tokens_out.fetch_add(output, Ordering::Relaxed);
    }

    /// Tokens so far, input and output.
    pub(crate) fn tokens(&self) -> (u64, u64) {
        (self.tokens_in.load(Ordering::Relaxed), self.tokens_out.load(Ordering::Relaxed))
    }

    /// Whether anything was ever asked of it.
    pub(crate) fn is_new(&self) -> bool {
        Kind::ALL.iter().all(|kind| self.ends(*kind).read().next().is_none())
    }
}

/// The figures of a target: a model at a provider or a site.
#[derive(Debug, Default)]
pub(crate) struct TargetFigures {
    /// How attempts at it ended.
    pub(crate) ends: Ends,
}

/// All requests together, up to a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Those that went well.
    pub(crate) ok: u64,
    /// Those that failed by no doing of their client.
    pub(crate) failed: u64,
    /// How long they took.
    pub(crate) times: Times,
}

impl Totals {
    /// Adds a model's.
    pub(crate) fn add(&mut self, model: &ModelFigures) {
        for (end, count) in Kind::ALL.iter().flat_map(|kind| model.ends(*kind).read()) {
            match Outcome::of(end) {
                Outcome::Ok => self.ok += count,
                Outcome::Failed => self.failed += count,
                Outcome::Refused | Outcome::ClientGone => {}
            }
        }
        self.times.add(&model.duration.read());
    }

    /// What was counted since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            ok: self.ok.saturating_sub(before.ok),
            failed: self.failed.saturating_sub(before.failed),
            times: self.times.since(&before.times),
        }
    }
}
