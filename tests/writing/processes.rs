//! Several processes, and processes that are killed: the test binary runs itself.

use crate::support::output::*;
use quay_render::output::unfinished;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const TARGET: &str = "QUAY_RENDER_TEST_TARGET";
const TREES: &str = "QUAY_RENDER_TEST_TREES";

/// Tree number `number`: ten of its files are in every tree with different content, two directories in every second
/// one.
fn tree(number: usize) -> FileSet {
    let mut files = set(&[("same.yaml", "the same")]);
    for index in 0..10 {
        let path = format!("quay/{}{index}.yaml", if index % 3 == 0 { "secret-" } else { "" });
        let text = format!("tree {number}, file {index}\n").repeat(50 * (index + 1));
        files.insert(path.clone(), File { bytes: text.into_bytes(), secret: path.contains("secret") });
    }
    for name in ["a/b/c.yaml", "a/d.yaml"] {
        files.insert(format!("only-{}/{name}", number % 2), File { bytes: vec![b'x'; 100], secret: false });
    }
    files
}

/// The content of a directory after `tree(number)` was written to it.
fn expected(number: usize) -> Snapshot {
    Out::with(&tree(number)).snapshot()
}

fn without_staging(mut tree: Snapshot) -> Snapshot {
    tree.retain(|path, _| !path.starts_with(STAGING));
    tree
}

/// The child process: it writes the trees one after the other.
#[test]
#[ignore = "run by the other tests of this file"]
fn child() {
    let Some(target) = std::env::var_os(TARGET) else { return };
    for number in std::env::var(TREES).unwrap().split(' ') {
        write(Path::new(&target), &tree(number.parse().unwrap()), Some(&key()), false).unwrap();
    }
}

/// The command that runs `child`, through `wrapper` if that is not empty.
fn command(wrapper: &[&str], test: &str, target: &Path, trees: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().map(std::ffi::OsStr::new).chain([this.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", test, "--ignored", "--test-threads=1"]);
    command.env(TARGET, target).env(TREES, trees).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn child_command(target: &Path, trees: &str) -> Command {
    command(&[], "writing::processes::child", target, trees)
}

/// Whether a program of the system works with these arguments.
fn works(words: &[&str]) -> bool {
    let outcome = Command::new(words[0]).args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    outcome.is_ok_and(|status| status.success())
}

/// After a kill there is one of the trees, or a journal for one; and the next write results in exactly `next`.
fn check_after_kill(out: &Out, trees: &[&Snapshot], next: usize, after: &str) -> bool {
    let unfinished = unfinished(&out.target);
    let found = without_staging(out.snapshot());
    assert!(unfinished || trees.contains(&&found), "{after}: a mixture without a journal");
    let report = out.build(&tree(next)).unwrap();
    assert_eq!(report.completed_journal, unfinished, "{after}");
    assert_eq!(out.snapshot(), expected(next), "{after}");
    unfinished
}

/// The system calls that change the disk, with their names on every architecture.
const CALLS: [&str; 13] = [
    "mkdir",
    "mkdirat",
    "chmod",
    "fchmodat",
    "fchmod",
    "write",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "flock",
];

#[test]
fn a_kill_at_any_system_call_leaves_a_whole_tree_or_a_journal() {
    let is_traced = works(&["strace", "-o", "/dev/null", "true"]);
    assert!(is_traced, "this test needs strace and leave to use it: run .ci/setup, which installs it");
    let (old, new) = (expected(0), expected(1));
    let (mut killed, mut interrupted) = (0, 0);
    for call in CALLS {
        for when in 1.. {
            let out = Out::with(&tree(0));
            let inject = format!("inject=?{call}:signal=KILL:when={when}");
            let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
            let status = command(&strace, "writing::processes::child", &out.target, "1").status().unwrap();
            if status.success() {
                break;
            }
            assert!(status.signal() == Some(9) || status.code() == Some(137), "{call} {when}: {status}");
            killed += 1;
            interrupted += usize::from(check_after_kill(&out, &[&old, &new], 1, &format!("{call} {when}")));
        }
    }
    assert!(killed > 80 && interrupted > 20, "{killed} kills, {interrupted} of them among the moves");
}

#[test]
fn a_kill_at_any_time_leaves_a_whole_tree_or_a_journal() {
    let trees = [expected(0), expected(1)];
    let out = Out::with(&tree(0));
    for round in 0..60_u64 {
        let mut child = child_command(&out.target, "1 0 ".repeat(200).trim_end()).spawn().unwrap();
        // Spread over the milliseconds after the start, as no clock and no chance is needed for that.
        sleep(Duration::from_micros(3_000 + round * 7_919 % 20_000));
        child.kill().unwrap();
        child.wait().unwrap();
        check_after_kill(&out, &[&trees[0], &trees[1]], 0, &format!("round {round}"));
    }
}

#[test]
fn runs_at_the_same_time_write_one_after_the_other() {
    let out = Out::new();
    let children: Vec<_> = (0..4)
        .map(|number| {
            let trees = format!("{number} {} ", number + 4).repeat(15);
            child_command(&out.target, trees.trim_end()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success(), "a run met the files of another one");
    }
    let last: Vec<Snapshot> = (4..8).map(expected).collect();
    assert!(last.contains(&out.snapshot()), "a mixture");
}

#[test]
fn a_run_waits_for_another_one() {
    let out = Out::with(&tree(0));
    let claim = fs::File::open(&out.target).unwrap();
    claim.lock().unwrap();
    let mut child = child_command(&out.target, "1").spawn().unwrap();
    sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it did not wait");
    assert_eq!(out.snapshot(), expected(0));
    drop(claim);
    assert!(child.wait().unwrap().success());
    assert_eq!(out.snapshot(), expected(1));
}

#[test]
fn a_mask_of_the_user_changes_nothing() {
    for mask in ["000", "022", "077", "277"] {
        let out = Out::new();
        let script = format!("umask {mask}; exec \"$0\" \"$@\"");
        let target = out.target.join("below");
        assert!(
            command(&["sh", "-c", &script], "writing::processes::child", &target, "0").status().unwrap().success(),
            "{mask}"
        );
        assert_eq!(snapshot(&target), expected(0), "{mask}");
        assert_eq!((mode(&target), mode(&out.target)), (0o755, 0o755), "{mask}");
    }
}

#[test]
fn a_directory_that_cannot_be_written_to_leaves_the_old_tree() {
    let out = Out::with(&tree(0));
    let before = out.snapshot();
    fs::set_permissions(out.target.join("only-0/a/b"), fs::Permissions::from_mode(0o555)).unwrap();
    let outcome = out.build(&tree(1));
    fs::set_permissions(out.target.join("only-0/a/b"), fs::Permissions::from_mode(0o755)).unwrap_or_default();
    // To root it can be written to.
    if let Err(failure) = outcome {
        assert!(failure.to_string().contains("only-0/a/b/c.yaml"), "{failure}");
        assert_eq!(out.snapshot(), before);
    }
}

#[test]
fn a_limit_of_the_size_of_files_leaves_the_old_tree() {
    let mut failed = 0;
    for blocks in 0..40 {
        let out = Out::with(&tree(0));
        let before = out.snapshot();
        // The signal is ignored, so that the write fails rather than the process.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let status = command(&["sh", "-c", &script], "writing::processes::child", &out.target, "1").status().unwrap();
        if status.success() {
            assert_eq!(out.snapshot(), expected(1), "{blocks}");
            break;
        }
        failed += 1;
        assert_eq!(out.snapshot(), before, "{blocks}");
    }
    assert!(failed > 5, "only {failed} limits were too small");
}

/// Writes to a small disk at `TARGET` again and again, each time with a little more space.
#[test]
#[ignore = "run by the next test, with a disk of its own"]
fn full_disk_child() {
    let Some(disk) = std::env::var_os(TARGET).map(PathBuf::from) else { return };
    let (old, new) = (expected(0), expected(1));
    let target = disk.join("out");
    for fill in [fill_blocks, fill_inodes] {
        let mut failed = 0;
        for left in 0.. {
            write(&target, &tree(0), Some(&key()), true).unwrap();
            let filler = disk.join("filler");
            fs::create_dir(&filler).unwrap();
            fill(&filler, left);
            let outcome = write(&target, &tree(1), Some(&key()), false);
            assert!(is_clean(&target), "{left}: something was left");
            fs::remove_dir_all(&filler).unwrap();
            if outcome.is_ok() {
                assert_eq!(snapshot(&target), new, "{left}");
                break;
            }
            failed += 1;
            assert_eq!(snapshot(&target), old, "{left}: {outcome:?}");
        }
        assert!(failed > 10, "only {failed} sizes were too small");
    }
}

/// Fills the disk except for `left` pages.
fn fill_blocks(folder: &Path, left: u64) {
    use std::io::Write;
    let mut file = fs::File::create(folder.join("file")).unwrap();
    let mut size = 0;
    while let Ok(written) = file.write(&[0; 4096]) {
        size += written as u64;
    }
    file.set_len(size.saturating_sub(left * 4096)).unwrap();
}

/// Uses up the disk's inodes except for `left`.
fn fill_inodes(folder: &Path, left: u64) {
    let made = (0_u64..).take_while(|n| fs::File::create(folder.join(n.to_string())).is_ok()).count() as u64;
    for n in 0..left.min(made) {
        fs::remove_file(folder.join(n.to_string())).unwrap();
    }
}

#[test]
fn a_full_disk_leaves_the_old_tree() {
    // In a mount namespace of its own, so that no mount outlives the test.
    let namespaces = [["unshare", "-m"], ["unshare", "-rm"]];
    let dir = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=512k,nr_inodes=300 tmpfs {}", dir.path().display());
    let found = namespaces.iter().find(|[unshare, how]| works(&[unshare, how, "sh", "-c", &mount]));
    let unshare =
        found.expect("this test needs leave to mount a small disk in a namespace of its own: as root, or unshare -rm");
    let script = format!("{mount} && exec \"$0\" \"$@\"");
    let wrapper = [unshare[0], unshare[1], "sh", "-c", &script];
    let outcome = command(&wrapper, "writing::processes::full_disk_child", dir.path(), "")
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stdout));
}
