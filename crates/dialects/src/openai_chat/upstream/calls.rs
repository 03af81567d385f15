//! Tool calls that come in pieces: which call a piece belongs to.

use serde_json::Value;

use crate::chat::PartKind;

/// The calls of one choice, in order of appearance.
#[derive(Debug, Default)]
pub(super) struct Calls {
    list: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    index: Option<u64>,
    id: Option<String>,
    part: u32,
}

/// What a piece says.
#[derive(Debug)]
pub(super) struct Piece {
    /// The part it belongs to.
    pub(super) part: u32,
    /// What begins with it, where it begins a call.
    pub(super) begins: Option<PartKind>,
    /// More of the arguments' JSON text.
    pub(super) arguments: String,
}

/// A call that names no function.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Nameless;

impl Calls {
    /// Reads a piece of `tool_calls`. `place` is its place in a list of whole calls; `next_part`
    /// is the number that a new part would have, in a choice with the number `choice`.
    pub(super) fn take(
        &mut self,
        piece: &Value,
        place: Option<usize>,
        choice: u32,
        next_part: u32,
    ) -> Result<Piece, Nameless> {
        let function = &piece["function"];
        let (id, name) = (text(&piece["id"]), text(&function["name"]));
        let index = piece["index"].as_u64().or_else(|| place.and_then(|at| u64::try_from(at).ok()));
        let arguments = match &function["arguments"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            // Some upstreams write the arguments as JSON and not as a text of JSON.
            value => value.to_string(),
        };
        if let Some(call) = self.known(index, id, name) {
            return Ok(Piece { part: call.part, begins: None, arguments });
        }
        let name = name.ok_or(Nameless)?.to_owned();
        // A reply to a call needs an id to refer to, even where the upstream gave none.
        let shown = match id {
            Some(id) => id.to_owned(),
            None => format!("call_{choice}_{}", self.list.len()),
        };
        self.list.push(Call { index, id: id.map(str::to_owned), part: next_part });
        let begins = Some(PartKind::ToolCall { id: shown, name });
        Ok(Piece { part: next_part, begins, arguments })
    }

    /// The call that the piece continues. A piece with a name and another id begins a call, even
    /// under an index that is in use: some upstreams number every call 0.
    fn known(&self, index: Option<u64>, id: Option<&str>, name: Option<&str>) -> Option<&Call> {
        let call = match (index, id) {
            (Some(_), _) => self.list.iter().rfind(|call| call.index == index),
            (None, Some(id)) => self.list.iter().rfind(|call| call.id.as_deref() == Some(id)),
            (None, None) if name.is_none() => self.list.last(),
            (None, None) => None,
        }?;
        let another = name.is_some() && id.is_some() && call.id.as_deref() != id;
        (!another).then_some(call)
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}
