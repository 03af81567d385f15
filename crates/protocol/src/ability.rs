//! What gateway and node understand beyond the first words of the protocol. Each says so of itself
//! in the handshake, and neither says to the other what that has not named.

use std::collections::BTreeSet;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IntoDeserializer, value},
};
use ts_rs::TS;

/// One such ability. What a seat's own report tells (`harvests`, `after`) needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// Conversations by their addresses: a job's `place`, `locate`, `pin` and what answers them.
    Places,
    /// To read the models of pages again: `reread`.
    Reread,
    /// To load a page again that nobody has used for long: `reload_idle`.
    ReloadIdle,
    /// Tools in a page's own dialog: a job's `tools`, and `tools_refused`.
    PageTools,
}

/// Abilities as one side tells them. Names of a later version are skipped: what they stand for is
/// not said to this one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Abilities(BTreeSet<Ability>);

impl Abilities {
    /// All that this version has.
    #[must_use]
    pub fn all() -> Self {
        Self(BTreeSet::from([
            Ability::Places,
            Ability::Reread,
            Ability::ReloadIdle,
            Ability::PageTools,
        ]))
    }

    /// Whether one is among them.
    #[must_use]
    pub fn has(&self, ability: Ability) -> bool {
        self.0.contains(&ability)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Abilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let known = |name: String| {
            let name: value::StringDeserializer<value::Error> = name.into_deserializer();
            Ability::deserialize(name).ok()
        };
        Ok(Self(names.into_iter().filter_map(known).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n8_names_of_a_later_version_are_skipped() {
        let told = r#"["reread", "telepathy", "reread"]"#;
        let abilities: Abilities = serde_json::from_str(told).expect("abilities");
        assert!(abilities.has(Ability::Reread) && !abilities.has(Ability::Places));
        assert_eq!(serde_json::to_string(&abilities).expect("JSON"), r#"["reread"]"#);
        assert!(serde_json::from_str::<Abilities>("[1]").is_err());
    }
}
