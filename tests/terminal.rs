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

/// On a terminal `init` asks for what no option says; a wrong answer is asked for again.
#[test]
fn init_asks_on_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let script = "import os, pty, sys\n\
        child, terminal = pty.fork()\n\
        if child == 0:\n\
        \x20   os.execv(sys.argv[1], sys.argv[1:])\n\
        os.write(terminal, b'\\nkubernetes\\nreg.example.org\\nno\\ncert-manager\\nown\\n\\n\\n')\n\
        out = b''\n\
        try:\n\
        \x20   while data := os.read(terminal, 1024):\n\
        \x20       out += data\n\
        except OSError:\n\
        \x20   pass\n\
        sys.stdout.buffer.write(out)\n\
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n";
    let mut command = std::process::Command::new("python3");
    let arguments = ["init", "reg", "--access", "service"];
    command.args(["-c", script, env!("CARGO_BIN_EXE_quay-render")]).args(arguments);
    let said = Ran::of(command.current_dir(folder.path()).output().unwrap()).well().stdout;
    assert!(
        said.contains("Is it a fleet?") && said.contains("What is the cluster?") && said.contains("one of these"),
        "{said}"
    );
    assert!(!said.contains("How do clients reach"), "an option says it: {said}");
    let read = |path: &str| std::fs::read_to_string(folder.path().join("reg").join(path)).unwrap();
    assert!(read("config-bundle/config.yaml").contains("SERVER_HOSTNAME: reg.example.org\n"));
    assert!(read("config-bundle/config.yaml").contains("DB_URI: "));
    assert!(read("render-config.yaml").contains("from: certManager"));
}
