//! The program: parse arguments, run a command, turn its result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    dify_cfn::cli::run()
}
