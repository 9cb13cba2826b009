//! Runs that are killed while fleets grow, shrink and rename folders.

use crate::support::fleet::{config, registry, tree};
use crate::support::quay_render;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Each round has five kills in a row, and then a build that is not killed.
const ROUNDS: usize = 100;
const KILLS: usize = 5;

/// Fleets, by the folders of their registries. Between any two of them, the fleet grows, shrinks, renames a folder,
/// moves a registry to the former folder of another one, or shares a namespace.
const FLEETS: [&[&str]; 7] = [
    &["a", "b"],
    &["a", "b", "c"],
    &["a"],
    &["a", "renamed"],
    &["a/b"],
    &["deep/er/a", "b"],
    &["b", "shared-1", "shared-2"],
];

/// Pseudo-random numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// A registry that compiles quickly and has its secrets in the output.
fn put_registry(folder: &Path, name: &str) {
    let namespace = if name.starts_with("shared") { "shared".to_owned() } else { format!("of-{name}") };
    fs::create_dir_all(folder.join("config-bundle")).unwrap();
    let kinds = [
        "clair",
        "postgres",
        "redis",
        "mirror",
        "monitoring",
        "horizontalpodautoscaler",
        "tls",
        "route",
        "objectstorage",
    ];
    let components: String = kinds.iter().map(|kind| format!("    - kind: {kind}\n      managed: false\n")).collect();
    let text = registry(name, &namespace) + "spec:\n  components:\n" + &components;
    fs::write(folder.join("quayregistry.yaml"), text).unwrap();
    let spec = "  release: '3.5'\n  cluster: {platform: kubernetes}\n  secrets: {mode: inline, names: null}\n";
    fs::write(folder.join("render-config.yaml"), config(spec)).unwrap();
    let bundle = format!(
        "SERVER_HOSTNAME: {name}.example.com\nSECRET_KEY: {secret}\nDATABASE_SECRET_KEY: {secret}\n\
         DB_URI: postgresql://quay:{secret}@db.example.com/quay\n\
         BUILDLOGS_REDIS: {{host: redis.example.com}}\nUSER_EVENTS_REDIS: {{host: redis.example.com}}\n\
         DISTRIBUTED_STORAGE_CONFIG:\n  default: [S3Storage, {{s3_bucket: bucket, s3_access_key: key, s3_secret_key: {secret}, storage_path: /r, host: s3.example.com}}]\n\
         DISTRIBUTED_STORAGE_PREFERENCE: [default]\nDISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]\n",
        secret = "s3cr3t".repeat(12)
    );
    fs::write(folder.join("config-bundle/config.yaml"), bundle).unwrap();
}

struct Fleets {
    folder: tempfile::TempDir,
    /// How long the shortest build lasts that nobody kills, in microseconds.
    lasts: usize,
    expected: Vec<BTreeMap<String, Vec<u8>>>,
}

impl Fleets {
    fn new() -> Self {
        let mut fleets = Self { folder: tempfile::tempdir().unwrap(), lasts: usize::MAX, expected: Vec::new() };
        for (number, folders) in FLEETS.iter().enumerate() {
            for folder in *folders {
                put_registry(&fleets.folder.path().join(number.to_string()).join(folder), &folder.replace('/', "-"));
            }
            let number_text = number.to_string();
            for folder in *folders {
                let mut keys = quay_render();
                keys.args(["keys", &number_text, "--only", folder]).current_dir(fleets.folder.path());
                assert!(keys.output().unwrap().status.success());
            }
            let out = fleets.folder.path().join("expected");
            let start = Instant::now();
            fleets.build(number, "expected");
            fleets.lasts = fleets.lasts.min(start.elapsed().as_micros().try_into().unwrap());
            fleets.expected.push(tree(&out));
            fs::remove_dir_all(&out).unwrap();
        }
        fleets
    }

    /// Starts a build of all registries or of one. What left the fleet holds secrets, which nobody can tell from an
    /// edit once the keys are gone.
    fn start(&self, number: usize, out: &str, only: Option<&str>) -> Child {
        let mut command = quay_render();
        command.args(["build", &number.to_string(), "--out", out, "--force", "--jobs", "1"]);
        command.args(only.into_iter().flat_map(|name| ["--only", name]));
        command.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn build(&self, number: usize, out: &str) {
        let ended = self.start(number, out, None).wait_with_output().unwrap();
        assert!(ended.status.success(), "{number}: {}", String::from_utf8_lossy(&ended.stderr));
    }

    /// Starts a build of all, or now and then of one, and kills it, about half of the time during its writes. Returns
    /// whether it was still alive.
    fn kill(&self, number: usize, numbers: &mut Numbers) -> bool {
        let folders = FLEETS[number];
        let only = folders.get(numbers.below(2 * folders.len())).copied();
        let mut child = self.start(number, "out", only);
        let staging = self.folder.path().join("out/.quay-render.staging");
        if numbers.below(4) > 0 {
            while !staging.exists() && child.try_wait().unwrap().is_none() {
                sleep(Duration::from_micros(200));
            }
        }
        sleep(Duration::from_micros(numbers.below(self.lasts / 2) as u64));
        child.kill().unwrap();
        child.wait().unwrap().code().is_none()
    }
}

#[test]
fn whatever_was_killed_the_next_build_leaves_its_own_fleet_and_nothing_else() {
    let (fleets, mut numbers) = (Fleets::new(), Numbers(0x9e37_79b9_7f4a_7c15));
    let out = fleets.folder.path().join("out");
    let (mut killed, mut left) = (0, 0);
    for round in 0..ROUNDS {
        let mut history = Vec::new();
        for _ in 0..KILLS {
            let number = numbers.below(FLEETS.len());
            killed += usize::from(fleets.kill(number, &mut numbers));
            history.push(number);
        }
        left += usize::from(!quay_render::output::scraps(&out).is_empty() || quay_render::output::is_scrap(&out));
        let last = numbers.below(FLEETS.len());
        fleets.build(last, "out");
        let found = tree(&out);
        let names = |tree: &BTreeMap<String, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&found), names(&fleets.expected[last]), "round {round}: {history:?}, then {last}");
        assert!(found == fleets.expected[last], "round {round}: {history:?}, then {last}: another content");
    }
    assert!(killed > ROUNDS * KILLS / 2, "only {killed} were still running");
    assert!(left > ROUNDS / 3, "only {left} rounds left something");
}
