//! One turn with what was understood, in the tab in which it was taught.

use std::time::Duration;

use tabway_dialects::{
    chat::{Delta, Event, Failure},
    site_chat::{Sides, SiteDecoder},
};
use tabway_protocol::adapter::Adapter;
use tokio::time::Instant;

use crate::nodes::{JobEvent, JobOrder, Nodes, PAGES_OWN};

/// How long the tab may take to be ready for it.
const WAIT: Duration = Duration::from_secs(30);

/// How long the whole turn may take.
const TOTAL: Duration = Duration::from_secs(180);

/// How a trial went.
#[derive(Debug, Default)]
pub(super) struct Trial {
    pub(super) text: String,
    pub(super) pieces: usize,
    /// From the page having taken the prompt to the first text.
    pub(super) first_text: Option<Duration>,
    /// Until the page was done.
    pub(super) whole: Duration,
}

/// Runs the turn.
pub(super) async fn run(
    nodes: &Nodes,
    site: &str,
    adapter: &Adapter,
    lane: u64,
    prompt: &str,
) -> Result<Trial, Failure> {
    let order = JobOrder {
        lane: Some(lane),
        wait: WAIT,
        total: TOTAL,
        ..JobOrder::new(site, PAGES_OWN, prompt)
    };
    let mut job = nodes.start(order).await?;
    let mut decoder = SiteDecoder::new(&adapter.answer, Sides::default());
    let (mut trial, mut accepted) = (Trial::default(), Instant::now());
    loop {
        let mut events = Vec::new();
        let event = job.next().await;
        let over = match event {
            JobEvent::Accepted => {
                accepted = Instant::now();
                false
            }
            JobEvent::Record(record) => {
                decoder.push(record, &mut events)?;
                false
            }
            JobEvent::Done { .. } => {
                decoder.finish(&mut events)?;
                true
            }
            JobEvent::Failed { failure, .. } => return Err(failure),
        };
        for event in events {
            if let Event::Delta { delta: Delta::Text(more), .. } = event {
                trial.first_text.get_or_insert_with(|| accepted.elapsed());
                trial.text.push_str(&more);
                trial.pieces += 1;
            }
        }
        if over {
            trial.whole = accepted.elapsed();
            return Ok(trial);
        }
    }
}
