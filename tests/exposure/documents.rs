//! An input with every document, printed so that an entry can be added to each of its maps.

use quay_render::input::{Inputs, Source};
use serde_json::{Map, Value as Json, json};

/// A document of the input, with its file name.
pub type Documents = Vec<(&'static str, Json)>;

/// Every document, with a value in every part of its structure. They need not be valid.
pub fn all(mode: &str, config: &Map<String, Json>) -> Documents {
    let components = ["clair", "postgres", "objectstorage", "redis", "horizontalpodautoscaler", "route", "mirror"];
    let mut components: Vec<Json> = components.iter().map(|kind| json!({"kind": kind, "managed": false})).collect();
    components.push(json!({"kind": "quay", "managed": true, "overrides": overrides()}));
    let head = |api: &str, kind: &str, name: &str| json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "quay", "labels": {"a": "b"}}});
    let with = |mut head: Json, more: Json| {
        more.as_object().unwrap().iter().for_each(|(key, value)| head[key] = value.clone());
        head
    };
    let secret = |name: &str, data: Json| with(head("v1", "Secret", name), json!({"stringData": data}));
    let keys = ["SECRET_KEY", "DATABASE_SECRET_KEY", "DB_PASSWORD", "DB_ROOT_PW", "CLAIR_DB_PASSWORD"];
    let keys: Map<String, Json> = keys.iter().map(|key| ((*key).to_owned(), "0123456789".repeat(8).into())).collect();
    let text = |map: &Map<String, Json>| Json::from(Json::from(map.clone()).to_string());
    let certificate = json!({
        "from": "certManager",
        "certManager": {"issuer": {"kind": "Issuer", "name": "ca"}, "privateKey": {"algorithm": "ECDSA"}},
    });
    vec![
        (
            "quayregistry.yaml",
            with(
                head("quay.redhat.com/v1", "QuayRegistry", "registry"),
                json!({"spec": {"configBundleSecret": "bundle", "components": components}, "status": {"currentVersion": "3.5.0"}}),
            ),
        ),
        (
            "render-config.yaml",
            with(
                head("quay-render.dev/v1alpha1", "RenderConfig", "registry"),
                json!({"spec": {
                    "release": "3.5",
                    "cluster": {
                        "platform": "kubernetes",
                        "apis": {"gateway": {"release": "1.4", "channel": "standard"}},
                    },
                    "secrets": {
                        "mode": mode,
                        "names": {"tls": {"name": "pair", "keys": {"ssl.cert": "tls.crt"}}},
                        "files": {"ldap.crt": {"name": "directory", "key": "ca.crt"}},
                        "external": {"store": {"kind": "SecretStore", "name": "vault"}},
                        "sealed": {"scope": "strict"},
                    },
                    "access": {
                        "type": "gateway",
                        "tls": "reencrypt",
                        "certificate": certificate,
                        "backendCertificate": certificate,
                        "labels": {"team": "a"},
                        "annotations": {"example.com/note": "a"},
                        "gateway": {"parentRefs": [{"name": "gateway"}], "builderParentRefs": [{"name": "gateway"}]},
                        "service": {"annotations": {"example.com/note": "a"}},
                        "ingress": {"controller": "traefik"},
                    },
                    "objectStorage": {"bucket": {"host": "h", "name": "bucket", "accessKey": "a", "secretKey": "b"}},
                    "images": {},
                    "flux": {"sourceRef": {"name": "repository"}, "path": "./deploy"},
                    "diagnostics": {"testing-mode": {"level": "allow", "reason": "a test"}},
                    "components": {"quay": settings(), "namespace": {"annotations": {"example.com/a": "b"}}},
                    "pods": {"tolerations": [{"key": "a"}], "podAnnotations": {"example.com/a": "b"}},
                    "patches": patches(),
                }}),
            ),
        ),
        ("bundle.yaml", secret("bundle", json!({"config.yaml": text(config), "robots.txt": "a"}))),
        ("keys.yaml", secret("registry-quay-registry-managed-secret-keys", keys.into())),
        (
            "sealed.yaml",
            with(
                head("quay-render.dev/v1alpha1", "SealedValues", "registry"),
                json!({"spec": {"secrets": {"config": {
                    "name": "a", "namespace": "quay", "scope": "strict", "certificate": "a",
                    "values": {"DB_URI": {"digest": "a", "sealed": "b"}},
                }}}}),
            ),
        ),
    ]
}

/// The settings of Quay: a map of each kind of type.
fn settings() -> Json {
    let term = json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]});
    json!({
        "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}},
        "resources": {"limits": {"cpu": 1}},
        "volumes": [{"name": "a", "csi": {"driver": "b", "volumeAttributes": {"c": "d"}}}],
        "sidecars": [{"name": "a", "image": "b", "readinessProbe": {"httpGet": {"port": 1, "httpHeaders": [{"name": "a", "value": "b"}]}}}],
        "labels": {"example.com/a": "b"},
        "annotations": {"example.com/a": "b"},
    })
}

/// The overrides of Quay in the QuayRegistry.
fn overrides() -> Json {
    json!({"env": [{"name": "A", "value": "b"}], "annotations": {"example.com/a": "b"}, "resources": {"limits": {"cpu": 1}}})
}

/// A patch of each form.
fn patches() -> Json {
    let merge = json!({"metadata": {"annotations": {"example.com/a": "b"}}, "spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}});
    json!([
        {"target": {"kind": "Deployment", "name": "registry-quay-app"}, "patch": merge},
        {"target": {"kind": "Deployment"}, "patch": [{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}]},
    ])
}

/// A value in one line of YAML. `more` may add an entry to a map, by the path of the map.
pub fn flow(value: &Json, path: &mut Vec<String>, more: &mut impl FnMut(&[String]) -> Option<String>) -> String {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<String> = Vec::new();
            for (key, value) in map {
                path.push(key.clone());
                entries.push(format!("{}: {}", Json::from(key.as_str()), flow(value, path, more)));
                path.pop();
            }
            entries.extend(more(path));
            format!("{{{}}}", entries.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, path, more)).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// The documents as the files of an input, with entries from `more` in their maps; the first key of a path is the
/// file's name. A config.yaml is a document inside another one, with its maps below `config.yaml`.
pub fn inputs(documents: &Documents, more: &mut impl FnMut(&[String]) -> Option<String>) -> Inputs {
    let source = |(name, document): &(&'static str, Json)| {
        let mut document = document.clone();
        if let Some(Json::String(text)) = document.pointer_mut("/stringData/config.yaml") {
            let config: Json = serde_json::from_str(text).unwrap();
            *text = flow(&config, &mut vec!["config.yaml".to_owned()], more);
        }
        let text = flow(&document, &mut vec![(*name).to_owned()], more) + "\n";
        Source { name: (*name).to_owned(), bytes: text.into_bytes() }
    };
    Inputs { name: "registry".to_owned(), sources: documents.iter().map(source).collect(), ..Inputs::default() }
}
