//! The `quay-render` program: parse, call, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    quay_render::cli::run()
}
