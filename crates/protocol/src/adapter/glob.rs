//! Path globs: `*` within a step, `**` over steps. Matching happens in the extension; here they are
//! only checked, so that a glob that could never match is refused when the file is read.

/// Why `glob` can match no path, or `None` where it is good.
pub(super) fn fault(glob: &str) -> Option<&'static str> {
    if !glob.starts_with('/') {
        return Some("a path glob begins with `/`");
    }
    if glob.contains(['?', '#']) {
        return Some("a glob is for the path alone: no query and no fragment");
    }
    if glob.contains(['[', ']', '{', '}', '\\']) {
        return Some("a glob knows `*` within a step and `**` over steps, and nothing else");
    }
    if glob.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("a path has no blanks; write them as the address bar shows them (`%20`)");
    }
    if glob.split('/').any(|step| step.contains("***")) {
        return Some("`***` means nothing; write `*` or `**`");
    }
    None
}
