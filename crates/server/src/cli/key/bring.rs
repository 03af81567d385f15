//! Existing secrets: from standard input, a file, a variable, or, where it must be, an argument.

use std::{
    io::{BufRead, Read},
    path::Path,
};

use serde_json::{Value, json};

use crate::{
    cli::output::failed,
    config::{Environment, key_lines},
    exit::CliError,
};

/// The most that is read of a file of keys.
const MAX_BYTES: u64 = 32 << 20;

/// An existing secret to keep.
#[derive(Debug, Clone, clap::Args)]
pub struct Brought {
    /// Keep this existing secret: - reads it from standard input, file:PATH and env:NAME from
    /// there. Anything else is the secret itself, which others on this machine can see while the
    /// command runs
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    value: Option<String>,
}

impl Brought {
    /// The secret, where one is brought.
    pub(super) fn read(&self) -> Result<Option<String>, CliError> {
        let Some(value) = &self.value else { return Ok(None) };
        let read = if value == "-" {
            first_line(std::io::stdin().lock()).map_err(failed)?
        } else if let Some(path) = value.strip_prefix("file:") {
            let file = std::fs::File::open(path)
                .map_err(|error| failed(format_args!("{path}: {error}")))?;
            first_line(std::io::BufReader::new(file)).map_err(failed)?
        } else if let Some(name) = value.strip_prefix("env:") {
            let environment = Environment::of_process();
            let found = environment.get(name).map(str::to_owned);
            found.ok_or_else(|| failed(format_args!("the variable {name} is not set")))?
        } else {
            value.clone()
        };
        if read.is_empty() {
            return Err(failed("the secret to keep is empty"));
        }
        Ok(Some(read))
    }
}

fn first_line(input: impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    input.take(4_096).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// The keys of a file, as the gateway is told them.
pub(super) fn keys_of(file: &Path, prefix: Option<&str>) -> Result<Vec<Value>, CliError> {
    let mut all = String::new();
    let unreadable = |error: std::io::Error| failed(format_args!("{}: {error}", file.display()));
    let stdin = file == Path::new("-");
    if stdin {
        std::io::stdin().lock().take(MAX_BYTES).read_to_string(&mut all).map_err(unreadable)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        opened.take(MAX_BYTES).read_to_string(&mut all).map_err(unreadable)?;
    }
    let lines =
        key_lines(&all).map_err(|words| failed(format_args!("{}: {words}", file.display())))?;
    if lines.is_empty() {
        return Err(failed(format_args!("{}: it has no keys", file.display())));
    }
    let stem = file.file_stem().and_then(|stem| stem.to_str()).filter(|_| !stdin);
    let prefix = prefix.or(stem).unwrap_or("imported");
    let keys = (1..).zip(lines).map(|(number, line)| {
        let name = line.name.unwrap_or_else(|| format!("{prefix}-{number}"));
        json!({ "name": name, "value": line.value })
    });
    Ok(keys.collect())
}
