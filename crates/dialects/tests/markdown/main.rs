//! How true the answers of pages come out: `answers/` as real renderers drew them while they grew
//! (`record/`), decoded, and compared with what was drawn.
#![expect(clippy::expect_used, reason = "a test says what it relied on")]

mod compare;
mod recordings;

use compare::{code_of, compare, normal};
use recordings::{answers, recordings};

/// The least share of equal characters, over all answers.
const LEAST_EQUAL: f64 = 0.995;

#[test]
fn recorded_answers_come_out_as_they_were() {
    let answers = answers();
    let recordings = recordings();
    assert!(recordings.len() >= 200, "{} recordings", recordings.len());
    let (mut equal, mut all, mut worst) = (0, 0, (1.0_f64, String::new()));
    let mut wrong_code = Vec::new();
    for recording in &recordings {
        let right = normal(&answers[&recording.name]);
        let turn = recording.decode();
        let ours = normal(&turn.text);
        let same = compare(&right, &ours);
        let total = right.chars().count() + ours.chars().count();
        let ratio = 2.0 * same as f64 / total as f64;
        if std::env::var_os("SHOW_DIFFERENCES").is_some() && right != ours {
            println!(
                "== {} ({}) {ratio:.4}\n{}",
                recording.name,
                recording.page,
                compare::show(&right, &ours)
            );
        }
        if ratio < worst.0 {
            worst = (ratio, format!("{} ({})", recording.name, recording.page));
        }
        if code_of(&right) != code_of(&ours) {
            wrong_code.push(format!("{} ({})", recording.name, recording.page));
        }
        (equal, all) = (equal + 2 * same, all + total);
    }
    let ratio = equal as f64 / all as f64;
    println!("{} answers, {} characters: {:.3} % equal", recordings.len(), all / 2, 100.0 * ratio);
    println!("least equal: {:.3} %, {}", 100.0 * worst.0, worst.1);
    println!("answers with a difference inside code: {}", wrong_code.len());
    assert!(wrong_code.is_empty(), "{wrong_code:?}");
    assert!(ratio >= LEAST_EQUAL, "{ratio}");
}

#[test]
fn what_was_said_is_never_taken_back() {
    let mut rewritten = Vec::new();
    let (mut early, mut all) = (0, 0);
    for recording in recordings() {
        let turn = recording.decode();
        // Lists that were apart for a moment may have kept an empty line.
        let (said, whole) = (normal(&turn.text), normal(&recording.decode_last().text));
        if turn.rewritten || words(&said) != words(&whole) {
            rewritten.push(format!("{} ({})", recording.name, recording.page));
        }
        early += usize::from(turn.said_before_end);
        all += 1;
    }
    println!("{early} of {all} answers said something before their last record");
    assert!(rewritten.is_empty(), "{rewritten:?}");
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| *word != ">").collect()
}
