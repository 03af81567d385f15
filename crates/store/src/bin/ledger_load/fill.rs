//! Many rows, like those of a busy quarter: 1,000 keys, 50 models, 60 targets, one failure in
//! fifty, spread over the last 90 days.

use std::{error::Error, time::Instant};

use tabway_dialects::{chat::Usage, ids::RequestId};
use tabway_store::{
    Store,
    ledger::{Attempt, Ended, Opened, now_ms},
};
use uuid::Uuid;

const KEYS: u64 = 1_000;
const MODELS: u64 = 50;
const DAYS_MS: i64 = 90 * 24 * 3_600_000;

/// Pieces whose cost is told one by one.
const PIECES: u64 = 10;

/// How many may wait for the writer.
const AHEAD: u64 = 20_000;

const FAILURES: [(&str, &str); 5] = [
    ("upstream_rate_limited", "the upstream limits us: requests per minute used up"),
    ("upstream_error", "the upstream answered 503: the engine is overloaded, try again later"),
    ("first_token_timeout", "nothing came for 120 s"),
    ("upstream_unreachable", "connection reset by peer"),
    ("context_length_exceeded", "the prompt is too long for the model: 131072 tokens at most"),
];

/// Writes so many rows through the spool, as requests do, and says what each tenth of them cost.
pub(super) async fn fill(store: &Store, count: u64) -> Result<(), Box<dyn Error>> {
    let begin = now_ms() - DAYS_MS;
    let piece = (count / PIECES).max(1);
    let mut chance = 0x2545_f491_4f6c_dd1d_u64;
    let mut piece_began = Instant::now();
    for at in 0..count {
        let share = i128::from(DAYS_MS) * i128::from(at) / i128::from(count);
        write(store, begin + i64::try_from(share)?, &mut chance)?;
        if (at + 1) % AHEAD == 0 {
            store.ledger().flush().await;
        }
        if (at + 1) % piece == 0 {
            store.ledger().flush().await;
            let took = piece_began.elapsed().as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a rate")]
            let (rate, each) = (piece as f64 / took, took * 1e6 / piece as f64);
            println!("{:>10} rows: {rate:.0} a second, {each:.1} us each", at + 1);
            piece_began = Instant::now();
        }
    }
    Ok(())
}

/// Xorshift: the same rows each time.
fn next(chance: &mut u64) -> u64 {
    *chance ^= *chance << 13;
    *chance ^= *chance >> 7;
    *chance ^= *chance << 17;
    *chance >> 11
}

fn write(store: &Store, opened_ms: i64, chance: &mut u64) -> Result<(), Box<dyn Error>> {
    // The square makes some keys and models much busier than others.
    let skewed = |chance: &mut u64, most: u64| {
        let one = next(chance) % (most * most);
        (0..most).find(|at| (at + 1) * (at + 1) > one).unwrap_or(0)
    };
    let key_name = format!("key-{:04}", next(chance) % KEYS);
    let model = skewed(chance, MODELS);
    let target = format!("provider-{}/model-{model:02}", next(chance) % 2);
    let failure = next(chance)
        .is_multiple_of(50)
        .then(|| FAILURES[usize::try_from(next(chance)).unwrap_or(0) % FAILURES.len()]);
    let (outcome, error) = match failure {
        Some((outcome, words)) => (outcome, format!("{words} (trace {:012x})", next(chance))),
        None => ("ok", String::new()),
    };
    let total_ms = 200 + next(chance) % 20_000;
    let mut slot = store.ledger().reserve().ok_or("no slot")?;
    slot.opened(Opened {
        request: RequestId::from_uuid(Uuid::now_v7()),
        client_id: None,
        key_name,
        surface: "openai_chat".to_owned(),
        model: format!("model-{model:02}"),
        stream: !next(chance).is_multiple_of(3),
        opened_ms,
    })?;
    slot.attempt(Attempt {
        target: target.clone(),
        kind: "provider".to_owned(),
        node: None,
        lane: None,
        conversation: String::new(),
        outcome: outcome.to_owned(),
        accepted: true,
        losses: String::new(),
        error: error.clone(),
        total_ms,
        account: "main".to_owned(),
        route: "the only target".to_owned(),
    });
    let answered = failure.is_none();
    let output = if answered { next(chance) % 2_000 } else { 0 };
    slot.finish(Ended {
        outcome: outcome.to_owned(),
        target: if answered { target } else { String::new() },
        usage: Usage { input: next(chance) % 8_000, output, ..Usage::default() },
        cost_micro_usd: output * 10,
        priced: answered,
        error,
        first_byte_ms: answered.then_some(total_ms / 4),
        total_ms,
    })?;
    Ok(())
}
