//! The program: parse arguments, run a command, turn its result into an exit code.

use std::process::ExitCode;

/// `synth` makes so many small values that the allocator is a sixth of its time; this one halves that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dify_cfn::cli::run()
}
