//! `validate` with the worst files within the size limit: no panic, no hang, no more than 64 MiB. Python measures,
//! because a child that the tests start themselves is counted with their own memory.

use std::fs;
use std::process::Command;

const LARGEST: usize = 4 << 20;
/// Runs a command and prints its exit code and the largest resident memory in KiB.
const MEASURE: &str = "import resource, subprocess, sys\n\
    ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)\n\
    print(ended.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

fn nasty() -> Vec<(&'static str, Vec<u8>)> {
    let fill = |piece: &str| piece.repeat(LARGEST / piece.len()).into_bytes();
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    vec![
        ("brackets", fill("[")),
        ("keys that are one", fill("a: b\n")),
        ("a list of nothing", fill("- \n")),
        ("quotes", fill("\"")),
        ("bytes that are no text", vec![0xff; LARGEST]),
        ("one long text", [b"REGISTRY_TITLE: ".to_vec(), vec![b'x'; LARGEST - 64]].concat()),
        ("aliases of aliases", bomb.into_bytes()),
        (
            "escapes",
            [b"REGISTRY_TITLE: \"".to_vec(), "\\n".repeat(LARGEST / 2 - 32).into_bytes(), b"\"".to_vec()].concat(),
        ),
        ("unknown names", (0..4000).map(|n| format!("{}{n}: 1\n", "X".repeat(1000))).collect::<String>().into_bytes()),
        ("markers", fill("-----BEGIN CERTIFICATE-----\n")),
    ]
}

#[test]
fn no_file_takes_more_than_64_mib_or_a_minute() {
    for (what, bytes) in nasty() {
        for file in ["config.yaml", "ssl.cert"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("config.yaml"), "PREFERRED_URL_SCHEME: https\n").unwrap();
            fs::write(folder.path().join("ssl.key"), "no key").unwrap();
            fs::write(folder.path().join(file), &bytes).unwrap();
            let mut command = Command::new("python3");
            command.args(["-c", MEASURE, env!("CARGO_BIN_EXE_quay-render"), "validate"]).arg(folder.path());
            let output = command.output().expect("this test needs python3");
            let text = String::from_utf8(output.stdout).unwrap();
            let (code, kib) = text.trim().split_once(' ').unwrap_or_else(|| panic!("{what} as {file}: no end"));
            assert_eq!(code, "1", "{what} as {file}");
            assert!(kib.parse::<u64>().unwrap() <= 64 << 10, "{what} as {file}: {kib} KiB");
        }
    }
}
