//! Directories, locks and journals that somebody prepared to mislead a run.

use crate::support::files::make_pipe;
use crate::support::output::*;
use quay_render::diagnostic::codes::{OUTPUT_FOREIGN, OUTPUT_LOCK};
use quay_render::output::unfinished;
use std::io;
use std::os::unix::fs::symlink;

const BAD_PATHS: [&str; 12] = [
    "/etc/passwd",
    "../victim",
    "a/../../victim",
    "a/..",
    "./a",
    "a//b",
    "a/",
    "",
    "a\\\\b",
    ".git/config",
    ".quay-render.staging/0",
    ".quay-render.staging",
];

fn lock_text(path: &str, digest: &str) -> String {
    format!("{{\"version\": 1, \"release\": \"3.5\", \"files\": {{\"{path}\": \"{digest}\"}}}}")
}

#[test]
fn a_malformed_lock_is_refused_and_nothing_touched() {
    let sum = format!("sha256:{}", "0".repeat(64));
    let texts = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "{\"version\": 1}".to_owned(),
        "{\"version\": 2, \"release\": \"3.5\", \"files\": {}}".to_owned(),
        "{\"version\": \"1\", \"release\": \"3.5\", \"files\": {}}".to_owned(),
        "{\"version\": 1, \"release\": 3.5, \"files\": {}}".to_owned(),
        "{\"version\": 1, \"release\": \"3.5\", \"files\": [\"a.yaml\"]}".to_owned(),
        "{\"version\": 1, \"release\": \"3.5\", \"files\": {}, \"more\": 1}".to_owned(),
        "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n".to_owned(),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        lock_text("a.yaml", "md5:0"),
        lock_text("a.yaml", "sha256:0"),
        lock_text("a.yaml", "sha256:"),
        lock_text(LOCK, &sum),
    ];
    let attacks = BAD_PATHS.iter().map(|path| lock_text(path, &sum));
    for text in texts.into_iter().chain(attacks) {
        let out = Out::new();
        out.put("quay/b.yaml", "mine");
        out.put(LOCK, &text);
        out.refuses(&wanted(), &[(OUTPUT_LOCK, LOCK)]);
        let before = out.snapshot();
        out.assert_refused(out.force(&wanted()), &before, &[(OUTPUT_LOCK, LOCK)]);
    }
}

#[test]
fn a_lock_that_is_no_text_is_refused() {
    let out = Out::new();
    out.put("x", "");
    fs::write(out.target.join(LOCK), [0xff, 0xfe, 0x00]).unwrap();
    out.refuses(&wanted(), &[(OUTPUT_LOCK, LOCK)]);
    fs::remove_file(out.target.join(LOCK)).unwrap();
    fs::create_dir(out.target.join(LOCK)).unwrap();
    out.refuses(&wanted(), &[(OUTPUT_LOCK, LOCK)]);
    fs::remove_dir(out.target.join(LOCK)).unwrap();
    symlink(out.dir.path().join("elsewhere"), out.target.join(LOCK)).unwrap();
    out.refuses(&wanted(), &[(OUTPUT_LOCK, LOCK)]);
}

#[test]
fn a_lock_cannot_make_a_run_remove_what_is_outside() {
    let out = Out::with(&wanted());
    let victim = out.dir.path().join("victim");
    fs::write(&victim, "a").unwrap();
    let sum = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    for path in ["../victim", victim.to_str().unwrap()] {
        out.put(LOCK, &lock_text(path, sum));
        let before = out.snapshot();
        out.assert_refused(out.force(&set(&[])), &before, &[(OUTPUT_LOCK, LOCK)]);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "a");
    }
}

#[test]
fn a_malformed_journal_is_not_guessed_at() {
    let step =
        |path: &str, rest: &str| format!("{{\"version\": 1, @anchor@, \"steps\": [{{\"path\": \"{path}\", {rest}}}]}}");
    let idle = "\"was\": null, \"staged\": false";
    let staged = "\"was\": null, \"staged\": true";
    let mut texts = vec![
        String::new(),
        "{}".to_owned(),
        "{\"version\": 2, \"steps\": []}".to_owned(),
        "{\"version\": 1, @anchor@, \"steps\": {}}".to_owned(),
        step("a.yaml", idle),
        step("a.yaml", "\"was\": \"secret\", \"staged\": true"),
        step("a.yaml", "\"was\": \"sha256:0\", \"staged\": true"),
        step("a.yaml", "\"was\": null, \"staged\": true, \"more\": 1"),
        format!(
            "{{\"version\": 1, @anchor@, \"steps\": [{0}, {0}]}}",
            "{\"path\": \"a\", \"was\": null, \"staged\": true}"
        ),
    ];
    texts.extend(BAD_PATHS.iter().map(|path| step(path, staged)));
    for text in texts {
        let out = Out::with(&set(&[("a.yaml", "old")]));
        fs::write(out.dir.path().join("victim"), "a").unwrap();
        out.put(&format!("{STAGING}/0"), "content of an attack");
        put_text(&out, &text);
        assert!(unfinished(&out.target));
        let before = snapshot(out.dir.path());
        for force in [false, true] {
            let outcome = write(&out.target, &wanted(), Some(&key()), force);
            let Err(Failure::Refused(problems)) = outcome else { panic!("{text}: {outcome:?}") };
            assert!(problems.iter().all(|problem| problem.code == OUTPUT_LOCK), "{text}");
            assert_eq!(snapshot(out.dir.path()), before, "{text}");
        }
    }
}

#[test]
fn a_journal_behind_a_link_is_not_read() {
    let out = Out::with(&wanted());
    let other = Out::with(&wanted());
    put_journal(&other, "[{\"path\": \"a.yaml\", \"was\": null, \"staged\": true}]");
    symlink(other.target.join(STAGING), out.target.join(STAGING)).unwrap();
    assert!(!unfinished(&out.target));
    let before = out.snapshot();
    out.assert_refused(out.force(&set(&[])), &before, &[(OUTPUT_LOCK, STAGING)]);
    let out = Out::with(&wanted());
    put_journal(&out, "[]");
    fs::remove_file(out.target.join(JOURNAL)).unwrap();
    symlink("nowhere", out.target.join(JOURNAL)).unwrap();
    assert!(unfinished(&out.target));
    out.refuses(&wanted(), &[(OUTPUT_LOCK, JOURNAL)]);
}

#[test]
fn a_journal_does_not_write_through_a_link() {
    let out = Out::with(&wanted());
    fs::create_dir(out.dir.path().join("elsewhere")).unwrap();
    symlink("../elsewhere", out.target.join("link")).unwrap();
    out.put(&format!("{STAGING}/0"), "attack");
    put_journal(&out, "[{\"path\": \"link/x\", \"was\": null, \"staged\": true}]");
    let before = out.snapshot();
    out.assert_refused(out.force(&wanted()), &before, &[(OUTPUT_FOREIGN, "link")]);
    assert_eq!(fs::read_dir(out.dir.path().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn links_inside_are_never_followed_or_replaced() {
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("b.yaml"), "b").unwrap();
    for (link, goal) in
        [("a.yaml", "b.yaml"), ("a.yaml", "nothing"), ("quay", ""), ("quay", "nothing"), ("quay/b.yaml", "b.yaml")]
    {
        let out = Out::new();
        out.put("quay/mine", "");
        if link == "quay" {
            fs::remove_dir_all(out.target.join("quay")).unwrap();
        }
        symlink(elsewhere.path().join(goal), out.target.join(link)).unwrap();
        out.refuses(&wanted(), &[(OUTPUT_FOREIGN, link)]);
        let before = out.snapshot();
        out.assert_refused(out.force(&wanted()), &before, &[(OUTPUT_FOREIGN, link)]);
    }
    // The same where quay-render's own files were: nothing is removed through a link.
    let out = Out::with(&wanted());
    fs::remove_dir_all(out.target.join("quay")).unwrap();
    symlink(elsewhere.path(), out.target.join("quay")).unwrap();
    out.refuses(&set(&[("a.yaml", "a")]), &[(OUTPUT_FOREIGN, "quay")]);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[test]
fn a_staging_folder_that_is_a_link_is_not_cleared() {
    let out = Out::with(&wanted());
    fs::write(out.dir.path().join("victim"), "").unwrap();
    symlink(out.dir.path(), out.target.join(STAGING)).unwrap();
    let before = out.snapshot();
    out.assert_refused(out.build(&set(&[])), &before, &[(OUTPUT_LOCK, STAGING)]);
    assert!(out.dir.path().join("victim").exists());
}

#[test]
fn scrap_of_a_killed_run_is_removed_even_when_nothing_changed() {
    let out = Out::with(&wanted());
    let before = out.snapshot();
    out.put(&format!("{STAGING}/0/quay/x.yaml"), "half");
    symlink(out.dir.path(), out.target.join(STAGING).join("link")).unwrap();
    assert_eq!(out.build(&wanted()).unwrap().unchanged, 2);
    assert_eq!(out.snapshot(), before);
}

#[test]
fn a_directory_and_a_file_do_not_take_each_others_place() {
    let out = Out::new();
    out.put("a.yaml/mine", "");
    out.put("quay", "a file");
    out.refuses(&wanted(), &[(OUTPUT_FOREIGN, "a.yaml"), (OUTPUT_FOREIGN, "quay")]);
}

#[test]
fn a_pipe_is_refused_rather_than_read() {
    let out = Out::new();
    out.put("quay/mine", "");
    make_pipe(&out.target.join("a.yaml"));
    out.refuses(&wanted(), &[(OUTPUT_FOREIGN, "a.yaml")]);
}

#[test]
fn the_directory_itself_may_be_a_link_but_no_file() {
    let out = Out::new();
    fs::create_dir(out.dir.path().join("real")).unwrap();
    symlink("real", &out.target).unwrap();
    out.build(&wanted()).unwrap();
    assert_eq!(fs::read_to_string(out.dir.path().join("real/quay/b.yaml")).unwrap(), "b");

    let file = out.dir.path().join("file");
    fs::write(&file, "mine").unwrap();
    for target in [file.clone(), file.join("below"), out.dir.path().join("file/two/levels")] {
        for failure in [
            write(&target, &wanted(), None, true).map(drop).unwrap_err(),
            compare(&target, &wanted(), None, false).map(drop).unwrap_err(),
        ] {
            assert!(matches!(failure, Failure::Io { .. }), "{failure}");
            assert!(failure.to_string().starts_with(file.to_str().unwrap()), "{failure}");
        }
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_path_that_no_compiler_should_make_is_an_error() {
    let nested = set(&[("a", ""), ("a/b", "")]);
    let single =
        ["/x", "../x", "a/../x", "", "a//b", LOCK, JOURNAL, ".quay-render.staging/0"].map(|path| set(&[(path, "")]));
    for files in single.iter().chain([&nested]) {
        let out = Out::new();
        let Err(Failure::Io { source, .. }) = out.force(files) else { panic!("written") };
        assert_eq!(source.kind(), io::ErrorKind::InvalidInput);
        assert!(compare(&out.target, files, None, false).is_err());
        assert!(!out.target.exists());
    }
}
