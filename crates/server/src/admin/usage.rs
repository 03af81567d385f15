//! Figures for charts, read from roll-ups.

use std::sync::Arc;

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_store::ledger::{By, ChartQuery, Step, now_ms};

use super::{error::ApiError, moment::Moment, permit::Permit, strict::StrictQuery};
use crate::app::App;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The most points of a line.
const MAX_POINTS: i64 = 1_500;

/// The most lines beside the one of all others.
const MAX_LINES: u32 = 100;

fn usual() -> u32 {
    20
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    by: WantedBy,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    from: Option<Moment>,
    #[serde(default)]
    to: Option<Moment>,
    #[serde(default)]
    step: Option<WantedStep>,
    #[serde(default = "usual")]
    lines: u32,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ChartBy")]
enum WantedBy {
    #[default]
    All,
    Model,
    Key,
    Target,
    Outcome,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ChartStep")]
enum WantedStep {
    Minute,
    Hour,
    Day,
}

pub(super) async fn chart(
    _permit: Permit,
    State(app): State<Arc<App>>,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Json<Value>, ApiError> {
    let query = query(wanted, now_ms()).map_err(ApiError::invalid)?;
    let chart = app.store.ledger().chart(&query).await?;
    Ok(Json(json!({
        "from_ms": query.from_ms,
        "to_ms": query.to_ms,
        "step_ms": chart.step_ms,
        "lines": chart.lines,
        "others": chart.others,
    })))
}

fn query(wanted: Wanted, now: i64) -> Result<ChartQuery, String> {
    let Wanted { by, key, from, to, step, lines } = wanted;
    let to_ms = to.map_or(now + 1, |moment| moment.0);
    let from_ms = from.map_or(to_ms.saturating_sub(DAY_MS), |moment| moment.0);
    let length = to_ms.checked_sub(from_ms).filter(|length| *length > 0 && from_ms >= 0);
    let length = length.ok_or("from: before `to`, and not before 1970")?;
    let age = now.saturating_sub(from_ms);
    let step = match step {
        Some(WantedStep::Minute) => Step::Minute,
        Some(WantedStep::Hour) => Step::Hour,
        Some(WantedStep::Day) => Step::Day,
        None if length <= 4 * HOUR_MS && age <= DAY_MS => Step::Minute,
        None if length <= 8 * DAY_MS && age <= 30 * DAY_MS => Step::Hour,
        None => Step::Day,
    };
    if let Some(kept) = step.kept_millis().filter(|kept| age > *kept) {
        let words = "such short steps are kept for so many days only:";
        return Err(format!("step: {words} {}; ask for longer ones", kept / DAY_MS));
    }
    if length / step.millis() > MAX_POINTS {
        return Err(format!("step: more than {MAX_POINTS} points; ask for longer steps"));
    }
    if !(1..=MAX_LINES).contains(&lines) {
        return Err(format!("lines: 1 to {MAX_LINES}"));
    }
    let by = match by {
        WantedBy::All => By::All,
        WantedBy::Model => By::Model,
        WantedBy::Key => By::Key,
        WantedBy::Target => By::Target,
        WantedBy::Outcome if key.is_some() => {
            return Err("by: how the requests of one key ended is counted in each line".to_owned());
        }
        WantedBy::Outcome => By::Outcome,
    };
    // The first point begins where its step does.
    let from_ms = from_ms - from_ms % step.millis();
    Ok(ChartQuery { by, key, from_ms, to_ms, step, lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Result<ChartQuery, String> {
        let wanted: Wanted = serde_json::from_str(text).map_err(|error| error.to_string())?;
        query(wanted, 100 * DAY_MS)
    }

    #[test]
    fn the_step_suits_the_stretch_of_time() {
        let step = |text| asked(text).unwrap().step;
        assert_eq!(step("{}"), Step::Hour);
        assert_eq!(step(r#"{"from":"8636400000"}"#), Step::Minute);
        assert_eq!(step(r#"{"from":"1970-01-05T00:00:00Z"}"#), Step::Day);
        let early = asked(r#"{"from":"1970-01-05T10:00:00Z"}"#).unwrap();
        assert_eq!(early.from_ms, 4 * DAY_MS, "a day begins at midnight");
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        for (bad, words) in [
            (r#"{"from":"5","to":"5"}"#, "from: before"),
            (r#"{"from":"-5"}"#, "from: before"),
            (r#"{"from":"1970-01-05T00:00:00Z","step":"minute"}"#, "kept for so many days only: 2"),
            (r#"{"from":"1970-04-09T00:00:00Z","step":"minute"}"#, "more than 1500 points"),
            (r#"{"lines":0}"#, "lines: 1 to 100"),
            (r#"{"by":"outcome","key":"a"}"#, "counted in each line"),
            (r#"{"from":"yesterday"}"#, "not a moment"),
        ] {
            let error = asked(bad).unwrap_err();
            assert!(error.contains(words), "{bad}: {error}");
        }
    }
}
