//! Prices by a model's name.

use std::{collections::HashMap, fmt};

use super::Price;

/// Names and their prices. An exact name wins, then the same name without a date at its end
/// (`gpt-4o-2024-08-06`, `kimi-20250711`), then the longest pattern with a `*` at its end.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Table {
    exact: HashMap<String, Price>,
    /// What stands before the `*`, the longest first.
    heads: Vec<(String, Price)>,
}

impl Table {
    /// A table of patterns. Of two that are alike the later one stands.
    ///
    /// # Errors
    /// Words that name a pattern which is none.
    pub fn new(entries: impl IntoIterator<Item = (String, Price)>) -> Result<Self, String> {
        let mut table = Self::default();
        for (pattern, price) in entries {
            let head = pattern.strip_suffix('*');
            let plain = head.unwrap_or(&pattern);
            if pattern.is_empty() || pattern.len() > 200 || plain.contains('*') {
                let words = "is not a model's name, or its beginning with a * behind it";
                return Err(format!("`{}` {words}", pattern.escape_debug()));
            }
            match head {
                Some(head) => {
                    table.heads.retain(|(known, _)| known != head);
                    table.heads.push((head.to_owned(), price));
                }
                None => {
                    table.exact.insert(pattern, price);
                }
            }
        }
        table.heads.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        Ok(table)
    }

    /// The price of a model.
    #[must_use]
    pub fn find(&self, model: &str) -> Option<Price> {
        let exact = self.exact.get(model);
        let undated = || without_date(model).and_then(|model| self.exact.get(model));
        let by_head = || {
            let mut heads = self.heads.iter();
            heads.find(|(head, _)| model.starts_with(head)).map(|(_, price)| price)
        };
        exact.or_else(undated).or_else(by_head).copied()
    }

    /// Patterns and prices, in order.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, Price)> {
        let exact = self.exact.iter().map(|(name, price)| (name.clone(), *price));
        let heads = self.heads.iter().map(|(head, price)| (format!("{head}*"), *price));
        let mut entries: Vec<_> = exact.chain(heads).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.heads.is_empty()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table of {} prices", self.exact.len() + self.heads.len())
    }
}

/// The name before `-YYYY-MM-DD` or `-YYYYMMDD`.
fn without_date(model: &str) -> Option<&str> {
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    ["-0000-00-00", "-00000000"].into_iter().find_map(|date| {
        let at = model.len().checked_sub(date.len()).filter(|at| *at > 0)?;
        let (name, end) = (model.get(..at)?, model.get(at..)?);
        shape(end, date).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(input: u64) -> Price {
        Price { input, cache_read: 0, cache_write: 0, output: 0 }
    }

    #[test]
    fn exact_then_undated_then_the_longest_pattern() {
        let entries = [("gpt*", 1), ("gpt-4o*", 2), ("gpt-4o", 3), ("gpt-4o-2024-05-13", 4)];
        let table =
            Table::new(entries.map(|(name, input)| (name.to_owned(), price(input)))).unwrap();
        let of = |model| table.find(model).map(|price| price.input);
        assert_eq!(of("gpt-4o"), Some(3));
        assert_eq!(of("gpt-4o-2024-05-13"), Some(4));
        assert_eq!(of("gpt-4o-2024-08-06"), Some(3));
        assert_eq!(of("gpt-4o-20240806"), Some(3));
        assert_eq!(of("gpt-4o-mini"), Some(2));
        assert_eq!(of("gpt-4o-0806"), Some(2));
        assert_eq!(of("gpt-5"), Some(1));
        assert_eq!(of("o3"), None);
        assert_eq!(of("-2024-08-06"), None);
        assert_eq!(of("ä-2024-08-06"), None);
        assert_eq!(table.entries().len(), 4);
    }

    #[test]
    fn a_star_stands_at_the_end_alone() {
        for bad in ["", "*gpt", "g*t", "gpt**"] {
            assert!(Table::new([(bad.to_owned(), price(1))]).is_err(), "{bad}");
        }
        assert!(Table::new([("*".to_owned(), price(1))]).is_ok());
    }
}
