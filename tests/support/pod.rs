//! Pods, their volumes as the kubelet fills them, and what their init containers make from these.

use crate::support::process::{self, must};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quay_render::Analysis;
use quay_render::cluster_secrets::plain::plain_values;
use quay_render::object::{Object, Value};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Paths, or keys, with their content.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Secrets and ConfigMaps that are in the cluster before anything is applied, by kind and name.
pub type Cluster = BTreeMap<(&'static str, String), Files>;

/// The data of a ConfigMap or Secret, as the kubelet mounts it.
pub fn content(object: &Object) -> Files {
    let entries = |field: &str, encoded: bool| {
        let map = object.value.at(&[field]).and_then(Value::as_map).cloned().unwrap_or_default();
        map.into_iter().map(move |(key, value)| {
            let text = value.as_str().unwrap().to_owned();
            (key, if encoded { STANDARD.decode(text).unwrap() } else { text.into_bytes() })
        })
    };
    let is_secret = object.kind() == "Secret";
    entries("data", is_secret).chain(entries("binaryData", true)).collect()
}

/// The required Secrets, filled from the input, and what the ObjectBucketClaim and the service CA make. The claim's
/// host is the one in the input.
pub fn cluster(settled: &Analysis) -> Cluster {
    let Analysis { model, resolved, cluster_secrets } = settled;
    let mut made = Cluster::new();
    for plain in plain_values(model, resolved, cluster_secrets) {
        let at = cluster_secrets.find(plain.secret, &plain.entry).unwrap();
        made.entry(("Secret", at.name)).or_default().insert(at.key, plain.value.to_vec());
    }
    for foreign in cluster_secrets.secrets.iter().filter(|wanted| wanted.id.is_none()) {
        let files = made.entry(("Secret", foreign.name.clone())).or_default();
        for entry in &foreign.entries {
            let content = format!("{} of {}", entry.key, foreign.name).into_bytes();
            files.entry(entry.key.clone()).or_insert(content);
        }
    }
    let bucket = model.config.bucket.as_ref();
    let claim = format!("{}-quay-datastore", resolved.name);
    let files = |entries: &[(&str, &str)]| -> Files {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    };
    let config_map = files(&[
        ("BUCKET_HOST", bucket.map_or("s3.storage.svc", |bucket| &bucket.host)),
        ("BUCKET_NAME", bucket.map_or("quay-bucket", |bucket| &bucket.name)),
        ("BUCKET_PORT", "443"),
        ("BUCKET_REGION", ""),
    ]);
    let secret = files(&[
        ("AWS_ACCESS_KEY_ID", bucket.map_or("EXAMPLE-ACCESS", |bucket| bucket.access_key.expose())),
        ("AWS_SECRET_ACCESS_KEY", bucket.map_or("EXAMPLE-SECRET", |bucket| bucket.secret_key.expose())),
    ]);
    made.insert(("ConfigMap", claim.clone()), config_map);
    made.insert(("Secret", claim), secret);
    let authority = format!("{}-cluster-service-ca", resolved.name);
    made.insert(("ConfigMap", authority), files(&[("service-ca.crt", "service CA")]));
    let trusted = format!("{}-cluster-trusted-ca", resolved.name);
    made.insert(("ConfigMap", trusted), files(&[("ca-bundle.crt", "the cluster's CAs")]));
    made
}

/// A pod among objects, with the sources of its volumes.
pub struct Pod<'a> {
    name: String,
    spec: &'a Value,
    objects: &'a [Object],
    made: &'a Cluster,
}

impl<'a> Pod<'a> {
    /// The pod of a Deployment or Job, by its name without the content hash.
    pub fn new(objects: &'a [Object], made: &'a Cluster, base: &str) -> Self {
        let owner =
            objects.iter().find(|it| ["Deployment", "Job", "CronJob"].contains(&it.kind()) && it.base_name == base);
        let spec = owner.and_then(|owner| owner.pod());
        Self { name: base.to_owned(), spec: spec.unwrap_or_else(|| panic!("no {base}")), objects, made }
    }

    /// The files that its first container finds below these paths.
    pub fn sees(&self, below: &[&str]) -> Files {
        let joined = self.join();
        let mut files = Files::new();
        for (path, volume) in self.mounts(&list(self.spec, "containers")[0]) {
            let path = path.trim_end_matches('/');
            if !below.contains(&path) && !below.iter().any(|root| path.starts_with(&format!("{root}/"))) {
                continue;
            }
            let content = match joined.get(&text(&volume, &["name"]).unwrap()) {
                Some(content) => content.clone(),
                None => self.files(&volume).unwrap_or_else(|| panic!("{}: what fills {path}?", self.name)),
            };
            files.extend(content.into_iter().map(|(name, bytes)| (format!("{path}/{name}"), bytes)));
        }
        files
    }

    /// The files that its init container writes, by volume; nothing if there is none.
    pub fn join(&self) -> BTreeMap<String, Files> {
        let containers = list(self.spec, "initContainers");
        let Some(container) = containers.iter().find(|it| text(it, &["name"]).unwrap() == "join-configuration") else {
            return BTreeMap::new();
        };
        // What it makes is there before any other container looks for it.
        assert_eq!(text(&containers[0], &["name"]), text(container, &["name"]), "{}", self.name);
        let root = tempfile::tempdir().unwrap();
        self.run_join(container, root.path()).into_iter().map(|(name, folder)| (name, tree(&folder))).collect()
    }

    /// Runs the init container below a folder: the volumes that it writes, and where.
    fn run_join(&self, container: &Value, root: &Path) -> Vec<(String, PathBuf)> {
        let below = |path: &str| root.join(path.trim_start_matches('/'));
        let mut targets = Vec::new();
        for (path, volume) in self.mounts(container) {
            fs::create_dir_all(below(&path)).unwrap();
            match self.files(&volume) {
                Some(files) => fill(&below(&path), &files),
                None => {
                    assert_eq!(text(&volume, &["emptyDir", "medium"]).as_deref(), Some("Memory"), "{path}");
                    targets.push((text(&volume, &["name"]).unwrap(), below(&path)));
                }
            }
        }
        let mut words = list(container, "command").into_iter().map(|word| word.as_str().unwrap().to_owned());
        assert_eq!(words.next().as_deref(), Some("python3"));
        let mut command = process::command(&process::python());
        words.for_each(|word| _ = command.arg(below(&word)));
        let output = command.args(["--timeout", "2", "--interval", "0.1"]).output().unwrap();
        assert!(output.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        targets
    }

    /// Lays out what a container finds, below a folder: files in memory as the init container left them, with their modes.
    pub fn lay_out(&self, container: &str, root: &Path) {
        let all = [list(self.spec, "initContainers"), list(self.spec, "containers")].concat();
        let named = |name: &str| all.iter().find(|it| text(it, &["name"]).unwrap() == name);
        let below = |path: &str| root.join(path.trim_start_matches('/'));
        let found = named(container).unwrap_or_else(|| panic!("{}: no {container}", self.name));
        for (path, volume) in self.mounts(found) {
            fs::create_dir_all(below(&path)).unwrap();
            if let Some(files) = self.files(&volume) {
                fill(&below(&path), &files);
            }
        }
        let Some(join) = named("join-configuration") else { return };
        let joined = tempfile::tempdir().unwrap();
        let targets = self.run_join(join, joined.path());
        for (path, volume) in self.mounts(found) {
            let name = text(&volume, &["name"]).unwrap();
            for (_, folder) in targets.iter().filter(|(target, _)| *target == name) {
                must(process::command(Path::new("cp")).arg("-a").arg(folder.join(".")).arg(below(&path)));
            }
        }
    }

    /// The variables that a container has, those that it is not told by their values left out.
    pub fn variables(&self, container: &str) -> Vec<(String, String)> {
        let all = [list(self.spec, "initContainers"), list(self.spec, "containers")].concat();
        let found = all.iter().find(|it| text(it, &["name"]).unwrap() == container).unwrap();
        let variable = |it: &Value| Some((text(it, &["name"])?, text(it, &["value"])?));
        list(found, "env").iter().filter_map(variable).collect()
    }

    /// The variables that a container takes from Secrets, with what these hold.
    pub fn secrets(&self, container: &str) -> BTreeMap<String, String> {
        let all = [list(self.spec, "initContainers"), list(self.spec, "containers")].concat();
        let found = all.iter().find(|it| text(it, &["name"]).unwrap() == container).unwrap();
        let variable = |it: &Value| {
            let key = |field: &str| text(it, &["valueFrom", "secretKeyRef", field]);
            let (secret, key) = (key("name")?, key("key")?);
            let made = self.made.get(&("Secret", secret.clone())).cloned().unwrap_or_else(|| {
                let object = self.objects.iter().find(|it| it.kind() == "Secret" && it.name() == secret);
                object.map(content).unwrap_or_default()
            });
            Some((text(it, &["name"])?, String::from_utf8(made.get(&key)?.clone()).unwrap()))
        };
        list(found, "env").iter().filter_map(variable).collect()
    }

    /// A container's command and arguments.
    pub fn words(&self, container: &str) -> Vec<String> {
        let all = [list(self.spec, "initContainers"), list(self.spec, "containers")].concat();
        let found = all.iter().find(|it| text(it, &["name"]).unwrap() == container).unwrap();
        let words = ["command", "args"].into_iter().flat_map(|field| list(found, field));
        words.map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    /// A container's mounts: path and volume. None has a subPath, which would never be updated.
    fn mounts(&self, container: &Value) -> Vec<(String, Value)> {
        let volumes = list(self.spec, "volumes");
        let volume = |mount: &Value| {
            assert!(mount.at(&["subPath"]).is_none(), "{}: {mount:?}", self.name);
            let name = text(mount, &["name"]);
            volumes.iter().find(|volume| text(volume, &["name"]) == name).unwrap().clone()
        };
        list(container, "volumeMounts")
            .iter()
            .map(|mount| (text(mount, &["mountPath"]).unwrap(), volume(mount)))
            .collect()
    }

    /// The files that the kubelet puts into a volume; nothing if it is not from a Secret or ConfigMap.
    fn files(&self, volume: &Value) -> Option<Files> {
        if let Some(sources) = volume.at(&["projected", "sources"]).and_then(Value::as_seq) {
            return Some(sources.iter().filter_map(|source| self.files(source)).flatten().collect());
        }
        let (kind, field, name) =
            [("Secret", "secret", "secretName"), ("Secret", "secret", "name"), ("ConfigMap", "configMap", "name")]
                .into_iter()
                .find_map(|(kind, field, name)| Some((kind, field, text(volume, &[field, name])?)))?;
        let is_optional = volume.at(&[field, "optional"]).and_then(Value::as_bool) == Some(true);
        let all = self.made.get(&(kind, name.clone())).cloned();
        if all.is_none() && is_optional && !self.objects.iter().any(|it| it.kind() == kind && it.name() == name) {
            return Some(Files::new());
        }
        let all = all.unwrap_or_else(|| {
            let object = self.objects.iter().find(|it| it.kind() == kind && it.name() == name);
            content(object.unwrap_or_else(|| panic!("{}: no {kind} {name}", self.name)))
        });
        let items = list(volume.at(&[field])?, "items");
        if items.is_empty() {
            return Some(all);
        }
        let item = |item: &Value| (text(item, &["path"]).unwrap(), all[&text(item, &["key"]).unwrap()].clone());
        Some(items.iter().map(item).collect())
    }
}

/// Fills a volume like one of a Secret or ConfigMap: files are links into a folder behind another link.
fn fill(folder: &Path, files: &Files) {
    fs::create_dir(folder.join("..2026")).unwrap();
    symlink("..2026", folder.join("..data")).unwrap();
    for (key, bytes) in files {
        fs::write(folder.join("..2026").join(key), bytes).unwrap();
        symlink(Path::new("..data").join(key), folder.join(key)).unwrap();
    }
}

fn tree(folder: &Path) -> Files {
    let files = WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            (path, fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn list(value: &Value, field: &str) -> Vec<Value> {
    value.at(&[field]).and_then(Value::as_seq).unwrap_or_default().to_vec()
}

fn text(value: &Value, path: &[&str]) -> Option<String> {
    value.at(path).and_then(Value::as_str).map(str::to_owned)
}
