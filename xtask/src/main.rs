//! `cargo xtask`: the commands of a new clone. They install what is missing, say what they do, and
//! repeat no step that is done.

mod bench;
mod browser_tests;
mod cache;
mod counts;
mod demo;
mod extension;
mod node;
mod process;
mod python;
mod report;
mod rig;
mod run_file;
mod site;
mod sites;
mod soak;
mod stage;
mod system;
mod test;
mod verdict;
mod workspace;

use std::{env, process::ExitCode};

use report::{Failure, Report};

const USAGE: &str = "usage: cargo xtask COMMAND

  demo [--once] [--site gradio|streamlit|...]  start the gateway, pair a headless Chromium, ask its page
  test [--only rust|extension|e2e ...]        run everything and print the counts
  sites [--write] [gradio ...]                the tests of the real sites alone; --write: docs/SITES.md
  stage COMMAND...                            a command with all that the end-to-end tests stand on
  extension [--check]                         build the extension's packages; --check: compare only
  soak decoders|canaries|vault [COUNT]        what takes too long for each change (docs/SOAK.md)
  bench [compare|bridge|nodes|crash ...]      measure release builds (docs/BENCHMARKS.md)

Downloads go to $XDG_CACHE_HOME/tabway (~/.cache/tabway).";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut report = Report::start();
    let ended = match args.split_first() {
        Some((command, rest)) => match command.as_str() {
            "demo" => demo::run(rest, &mut report),
            "test" => test::run(rest, &mut report),
            "sites" => sites::run(rest, &mut report),
            "stage" => stage::run(rest, &mut report),
            "extension" => extension::run(rest, &mut report),
            "soak" => soak::run(rest, &mut report),
            "bench" => bench::run(rest, &mut report),
            "help" | "--help" | "-h" => {
                println!("{USAGE}");
                Ok(())
            }
            other => Err(Failure::usage(format!("there is no command `{other}`"))),
        },
        None => Err(Failure::usage("say which command")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            if failure.is_usage() {
                eprintln!("\n{USAGE}");
            }
            failure.exit_code()
        }
    }
}
