//! What a key may use, as it is set.

use tabway_store::KeyLimits;

use crate::limits::{Calendar, MOST, Period};

/// A million of them are a dollar.
const MICRO: f64 = 1_000_000.0;

/// Checked limits of a key; without a limit where absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    /// Requests in a minute.
    pub rpm: Option<u64>,
    /// Tokens in a minute.
    pub tpm: Option<u64>,
    /// Requests at once.
    pub concurrency: Option<u32>,
    /// Money in a period.
    pub budget: Option<Allowance>,
}

/// So much money in each period.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Micro-USD.
    pub micro_usd: u64,
    /// In which time.
    pub calendar: Calendar,
}

impl Policy {
    /// Checks what is written. A budget is for a month unless it says otherwise, in UTC.
    ///
    /// # Errors
    /// Words that name the field.
    pub fn read(written: &KeyLimits) -> Result<Self, String> {
        let in_range = |name: &str, number: Option<u64>| match number {
            Some(number) if !(1..=MOST).contains(&number) => {
                Err(format!("{name}: at least 1; leave it out for no limit"))
            }
            number => Ok(number),
        };
        let concurrency = match written.concurrency {
            Some(0) => return Err("concurrency: at least 1; leave it out for no limit".to_owned()),
            concurrency => concurrency,
        };
        let period = written.period.as_deref().map(str::parse).transpose();
        let period: Option<Period> = period.map_err(|words| format!("period: {words}"))?;
        let zone = written.time_zone.as_deref();
        let budget = match in_range("budget_usd", written.budget_micro_usd)? {
            Some(micro_usd) => {
                let period = period.unwrap_or(Period::Month);
                let calendar = Calendar::new(period, zone.unwrap_or("UTC"))
                    .map_err(|error| format!("time_zone: {error}"))?;
                Some(Allowance { micro_usd, calendar })
            }
            None if period.is_some() || zone.is_some() => {
                return Err("period and time_zone are of a budget: set budget_usd".to_owned());
            }
            None => None,
        };
        Ok(Self {
            rpm: in_range("rpm", written.rpm)?,
            tpm: in_range("tpm", written.tpm)?,
            concurrency,
            budget,
        })
    }
}

/// Dollars in micro-USD, to the nearest one.
///
/// # Errors
/// Where the number is no amount of money.
pub fn micro_usd(dollars: f64) -> Result<u64, String> {
    #[allow(clippy::cast_precision_loss, reason = "a bound, which may be off by a rounding")]
    let fits = dollars.is_finite() && (1.0..=MOST as f64).contains(&(dollars * MICRO).round());
    if !fits {
        return Err(format!("budget_usd: {dollars} is no amount of dollars"));
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in range by the check above"
    )]
    Ok((dollars * MICRO).round() as u64)
}

/// Micro-USD as people read them: `$5.00`, `$0.000125`.
#[must_use]
pub fn dollars(micro_usd: u64) -> String {
    let (whole, rest) = (micro_usd / 1_000_000, micro_usd % 1_000_000);
    if rest.is_multiple_of(10_000) {
        format!("${whole}.{:02}", rest / 10_000)
    } else {
        format!("${whole}.{rest:06}").trim_end_matches('0').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_and_written() {
        for (dollars_, micro, text) in
            [(5.0, 5_000_000, "$5.00"), (0.1, 100_000, "$0.10"), (0.000_125, 125, "$0.000125")]
        {
            assert_eq!(micro_usd(dollars_), Ok(micro));
            assert_eq!(dollars(micro), text);
        }
        for none in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9, 1e12] {
            assert!(micro_usd(none).is_err(), "{none}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let of = |change: fn(&mut KeyLimits)| {
            let mut limits = KeyLimits::default();
            change(&mut limits);
            Policy::read(&limits)
        };
        assert_eq!(of(|_| {}), Ok(Policy::default()));
        for (field, wrong) in [
            ("rpm", of(|limits| limits.rpm = Some(0))),
            ("tpm", of(|limits| limits.tpm = Some(MOST + 1))),
            ("concurrency", of(|limits| limits.concurrency = Some(0))),
            ("budget_usd", of(|limits| limits.period = Some("day".to_owned()))),
            ("period", of(|limits| limits.period = Some("fortnight".to_owned()))),
        ] {
            assert!(wrong.clone().unwrap_err().contains(field), "{wrong:?}");
        }
        let zone = of(|limits| {
            limits.budget_micro_usd = Some(1);
            limits.time_zone = Some("Mars/Olympus".to_owned());
        });
        assert!(zone.unwrap_err().contains("Mars/Olympus"));
        let budget = of(|limits| limits.budget_micro_usd = Some(7)).unwrap().budget.unwrap();
        assert_eq!((budget.micro_usd, budget.calendar.period), (7, Period::Month));
    }
}
