//! The pages of `docs/` are followed, block by block, with git and a real database; kubectl is a stand-in that exports what
//! the test says and runs in the database's pod what it is told to.

use crate::support::page::{Computer, blocks};
use crate::support::postgres::Postgres;
use serde_json::json;
use std::fs;

const DATABASE: &str = "my-registry-quay-database";

/// The computer of somebody whose registry is committed, and the database of that registry.
struct Story {
    /// The release to which it is upgraded.
    to: &'static str,
    computer: Computer,
    postgres: Postgres,
}

impl Story {
    /// From 3.15 to 3.18.
    fn new() -> Self {
        Self::of("3.15", "3.18")
    }

    fn of(from: &str, to: &'static str) -> Self {
        let postgres = Postgres::running();
        postgres.create("quay", "password", DATABASE);
        postgres
            .sql(DATABASE, "CREATE EXTENSION pg_trgm; CREATE TABLE tag (name text); INSERT INTO tag VALUES ('3.15')");
        postgres.sql(DATABASE, "ALTER TABLE tag OWNER TO quay");
        let kubectl = format!(
            "case \" $* \" in\n*' df '*) ;;\n*' exec '*)\n  while [[ $1 != -- ]]; do shift; done\n  shift\n  export PGHOST={} PGPORT={} \
             PGUSER=postgres POSTGRESQL_USER=quay\n  exec \"$@\" ;;\n*' get '*) cat ~/../live ;;\nesac\n",
            postgres.folder().display(),
            postgres.port
        );
        let computer = Computer::with_registry(&kubectl, &format!(" --release {from}"));
        Self { to, computer, postgres }
    }

    /// Sets what kubectl exports: the rendered Job in a state, and pods of application with an image.
    fn exports(&self, state: &serde_json::Value, images: &[&str]) {
        let own = self.rendered("image: ");
        let labels = json!({"quay-operator/quayregistry": "my-registry", "quay-component": "quay-app"});
        let metadata = |name: &str| json!({"name": name, "namespace": "quay", "labels": labels});
        let pod = |image: &&str| {
            let image = if *image == "own" { own.as_str() } else { image };
            let containers = json!([{"name": "quay-app", "image": image}]);
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata(image), "spec": {"containers": containers}})
        };
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata(&self.rendered("name: ")), "status": state});
        let items: Vec<_> = images.iter().map(pod).chain([job]).collect();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        fs::write(self.computer.at("live"), list.to_string()).unwrap();
    }

    /// What stands behind the first such mark in the migration's Job.
    fn rendered(&self, mark: &str) -> String {
        let file = self.computer.at("work/deploy/my-registry/quay/job-my-registry-quay-app-upgrade.yaml");
        let text = fs::read_to_string(file).unwrap();
        let line = text.lines().find(|line| line.trim_start().starts_with(mark)).unwrap();
        line.split_once(mark).unwrap().1.to_owned()
    }

    /// The release that is committed, and whether it is paused.
    fn commit(&self) -> (bool, bool) {
        let text = fs::read_to_string(self.computer.at("work/my-registry/render-config.yaml")).unwrap();
        (text.contains(&format!("release: \"{}\"", self.to)), text.contains("paused: true"))
    }

    /// Follows blocks of a page; each call of quay-render ends with its code.
    fn follow(&self, blocks: &[String], codes: &[i32]) {
        let calls: Vec<String> = blocks.iter().flat_map(|block| self.computer.run(block)).collect();
        let found: Vec<i32> = calls.iter().map(|call| call.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(found, codes, "{calls:#?}");
    }

    /// Follows the page to the end of the upgrade.
    fn upgrade(&self, up_to: usize) {
        let page = blocks("upgrading.md");
        assert_eq!(page.len(), 7);
        let complete = json!({"conditions": [{"type": "Complete", "status": "True"}]});
        let steps: [(&[i32], (bool, bool)); 7] = [
            (&[0, 1], (false, false)),
            (&[0, 0], (false, true)),
            (&[], (false, true)),
            (&[0, 0], (true, true)),
            (&[1], (true, true)),
            (&[0, 0], (true, false)),
            (&[0], (true, false)),
        ];
        for (step, (codes, commit)) in steps.into_iter().enumerate().take(up_to) {
            self.exports(&complete, if step == 6 { &["own"] } else { &[] });
            self.follow(&page[step..=step], codes);
            assert_eq!(self.commit(), commit, "block {step}");
        }
    }

    fn tags(&self) -> String {
        self.postgres.sql(DATABASE, "SELECT string_agg(name, ' ' ORDER BY name) FROM tag").trim().to_owned()
    }
}

#[test]
fn upgrading_is_followed_to_its_end() {
    let story = Story::new();
    story.upgrade(7);
    let dump = fs::metadata(story.computer.at("home/my-registry.pgdump")).unwrap();
    assert!(dump.len() > 1000, "{}", dump.len());
    story.computer.run("git diff --exit-code\ntest -z \"$(git status --porcelain)\"");
}

#[test]
fn before_the_migration_two_reverts_lead_back() {
    let story = Story::new();
    let before = story.rendered("name: ");
    story.upgrade(4);
    let page = blocks("going-back.md");
    story.exports(&json!({"active": 1}), &["quay.io/quay:old"]);
    story.follow(&page[..1], &[1]);
    story.follow(&page[1..2], &[0, 0]);
    assert_eq!(story.commit(), (false, false));
    assert_eq!(story.rendered("name: "), before);
}

#[test]
fn after_the_migration_the_backup_leads_back() {
    let story = Story::new();
    let before = story.rendered("name: ");
    story.upgrade(7);
    story.postgres.sql(DATABASE, "INSERT INTO tag VALUES ('3.18'); ALTER TABLE tag ADD COLUMN migrated int");
    let page = blocks("going-back.md");
    assert_eq!(page.len(), 6);
    story.follow(&page[2..3], &[0]);
    assert_eq!(story.commit(), (true, true));
    story.follow(&page[3..4], &[]);
    assert_eq!(story.tags(), "3.15");
    let owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'tag'";
    assert_eq!(story.postgres.sql(DATABASE, owner).trim(), "quay");
    story.follow(&page[4..5], &[0]);
    assert_eq!(story.commit(), (false, true));
    story.follow(&page[5..], &[0, 0]);
    assert_eq!(story.commit(), (false, false));
    assert_eq!(story.rendered("name: "), before);
}

#[test]
fn postgresql_majors_are_followed_to_their_end() {
    let story = Story::of("3.8", "3.9");
    let page = blocks("postgresql-majors.md");
    assert_eq!(page.len(), 10);
    let complete = json!({"conditions": [{"type": "Complete", "status": "True"}]});
    let steps: [(&[i32], (bool, bool)); 10] = [
        (&[0], (false, false)),
        (&[0, 0], (false, true)),
        (&[], (false, true)),
        (&[0, 0], (true, true)),
        (&[1], (true, true)),
        (&[], (true, true)),
        (&[0, 0], (true, false)),
        (&[0], (true, false)),
        (&[0, 0], (true, false)),
        (&[], (true, false)),
    ];
    for (step, (codes, commit)) in steps.into_iter().enumerate() {
        story.exports(&complete, if step == 7 { &["own"] } else { &[] });
        story.follow(&page[step..=step], codes);
        assert_eq!(story.commit(), commit, "block {step}");
    }
    story.computer.run("git diff --exit-code\ntest -z \"$(git status --porcelain)\"");
    // Back to where nothing had been done: each output still fits its input.
    story.follow(
        &["git revert --no-edit HEAD HEAD~1 HEAD~2\nquay-render build my-registry --out deploy/my-registry --check"
            .to_owned()],
        &[0],
    );
    assert_eq!(story.commit(), (false, true));
}
