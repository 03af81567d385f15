//! What charts and budgets read: roll-ups, never the log.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};

use super::{
    Ledger,
    rollup::{DAY, HOUR, MINUTE, kind, sums_of},
    sums::{COLUMNS, Sums},
};
use crate::StoreError;

/// Minutes are kept so long, then hours; days stay.
pub(super) const MINUTES_KEPT: i64 = 2 * DAY;
pub(super) const HOURS_KEPT: i64 = 40 * DAY;

/// What the lines of a chart are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// One line of everything.
    #[default]
    All,
    /// One a model.
    Model,
    /// One a key.
    Key,
    /// One a target.
    Target,
    /// One a way to end.
    Outcome,
}

/// How far the points of a chart are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// 60 s. Kept for two days.
    Minute,
    /// 60 min. Kept for 40 days.
    Hour,
    /// 24 h, UTC. Kept.
    Day,
}

impl Step {
    /// Its length in milliseconds.
    #[must_use]
    pub fn millis(self) -> i64 {
        match self {
            Self::Minute => MINUTE,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// How long its points are kept, in milliseconds; for ever where absent.
    #[must_use]
    pub fn kept_millis(self) -> Option<i64> {
        match self {
            Self::Minute => Some(MINUTES_KEPT),
            Self::Hour => Some(HOURS_KEPT),
            Self::Day => None,
        }
    }
}

/// What a chart is asked for.
#[derive(Debug, Clone)]
pub struct ChartQuery {
    /// What its lines are.
    pub by: By,
    /// Of one key only.
    pub key: Option<String>,
    /// From this time on, Unix milliseconds.
    pub from_ms: i64,
    /// Up to this time, without it.
    pub to_ms: i64,
    /// How far its points are apart.
    pub step: Step,
    /// The most lines; what is left is one more.
    pub lines: u32,
}

/// A chart's figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// How far points are apart, in milliseconds.
    pub step_ms: i64,
    /// The busiest first.
    pub lines: Vec<Line>,
    /// What the other lines together would be; absent where all are there.
    pub others: Option<Line>,
}

/// A line of a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Of what.
    pub name: String,
    /// All of it together.
    pub sum: Sums,
    /// In order; a stretch of time in which nothing ended has none.
    pub points: Vec<Point>,
}

/// A point of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Point {
    /// When it begins, Unix milliseconds.
    pub start_ms: i64,
    /// What was counted.
    #[serde(flatten)]
    pub sums: Sums,
}

/// What a key has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyTotals {
    /// Requests that ended.
    pub requests: u64,
    /// Tokens, in and out.
    pub tokens: u64,
    /// Micro-USD.
    pub cost_micro_usd: u64,
}

impl KeyTotals {
    fn add(&mut self, [requests, tokens, cost]: [i64; 3]) {
        let whole = |number: i64| u64::try_from(number).unwrap_or(0);
        self.requests = self.requests.saturating_add(whole(requests));
        self.tokens = self.tokens.saturating_add(whole(tokens));
        self.cost_micro_usd = self.cost_micro_usd.saturating_add(whole(cost));
    }
}

impl By {
    fn column(self) -> &'static str {
        match self {
            Self::All => "''",
            Self::Model => "model",
            Self::Key => "key_name",
            Self::Target => "target",
            Self::Outcome => "outcome",
        }
    }

    fn kind(self) -> i64 {
        match self {
            Self::All => kind::ALL,
            Self::Model => kind::MODEL,
            Self::Key => kind::KEY,
            Self::Target => kind::TARGET,
            Self::Outcome => kind::OUTCOME,
        }
    }
}

impl Ledger {
    /// The figures of a chart.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn chart(&self, query: &ChartQuery) -> Result<Chart, StoreError> {
        let names = self.busiest(query).await?;
        let mut lines = Vec::with_capacity(names.len());
        for name in names {
            lines.push(Line { name, ..Line::default() });
        }
        let places: HashMap<String, usize> =
            lines.iter().enumerate().map(|(at, line)| (line.name.clone(), at)).collect();
        for (name, point) in self.points(query, query.by, &lines).await? {
            let Some(line) = places.get(&name).and_then(|at| lines.get_mut(*at)) else { continue };
            line.sum.add(&point.sums);
            line.points.push(point);
        }
        let full = lines.len() >= query.lines as usize;
        let others = match full && query.by != By::All {
            true => self.others(query, &lines).await?,
            false => None,
        };
        Ok(Chart { step_ms: query.step.millis(), lines, others })
    }

    /// The names with the most requests.
    async fn busiest(&self, query: &ChartQuery) -> Result<Vec<String>, StoreError> {
        if query.by == By::All {
            return Ok(vec![String::new()]);
        }
        let mut text = QueryBuilder::new("SELECT ");
        text.push(query.by.column()).push(" AS name, SUM(requests) AS count");
        push_range(&mut text, query, query.by);
        text.push(" GROUP BY name ORDER BY count DESC, name LIMIT ")
            .push_bind(i64::from(query.lines));
        let rows = text.build().fetch_all(&self.database.reader).await?;
        Ok(rows.iter().map(|row| row.get("name")).collect())
    }

    /// The points of some lines, in order of time.
    async fn points(
        &self,
        query: &ChartQuery,
        by: By,
        lines: &[Line],
    ) -> Result<Vec<(String, Point)>, StoreError> {
        let step = query.step.millis();
        let mut text = QueryBuilder::new("SELECT start_ms - start_ms % ");
        text.push(step).push(" AS bucket, ").push(by.column()).push(" AS name");
        for column in COLUMNS {
            text.push(", SUM(").push(column).push(")");
        }
        push_range(&mut text, query, by);
        if by != By::All {
            text.push(" AND ").push(by.column()).push(" IN (");
            let mut names = text.separated(", ");
            for line in lines {
                names.push_bind(line.name.clone());
            }
            text.push(")");
        }
        text.push(" GROUP BY bucket, name ORDER BY bucket");
        let rows = text.build().fetch_all(&self.database.reader).await?;
        let point =
            |row: &SqliteRow| (row.get(1), Point { start_ms: row.get(0), sums: sums_of(row, 2) });
        Ok(rows.iter().map(point).collect())
    }

    /// Everything without some lines.
    async fn others(&self, query: &ChartQuery, lines: &[Line]) -> Result<Option<Line>, StoreError> {
        let mut rest = Line { name: "others".to_owned(), ..Line::default() };
        let mut known: HashMap<i64, Sums> = HashMap::new();
        for point in lines.iter().flat_map(|line| &line.points) {
            known.entry(point.start_ms).or_default().add(&point.sums);
        }
        for (_, mut point) in self.points(query, By::All, &[]).await? {
            if let Some(known) = known.get(&point.start_ms) {
                point.sums.take(known);
            }
            if point.sums.requests() > 0 {
                rest.sum.add(&point.sums);
                rest.points.push(point);
            }
        }
        Ok((!rest.points.is_empty()).then_some(rest))
    }

    /// What every key has used since a time, which must be a whole minute: the beginning of a
    /// budget's period. Keys that used nothing are absent.
    ///
    /// Whole days and hours are read from roll-ups, the rest of the first hour from the log. Where
    /// the log no longer reaches back so far, that hour counts as a whole: never too little.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn key_totals_since(
        &self,
        from_ms: i64,
    ) -> Result<HashMap<String, KeyTotals>, StoreError> {
        let up = |step: i64| (from_ms + step - 1).div_euclid(step) * step;
        let (day, mut hour) = (up(DAY), up(HOUR));
        let mut totals: HashMap<String, KeyTotals> = HashMap::new();
        if hour > from_ms {
            let oldest: Option<i64> =
                sqlx::query_scalar("SELECT opened_ms FROM requests ORDER BY opened_ms LIMIT 1")
                    .fetch_optional(&self.database.reader)
                    .await?;
            match oldest {
                Some(oldest) if oldest <= from_ms => {
                    self.sum_log((from_ms, hour), &mut totals).await?;
                }
                _ => hour -= HOUR,
            }
        }
        self.sum_rolled((HOUR, hour, day), &mut totals).await?;
        self.sum_rolled((DAY, day, i64::MAX), &mut totals).await?;
        Ok(totals)
    }

    async fn sum_rolled(
        &self,
        (step, from, to): (i64, i64, i64),
        totals: &mut HashMap<String, KeyTotals>,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT key_name, SUM(requests), SUM(input_tokens + cache_read_tokens + \
             cache_write_tokens + output_tokens), SUM(cost_micro_usd) FROM usage \
             WHERE kind = $1 AND step = $2 AND start_ms >= $3 AND start_ms < $4 GROUP BY key_name",
        )
        .bind(kind::KEY)
        .bind(step)
        .bind(from)
        .bind(to)
        .fetch_all(&self.database.reader)
        .await?;
        add_up(&rows, totals);
        Ok(())
    }

    async fn sum_log(
        &self,
        (from, to): (i64, i64),
        totals: &mut HashMap<String, KeyTotals>,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT (SELECT name FROM names WHERE id = key), COUNT(*), SUM(input_tokens + \
             cache_read_tokens + cache_write_tokens + output_tokens), SUM(cost_micro_usd) \
             FROM requests WHERE opened_ms >= $1 AND opened_ms < $2 GROUP BY key",
        )
        .bind(from)
        .bind(to)
        .fetch_all(&self.database.reader)
        .await?;
        add_up(&rows, totals);
        Ok(())
    }
}

/// Adds rows of a key, its requests, tokens and cost.
fn add_up(rows: &[SqliteRow], totals: &mut HashMap<String, KeyTotals>) {
    for row in rows {
        totals.entry(row.get(0)).or_default().add([row.get(1), row.get(2), row.get(3)]);
    }
}

/// Where the figures of a chart are. Those of one key by model or target are of the finest roll-up,
/// which is in minutes first, and later in hours and days.
fn push_range(text: &mut QueryBuilder<Sqlite>, query: &ChartQuery, by: By) {
    // Left to itself, SQLite walks everybody's rows of that time.
    text.push(match query.key {
        Some(_) => " FROM usage INDEXED BY usage_by_key WHERE ",
        None => " FROM usage WHERE ",
    });
    match &query.key {
        None => {
            text.push("kind = ").push_bind(by.kind());
            text.push(" AND step = ").push_bind(query.step.millis());
        }
        Some(key) if matches!(by, By::All | By::Key) => {
            text.push("key_name = ").push_bind(key.clone());
            text.push(" AND kind = ").push_bind(kind::KEY);
            text.push(" AND step = ").push_bind(query.step.millis());
        }
        Some(key) => {
            text.push("key_name = ").push_bind(key.clone());
            text.push(" AND kind = ").push_bind(kind::CUBE);
            text.push(" AND step IN (").push(format!("{MINUTE}, {HOUR}, {DAY}")).push(")");
        }
    }
    text.push(" AND start_ms >= ").push_bind(query.from_ms);
    text.push(" AND start_ms < ").push_bind(query.to_ms);
}
