//! A journal that was not written in its place, and how one passes through Git.

use crate::support::output::*;
use quay_render::diagnostic::codes::OUTPUT_LOCK;

#[test]
fn a_journal_that_was_not_written_where_it_lies_is_refused() {
    let steps = "[{\"path\": \"new.yaml\", \"was\": null, \"staged\": true}]";
    // Made here and now it is carried out; all others differ from it in one respect.
    let out = Out::with(&wanted());
    out.put(&format!("{STAGING}/0"), "attack");
    put_journal(&out, steps);
    assert!(out.build(&wanted()).unwrap().completed_journal);
    assert_eq!(out.text("new.yaml"), "attack");

    let prepared = || {
        let out = Out::with(&wanted());
        out.put(&format!("{STAGING}/0"), "attack");
        put_journal(&out, steps);
        out
    };
    let refused = |out: &Out| {
        out.refuses(&wanted(), &[(OUTPUT_LOCK, JOURNAL)]);
        let before = out.snapshot();
        out.assert_refused(out.force(&wanted()), &before, &[(OUTPUT_LOCK, JOURNAL)]);
        assert!(!out.has("new.yaml"));
    };
    // A copy that keeps everything which a copy can keep.
    let (one, other) = (prepared(), Out::new());
    let copied = std::process::Command::new("cp").arg("-a").arg(&one.target).arg(&other.target).status();
    assert!(copied.unwrap().success());
    refused(&other);
    // The same file, which something has happened to.
    fs::set_permissions(one.target.join(STAGING).join(".gitignore"), fs::Permissions::from_mode(0o640)).unwrap();
    refused(&one);
    // As Git would bring it: with numbers of another machine, with none, without the file that they are of.
    let out = prepared();
    out.put(JOURNAL, &format!("{{\"version\": 1, {}, \"steps\": {steps}}}", anchor(1, 1, 1)));
    refused(&out);
    out.put(JOURNAL, &format!("{{\"version\": 1, \"steps\": {steps}}}"));
    refused(&out);
    let out = prepared();
    fs::remove_file(out.target.join(STAGING).join(".gitignore")).unwrap();
    refused(&out);
}

#[test]
fn what_a_killed_run_leaves_git_does_not_take() {
    let out = Out::with(&wanted());
    out.put(&format!("{STAGING}/0"), "a secret");
    put_journal(&out, "[]");
    let git = |arguments: &[&str]| {
        let ran = std::process::Command::new("git").current_dir(&out.target).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{arguments:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    assert_eq!(git(&["ls-files"]), "a.yaml\nquay-render.lock\nquay/b.yaml\n");
}
