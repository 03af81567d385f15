//! The body of an answer: bytes at once, or pieces as they come.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// Pieces of an answer. An error cuts the connection, so a client never takes a cut answer for a
/// whole one.
pub(crate) type Pieces =
    Pin<Box<dyn http_body::Body<Data = Bytes, Error = axum::Error> + Send + 'static>>;

/// The body of an answer.
pub(crate) enum Body {
    /// All of it; nothing where it was taken.
    Whole(Option<Bytes>),
    /// As it comes.
    Pieces(Pieces),
}

impl Body {
    /// No bytes.
    pub(crate) fn empty() -> Self {
        Self::Whole(None)
    }

    /// These bytes.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()))
    }

    /// What another body yields, piece by piece.
    pub(crate) fn pieces<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error = axum::Error> + Send + 'static,
    {
        Self::Pieces(Box::pin(body))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(Frame::data).map(Ok)),
            Self::Pieces(pieces) => pieces.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Pieces(pieces) => pieces.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Pieces(pieces) => pieces.size_hint(),
        }
    }
}

/// What the serving loop is given: an answer, always.
pub(crate) type Answer = Result<http::Response<Body>, Infallible>;
