//! What a real API server refused of earlier outputs: its model (`server`) refuses nothing that is built, and the build
//! refuses what the server would.

use super::drift::{defaulted, is_custom};
use super::inputs::{Form, Registry, every_registry};
use super::server::{self, By, fixed, not_grantable, refusals, table};
use super::world::{id, items, text};
use crate::support::files::copy;
use quay_render::catalog::Catalog;
use quay_render::compare::{Sort, compare};
use quay_render::immutable::Table;
use quay_render::object::{Object, Value};
use quay_render::{immutable, yaml};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn all() -> impl Iterator<Item = &'static Registry> {
    let both = every_registry(Form::Directory).chain(every_registry(Form::Layers));
    both.flat_map(|(before, after)| [before, after])
}

#[test]
fn every_object_is_taken_however_it_is_applied() {
    for registry in all() {
        for object in registry.values() {
            for by in [By::Client, By::Server] {
                assert_eq!(refusals(object, by), [""; 0], "{}: {:?}", registry.name, id(object));
            }
        }
    }
}

/// `kubectl apply --server-side` after `kubectl apply` conflicts if an atomic value was written incompletely.
#[test]
fn what_is_applied_as_a_whole_is_written_whole() {
    let objects = all().flat_map(Registry::values).filter(|object| !is_custom(object));
    let mut found: Vec<_> =
        objects.flat_map(|object| server::halves(object, &defaulted(object.clone()), text(&object["kind"]))).collect();
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A user with all rights in one namespace can apply each Role that is rendered there.
#[test]
fn a_tenant_may_grant_what_is_granted() {
    let mut seen = 0;
    for role in all().flat_map(Registry::values).filter(|object| object["kind"] == "Role") {
        seen += 1;
        assert_eq!(not_grantable(role, items(&table()["admin"])), [""; 0], "{:?}", id(role));
    }
    assert!(seen > 20, "{seen}");
}

/// Pods run as the namespace's `default` account, which cannot read Secrets through the API.
#[test]
fn no_pod_may_write_a_secret() {
    for binding in all().flat_map(Registry::values).filter(|object| object["kind"] == "RoleBinding") {
        let bound = items(&binding["subjects"]).iter().map(|subject| text(&subject["name"]));
        assert!(!bound.into_iter().any(|name| name == "default"), "{:?}", id(binding));
    }
}

fn value(json: &Json) -> Value {
    let text = serde_json::to_string(json).unwrap();
    let origin = yaml::Origin { file: "", within: None };
    yaml::parse_own(&text, &origin, &mut quay_render::diagnostic::Diagnostics::new())[0].root.to_value()
}

/// Whether `diff` and `build` report that the server refuses a change.
fn told(old: &Json, new: &Json) -> [bool; 2] {
    let (before, after) = (value(old), value(new));
    let comparison = compare(std::slice::from_ref(&before), std::slice::from_ref(&after), &Table::newest().unwrap());
    let meanings = comparison.changes.iter().flat_map(|change| &change.meanings);
    let by_diff = meanings.into_iter().any(|meaning| meaning.sort == Sort::Immutable);
    let bytes = old.to_string();
    let release = Catalog::embedded().standard().unwrap();
    let found =
        immutable::review([("a.yaml".to_owned(), bytes.as_bytes())], &[Object::new("any", after)], &[], &release);
    [by_diff, found.iter().any(|problem| problem.code == quay_render::diagnostic::codes::OUTPUT_IMMUTABLE)]
}

/// For every pair of objects that two examples share, the server, `diff` and `build` agree.
#[test]
fn what_the_server_refuses_to_change_is_foreseen() {
    const KINDS: [&str; 4] = ["Service", "PersistentVolumeClaim", "ObjectBucketClaim", "RoleBinding"];
    let mut variants: BTreeMap<_, BTreeMap<String, &Json>> = BTreeMap::new();
    for object in all().flat_map(Registry::values).filter(|object| KINDS.contains(&text(&object["kind"]))) {
        variants.entry(id(object)).or_default().insert(object.to_string(), object);
    }
    let mut refused = 0;
    for (id, variants) in &variants {
        for (before, after) in variants.values().flat_map(|old| variants.values().map(move |new| (*old, *new))) {
            let wanted = !fixed(before, after).is_empty();
            refused += usize::from(wanted);
            assert_eq!(told(before, after), [wanted; 2], "{id:?}: {before} -> {after}");
        }
    }
    assert!(refused > 0, "no transition is refused");
}

/// Sets the value at a path of keys.
fn set(object: &mut Json, path: &str, value: Json) {
    *path.split('.').fold(object, |object, key| &mut object[key]) = value;
}

/// Each row of the server's table, whatever the present output has.
#[test]
fn every_field_that_is_fixed_is_known_as_such() {
    for rule in items(&table()["fixed"]) {
        for kind in items(&rule["kinds"]) {
            for path in items(&rule["paths"]).iter().map(text) {
                let mut old = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "namespace": "n"}});
                for (path, value) in [&rule["while"], &rule["when"]].into_iter().filter_map(Json::as_object).flatten() {
                    set(&mut old, path, value.clone());
                }
                let mut free = old.clone();
                let (mut with_a, mut with_b) = (old.clone(), old.clone());
                let inner = |text: &str| match path {
                    "type" | "provisioner" | "value" | "spec.clusterIP" => json!(text),
                    _ => json!({"some": text}),
                };
                set(&mut with_a, path, inner("a"));
                set(&mut with_b, path, inner("b"));
                let changes = [(&with_a, &with_b), (&with_a, &old), (&old, &with_b)];
                for (before, after) in changes {
                    // What the server fills in by itself may be left out.
                    let is_filled = path.starts_with("spec.clusterIP") && after == &old;
                    assert_eq!(told(before, after), [!is_filled; 2], "{kind} {path}: {before} -> {after}");
                }
                for other in items(&rule["except"]).iter().map(text) {
                    set(&mut free, other, json!("b"));
                    assert_eq!(told(&old, &free), [false; 2], "{kind} {other}");
                }
            }
        }
    }
}

/// The class of a load balancer may change with the type of the Service, but not alone.
#[test]
fn a_class_of_load_balancers_stays_as_long_as_the_type() {
    let service = |kind: &str, class: Option<&str>| {
        let mut object = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "namespace": "n"}, "spec": {"type": kind}});
        if let Some(class) = class {
            object["spec"]["loadBalancerClass"] = json!(class);
        }
        object
    };
    for (old, new, wanted) in [
        (service("LoadBalancer", None), service("LoadBalancer", Some("a/b")), true),
        (service("LoadBalancer", Some("a/b")), service("LoadBalancer", None), true),
        (service("LoadBalancer", Some("a/b")), service("LoadBalancer", Some("a/c")), true),
        (service("LoadBalancer", Some("a/b")), service("ClusterIP", None), false),
        (service("NodePort", None), service("LoadBalancer", Some("a/c")), false),
    ] {
        assert_eq!((fixed(&old, &new).is_empty(), told(&old, &new)), (!wanted, [wanted; 2]), "{old} -> {new}");
    }
}

/// The output of `build` for an example with more in its RenderConfig, and the objects that it writes.
fn built(example: &str, more: &str) -> (Option<i32>, String, Vec<Json>) {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new("examples").join(example), &folder.path().join("in"));
    let config = folder.path().join("in/render-config.yaml");
    fs::write(&config, fs::read_to_string(&config).unwrap() + more).unwrap();
    build(folder.path())
}

fn build(folder: &Path) -> (Option<i32>, String, Vec<Json>) {
    let output = Command::new(env!("CARGO_BIN_EXE_quay-render"))
        .args(["build", "in", "--out", "out"])
        .current_dir(folder)
        .output()
        .unwrap();
    let files = walkdir::WalkDir::new(folder.join("out")).into_iter().filter_map(Result::ok);
    let files = files.filter(|it| it.path().extension().is_some_and(|ending| ending == "yaml"));
    let objects = files.map(|it| serde_yaml::from_str(&fs::read_to_string(it.path()).unwrap()).unwrap()).collect();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned(), objects)
}

/// The server refuses each of them, so the input is refused, with location and hint; both accept the objects next to
/// it.
#[test]
fn what_the_server_refuses_to_create_is_refused_with_its_place() {
    let balancer = |ranges: &str| {
        format!("  access:\n    type: service\n    service:\n      type: LoadBalancer\n      sourceRanges: {ranges}\n")
    };
    for (good, bad) in [
        ("[192.0.2.0/24]", "[192.0.2.1/24]"),
        ("[192.0.2.1/32, 0.0.0.0/0]", "[10.0.0.0/8, 10.1.0.0/8]"),
        ("['2001:db8::/32', '::/0']", "['2001:db8::1/64']"),
        ("['2001:db8::1/128']", "['::ffff:192.0.2.0/120']"),
    ] {
        let (code, said, objects) = built("kubernetes", &balancer(good));
        assert_eq!(code, Some(0), "{good}: {said}");
        assert!(objects.iter().all(|object| refusals(object, By::Server).is_empty()), "{good}");
        let (code, said, _) = built("kubernetes", &balancer(bad));
        assert_eq!(code, Some(1), "{bad}: {said}");
        assert!(said.contains("spec.access.service.sourceRanges") && said.contains("  hint: "), "{bad}: {said}");
        assert!(said.contains("in/render-config.yaml:"), "{bad}: {said}");
    }
    let nodes = |builder: u32| {
        format!(
            "  access: {{type: service, service: {{type: NodePort, nodePort: 30443, builderNodePort: {builder}}}}}\n"
        )
    };
    let (code, said, _) = built("kubernetes", &nodes(30443));
    assert!(code == Some(1) && said.contains("spec.access.service.builderNodePort"), "{said}");
}

fn gateway(parents: &str) -> (Option<i32>, String, Vec<Json>) {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("examples/access-gateway"), &folder.path().join("in"));
    let config = folder.path().join("in/render-config.yaml");
    let mut input: Json = serde_yaml::from_str(&fs::read_to_string(&config).unwrap()).unwrap();
    input["spec"]["access"]["gateway"]["parentRefs"] = serde_yaml::from_str(parents).unwrap();
    fs::write(&config, serde_yaml::to_string(&input).unwrap()).unwrap();
    build(folder.path())
}

#[test]
fn listeners_that_no_route_may_have_together_are_refused() {
    let many = |count: usize| {
        let one = |at: usize| format!("{{name: g, namespace: gateways, sectionName: l{at}}}");
        format!("[{}]", (0..count).map(one).collect::<Vec<_>>().join(", "))
    };
    for (parents, taken) in [
        ("[{name: g, namespace: gateways}]".to_owned(), true),
        (
            "[{name: g, namespace: gateways, sectionName: a}, {name: g, namespace: gateways, sectionName: b}]"
                .to_owned(),
            true,
        ),
        ("[{name: g, namespace: gateways, sectionName: a}, {name: g, namespace: others}]".to_owned(), true),
        ("[{name: g, namespace: gateways, sectionName: a}, {name: g, namespace: gateways}]".to_owned(), false),
        ("[{name: g, namespace: gateways}, {name: g, namespace: gateways}]".to_owned(), false),
        (many(32), true),
        (many(33), false),
    ] {
        let (code, said, objects) = gateway(&parents);
        assert_eq!(code, Some(i32::from(!taken)), "{parents}: {said}");
        let is_error =
            |line: &str| line.starts_with("error[access-conflict]") && line.contains("spec.access.gateway.parentRefs");
        let refused = said.lines().any(is_error) && said.contains("  hint: ");
        assert!(refused != taken, "{parents}: {said}");
        assert!(objects.iter().all(|object| refusals(object, By::Server).is_empty()), "{parents}");
    }
}

#[test]
fn annotations_over_the_limit_are_refused() {
    let annotated = |length: usize| {
        format!(
            "  access: {{type: ingress, certificate: {{from: pair}}, ingress: {{className: nginx, controller: ingress-nginx}}, annotations: {{example.com/a: {}}}}}\n",
            "a".repeat(length)
        )
    };
    let (code, said, objects) = built("kubernetes", &annotated(200_000));
    assert_eq!(code, Some(0), "{said}");
    assert!(objects.iter().all(|object| refusals(object, By::Server).is_empty()));
    let (code, said, _) = built("kubernetes", &annotated(server::ANNOTATIONS));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error[object-size]") && said.contains("spec.access.annotations"), "{said}");
}

/// A file of the bundle with so many bytes: a warning if `kubectl apply` fails, an error if every server refuses it.
#[test]
fn an_object_that_is_too_large_is_told_with_its_size() {
    for example in ["access-gateway", "referenced"] {
        for (bytes, by_client, by_server) in [(100_000, true, true), (300_000, false, true), (1_100_000, false, false)]
        {
            let folder = tempfile::tempdir().unwrap();
            copy(&Path::new("examples").join(example), &folder.path().join("in"));
            fs::write(folder.path().join("in/config-bundle/robots.txt"), "# a comment\n".repeat(bytes / 12)).unwrap();
            let (code, said, objects) = build(folder.path());
            let context = format!("{example} {bytes}: {said}");
            assert_eq!(code, Some(i32::from(!by_server)), "{context}");
            assert_eq!(said.contains("error[object-size]"), !by_server, "{context}");
            assert_eq!(said.contains("warning[object-apply]"), by_server && !by_client, "{context}");
            assert!(by_client || (said.contains("robots.txt") && said.contains(" bytes")), "{context}");
            let taken = |by| objects.iter().all(|object| refusals(object, by).is_empty());
            assert!(!by_server || taken(By::Server), "{context}");
            assert_eq!(by_server && taken(By::Client), by_client, "{context}");
        }
    }
}

fn show_rights(example: &str, more: &[&str]) -> Vec<Json> {
    let mut show = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let output = show.args(["show", "rights", &format!("examples/{example}")]).args(more).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{example}: {}", String::from_utf8_lossy(&output.stderr));
    if more.contains(&"json") {
        return serde_json::from_slice(&output.stdout).unwrap();
    }
    let text = String::from_utf8(output.stdout).unwrap();
    text.split("---\n").map(|document| serde_yaml::from_str(document).unwrap()).collect()
}

/// A user with these rights can apply every object, and grant what is granted; no right is superfluous.
#[test]
fn the_rights_that_are_shown_are_those_that_applying_takes() {
    let resource = |kind: &str| text(&table()["resources"][kind]).to_owned();
    for example in
        ["minimal", "kubernetes", "flux", "external", "sealed", "access-route-edge-secret", "access-ingress-traefik"]
    {
        let roles = show_rights(example, &["--format", "json"]);
        assert_eq!(roles, show_rights(example, &[]), "{example}");
        let registry = all().find(|registry| registry.name == example).unwrap();
        let told =
            registry.files.iter().filter(|(path, _)| path.starts_with("flux/kustomization-")).map(|(_, file)| file);
        let objects: Vec<&Json> = registry.values().chain(told).collect();
        let mut needed: Vec<Vec<String>> = Vec::new();
        for object in &objects {
            let namespace = &object["metadata"]["namespace"];
            let role = roles.iter().find(|role| role["metadata"]["namespace"] == *namespace);
            let held = items(&role.unwrap_or_else(|| panic!("{example}: no Role in {namespace}"))["rules"]);
            let group = text(&object["apiVersion"]).rsplit_once('/').map_or("", |(group, _)| group);
            let kind = resource(text(&object["kind"]));
            assert!(!kind.is_empty(), "{}", object["kind"]);
            let mut rules = vec![
                json!({"apiGroups": [group], "resources": [kind], "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}),
            ];
            if object["kind"] == "Route" {
                rules.push(
                    json!({"apiGroups": [group], "resources": ["routes/custom-host"], "verbs": ["create", "update"]}),
                );
            }
            rules.extend(items(&object["rules"]).iter().cloned());
            let rules = json!({"rules": rules});
            assert_eq!(not_grantable(&rules, held), [""; 0], "{example}: {:?}", id(object));
            needed.push(not_grantable(&rules, &[]));
        }
        let needed: Vec<String> = needed.concat();
        for role in &roles {
            let more: Vec<_> = not_grantable(role, &[]).into_iter().filter(|right| !needed.contains(right)).collect();
            assert_eq!(more, [""; 0], "{example}");
        }
    }
}

#[test]
fn rights_are_bound_to_a_service_account() {
    let all = show_rights("minimal", &["--serviceaccount", "openshift-gitops:controller"]);
    let (bindings, roles): (Vec<_>, Vec<_>) = all.iter().partition(|object| text(&object["kind"]).ends_with("Binding"));
    assert!(roles.len() > 2 && bindings.len() == roles.len(), "{all:?}");
    for (role, binding) in roles.iter().zip(bindings) {
        assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
        assert_eq!(binding["roleRef"]["kind"], role["kind"]);
        assert_eq!(binding["metadata"], role["metadata"]);
        let account = json!([{"kind": "ServiceAccount", "name": "controller", "namespace": "openshift-gitops"}]);
        assert_eq!(binding["subjects"], account);
    }
}

/// Objects that may become large later are applied server-side from the start.
#[test]
fn the_application_is_applied_by_server_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut init = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    assert!(init.args(["init", "reg", "--argocd"]).current_dir(folder.path()).output().unwrap().status.success());
    let text = fs::read_to_string(folder.path().join("reg/argocd/application.yaml")).unwrap();
    let application: Json = serde_yaml::from_str(&text).unwrap();
    assert!(items(&application["spec"]["syncPolicy"]["syncOptions"]).contains(&json!("ServerSideApply=true")));
    let steps = fs::read_to_string(folder.path().join("reg/NEXT-STEPS.md")).unwrap();
    assert!(steps.contains("quay-render show rights . --serviceaccount openshift-gitops:"), "{steps}");
}
