//! Random histories of builds and of changes by people, compared with a model that fits on a page.

use crate::support::output::*;
use proptest::prelude::*;
use quay_render::diagnostic::codes::{OUTPUT_EDITED, OUTPUT_FOREIGN};
use quay_render::output::Change;

type Files = BTreeMap<&'static str, &'static str>;

const PATHS: [&str; 7] =
    ["a.yaml", "d-e/a.yaml", "d/a.yaml", "d/b.yaml", "d/e/c.yaml", "d/e/secret.yaml", "f/g/h.yaml"];
const TEXTS: [&str; 3] = ["one", "two", "three\n"];

#[derive(Clone, Debug)]
enum Action {
    Build {
        files: Files,
        force: bool,
    },
    /// A person writes or deletes a file, whoever it belongs to.
    Put(&'static str, &'static str),
    Delete(&'static str),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let path = || prop::sample::select(&PATHS[..]);
    let text = || prop::sample::select(&TEXTS[..]);
    let files = prop::collection::btree_map(path(), text(), 0..PATHS.len());
    let action = prop_oneof![
        4 => (files, prop::bool::weighted(0.3)).prop_map(|(files, force)| Action::Build { files, force }),
        2 => (path(), text()).prop_map(|(path, text)| Action::Put(path, text)),
        1 => path().prop_map(Action::Delete),
    ];
    prop::collection::vec(action, 1..12)
}

/// The content of the directory, and what quay-render wrote there.
#[derive(Default)]
struct Model {
    disk: Files,
    owned: Files,
}

impl Model {
    /// Why a build is refused.
    fn problems(&self, wanted: &Files) -> Vec<(Code, &'static str)> {
        let problem = |path: &&'static str| {
            let found = self.disk.get(path)?;
            match (wanted.get(path), self.owned.get(path)) {
                (Some(text), _) if text == found => None,
                (_, Some(text)) if text == found => None,
                (_, Some(_)) => Some((OUTPUT_EDITED, *path)),
                (Some(_), None) => Some((OUTPUT_FOREIGN, *path)),
                (None, None) => None,
            }
        };
        PATHS.iter().filter_map(problem).collect()
    }

    fn change(&self, wanted: &Files, path: &str) -> Option<Change> {
        match (wanted.get(path), self.disk.get(path)) {
            (Some(_), None) => Some(Change::Added),
            (Some(text), Some(found)) => Some(if text == found { Change::Unchanged } else { Change::Changed }),
            (None, Some(_)) => self.owned.contains_key(path).then_some(Change::Removed),
            (None, None) => None,
        }
    }

    fn build(&mut self, wanted: &Files) {
        self.disk.retain(|path, _| !self.owned.contains_key(path));
        self.disk.extend(wanted);
        self.owned = wanted.clone();
    }
}

fn check(out: &Out, model: &mut Model, action: &Action) {
    match action {
        Action::Put(path, text) => {
            out.put(path, text);
            model.disk.insert(path, text);
        }
        Action::Delete(path) => {
            if model.disk.remove(path).is_some() {
                // As Git does it, with the directories that it empties.
                fs::remove_file(out.target.join(path)).unwrap();
                let parents = Path::new(path).ancestors().skip(1).filter(|parent| *parent != Path::new(""));
                let _ = parents.map(|parent| fs::remove_dir(out.target.join(parent))).take_while(Result::is_ok).count();
            }
        }
        Action::Build { files, force } => {
            let wanted = set(&files.iter().map(|(path, text)| (*path, *text)).collect::<Vec<_>>());
            let problems = model.problems(files);
            if !problems.is_empty() {
                out.refuses(&wanted, &problems);
            }
            let changes: Vec<(&str, Change)> =
                PATHS.iter().filter_map(|path| Some((*path, model.change(files, path)?))).collect();
            if problems.is_empty() {
                let plan = compare(&out.target, &wanted, Some(&key()), false).unwrap();
                assert_eq!(plan.changes().collect::<Vec<_>>(), changes);
            }
            if problems.is_empty() || *force {
                let report = if *force { out.force(&wanted) } else { out.build(&wanted) }.unwrap();
                let of = |wanted| changes.iter().filter(move |(_, change)| *change == wanted).map(|(path, _)| *path);
                assert!(report.added.iter().eq(of(Change::Added)), "{report:?}");
                assert!(report.changed.iter().eq(of(Change::Changed)), "{report:?}");
                assert!(report.removed.iter().eq(of(Change::Removed)), "{report:?}");
                assert_eq!(report.unchanged, of(Change::Unchanged).count());
                model.build(files);
                assert!(out.has(LOCK));
            }
        }
    }
    let mut tree = out.snapshot();
    tree.remove(LOCK);
    let directories: Vec<String> =
        tree.iter().filter(|(_, (_, text))| text.is_none()).map(|(path, _)| path.clone()).collect();
    tree.retain(|_, (_, text)| text.is_some());
    let found = tree.iter().map(|(path, (_, text))| (path.as_str(), text.as_deref().unwrap()));
    assert!(found.eq(model.disk.iter().map(|(path, text)| (*path, text.as_bytes()))), "{tree:?}, not {:?}", model.disk);
    for directory in directories {
        assert!(model.disk.keys().any(|path| path.starts_with(&format!("{directory}/"))), "{directory} is empty");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_goes_as_in_the_model(actions in actions()) {
        let (out, mut model) = (Out::new(), Model::default());
        for action in &actions {
            check(&out, &mut model, action);
        }
    }
}
