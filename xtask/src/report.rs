//! What is said while it works: one line a step, each with the time since the start.

use std::{
    fmt,
    process::ExitCode,
    time::{Duration, Instant},
};

/// Why a command ended without doing what was asked.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// A failure with its words.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// A wrong command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// The failure of a program that has said itself what was wrong.
    pub fn of_program(message: impl Into<String>, code: Option<i32>) -> Self {
        let code = code.and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0);
        Self { message: message.into(), code: code.unwrap_or(1) }
    }

    /// Whether the usage helps.
    pub fn is_usage(&self) -> bool {
        self.code == 2
    }

    /// The exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A step's result.
pub type Outcome<T> = Result<T, Failure>;

/// The clock of a run and its voice.
#[derive(Debug)]
pub struct Report {
    begun: Instant,
}

impl Report {
    /// Starts the clock.
    pub fn start() -> Self {
        Self { begun: Instant::now() }
    }

    /// Says what is done now or was found.
    pub fn say(&self, words: impl fmt::Display) {
        println!("[{}] {words}", seconds(self.begun.elapsed()));
    }

    /// Says a step, runs it, and says how long it took when that was noticeable.
    pub fn step<T>(
        &self,
        words: impl fmt::Display,
        work: impl FnOnce() -> Outcome<T>,
    ) -> Outcome<T> {
        self.say(format_args!("{words} ..."));
        let begun = Instant::now();
        let done = work()?;
        if begun.elapsed() >= Duration::from_secs(1) {
            self.say(format_args!("  done in {:.1} s", begun.elapsed().as_secs_f64()));
        }
        Ok(done)
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

fn seconds(time: Duration) -> String {
    format!("{:>6.1} s", time.as_secs_f64())
}
