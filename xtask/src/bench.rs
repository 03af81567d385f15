//! `cargo xtask bench`: builds what is measured as it is released, then measures it.

use std::process::Command;

use crate::{
    process,
    report::{Outcome, Report},
    system, workspace,
};

/// Runs `tabway-bench` with these words; without any the comparison with nginx.
pub fn run(args: &[String], report: &mut Report) -> Outcome<()> {
    system::c_compiler(report)?;
    let compares = args.first().is_none_or(|command| command == "compare");
    if compares {
        system::nginx(report)?;
    }
    let programs = workspace::build_release(&["tabway", "tabway-bench"], report)?;
    let mut command = Command::new(programs.join("tabway-bench"));
    if args.is_empty() {
        command.arg("compare");
    }
    command.args(args).current_dir(workspace::root());
    process::run(&mut command, "the measurement failed")
}
