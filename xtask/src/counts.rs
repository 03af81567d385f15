//! The counts that test runners print at their end.

use std::{fmt, ops::AddAssign};

/// How many tests did what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Did what they should.
    pub passed: u64,
    /// Did not.
    pub failed: u64,
    /// Were not run.
    pub skipped: u64,
    /// Failed first and did what they should when run again; also among the passed.
    pub flaky: u64,
}

impl Counts {
    /// Adds what a line of a runner's output says: `cargo test`, `node --test` or vitest.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.passed += before(rest, "passed");
            self.failed += before(rest, "failed");
            self.skipped += before(rest, "ignored");
        } else if let Some(rest) = line.strip_prefix("ℹ ") {
            self.passed += after(rest, "pass ");
            // A test whose set-up failed is called cancelled.
            self.failed += after(rest, "fail ") + after(rest, "cancelled ");
            self.skipped += after(rest, "skipped ");
        } else if let Some(rest) = line.strip_prefix("Tests  ") {
            self.passed += before(rest, "passed");
            self.failed += before(rest, "failed");
            self.skipped += before(rest, "skipped");
        }
    }
}

/// The number before a word: `12` of `ok. 12 passed; 0 failed`.
fn before(text: &str, word: &str) -> u64 {
    let words: Vec<_> = text.split([' ', ';', '|']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|found| *found == word);
    at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
}

/// The number after a word: `3` of `pass 3`.
fn after(text: &str, word: &str) -> u64 {
    text.strip_prefix(word).and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.flaky += other.flaky;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped, flaky } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped, {flaky} flaky")
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn of(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.read(line));
        counts
    }

    #[test]
    fn each_runner_is_understood() {
        let cargo = "test result: ok. 12 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out";
        assert_eq!(of(&[cargo]), Counts { passed: 12, failed: 1, skipped: 3, flaky: 0 });
        let node = ["ℹ tests 7", "ℹ pass 4", "ℹ fail 2", "ℹ skipped 1", "ℹ cancelled 3"];
        assert_eq!(of(&node), Counts { passed: 4, failed: 5, skipped: 1, flaky: 0 });
        let vitest = "      Tests  1 failed | 33 passed | 2 skipped (36)";
        assert_eq!(of(&[vitest]), Counts { passed: 33, failed: 1, skipped: 2, flaky: 0 });
    }

    #[test]
    fn other_lines_count_for_nothing() {
        let lines = ["running 3 tests", "ok", "Test Files  2 passed (2)", "pass 9"];
        assert_eq!(of(&lines), Counts::default());
    }
}
