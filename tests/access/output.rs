//! An output as its pods see it: objects by name, and which of their data is where in a container.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quay_render::Rendered;
use quay_render::object::Value;
use quay_render::yaml::{self, Dialect, Origin};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Prefixes of the files that Quay trusts, below its configuration.
pub const TRUSTED: [&str; 2] = ["extra_ca_cert_", "extra_ca_certs/"];

/// The content of a file.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Bytes in the output.
    Bytes(Vec<u8>),
    /// A value of a Secret or ConfigMap of the cluster.
    Secret { made: String, name: String, key: String },
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Secret { made, name, key } => write!(f, "{key} of {name}, by {made}"),
        }
    }
}

/// Paths below a folder, with their content.
pub type Files = BTreeMap<String, Content>;

/// The keys of what is made in the cluster, and its maker.
struct Made {
    by: &'static str,
    keys: Option<BTreeSet<String>>,
}

/// An output.
pub struct Output {
    objects: Vec<Json>,
    made: BTreeMap<(&'static str, String), Made>,
    /// Whether the secrets stay in the cluster.
    pub is_late: bool,
}

impl Output {
    pub fn of(rendered: &Rendered) -> Self {
        let objects: Vec<Json> = rendered.objects.iter().map(|it| serde_json::to_value(&it.value).unwrap()).collect();
        let is_late = rendered.model.config.secrets.are_referenced();
        let mut output = Self { objects, made: BTreeMap::new(), is_late };
        output.made_in_the_cluster(rendered);
        output
    }

    /// What objects of the output make, and in modes other than inline the required Secrets.
    fn made_in_the_cluster(&mut self, rendered: &Rendered) {
        let keys = |keys: &[&str]| Some(keys.iter().map(|key| (*key).to_owned()).collect());
        let mut made = BTreeMap::new();
        if self.is_late {
            for wanted in rendered.cluster_secrets.secrets.iter().filter(|wanted| wanted.id.is_some()) {
                let keys = wanted.entries.iter().map(|entry| entry.key.clone()).collect();
                made.insert(("Secret", wanted.name.clone()), Made { by: "the required Secrets", keys: Some(keys) });
            }
        }
        for object in &self.objects {
            let annotation = |name: &str| object["metadata"]["annotations"][name].as_str();
            let openshift = rendered.model.config.cluster.is_openshift();
            if object["kind"] == "Certificate" {
                let keys = keys(&["tls.crt", "tls.key", "ca.crt"]);
                made.insert(("Secret", text(&object["spec"]["secretName"])), Made { by: "cert-manager", keys });
            }
            if let Some(name) = annotation("service.beta.openshift.io/serving-cert-secret-name").filter(|_| openshift) {
                let keys = keys(&["tls.crt", "tls.key"]);
                made.insert(("Secret", name.to_owned()), Made { by: "the service CA", keys });
            }
            if annotation("service.beta.openshift.io/inject-cabundle").is_some() && openshift {
                let keys = keys(&["service-ca.crt"]);
                made.insert(("ConfigMap", text(&object["metadata"]["name"])), Made { by: "the service CA", keys });
            }
            if object["metadata"]["labels"]["config.openshift.io/inject-trusted-cabundle"].is_string() && openshift {
                let keys = keys(&["ca-bundle.crt"]);
                made.insert(
                    ("ConfigMap", text(&object["metadata"]["name"])),
                    Made { by: "the network operator", keys },
                );
            }
        }
        self.made = made;
    }

    /// Secrets of type kubernetes.io/tls that the input names.
    pub fn made_by_users(&mut self, names: &[&str]) {
        for name in names {
            let keys = ["tls.crt", "tls.key"].map(str::to_owned).into();
            self.made.insert(("Secret", (*name).to_owned()), Made { by: "the user", keys: Some(keys) });
        }
    }

    /// The object of a kind and a name; null if there is none.
    pub fn object(&self, kind: &str, name: &str) -> &Json {
        let named = |object: &&Json| object["kind"] == kind && object["metadata"]["name"] == name;
        self.objects.iter().find(named).unwrap_or(&Json::Null)
    }

    /// A value of a Secret or ConfigMap of the output.
    pub fn bytes(&self, kind: &str, name: &str, key: &str) -> Option<Vec<u8>> {
        let object = self.object(kind, name);
        if let Some(encoded) = object["binaryData"][key].as_str() {
            return Some(STANDARD.decode(encoded).unwrap());
        }
        let value = object["data"][key].as_str()?;
        Some(if kind == "Secret" { STANDARD.decode(value).unwrap() } else { value.as_bytes().to_vec() })
    }

    /// Every value of every Secret.
    pub fn decoded(&self) -> String {
        let secrets = self.objects.iter().filter(|object| object["kind"] == "Secret");
        let values = secrets.flat_map(|object| object["data"].as_object().into_iter().flatten());
        values.map(|(_, value)| String::from_utf8_lossy(&STANDARD.decode(text(value)).unwrap()).into_owned()).collect()
    }

    fn owner(&self, name: &str) -> &Json {
        let is_owner = |object: &&Json| {
            let found = text(&object["metadata"]["name"]);
            // A Job's name ends in a hash.
            object["kind"] == "Deployment" && found == name || object["kind"] == "Job" && found.starts_with(name)
        };
        self.objects.iter().find(is_owner).unwrap_or(&Json::Null)
    }

    /// The first container of a Deployment or Job.
    pub fn container(&self, owner: &str) -> &Json {
        &self.owner(owner)["spec"]["template"]["spec"]["containers"][0]
    }

    /// The files that the first container of a Deployment or Job has below a folder.
    pub fn files(&self, owner: &str, folder: &str) -> Files {
        let spec = &self.owner(owner)["spec"]["template"]["spec"];
        let mut files = Files::new();
        for mount in items(&spec["containers"][0]["volumeMounts"]) {
            let path = text(&mount["mountPath"]);
            let path = path.trim_end_matches('/');
            let below = path.strip_prefix(folder).map(|rest| rest.trim_start_matches('/'));
            let Some(below) = below else { continue };
            for (name, content) in self.volume(spec, &mount["name"]) {
                files.insert(if below.is_empty() { name } else { format!("{below}/{name}") }, content);
            }
        }
        files
    }

    /// The content of a volume: joined by the init container, or mounted by the kubelet.
    fn volume(&self, spec: &Json, name: &Json) -> Files {
        let volume = items(&spec["volumes"]).iter().find(|volume| volume["name"] == *name);
        let volume = volume.unwrap_or_else(|| panic!("no volume {name}"));
        if volume.get("emptyDir").is_some() { self.joined(spec, name) } else { self.source(volume).0 }
    }

    /// The files in the plan of an init container.
    fn joined(&self, spec: &Json, name: &Json) -> Files {
        let containers = items(&spec["initContainers"]);
        let joins = containers.iter().find(|it| it["name"] == "join-configuration").unwrap();
        let mounts = items(&joins["volumeMounts"]);
        let target = mounts.iter().find(|it| it["name"] == *name).map(|it| text(&it["mountPath"])).unwrap();
        let command: Vec<String> = items(&joins["command"]).iter().map(text).collect();
        let base = target.strip_prefix(&command[4]).unwrap().trim_start_matches('/').to_owned();
        let plan = self.volume_file(spec, mounts, &command[2]);
        let Content::Bytes(plan) = plan else { panic!("no plan") };
        let (text_of, origin) = (String::from_utf8(plan).unwrap(), Origin { file: "plan", within: None });
        let plan = yaml::parse_one(&text_of, &origin, Dialect::Python, &mut Default::default()).unwrap().to_value();
        let mut files = Files::new();
        for file in plan.at(&["files"]).and_then(Value::as_seq).unwrap() {
            let part = |field: &str| file.at(&[field]).and_then(Value::as_str).unwrap().to_owned();
            let content = self.volume_file(spec, mounts, &format!("{}/{}", command[3], part("from")));
            let to = part("to");
            let to = if base.is_empty() { Some(to.as_str()) } else { to.strip_prefix(&format!("{base}/")) };
            files.extend(to.map(|to| (to.to_owned(), content)));
        }
        files
    }

    fn volume_file(&self, spec: &Json, mounts: &[Json], path: &str) -> Content {
        let (folder, file) = path.rsplit_once('/').unwrap();
        let mount = mounts.iter().find(|it| it["mountPath"] == folder).unwrap_or_else(|| panic!("no {path}"));
        let content = self.volume(spec, &mount["name"]).remove(file);
        content.unwrap_or(Content::Secret { made: "nobody".to_owned(), name: folder.to_owned(), key: file.to_owned() })
    }

    /// The files of a Secret, a ConfigMap or a projection, and those that are missing.
    fn source(&self, volume: &Json) -> (Files, Vec<String>) {
        if volume.get("projected").is_some() {
            let parts = items(&volume["projected"]["sources"]).iter().map(|source| self.source(source));
            return parts.fold((Files::new(), Vec::new()), |(mut files, mut missing), (more, also)| {
                files.extend(more);
                missing.extend(also);
                (files, missing)
            });
        }
        let (kind, source) = match (volume.get("secret"), volume.get("configMap")) {
            (Some(source), _) => ("Secret", source),
            (_, Some(source)) => ("ConfigMap", source),
            _ => return (Files::new(), Vec::new()),
        };
        let name = text(source.get("secretName").unwrap_or(&source["name"]));
        let all = self.data(kind, &name);
        let chosen = items(&source["items"]);
        let Some(all) = all else { return (Files::new(), vec![format!("{kind} {name}")]) };
        if chosen.is_empty() {
            return (all, Vec::new());
        }
        let (mut files, mut missing) = (Files::new(), Vec::new());
        for item in chosen {
            let (key, path) = (text(&item["key"]), text(&item["path"]));
            match all.get(&key) {
                Some(content) => _ = files.insert(path, content.clone()),
                None => missing.push(format!("{kind} {name}, key {key}")),
            }
        }
        (files, missing)
    }

    /// The data of a Secret or ConfigMap, in the output or in the cluster.
    fn data(&self, kind: &'static str, name: &str) -> Option<Files> {
        let object = self.object(kind, name);
        let mut files = Files::new();
        for field in ["data", "binaryData"] {
            for (key, _) in object[field].as_object().into_iter().flatten() {
                files.insert(key.clone(), Content::Bytes(self.bytes(kind, name, key).unwrap()));
            }
        }
        let made = self.made.get(&(kind, name.to_owned()));
        for key in made.and_then(|made| made.keys.as_ref()).into_iter().flatten() {
            let made = made.unwrap().by.to_owned();
            files.insert(key.clone(), Content::Secret { made, name: name.to_owned(), key: key.clone() });
        }
        (!object.is_null() || made.is_some()).then_some(files)
    }

    /// Volumes and variables that nothing fills, and missing sources of joined files: such a pod does not start.
    pub fn dangling(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for owner in self.objects.iter().filter(|object| object["kind"] == "Deployment" || object["kind"] == "Job") {
            let spec = &owner["spec"]["template"]["spec"];
            let name = text(&owner["metadata"]["name"]);
            let missing = items(&spec["volumes"]).iter().flat_map(|volume| self.source(volume).1);
            problems.extend(missing.map(|missing| format!("{name} waits for {missing}")));
            for container in items(&spec["initContainers"]).iter().chain(items(&spec["containers"])) {
                for variable in items(&container["env"]) {
                    let source = &variable["valueFrom"]["secretKeyRef"];
                    let there = || self.data("Secret", &text(&source["name"]))?.remove(&text(&source["key"]));
                    if !source.is_null() && there().is_none() {
                        problems.push(format!("{name} waits for {source}"));
                    }
                }
                for mount in items(&container["volumeMounts"]) {
                    for (file, content) in self.volume(spec, &mount["name"]) {
                        if matches!(&content, Content::Secret { made, .. } if made == "nobody") {
                            problems.push(format!("{name}: nothing is joined as {file}"));
                        }
                    }
                }
            }
        }
        problems
    }
}

fn items(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
