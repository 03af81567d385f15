//! `tabway logs`: the last requests, and those that end from now on.

use std::io::Write as _;

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::{
    Global,
    client::{Client, refusal, step},
    output::{failed, list, table, text},
};
use crate::exit::CliError;

/// The longest line of the gateway.
const MAX_LINE: usize = 1 << 20;

/// Arguments of `tabway logs`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Go on with requests as they end
    #[arg(short, long)]
    follow: bool,
    /// Only those that did not end well
    #[arg(long)]
    errors: bool,
    /// Of this key
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// For this model; with -f, a * at the end stands for any rest
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// How many of the last ones
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20)]
    lines: u32,
}

/// Prints and follows.
///
/// # Errors
/// When the gateway does not answer, or stops while it is followed.
pub async fn run(args: Args, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    // Followed first, so that none falls between the two.
    let feed = if args.follow { Some(open(&client, &args).await?) } else { None };
    let mut seen = Vec::new();
    if args.lines > 0 {
        let told = client.get(&format!("/api/requests?{}", asked(&args))).await?;
        let rows: Vec<&Value> = list(&told, "requests").iter().rev().collect();
        seen.extend(rows.iter().map(|row| text(row, "id")));
        print_all(global, &rows);
    }
    let Some(mut body) = feed else { return Ok(()) };
    let mut rest: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(failed)?.into_data() else { continue };
        rest.extend_from_slice(&bytes);
        while let Some(end) = memchr::memchr(b'\n', &rest) {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let Some(data) = line.strip_prefix(b"data: ") else { continue };
            let row: Value = serde_json::from_slice(data).map_err(failed)?;
            if seen.contains(&text(&row, "id")) {
                continue;
            }
            if !print_one(global, &row) {
                return Ok(());
            }
        }
        if rest.len() > MAX_LINE {
            return Err(failed("a line of the gateway is too long"));
        }
    }
    Err(failed("the gateway has stopped"))
}

async fn open(client: &Client, args: &Args) -> Result<hyper::body::Incoming, CliError> {
    let path = format!("/api/logs?{}", followed(args));
    let response = client.open_admin(Method::GET, &path, &Value::Null).await?;
    let status = response.status();
    let body = response.into_body();
    if status.is_success() {
        return Ok(body);
    }
    let bytes = body.collect().await.map_err(failed)?.to_bytes();
    Err(refusal(status, &serde_json::from_slice(&bytes).unwrap_or_default()))
}

fn asked(args: &Args) -> String {
    let mut query = vec![format!("limit={}", args.lines.min(1_000))];
    query.extend(args.errors.then(|| "outcome=failed".to_owned()));
    query.extend(names(args));
    query.join("&")
}

fn followed(args: &Args) -> String {
    let mut query = vec![format!("errors={}", args.errors)];
    query.extend(names(args));
    query.join("&")
}

fn names(args: &Args) -> impl Iterator<Item = String> {
    let key = args.key.as_deref().map(|key| format!("key={}", step(key)));
    let model = args.model.as_deref().map(|model| format!("model={}", step(model)));
    key.into_iter().chain(model)
}

/// What was there before, in columns.
fn print_all(global: &Global, rows: &[&Value]) {
    if global.json {
        rows.iter().for_each(super::output::line);
        return;
    }
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row)).collect();
    let head = ["TIME", "KEY", "MODEL", "OUTCOME", "TARGET", "TOKENS", "TOOK", "ID"];
    table(&head, cells).into_iter().for_each(super::output::line);
}

/// One request; whether somebody still reads.
fn print_one(global: &Global, row: &Value) -> bool {
    let mut line = match (global.json, row["lost"].as_u64()) {
        (true, _) => row.to_string(),
        (false, Some(lost)) => format!("... {lost} requests were missed"),
        (false, None) => cells(row).join("  "),
    };
    if !global.json && !text(row, "error").is_empty() {
        line.push_str(&format!("\n    {}", text(row, "error").replace(char::is_control, " ")));
    }
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}

fn cells(row: &Value) -> Vec<String> {
    // The log's rows have sums, a follower's lines have the counters.
    let usage = &row["usage"];
    let count = |name: &str| usage[name].as_u64().unwrap_or_default();
    let (input, output) = match usage.is_null() {
        true => (text(row, "input_tokens"), text(row, "output_tokens")),
        false => {
            let input = count("input") + count("cache_read") + count("cache_write");
            (input.to_string(), count("output").to_string())
        }
    };
    let time = row["opened_ms"].as_i64().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let or_dash = |name: &str| match text(row, name) {
        empty if empty.is_empty() => "-".to_owned(),
        some => some,
    };
    vec![
        time.map_or_else(|| text(row, "time"), |time| format!("{time:.3}")),
        or_dash("key_name"),
        or_dash("model"),
        or_dash("outcome"),
        or_dash("target"),
        format!("{input}+{output}"),
        format!("{} ms", text(row, "total_ms")),
        text(row, "id"),
    ]
}
