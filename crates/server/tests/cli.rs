//! The command line as a program: what it prints, and to whom.

use std::{
    io::pipe,
    process::{Command, Stdio},
};

/// `tabway status | grep -q` closes the pipe as soon as it has seen enough.
#[test]
fn a_reader_that_has_left_is_no_failure() {
    for arguments in
        [&["adapter", "list"][..], &["adapter", "list", "--json"], &["completions", "bash"]]
    {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        let ended = Command::new(env!("CARGO_BIN_EXE_tabway"))
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && said.is_empty(), "{arguments:?}: {said}");
    }
}
