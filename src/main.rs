//! The program: parse arguments, run a command, turn its result into an exit code.

fn main() {}
