//! What a translation could not carry, as a value.

/// One thing that an encoder could not carry over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The client's field, as a dotted path (`messages.2.content.0`).
    pub path: String,
    /// What became of it.
    pub kind: LossKind,
    /// How much it matters.
    pub severity: Severity,
}

/// What became of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossKind {
    /// It was left out.
    Dropped,
    /// It was carried in a weaker form.
    Weakened,
    /// What stands in its place is our estimate.
    Estimated,
}

/// How much a loss matters, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Recorded only (seed, user, cache markers).
    Hint,
    /// Said in a response header (n, stop, sampling values).
    Meaning,
    /// Makes the target ineligible (tool choice, a required schema).
    Constraint,
}
