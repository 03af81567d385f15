//! A whole body, within a size, each piece in time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tabway_dialects::chat::{Failure, FailureClass};
use tokio::time::timeout;

use super::broke_off;

pub(super) async fn gather(
    mut body: Incoming,
    most: usize,
    idle: Duration,
) -> Result<Bytes, Failure> {
    let mut all = Gathered::Nothing;
    loop {
        let piece = timeout(idle, body.frame()).await.map_err(|_| {
            let words = format!("the upstream was silent for {} s", idle.as_secs_f32());
            Failure::new(FailureClass::SilenceTimeout, words)
        })?;
        let Some(piece) = piece else { return Ok(all.into_bytes()) };
        let piece = piece.map_err(|error| broke_off(&error.to_string()))?;
        let Ok(piece) = piece.into_data() else { continue };
        if all.len() + piece.len() > most {
            let words = format!("the answer is larger than {most} bytes");
            return Err(Failure::new(FailureClass::AnswerTooLarge, words));
        }
        all.add(piece);
    }
}

/// A body that mostly comes in one piece, which is then not copied.
enum Gathered {
    Nothing,
    One(Bytes),
    Many(BytesMut),
}

impl Gathered {
    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::One(one) => one.len(),
            Self::Many(many) => many.len(),
        }
    }

    fn add(&mut self, piece: Bytes) {
        *self = match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => Self::One(piece),
            Self::One(one) => {
                let mut many = BytesMut::with_capacity((one.len() + piece.len()) * 2);
                many.extend_from_slice(&one);
                many.extend_from_slice(&piece);
                Self::Many(many)
            }
            Self::Many(mut many) => {
                many.extend_from_slice(&piece);
                Self::Many(many)
            }
        };
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::One(one) => one,
            Self::Many(many) => many.freeze(),
        }
    }
}
