//! The one question: a streaming request, its answer printed as it arrives, and the timings.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    failed,
    local::{Local, refusal},
    voice::Voice,
};
use crate::{
    cli::output::line,
    exit::{CliError, Exit},
};

/// How long the whole answer may take.
const LIMIT: Duration = Duration::from_secs(180);

/// Asks, prints, and says how long it took.
pub(super) async fn ask(
    local: &Local,
    model: &str,
    prompt: &str,
    voice: &Voice,
) -> Result<(), CliError> {
    voice.say(&format!("asking {model}: {prompt}"));
    let words = format!("the answer was not complete within {} s", LIMIT.as_secs());
    timeout(LIMIT, stream(local, model, prompt, voice))
        .await
        .map_err(|_| CliError::new(Exit::Failure, words))?
}

async fn stream(local: &Local, model: &str, prompt: &str, voice: &Voice) -> Result<(), CliError> {
    let asked = Instant::now();
    let body = json!({
        "model": model,
        "stream": true,
        "messages": [{ "role": "user", "content": prompt }],
    });
    let response = local.post("/v1/chat/completions", &body).await?;
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let mut body = response.into_body();
    let mut lines = Lines::default();
    let mut seen = Seen::default();
    line("");
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(failed)?.into_data() else { continue };
        for data in lines.push(&bytes) {
            seen.take(&data, asked, voice)?;
        }
    }
    line("\n");
    seen.judge(asked, voice)
}

/// The `data:` lines of an event stream, cut where they end.
#[derive(Debug, Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = memchr::memchr(b'\n', &self.rest) {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            complete.extend(line.strip_prefix("data:").map(|data| data.trim().to_owned()));
        }
        complete
    }
}

/// What has come so far.
#[derive(Debug, Default)]
struct Seen {
    first: Option<Duration>,
    pieces: usize,
    done: bool,
}

impl Seen {
    fn take(&mut self, data: &str, asked: Instant, voice: &Voice) -> Result<(), CliError> {
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let event: Value = serde_json::from_str(data).map_err(failed)?;
        if let Some(words) = event["error"]["message"].as_str() {
            return Err(CliError::new(Exit::Failure, format!("the answer failed: {words}")));
        }
        let text = event["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
        if !text.is_empty() {
            self.first.get_or_insert_with(|| asked.elapsed());
            self.pieces += 1;
            voice.piece(text);
        }
        Ok(())
    }

    fn judge(&self, asked: Instant, voice: &Voice) -> Result<(), CliError> {
        match self.first {
            Some(first) if self.done => {
                voice.say(&format!(
                    "first words after {} ms, {} pieces, complete after {} ms",
                    first.as_millis(),
                    self.pieces,
                    asked.elapsed().as_millis()
                ));
                Ok(())
            }
            Some(_) => Err(CliError::new(Exit::Failure, "the answer broke off")),
            None => Err(CliError::new(Exit::Failure, "the answer is empty")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_are_found_however_the_bytes_are_cut() {
        let mut lines = Lines::default();
        assert!(lines.push(b": wait\n\nda").is_empty());
        assert_eq!(lines.push(b"ta: {\"a\":1}\r\n\ndata: [DO"), ["{\"a\":1}"]);
        assert_eq!(lines.push(b"NE]\n\n"), ["[DONE]"]);
    }
}
