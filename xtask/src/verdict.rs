//! What a suite of tests came to.

use std::process::Command;

use crate::{counts::Counts, process, report::Outcome};

/// The line after which `node --test` repeats what failed, with the reasons.
const NODE_REPEATS: &str = "✖ failing tests:";

/// What a suite came to.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Of its tests.
    pub counts: Counts,
    /// What went wrong besides counted tests.
    pub trouble: Vec<String>,
    /// What failing tests said, also of those that passed when run again.
    pub said: Vec<String>,
}

impl Verdict {
    /// Whether all of it did what it should.
    pub fn is_good(&self) -> bool {
        self.trouble.is_empty() && self.counts.failed == 0
    }

    /// A step that must succeed and counts no tests.
    pub fn require(&mut self, outcome: Outcome<()>) {
        if let Err(failure) = outcome {
            println!("{failure}");
            self.trouble.push(failure.to_string().lines().next().unwrap_or_default().to_owned());
        }
    }

    /// A test runner, with its counts.
    pub fn tests(&mut self, command: &mut Command, title: &str) -> Outcome<()> {
        let before = self.counts;
        let good = process::run_watched(command, |line| self.counts.read(line))?;
        if !good && self.counts.failed == before.failed {
            self.trouble.push(format!("{title} failed"));
        }
        if good && self.counts == before {
            self.trouble.push(format!("{title} ran no test"));
        }
        Ok(())
    }

    /// What `node --test` printed of one file.
    pub fn file(&mut self, name: &str, good: bool, printed: &str) {
        let mut counts = Counts::default();
        printed.lines().for_each(|line| counts.read(line));
        if !good && counts.failed == 0 {
            self.trouble.push(format!("{name} failed"));
        }
        if good && counts == Counts::default() {
            self.trouble.push(format!("{name} ran no test"));
        }
        if let Some((_, reasons)) = printed.split_once(NODE_REPEATS) {
            self.said.push(format!("{name}\n{}", reasons.trim_matches('\n')));
        }
        self.counts += counts;
    }

    /// The same file again, which failed first: what failed then is flaky where it passes now.
    pub fn passed_again(mut first: Self, again: Self) -> Self {
        if again.is_good() {
            first.counts = Counts { flaky: first.counts.failed.max(1), ..again.counts };
            first.trouble.clear();
        } else {
            first.counts = again.counts;
            first.trouble = again.trouble;
            first.said = again.said;
        }
        first
    }

    /// Takes another along.
    pub fn add(&mut self, other: Self) {
        self.counts += other.counts;
        self.trouble.extend(other.trouble);
        self.said.extend(other.said);
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Verdict};

    const FAILED: &str =
        "ℹ pass 2\nℹ fail 1\n\n✖ failing tests:\n\ntest at a.mjs:1:1\n✖ one\n  why\n";

    fn of(good: bool, printed: &str) -> Verdict {
        let mut verdict = Verdict::default();
        verdict.file("a.test.mjs", good, printed);
        verdict
    }

    #[test]
    fn what_passes_when_run_again_is_flaky_and_still_told() {
        let verdict = Verdict::passed_again(of(false, FAILED), of(true, "ℹ pass 3\nℹ fail 0"));
        assert!(verdict.is_good());
        assert_eq!(verdict.counts, Counts { passed: 3, failed: 0, skipped: 0, flaky: 1 });
        assert_eq!(verdict.said, ["a.test.mjs\ntest at a.mjs:1:1\n✖ one\n  why"]);
    }

    #[test]
    fn what_fails_twice_has_failed() {
        let verdict = Verdict::passed_again(of(false, FAILED), of(false, FAILED));
        assert!(!verdict.is_good());
        assert_eq!(verdict.counts, Counts { passed: 2, failed: 1, skipped: 0, flaky: 0 });
        assert_eq!(verdict.said.len(), 1);
    }

    #[test]
    fn a_file_that_dies_or_holds_no_test_is_trouble() {
        assert_eq!(of(false, "Killed").trouble, ["a.test.mjs failed"]);
        assert_eq!(of(true, "ℹ pass 0").trouble, ["a.test.mjs ran no test"]);
    }
}
