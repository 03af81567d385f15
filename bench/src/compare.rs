//! The gateway and nginx by turns over the same upstream: A B A B, medians, ratios.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Result;
use serde_json::Value;

use crate::stand::{self, Folder, KEY, Program};

/// What to compare.
#[derive(Debug, Clone, clap::Args)]
pub struct CompareArgs {
    /// The gateway's release binary.
    #[arg(long, default_value = "target/release/tabway")]
    pub binary: PathBuf,
    /// Rounds; each measures every proxy once.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Names of the scenarios; all of them without it.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Whom to measure, in this order.
    #[arg(long, value_delimiter = ',', default_value = "nginx,tabway,direct")]
    pub subjects: Vec<String>,
}

/// One way to load a proxy, with the figures that its table shows.
struct Scenario {
    name: &'static str,
    title: &'static str,
    args: &'static [&'static str],
    /// Runs against the upstream itself too.
    direct: bool,
    columns: &'static [Column],
}

/// Title, place in the measured JSON, factor.
type Column = (&'static str, &'static str, f64);

const LOAD: &[Column] = &[
    ("req/s", "/requests_per_s", 1.0),
    ("CPU us/req", "/cpu_us_per_request", 1.0),
    ("p50 us", "/latency/p50_us", 1.0),
    ("p99 us", "/latency/p99_us", 1.0),
    ("core %", "/core_share", 100.0),
    ("errors", "/errors", 1.0),
];

const STREAMS: &[Column] = &[
    ("live", "/live", 1.0),
    ("chunks/s", "/chunks_per_s", 1.0),
    ("CPU us/chunk", "/cpu_us_per_chunk", 1.0),
    ("first p50 us", "/first/p50_us", 1.0),
    ("lag p50 us", "/lag/p50_us", 1.0),
    ("lag p99 us", "/lag/p99_us", 1.0),
    ("PSS KiB/stream", "/pss_kib_per_stream", 1.0),
    ("RSS idle KiB", "/rss_idle_kib", 1.0),
    ("RSS after KiB", "/rss_10s_after_kib", 1.0),
    ("core %", "/core_share", 100.0),
    ("errors", "/errors", 1.0),
];

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "small",
        title: "P1: 64 connections, 0.5 KB requests, 597-byte replies",
        args: &["load", "--connections", "64"],
        direct: false,
        columns: LOAD,
    },
    Scenario {
        name: "large",
        title: "P4: 16 connections, 64 KiB requests",
        args: &["load", "--connections", "16", "--bytes", "65536"],
        direct: false,
        columns: LOAD,
    },
    Scenario {
        name: "single",
        title: "P5: one connection, one request at a time",
        args: &["load", "--connections", "1"],
        direct: true,
        columns: LOAD,
    },
    Scenario {
        name: "fixed",
        title: "P6: 500 requests a second, open loop, 64 connections",
        args: &["load", "--connections", "64", "--rate", "500"],
        direct: true,
        columns: LOAD,
    },
    Scenario {
        name: "flood",
        title: "P7: 64 streams at a time, 200 events each, no pause",
        args: &["flood", "--streams", "64"],
        direct: false,
        columns: &[
            ("chunks/s", "/chunks_per_s", 1.0),
            ("CPU us/chunk", "/cpu_us_per_chunk", 1.0),
            ("first p50 us", "/first/p50_us", 1.0),
            ("first p99 us", "/first/p99_us", 1.0),
            ("core %", "/core_share", 100.0),
            ("errors", "/errors", 1.0),
        ],
    },
    Scenario {
        name: "slow",
        title: "P8, P10, P11: 1,000 streams, an event each 100 ms",
        args: &["slow", "--streams", "1000", "--warmup", "3"],
        direct: false,
        columns: STREAMS,
    },
    Scenario {
        name: "crowd",
        title: "P9: 5,000 streams, an event each 100 ms",
        args: &["slow", "--streams", "5000", "--warmup", "5"],
        direct: false,
        columns: STREAMS,
    },
    Scenario {
        name: "start",
        title: "P13: exec to the first proxied 200, database opened",
        args: &[],
        direct: false,
        columns: &[("ms", "/first_answer_ms", 1.0)],
    },
];

/// Measures and prints a Markdown table for each scenario.
///
/// # Errors
/// When a program does not start or a measurement fails.
pub async fn run(args: CompareArgs) -> Result<()> {
    let wanted = |scenario: &&Scenario| {
        args.only.is_empty() || args.only.iter().any(|name| name == scenario.name)
    };
    for scenario in SCENARIOS.iter().filter(wanted) {
        let mut results: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for round in 1..=args.rounds {
            for subject in &args.subjects {
                if subject == "direct" && !scenario.direct {
                    continue;
                }
                let result = measure(scenario, subject, &args.binary).await?;
                eprintln!("{} round {round} {subject}: {result}", scenario.name);
                results.entry(subject.clone()).or_default().push(result);
            }
        }
        println!("{}", table(scenario, &results));
    }
    Ok(())
}

async fn measure(scenario: &Scenario, subject: &str, binary: &Path) -> Result<Value> {
    let upstream = stand::upstream()?;
    if scenario.args.is_empty() {
        let binary = binary.display().to_string();
        let upstream = upstream.addr.to_string();
        let args = ["start", subject, "--binary", &binary, "--upstream", &upstream];
        return stand::measured(&args.map(str::to_owned)).await;
    }
    let folder = Folder::new("compare")?;
    let (mut command, addr) = match subject {
        "nginx" => stand::nginx(folder.path(), upstream.addr)?,
        "tabway" => stand::tabway(
            binary,
            folder.path(),
            upstream.addr,
            Some(stand::PROXY_CORE),
            stand::MODELS,
        )?,
        _ => return stand::measured(&load_args(scenario, upstream.addr.to_string(), &[])).await,
    };
    let mut proxy = Program::start(&mut command, addr)?;
    proxy.ready().await?;
    stand::measured(&load_args(scenario, addr.to_string(), &[proxy.pid()])).await
}

fn load_args(scenario: &Scenario, addr: String, pids: &[u32]) -> Vec<String> {
    let mut args: Vec<String> = scenario.args.iter().map(|arg| (*arg).to_owned()).collect();
    args.extend(["--addr".to_owned(), addr, "--key".to_owned(), KEY.to_owned()]);
    for pid in pids {
        args.extend(["--pid".to_owned(), pid.to_string()]);
    }
    args
}

/// Medians of each figure, then the ratio to nginx in the same round: median and range.
fn table(scenario: &Scenario, results: &BTreeMap<String, Vec<Value>>) -> String {
    let mut text = format!("### {}\n\n| proxy |", scenario.title);
    for (title, ..) in scenario.columns {
        let _ = write!(text, " {title} |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---:|".repeat(scenario.columns.len()));
    for (subject, rounds) in results {
        let _ = write!(text, "\n| {subject} |");
        for (_, place, factor) in scenario.columns {
            let mut values = figures(rounds, place);
            let _ = write!(text, " {} |", shown(median(&mut values) * factor));
        }
    }
    let (Some(ours), Some(nginx)) = (results.get("tabway"), results.get("nginx")) else {
        return text;
    };
    text.push_str("\n| tabway / nginx |");
    for (_, place, _) in scenario.columns {
        let ratios = figures(ours, place).into_iter().zip(figures(nginx, place));
        let mut ratios: Vec<f64> = ratios.map(|(ours, theirs)| ours / theirs).collect();
        let median = median(&mut ratios);
        match median.is_finite() {
            true => {
                let (low, high) = (ratios[0], ratios[ratios.len() - 1]);
                let _ = write!(text, " {median:.2} ({low:.2}..{high:.2}) |");
            }
            false => text.push_str(" |"),
        }
    }
    text.push('\n');
    text
}

fn figures(rounds: &[Value], place: &str) -> Vec<f64> {
    let figure = |round: &Value| round.pointer(place).and_then(Value::as_f64);
    rounds.iter().map(|round| figure(round).unwrap_or(f64::NAN)).collect()
}

/// The middle one; for an even number the upper of the two.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn shown(value: f64) -> String {
    match value {
        _ if !value.is_finite() => String::new(),
        _ if value >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ratios_are_taken_round_by_round() {
        let round = |us: f64| json!({ "first_answer_ms": us });
        let results = BTreeMap::from([
            ("nginx".to_owned(), vec![round(10.0), round(20.0), round(40.0)]),
            ("tabway".to_owned(), vec![round(20.0), round(20.0), round(20.0)]),
        ]);
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == "start");
        let text = scenario.map(|scenario| table(scenario, &results)).unwrap_or_default();
        assert!(text.contains("| nginx | 20 |"), "{text}");
        assert!(text.contains("| tabway / nginx | 1.00 (0.50..2.00) |"), "{text}");
    }
}
