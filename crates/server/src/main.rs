//! The binary `tabway`.

fn main() -> std::process::ExitCode {
    tabway::cli::main()
}
