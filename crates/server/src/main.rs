//! The binary `tabway`.

fn main() {}
