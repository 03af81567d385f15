//! What a model's name means at a page: a model, a mode, one side of two.

use tabway_dialects::site_chat::Sides;
use tabway_protocol::adapter::{Adapter, Mode};

use crate::nodes::PAGES_OWN;

/// What is chosen on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice<'a> {
    /// The model, [`PAGES_OWN`] where the name leaves it to the page.
    pub(crate) model: &'a str,
    /// The mode, where the name has one.
    pub(crate) mode: Option<&'a Mode>,
    /// The one side that is wanted, from 0; both where absent.
    pub(crate) side: Option<u8>,
}

impl<'a> Choice<'a> {
    /// Reads `MODEL`, `MODE`, `MODE@a`, `MODE:MODEL` or `MODE@b:MODEL`. A name with such marks that
    /// is no mode of the adapter's is a model's: `llama3:8b`.
    pub(crate) fn of(adapter: &'a Adapter, name: &'a str) -> Self {
        let (head, model) = match name.split_once(':') {
            Some((head, model)) => (head, Some(model)),
            None => (name, None),
        };
        let (stem, side) = match head.rsplit_once('@') {
            Some((stem, "a")) => (stem, Some(0)),
            Some((stem, "b")) => (stem, Some(1)),
            _ => (head, None),
        };
        let meant = |mode: &&Mode| {
            mode.name == stem
                && (side.is_none() || mode.sides > 1)
                && (model.is_none() || mode.select)
        };
        match adapter.modes.iter().find(meant) {
            Some(mode) => Self { model: model.unwrap_or(PAGES_OWN), mode: Some(mode), side },
            None => Self { model: name, mode: None, side: None },
        }
    }

    /// Which of the page's answers are wanted.
    pub(crate) fn sides(&self) -> Sides {
        match (self.side, self.answers()) {
            (Some(side), _) => Sides::One(side),
            // A page of two answers gives one in its other modes: its end is the turn's.
            (None, 1) => Sides::One(0),
            (None, _) => Sides::Both,
        }
    }

    /// How many answers a prompt gets.
    pub(crate) fn answers(&self) -> u8 {
        match (self.mode, self.side) {
            (Some(mode), None) => mode.sides,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_mode_only_where_the_adapter_has_it() {
        let mut adapter = crate::adapters::built_in()["demo"].clone();
        let mode = |name: &str, sides, select| Mode {
            name: name.to_owned(),
            start: "/".to_owned(),
            sides,
            select,
        };
        adapter.modes = vec![mode("battle", 2, false), mode("direct", 1, true)];
        let read = |name| {
            let choice = Choice::of(&adapter, name);
            let mode = choice.mode.map(|mode| mode.name.as_str());
            (mode, choice.model, choice.side, choice.answers())
        };
        assert_eq!(read("battle"), (Some("battle"), "default", None, 2));
        assert_eq!(read("battle@b"), (Some("battle"), "default", Some(1), 1));
        assert_eq!(read("direct:llama3:8b"), (Some("direct"), "llama3:8b", None, 1));
        assert_eq!(read("llama3:8b"), (None, "llama3:8b", None, 1));
        assert_eq!(read("battle:x"), (None, "battle:x", None, 1), "it chooses its own");
        assert_eq!(Choice::of(&adapter, "battle").sides(), Sides::Both);
        assert_eq!(Choice::of(&adapter, "direct:llama3:8b").sides(), Sides::One(0));
        assert_eq!(read("direct@a"), (None, "direct@a", None, 1), "it has one side");
    }
}
