//! `show delete`: every object is named once, what holds data only behind a `#`; and its page of `docs/`, followed.

use crate::support::examples::registries;
use crate::support::page::{Computer, blocks};
use crate::support::{example, quay_render};
use quay_render::catalog::Catalog;
use quay_render::{compile, input};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;

fn shown(name: &str, format: &str) -> String {
    let mut command = quay_render();
    let ended = command.args(["show", "delete", "--format", format]).arg(example(name)).output().unwrap();
    assert!(ended.status.success(), "{name}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}

/// The objects that a command deletes, by kind in lower case and name.
fn deleted(line: &str) -> BTreeSet<String> {
    let words = line.split(' ').filter_map(|word| word.split_once('/'));
    words.map(|(resource, name)| format!("{}/{name}", resource.split('.').next().unwrap())).collect()
}

/// The name of a kind's resource.
fn plural(kind: &str) -> String {
    match kind.to_lowercase().as_str() {
        "ingress" => "ingresses".to_owned(),
        kind if kind.ends_with('y') => format!("{}ies", kind.trim_end_matches('y')),
        kind if kind.ends_with("class") => format!("{kind}es"),
        kind => format!("{kind}s"),
    }
}

#[test]
fn every_object_is_named_and_data_behind_a_sign_alone() {
    let kept = Catalog::embedded().standard().unwrap().layers.protected.kinds.clone();
    for name in registries() {
        let text = shown(&name, "text");
        let (comments, lines): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
        let deletes = |line: &&&str| line.contains(" delete ") && line.contains("kubectl");
        let plain: BTreeSet<String> = lines.iter().filter(deletes).flat_map(|line| deleted(line)).collect();
        let held: BTreeSet<String> = comments.iter().filter(deletes).flat_map(|line| deleted(line)).collect();
        let compiled = compile(&input::read(example(&name).to_str().unwrap(), None).unwrap());
        let rendered = compiled.registry.unwrap();
        for object in &rendered.objects {
            let is_it = |known: &&String| **known == format!("{}/{}", plural(object.kind()), object.name());
            // Without its operator, what holds data would never be gone.
            let holds_data = kept.iter().any(|kept| kept == object.kind()) || object.installs_operator();
            let found = (plain.iter().filter(is_it).count(), held.iter().filter(is_it).count());
            assert_eq!(
                found,
                if holds_data { (0, 1) } else { (1, 0) },
                "{name}: {} {}\n{text}",
                object.kind(),
                object.name()
            );
        }
    }
}

#[test]
fn the_order_is_that_of_layers_backwards_and_data_comes_last() {
    let text = shown("storage-gateway", "text");
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part:?} is not in\n{text}"));
    let parts = [
        "# 1. Stop what applies",
        "pg_dump --format=custom registry-quay-database",
        "# 4. Delete the layer access",
        "Delete the layer application",
        "deployments.apps/registry-quay-app",
        "Delete the layer migration",
        "Delete the layer data",
        "deployments.apps/registry-quay-database",
        "Delete the layer base",
        "--selector quay-operator/quayregistry=registry",
        "# PersistentVolumeClaim",
        "ObjectBucketClaim registry-quay-datastore",
        "BackingStore fast-pool",
        "NooBaa noobaa",
        "Subscription odf-operator: its operator serves other registries too",
        "OperatorGroup odf-operator",
        "Namespace openshift-storage",
        "Namespace quay",
        "What is left is yours",
        "registry-quay-secret-database",
    ];
    let parts = parts.iter().filter(|part| **part != "# PersistentVolumeClaim");
    let places: Vec<usize> = parts.map(|part| at(part)).collect();
    assert!(places.is_sorted(), "{text}");
    let json: Vec<Json> = serde_json::from_str(&shown("storage-gateway", "json")).unwrap();
    let data: Vec<bool> = json.iter().map(|step| step["deletesData"].as_bool().unwrap()).collect();
    assert_eq!(data.iter().filter(|is_data| **is_data).count(), 11, "{json:#?}");
    assert!(!data[data.len() - 1] && json[data.len() - 2]["about"][0].as_str().unwrap().starts_with("Namespace quay"));
}

#[test]
fn what_is_the_users_own_is_said_to_stay() {
    let text = shown("all-unmanaged", "text");
    assert!(
        text.contains("The database is yours, and stays.") && text.contains("The object storage is yours, and stays."),
        "{text}"
    );
    assert!(!text.contains("pg_dump") && !text.contains("persistentvolumeclaims"), "{text}");
    let text = shown("flux", "text");
    assert!(
        text.contains(
            "kubectl --namespace flux-system delete --ignore-not-found kustomizations.kustomize.toolkit.fluxcd.io "
        ),
        "{text}"
    );
}

/// kubectl notes what it is asked; a dump has something in it.
const KUBECTL: &str = "echo \"$*\" >>~/../asked\ncase \"$*\" in *pg_dump*) echo dump ;; esac\n";

#[test]
fn the_page_is_followed_to_its_end() {
    let computer = Computer::with_registry(KUBECTL, "");
    let page = blocks("deleting.md");
    assert_eq!(page.len(), 3);
    for block in &page {
        let calls = computer.run(block);
        assert!(calls.iter().all(|call| call.starts_with("0 ")), "{calls:#?}");
    }
    let asked = fs::read_to_string(computer.at("asked")).unwrap();
    assert!(asked.lines().next().unwrap().contains("pg_dump"), "{asked}");
    assert!(!fs::read_to_string(computer.at("work/delete.sh")).unwrap().contains("my-registry-quay-datastore\n#"));
    assert!(asked.contains("deployments.apps/my-registry-quay-app"), "{asked}");
    for kind in ["persistentvolumeclaims", "objectbucketclaims", "namespaces"] {
        assert!(!asked.contains(kind), "{asked}");
    }
}
