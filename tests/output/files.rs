//! Which files belong to whom, and what happens to them.

use crate::support::output::*;
use quay_render::diagnostic::codes::{OUTPUT_EDITED, OUTPUT_FOREIGN, OUTPUT_LOCK, OUTPUT_RELEASE};
use quay_render::output::{Change, Wanted, prepare};
use std::time::{Duration, SystemTime};

fn small() -> FileSet {
    set(&[("kustomization.yaml", "k"), ("quay/a.yaml", "a"), ("quay/deep/b.yaml", "b"), ("quay/secret-c.yaml", "c")])
}

/// Sets the time of every file to one long ago, and tells which files have another time later.
struct Touched<'a>(&'a Out);

impl<'a> Touched<'a> {
    fn since(out: &'a Out) -> Self {
        for (path, _) in out.snapshot() {
            fs::File::open(out.target.join(path)).unwrap().set_modified(Self::time()).unwrap();
        }
        Self(out)
    }

    fn time() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
    }

    fn files(&self) -> Vec<String> {
        let touched = |path: &str| {
            let metadata = fs::metadata(self.0.target.join(path)).unwrap();
            metadata.is_file() && metadata.modified().unwrap() != Self::time()
        };
        self.0.snapshot().into_keys().filter(|path| touched(path)).collect()
    }
}

#[test]
fn a_fresh_directory_holds_the_files_and_their_lock() {
    let out = Out::new();
    let target = out.dir.path().join("several/levels/out");
    let out = Out { target, ..out };
    let report = out.build(&small()).unwrap();
    let added = ["kustomization.yaml", "quay/a.yaml", "quay/deep/b.yaml", "quay/secret-c.yaml"];
    assert_eq!(report, Report { added: added.map(str::to_owned).to_vec(), ..Report::default() });
    let tree = out.snapshot();
    let names: Vec<&str> = tree.keys().map(String::as_str).collect();
    let mut expected = vec!["quay", "quay/deep", LOCK];
    expected.extend(added);
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(small().iter().all(|(path, file)| tree[path].1.as_deref() == Some(&file.bytes[..])));
    assert_eq!(locked(&out, "quay/a.yaml"), "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
    assert!(locked(&out, "quay/secret-c.yaml").starts_with("hmac-sha256:"));
}

#[test]
fn an_empty_set_is_a_directory_with_a_lock() {
    let out = Out::with(&set(&[]));
    assert_eq!(out.snapshot().into_keys().collect::<Vec<_>>(), [LOCK]);
    assert_eq!(out.text(LOCK), "{\n  \"version\": 1,\n  \"release\": \"3.5\",\n  \"files\": {}\n}\n");
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let out = Out::with(&small());
    let (before, touched) = (out.snapshot(), Touched::since(&out));
    assert!(compare(&out.target, &small(), Some(&key()), false).unwrap().is_empty());
    assert_eq!(out.build(&small()).unwrap(), Report { unchanged: 4, ..Report::default() });
    assert_eq!(touched.files(), [""; 0]);
    assert_eq!(out.snapshot(), before);
}

#[test]
fn only_what_changed_is_written() {
    let out = Out::with(&small());
    let touched = Touched::since(&out);
    let mut files = small();
    files.insert("quay/a.yaml", File { bytes: b"other".to_vec(), secret: false });
    files.insert("redis/d.yaml", File { bytes: b"d".to_vec(), secret: false });
    let plan = compare(&out.target, &files, Some(&key()), false).unwrap();
    let changes: Vec<_> = plan.changes().filter(|(_, change)| *change != Change::Unchanged).collect();
    assert_eq!(changes, [("quay/a.yaml", Change::Changed), ("redis/d.yaml", Change::Added)]);
    assert!(!out.has("redis"), "comparing wrote");
    let report = out.build(&files).unwrap();
    assert_eq!((report.changed, report.added), (vec!["quay/a.yaml".to_owned()], vec!["redis/d.yaml".to_owned()]));
    assert_eq!((report.removed, report.unchanged), (vec![], 3));
    assert_eq!(touched.files(), ["quay-render.lock", "quay/a.yaml", "redis/d.yaml"]);
}

#[test]
fn what_is_no_longer_wanted_goes_with_the_directories_that_it_empties() {
    let out = Out::with(&small());
    out.put("quay/README.md", "mine");
    fs::create_dir_all(out.target.join("empty/of/mine")).unwrap();
    let report = out.build(&set(&[("kustomization.yaml", "k")])).unwrap();
    assert_eq!(report.removed, ["quay/a.yaml", "quay/deep/b.yaml", "quay/secret-c.yaml"]);
    let names: Vec<String> = out.snapshot().into_keys().collect();
    assert_eq!(names, ["empty", "empty/of", "empty/of/mine", "kustomization.yaml", "quay", LOCK, "quay/README.md"]);
}

#[test]
fn files_of_others_stay() {
    let out = Out::new();
    out.put("README.md", "mine");
    out.put("quay/patch.yaml", "mine");
    out.put(".git/config", "mine");
    for files in [small(), set(&[("kustomization.yaml", "k")]), small()] {
        out.build(&files).unwrap();
        for path in ["README.md", "quay/patch.yaml", ".git/config"] {
            assert_eq!(out.text(path), "mine");
        }
    }
}

#[test]
fn a_file_of_others_in_the_way_is_refused_unless_it_is_the_same() {
    let out = Out::new();
    out.put("kustomization.yaml", "k");
    out.put("quay/a.yaml", "mine");
    out.put("quay/secret-c.yaml", "mine too");
    out.refuses(&small(), &[(OUTPUT_FOREIGN, "quay/a.yaml"), (OUTPUT_FOREIGN, "quay/secret-c.yaml")]);
    let report = out.force(&small()).unwrap();
    assert_eq!(report.changed, ["quay/a.yaml", "quay/secret-c.yaml"]);
    assert_eq!((report.added, report.unchanged), (vec!["quay/deep/b.yaml".to_owned()], 1));
    assert_eq!(out.mode("quay/secret-c.yaml"), 0o600, "it was open to others");
    assert_eq!(out.build(&set(&[])).unwrap().removed.len(), 4, "all are quay-render's own now");
}

#[test]
fn an_edit_is_not_lost_unasked() {
    let out = Out::with(&small());
    for path in ["kustomization.yaml", "quay/a.yaml", "quay/secret-c.yaml"] {
        out.put(path, "edited");
    }
    out.put("quay/deep/b.yaml", "edited to what is wanted now");
    let files =
        set(&[("quay/a.yaml", "a"), ("quay/deep/b.yaml", "edited to what is wanted now"), ("quay/secret-c.yaml", "c")]);
    let edited = ["kustomization.yaml", "quay/a.yaml", "quay/secret-c.yaml"].map(|path| (OUTPUT_EDITED, path));
    out.refuses(&files, &edited);
    let report = out.force(&files).unwrap();
    assert_eq!((report.removed, report.changed.len()), (vec!["kustomization.yaml".to_owned()], 2));
    assert_eq!(report.unchanged, 1);
    assert_eq!((out.text("quay/a.yaml"), out.text("quay/secret-c.yaml")), ("a".to_owned(), "c".to_owned()));
}

#[test]
fn a_file_that_a_person_deleted_is_written_again() {
    let out = Out::with(&small());
    let before = out.snapshot();
    fs::remove_file(out.target.join("kustomization.yaml")).unwrap();
    fs::remove_dir_all(out.target.join("quay/deep")).unwrap();
    assert_eq!(out.build(&small()).unwrap().added, ["kustomization.yaml", "quay/deep/b.yaml"]);
    assert_eq!(out.snapshot(), before);
    fs::remove_file(out.target.join("kustomization.yaml")).unwrap();
    let report = out.build(&set(&[("quay/a.yaml", "a")])).unwrap();
    assert_eq!(report.removed, ["quay/deep/b.yaml", "quay/secret-c.yaml"]);
}

#[test]
fn a_lost_lock_is_made_again_from_files_that_are_the_same() {
    let out = Out::with(&small());
    let before = out.snapshot();
    fs::remove_file(out.target.join(LOCK)).unwrap();
    assert_eq!(out.build(&small()).unwrap(), Report { unchanged: 4, ..Report::default() });
    assert_eq!(out.snapshot(), before);
}

#[test]
fn a_secret_is_known_again_by_its_key_alone() {
    let secret = |text| set(&[("secret-a.yaml", text)]);
    let other = LockKey::derive(&[b"another key"]);
    // The key that it was written under, the one of the next build, and whether that build can replace it.
    let cases = [
        (Some(key()), Some(&other), false),
        (Some(key()), None, false),
        (None, Some(&other), false),
        (None, None, false),
        (Some(LockKey::derive(&[b"another key"])), Some(&other), true),
    ];
    for (first, second, known) in cases {
        let out = Out::new();
        write(&out.target, &secret("one"), first.as_ref(), false).unwrap();
        let before = out.snapshot();
        let outcome = write(&out.target, &secret("two"), second, false);
        if known {
            assert_eq!(outcome.unwrap().changed, ["secret-a.yaml"]);
            continue;
        }
        out.assert_refused(outcome, &before, &[(OUTPUT_EDITED, "secret-a.yaml")]);
        let removal = write(&out.target, &set(&[]), second, false);
        out.assert_refused(removal, &before, &[(OUTPUT_EDITED, "secret-a.yaml")]);
        // The same content is not a question, whatever the key; the lock then goes with the new one.
        let report = write(&out.target, &secret("one"), second, false).unwrap();
        assert_eq!((report.unchanged, report.changed.len()), (1, 0));
        assert_eq!(locked(&out, "secret-a.yaml") == "secret", second.is_none());
        assert_eq!(write(&out.target, &secret("two"), second, true).unwrap().changed, ["secret-a.yaml"]);
    }
}

#[test]
fn no_message_holds_what_is_in_a_secret() {
    let out = Out::with(&set(&[("secret-a.yaml", "hunter2")]));
    out.put("secret-a.yaml", "hunter3");
    let failure = out.build(&set(&[("secret-a.yaml", "hunter4")])).unwrap_err();
    assert!(!format!("{failure} {failure:?}").contains("hunter"), "{failure}");
    assert!(!out.text(LOCK).contains("hunter"));
}

#[test]
fn another_release_is_refused_even_with_force_and_with_all_else() {
    let out = Out::with(&small());
    out.put("quay/a.yaml", "edited");
    let mut files = FileSet::new("3.6");
    files.insert("quay/a.yaml", File { bytes: b"new".to_vec(), secret: false });
    out.refuses(&files, &[(OUTPUT_RELEASE, LOCK), (OUTPUT_EDITED, "quay/a.yaml")]);
    let before = out.snapshot();
    out.assert_refused(out.force(&files), &before, &[(OUTPUT_RELEASE, LOCK)]);
}

#[test]
fn modes_do_not_depend_on_what_was_there() {
    let out = Out::with(&small());
    assert_eq!((out.mode("quay"), out.mode("quay/deep"), mode(&out.target)), (0o755, 0o755, 0o755));
    assert_eq!((out.mode("quay/a.yaml"), out.mode(LOCK), out.mode("quay/secret-c.yaml")), (0o644, 0o644, 0o600));
    // A checkout opens a secret to others; the next time that it is written it is closed again.
    fs::set_permissions(out.target.join("quay/secret-c.yaml"), fs::Permissions::from_mode(0o644)).unwrap();
    let mut files = small();
    files.insert("quay/secret-c.yaml", File { bytes: b"new".to_vec(), secret: true });
    out.build(&files).unwrap();
    assert_eq!(out.mode("quay/secret-c.yaml"), 0o600);
}

#[test]
fn what_is_staged_and_not_carried_out_leaves_no_trace() {
    let out = Out::with(&small());
    let before = out.snapshot();
    let other = set(&[("d/a.yaml", "changed"), ("new/b.yaml", "new")]);
    let wanted = Wanted {
        target: &out.target,
        within: None,
        files: Some(&other),
        key: Some(&key()),
        force: false,
        review: None,
    };
    let staged = prepare(wanted).unwrap();
    assert!(out.has(STAGING) && !out.has(JOURNAL));
    drop(staged);
    assert_eq!(out.snapshot(), before);
    drop(prepare(wanted).unwrap().released());
    assert_eq!(out.snapshot(), before);
    let none = out.dir.path().join("deep/er/none");
    drop(prepare(Wanted { target: &none, ..wanted }).unwrap().released());
    assert!(!out.dir.path().join("deep").exists());
    prepare(wanted).unwrap().released().commit().unwrap();
    assert_eq!(out.text("new/b.yaml"), "new");
    assert!(!out.has(STAGING));
}

#[test]
fn another_run_in_between_is_not_overwritten() {
    let out = Out::with(&small());
    let (mine, theirs) = (set(&[("d/a.yaml", "mine")]), set(&[("d/a.yaml", "theirs")]));
    let wanted =
        Wanted { target: &out.target, within: None, files: Some(&mine), key: Some(&key()), force: false, review: None };
    let staged = prepare(wanted).unwrap().released();
    out.build(&theirs).unwrap();
    let Err(Failure::Refused(problems)) = staged.commit() else { panic!("not refused") };
    assert!(problems.iter().all(|problem| problem.code == OUTPUT_LOCK));
    assert_eq!(out.text("d/a.yaml"), "theirs");
    // What another run has staged is not removed with what was given up.
    let (staged, held) = (prepare(wanted).unwrap().released(), prepare(wanted).unwrap());
    drop(staged);
    assert!(out.has(STAGING));
    held.commit().unwrap();
    assert_eq!(out.text("d/a.yaml"), "mine");
}

#[test]
fn a_directory_that_is_given_up_keeps_what_is_not_quay_renders() {
    let out = Out::with(&set(&[("a.yaml", "a"), ("d/b.yaml", "b"), ("d/secret.yaml", "s")]));
    out.put("d/mine.yaml", "mine");
    let gone = |key: Option<&LockKey>, force: bool| {
        prepare(Wanted { target: &out.target, within: None, files: None, key, force, review: None })
    };
    let before = out.snapshot();
    out.put("a.yaml", "edited");
    let Err(Failure::Refused(problems)) = gone(Some(&key()), false) else { panic!("not refused") };
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [OUTPUT_EDITED]);
    out.put("a.yaml", "a");
    let Err(Failure::Refused(_)) = gone(None, false) else { panic!("a secret was told from an edit without its key") };
    assert_eq!(out.snapshot(), before);
    let report = gone(Some(&key()), false).unwrap().commit().unwrap();
    assert_eq!(report.removed, ["a.yaml", "d/b.yaml", "d/secret.yaml"]);
    assert_eq!(out.snapshot().into_keys().collect::<Vec<_>>(), ["d", "d/mine.yaml"]);
    assert!(gone(None, false).unwrap().commit().unwrap().removed.is_empty());
}
