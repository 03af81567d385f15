//! Running other programs: to their end, with their words passed on, or beside us until dropped.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::report::{Failure, Outcome};

/// Runs to the end with our own output.
pub fn run(command: &mut Command, failing: &str) -> Outcome<()> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::of_program(format!("{failing} ({}: {status})", words(command)), status.code()))
}

/// Runs to the end quietly; what it said is shown only where it failed.
pub fn run_quietly(command: &mut Command, failing: &str) -> Outcome<()> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(Failure::new(format!("{failing} ({})\n{}", words(command), tail(&said, 30))))
}

/// What it prints.
pub fn output(command: &mut Command) -> Outcome<String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!("{} failed: {}", words(command), tail(&said, 10))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end; whether it succeeded, and what it printed to its standard output.
pub fn heard(command: &mut Command) -> Outcome<(bool, String)> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started(command, &error))?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// Runs to the end, prints each line of its standard output at once and shows it to `line`.
/// Returns whether it succeeded.
pub fn run_watched(command: &mut Command, mut line: impl FnMut(&str)) -> Outcome<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    if let Some(stdout) = child.stdout.take() {
        for text in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&text);
            println!("{text}");
            line(&text);
        }
    }
    let status = child.wait().map_err(|error| not_started(command, &error))?;
    Ok(status.success())
}

/// A program that runs beside us; it is ended when this is dropped.
#[derive(Debug)]
pub struct Beside {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Beside {
    /// Starts it with its output in a file.
    pub fn start(command: &mut Command, name: &str, log: &Path) -> Outcome<Self> {
        let unusable =
            |error| Failure::new(format!("cannot write the log {}: {error}", log.display()));
        let file = File::create(log).map_err(unusable)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(unusable)?)
            .stderr(file)
            .spawn()
            .map_err(|error| not_started(command, &error))?;
        Ok(Self { child, name: name.to_owned(), log: log.to_owned() })
    }

    /// Waits until `ready` says so; fails when the program ends or the time is over.
    pub fn wait_until(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) -> Outcome<()> {
        let begun = Instant::now();
        while !ready() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.failure(&format!("ended at once ({status})")));
            }
            if begun.elapsed() > limit {
                return Err(self.failure(&format!("was not up within {} s", limit.as_secs())));
            }
            // Its state can only be asked for; this is the pause between two questions.
            thread::park_timeout(Duration::from_millis(100));
        }
        Ok(())
    }

    fn failure(&self, words: &str) -> Failure {
        let said = std::fs::read(&self.log).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        Failure::new(format!("{} {words}; its last words:\n{}", self.name, tail(&said, 20)))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that is free now.
pub fn free_port() -> Outcome<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Failure::new(format!("no port is free on loopback: {error}")))
}

/// Whether `GET path` on that port of loopback is answered with 200.
pub fn answers(port: u16, path: &str) -> bool {
    use std::io::Write;
    let limit = Duration::from_secs(5);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, limit) else { return false };
    let timed = stream.set_read_timeout(Some(limit)).is_ok();
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let sent = timed && stream.write_all(request.as_bytes()).is_ok();
    let mut first = String::new();
    sent && BufReader::new(stream).read_line(&mut first).is_ok()
        && first.split_whitespace().nth(1) == Some("200")
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot run {}: {error}", words(command)))
}

/// The command as a person would type it.
fn words(command: &Command) -> String {
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    let program = command.get_program().to_string_lossy();
    std::iter::once(program).chain(args).collect::<Vec<_>>().join(" ")
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
