//! One price: what a million tokens of each kind cost, in whole micro-USD.

use serde::{Deserialize, Serialize};
use tabway_dialects::chat::Usage;

/// Tokens that a price is for.
const MILLION: u128 = 1_000_000;

/// Digits behind the point that a price in USD may have: its unit is the micro-USD.
const DIGITS: usize = 6;

/// The highest price: 1,000,000 USD per million tokens.
const MAX: u64 = 1_000_000_000_000;

/// Micro-USD per million tokens, by kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Price {
    /// Input that no cache covered.
    pub input: u64,
    /// Input read from the upstream's prompt cache.
    pub cache_read: u64,
    /// Input written to it.
    pub cache_write: u64,
    /// Output, reasoning included.
    pub output: u64,
}

/// What a request cost, in micro-USD. The total is the sum of the parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Of input that no cache covered.
    pub input: u64,
    /// Of input read from the cache.
    pub cache_read: u64,
    /// Of input written to it.
    pub cache_write: u64,
    /// Of output.
    pub output: u64,
}

impl Cost {
    /// All parts together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
            .saturating_add(self.output)
    }
}

impl Price {
    /// What so many tokens cost. Each part is rounded to the nearest micro-USD, half of one up, so
    /// that parts and total agree; what does not fit stays at the greatest number.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Cost {
        let part = |tokens: u64, price: u64| {
            let exact = u128::from(tokens) * u128::from(price);
            u64::try_from((exact + MILLION / 2) / MILLION).unwrap_or(u64::MAX)
        };
        Cost {
            input: part(usage.input, self.input),
            cache_read: part(usage.cache_read, self.cache_read),
            cache_write: part(usage.cache_write, self.cache_write),
            output: part(usage.output, self.output),
        }
    }
}

/// A price as files have it: USD per million tokens. What is absent of the cache costs what input
/// costs; `output` is absent where a model gives none.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenPrice {
    pub(super) input: Usd,
    #[serde(default)]
    pub(super) cache_read: Option<Usd>,
    #[serde(default)]
    pub(super) cache_write: Option<Usd>,
    #[serde(default)]
    pub(super) output: Option<Usd>,
}

impl WrittenPrice {
    /// The price in whole micro-USD.
    ///
    /// # Errors
    /// Words that name the part and say what fits.
    pub fn read(&self) -> Result<Price, String> {
        let part = |name: &str, usd: &Usd| usd.micro().map_err(|words| format!("{name}: {words}"));
        let input = part("input", &self.input)?;
        let or_input =
            |name, usd: &Option<Usd>| usd.as_ref().map_or(Ok(input), |usd| part(name, usd));
        Ok(Price {
            input,
            cache_read: or_input("cache_read", &self.cache_read)?,
            cache_write: or_input("cache_write", &self.cache_write)?,
            output: self.output.as_ref().map_or(Ok(0), |usd| part("output", usd))?,
        })
    }
}

/// An amount of USD: a number, or the same as a text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Usd {
    Whole(u64),
    Number(f64),
    Text(String),
}

impl Usd {
    fn micro(&self) -> Result<u64, String> {
        match self {
            Self::Whole(whole) => micro_of(&whole.to_string()),
            // The shortest text that means the same number, never with an exponent.
            Self::Number(number) => micro_of(&number.to_string()),
            Self::Text(text) => micro_of(text),
        }
    }
}

/// Micro-USD of a decimal text.
fn micro_of(text: &str) -> Result<u64, String> {
    let wrong = || {
        format!(
            "`{}` is not an amount of USD such as 2.5, with 6 digits behind the point at most",
            text.escape_debug()
        )
    };
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(rest) || rest.len() > DIGITS {
        return Err(wrong());
    }
    format!("{whole}{rest:0<DIGITS$}").parse().ok().filter(|micro| *micro <= MAX).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> Result<Price, String> {
        toml::from_str::<WrittenPrice>(text).map_err(|error| error.to_string())?.read()
    }

    #[test]
    fn numbers_and_texts_are_exact() {
        let price = written("input = 0.435\ncache_read = \"0.003625\"\noutput = 15").unwrap();
        let wanted =
            Price { input: 435_000, cache_read: 3_625, cache_write: 435_000, output: 15_000_000 };
        assert_eq!(price, wanted);
        assert_eq!(written("input = 0.1").unwrap().input, 100_000);
        assert_eq!(written("input = 0").unwrap().output, 0);
    }

    #[test]
    fn what_is_no_amount_is_said() {
        for bad in ["-1", "\"\"", "\"1,5\"", "0.0000001", "\".5\"", "\"1.\"", "1e30", "nan"] {
            assert!(written(&format!("input = {bad}")).is_err(), "{bad}");
        }
        assert!(written("input = 1\ninputs = 2").unwrap_err().contains("inputs"));
        assert!(written("output = 1").unwrap_err().contains("input"));
    }

    #[test]
    fn half_a_micro_usd_is_rounded_up() {
        let price = Price { input: 50_000, cache_read: 0, cache_write: 0, output: 0 };
        let cost = |input| price.cost(&Usage { input, ..Usage::default() }).total();
        assert_eq!((cost(9), cost(10), cost(30)), (0, 1, 2));
    }

    proptest! {
        #[test]
        fn nothing_overflows_and_the_parts_make_the_total(
            tokens in proptest::array::uniform4(any::<u64>()),
            prices in proptest::array::uniform4(0..=MAX),
        ) {
            let [input, cache_read, cache_write, output] = tokens;
            let usage = Usage { input, cache_read, cache_write, output, ..Usage::default() };
            let [input, cache_read, cache_write, output] = prices;
            let cost = Price { input, cache_read, cache_write, output }.cost(&usage);
            let parts = [cost.input, cost.cache_read, cost.cache_write, cost.output];
            prop_assert_eq!(cost.total(), parts.into_iter().fold(0, u64::saturating_add));
        }
    }
}
