//! `tabway completions`: what a shell needs to complete our commands.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

/// Prints the shell's script.
pub fn run(shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::Cli::command(), "tabway", &mut script);
    // Whoever reads may have seen enough.
    let _ = std::io::stdout().write_all(&script);
}
