//! `tabway completions`: what a shell needs to complete our commands.

use clap::CommandFactory as _;
use clap_complete::Shell;

/// Prints the shell's script.
pub fn run(shell: Shell) {
    clap_complete::generate(shell, &mut super::Cli::command(), "tabway", &mut std::io::stdout());
}
