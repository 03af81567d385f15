//! The canonical chat model: what every dialect is decoded into and encoded from.

mod event;
mod failure;
mod fold;
mod loss;
mod request;
mod usage;

pub use event::{Delta, Event, PartKind, StopReason};
pub use failure::{Failure, FailureClass};
pub use fold::{Choice, Fold, Reply, ReplyPart, fold, unfold};
pub use loss::{Loss, LossKind, Severity};
pub use request::{
    ChatRequest, Dialect, Extra, Message, Opaque, OutputFormat, Part, Role, Sampling, Tool,
    ToolChoice,
};
pub use usage::{Tokenizer, Usage};
