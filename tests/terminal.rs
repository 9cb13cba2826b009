//! The output on a terminal, which Python provides.

use crate::support::fleet::{Ran, World};

#[test]
fn a_terminal_shows_how_far_it_is_and_keeps_no_trace() {
    let world = World::new();
    let script = "import os, pty, sys\n\
        out = b''\n\
        def read(fd):\n\
        \x20   global out\n\
        \x20   data = os.read(fd, 1024)\n\
        \x20   out += data\n\
        \x20   return data\n\
        sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read)))\n";
    let mut command = std::process::Command::new("python3");
    let arguments = ["build", "registries", "--out", "deploy", "--jobs", "1"];
    command.args(["-c", script, env!("CARGO_BIN_EXE_quay-render")]).args(arguments);
    let ran = Ran::of(command.current_dir(world.folder.path()).output().unwrap()).well();
    assert!(ran.stdout.contains("\r\x1b[K2 of 3 registries"), "{:?}", ran.stdout);
    let (_, rest) = ran.stdout.rsplit_once("\r\x1b[K").unwrap();
    assert!(rest.starts_with("deploy: 3 registries: "), "{rest:?}");
}
