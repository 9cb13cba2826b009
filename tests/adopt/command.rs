//! The command from outside: what it writes, prints and refuses.

use super::operator::{self, NAMESPACE, find, without};
use crate::support::golden::compare;
use crate::support::quay_render;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Runs the program; its exit code, what it prints and what it says.
pub fn run(arguments: &[&str], folder: &Path) -> (i32, String, String) {
    let output = quay_render().args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Adopts an export into `in`.
pub fn adopt(objects: &[Value], folder: &Path, more: &[&str]) -> (i32, String, String) {
    fs::write(folder.join("export.yaml"), operator::written(objects, 2)).unwrap();
    let arguments = ["adopt", "export.yaml", "--registry", "ns/test", "--out", "in"];
    run(&[&arguments, more].concat(), folder)
}

fn assert_tight(text: &str) {
    for (name, value) in operator::SECRETS {
        assert!(!text.contains(value), "{name} is shown");
        assert!(!text.contains(&STANDARD.encode(value)), "{name} is shown, encoded");
    }
    assert!(!text.contains("oracle-secret") && !text.contains("PRIVATE KEY"), "a secret is shown");
}

#[test]
fn the_plan_of_a_registry_can_be_followed_and_shows_no_secret() {
    let mut problems = Vec::new();
    for (release, case) in [("3.5", "minimal"), ("3.18", "unmanaged-tls")] {
        let folder = tempfile::tempdir().unwrap();
        let (code, plan, said) = adopt(&operator::export(release, case), folder.path(), &[]);
        assert_eq!(code, 0, "{said}");
        assert_tight(&(plan.clone() + &said));
        problems.extend(compare(&format!("tests/adopt/{release}-{case}.md"), &plan));
        let input = folder.path().join("in");
        for file in ["quayregistry.yaml", "render-config.yaml", ".gitignore"] {
            assert_tight(&fs::read_to_string(input.join(file)).unwrap());
        }
        let mode = fs::metadata(input.join("keys.yaml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let keys = fs::read_to_string(input.join("keys.yaml")).unwrap();
        for name in ["SECRET_KEY", "DATABASE_SECRET_KEY", "DB_PASSWORD", "DB_ROOT_PW", "PSK"] {
            assert!(keys.contains(operator::secret(name)), "{name}");
        }
        assert!(keys.contains("AWS_SECRET_ACCESS_KEY: oracle-secret"));
        assert!(fs::read_to_string(input.join(".gitignore")).unwrap().contains("/keys.yaml\n"));
        let (code, _, said) = run(&["build", "in", "--out", "deploy/test"], folder.path());
        assert_eq!(code, 0, "{said}");
    }
    assert!(problems.is_empty(), "{}", problems.concat());
}

/// An export that lacks something or contradicts itself, and what is done to it.
type Damage = (&'static str, fn(&mut Vec<Value>));

const KEYS: &str = "test-quay-registry-managed-secret-keys";

fn drop_named(objects: &mut Vec<Value>, kind: &str, begin: &str) {
    objects.retain(|object| object["kind"] != kind || !object["metadata"]["name"].as_str().unwrap().starts_with(begin));
}

fn second(objects: &mut Vec<Value>, kind: &str, name: &str, change: fn(&mut Value)) {
    let mut copy = find(objects, kind, name).clone();
    change(&mut copy);
    objects.push(copy);
}

const DAMAGES: &[Damage] = &[
    ("no QuayRegistry", |objects| drop_named(objects, "QuayRegistry", "test")),
    ("no Secret at all", |objects| drop_named(objects, "Secret", "")),
    ("no config bundle", |objects| drop_named(objects, "Secret", "bundle")),
    ("no keys Secret", |objects| drop_named(objects, "Secret", KEYS)),
    ("no DATABASE_SECRET_KEY", |objects| without(&mut find(objects, "Secret", KEYS)["data"], "DATABASE_SECRET_KEY")),
    ("another DATABASE_SECRET_KEY", |objects| {
        find(objects, "Secret", KEYS)["data"]["DATABASE_SECRET_KEY"] = json!(STANDARD.encode("another"));
    }),
    ("two keys Secrets", |objects| {
        second(objects, "Secret", KEYS, |copy| {
            copy["metadata"]["name"] = json!(format!("{KEYS}-22222222d2"));
            copy["data"]["SECRET_KEY"] = json!(STANDARD.encode("another"));
        });
    }),
    ("one keys Secret, twice", |objects| {
        second(objects, "Secret", KEYS, |copy| copy["data"]["SECRET_KEY"] = json!(STANDARD.encode("another")));
    }),
    ("two passwords of the database", |objects| {
        let name = format!("test-postgres-config-secret-{}", operator::SUFFIX);
        find(objects, "Secret", &name)["data"]["database-password"] = json!(STANDARD.encode("another"));
    }),
    ("an unknown version", |objects| {
        find(objects, "QuayRegistry", "test")["status"]["currentVersion"] = json!("3.99.0");
        find(objects, "Deployment", "test-quay-app")["spec"]["template"]["spec"]["containers"][0]["env"] = json!([]);
    }),
    ("no version", |objects| {
        without(find(objects, "QuayRegistry", "test"), "status");
        drop_named(objects, "ClusterServiceVersion", "");
        find(objects, "Deployment", "test-quay-app")["spec"]["template"]["spec"]["containers"][0]["env"] = json!([]);
    }),
    ("an upgrade in its midst", |objects| {
        find(objects, "QuayRegistry", "test")["status"]["currentVersion"] = json!("3.15.0");
    }),
    ("no Deployment", |objects| drop_named(objects, "Deployment", "")),
    ("neither the database nor a Secret with its password", |objects| {
        drop_named(objects, "Deployment", "test-quay-database");
        drop_named(objects, "Secret", "test-postgres-config-secret");
        without(&mut find(objects, "Secret", KEYS)["data"], "DB_ROOT_PW");
    }),
    ("no claim", |objects| drop_named(objects, "PersistentVolumeClaim", "test-quay-postgres-13")),
    ("no bucket claim", |objects| drop_named(objects, "ObjectBucketClaim", "")),
    ("a claim of another name", |objects| {
        let volumes = &mut find(objects, "Deployment", "test-quay-database")["spec"]["template"]["spec"]["volumes"];
        let volume =
            volumes.as_array_mut().unwrap().iter_mut().find(|it| !it["persistentVolumeClaim"].is_null()).unwrap();
        volume["persistentVolumeClaim"]["claimName"] = json!("test-quay-database");
    }),
    ("a database in an emptyDir", |objects| {
        let volumes = &mut find(objects, "Deployment", "test-quay-database")["spec"]["template"]["spec"]["volumes"];
        for volume in volumes.as_array_mut().unwrap().iter_mut().filter(|it| !it["persistentVolumeClaim"].is_null()) {
            without(volume, "persistentVolumeClaim");
            volume["emptyDir"] = json!({});
        }
    }),
    ("databases elsewhere in their claims", |objects| {
        let pod = |it: &mut Value| it["spec"]["template"]["spec"]["containers"][0].take();
        let database = find(objects, "Deployment", "test-quay-database");
        let mut container = pod(database);
        for mount in
            container["volumeMounts"].as_array_mut().unwrap().iter_mut().filter(|it| it["name"] == "postgres-data")
        {
            mount["subPath"] = json!("mine");
        }
        database["spec"]["template"]["spec"]["containers"][0] = container;
        let clair = find(objects, "Deployment", "test-clair-postgres");
        let mut container = pod(clair);
        let variable = json!({"name": "PGDATA", "value": "/var/lib/pgsql/data/mine"});
        container["env"].as_array_mut().unwrap().push(variable);
        clair["spec"]["template"]["spec"]["containers"][0] = container;
    }),
    ("what is being deleted", |objects| {
        for (kind, name) in [
            ("PersistentVolumeClaim", "test-quay-postgres-13"),
            ("ObjectBucketClaim", "test-quay-datastore"),
            ("Secret", KEYS),
            ("QuayRegistry", "test"),
        ] {
            find(objects, kind, name)["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
    }),
    ("a claim that many may mount", |objects| {
        find(objects, "PersistentVolumeClaim", "test-quay-postgres-13")["spec"]["accessModes"] =
            json!(["ReadWriteMany"]);
    }),
];

#[test]
fn what_an_export_lacks_is_named_with_the_command_that_gets_it() {
    let mut told = String::new();
    for (what, damage) in DAMAGES {
        let folder = tempfile::tempdir().unwrap();
        let mut objects = operator::export("3.18", "unmanaged-tls");
        damage(&mut objects);
        let (code, plan, said) = adopt(&objects, folder.path(), &[]);
        assert_eq!((code, plan.as_str()), (1, ""), "{what}: {said}");
        assert!(!folder.path().join("in").exists(), "{what}");
        assert_tight(&said);
        write!(told, "=== {what}\n{said}\n").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("export.yaml"), "kind: List\nitems: [\n").unwrap();
    let (code, _, said) = run(&["adopt", "export.yaml", "--out", "in"], folder.path());
    assert_eq!(code, 1);
    write!(told, "=== no YAML\n{said}\n").unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/mine"), "").unwrap();
    let (code, _, said) = adopt(&operator::export("3.18", "minimal"), folder.path(), &[]);
    assert_eq!(code, 1);
    write!(told, "=== a directory with something in it\n{said}").unwrap();
    assert_eq!(compare("tests/adopt/refusals.txt", &told), None);
}

/// Applies the patches of commands like `kubectl patch KIND NAME -n NAMESPACE --type=json -p '…'` to objects; how many.
fn patch(objects: &mut [Value], plan: &str, heading: &str) -> usize {
    let section = plan.split("\n### ").find(|section| section.contains(heading)).unwrap();
    let mut applied = 0;
    for line in section.lines().filter(|line| line.starts_with("kubectl patch ")) {
        let (command, patch) = line.split_once(" -p '").unwrap();
        let words: Vec<&str> = command.split(' ').collect();
        let kind = words[2].split('.').next().unwrap();
        let object = objects.iter_mut().find(|object| {
            object["kind"].as_str().unwrap().to_lowercase() == kind
                && object["metadata"]["name"] == words[3]
                && object["metadata"]["namespace"] == words[5]
        });
        let object = object.unwrap_or_else(|| panic!("{line}"));
        for step in serde_json::from_str::<Vec<Value>>(patch.trim_end_matches('\'')).unwrap() {
            let path = step["path"].as_str().unwrap();
            if step["op"] == "test" {
                assert_eq!(object.pointer(path), Some(&step["value"]), "{line}");
            } else {
                let (list, at) = path.rsplit_once('/').unwrap();
                object.pointer_mut(list).unwrap().as_array_mut().unwrap().remove(at.parse().unwrap());
                applied += 1;
            }
        }
    }
    applied
}

#[test]
fn the_steps_of_the_plan_are_what_the_second_export_has_to_show() {
    let folder = tempfile::tempdir().unwrap();
    let mut objects = operator::export("3.9", "minimal");
    let (code, plan, said) = adopt(&objects, folder.path(), &[]);
    assert_eq!(code, 0, "{said}");
    let verify = |objects: &[Value]| {
        fs::write(folder.path().join("second.yaml"), operator::written(objects, 1)).unwrap();
        run(&["adopt", "--verify", "--registry", "ns/test", "second.yaml"], folder.path())
    };
    let (code, _, said) = verify(&objects);
    let owned =
        objects.iter().filter(|object| object["metadata"]["ownerReferences"][0]["kind"] == "QuayRegistry").count();
    assert_eq!((code, said.matches("error[adopt-owned]").count()), (1, owned + 1), "{said}");
    assert!(owned > 40, "{owned}");
    assert_eq!(patch(&mut objects, &plan, "Take the objects from the QuayRegistry"), owned);
    let (code, _, said) = verify(&objects);
    assert_eq!((code, said.matches("error[adopt-owned]").count()), (1, 1), "{said}");
    assert_eq!(patch(&mut objects, &plan, "Clear the finalizer"), 1);
    let (code, _, said) = verify(&objects);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("belongs to the QuayRegistry"), "{said}");
    // An export of nothing proves nothing.
    objects.retain(|object| object["kind"] == "QuayRegistry" || object["metadata"]["namespace"] != NAMESPACE);
    assert_eq!(verify(&objects).0, 1);
}

#[test]
fn a_release_that_the_export_contradicts_is_refused() {
    type Silence = fn(&mut Vec<Value>);
    let silences: [(&str, Silence); 3] = [
        ("status.currentVersion", |_| {}),
        ("QUAY_VERSION", |objects| without(find(objects, "QuayRegistry", "test"), "status")),
        ("ClusterServiceVersion", |objects| {
            let pod = &mut find(objects, "Deployment", "test-quay-app")["spec"]["template"]["spec"];
            pod["containers"][0]["env"] = json!([]);
        }),
    ];
    let mut objects = operator::export("3.15", "minimal");
    for (place, silence) in silences {
        silence(&mut objects);
        let folder = tempfile::tempdir().unwrap();
        let (code, _, said) = adopt(&objects, folder.path(), &["--release", "3.14"]);
        assert!(code == 1 && said.contains("--release is 3.14, and ") && said.contains(place), "{said}");
        assert_eq!(said.matches("error[").count(), 1, "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (code, _, said) = adopt(&objects, folder.path(), &["--release", "3.15"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_claim_that_was_made_larger_keeps_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut objects = operator::export("3.18", "minimal");
    find(&mut objects, "PersistentVolumeClaim", "test-quay-postgres-13")["spec"]["resources"]["requests"]["storage"] =
        json!("200Gi");
    let (code, plan, said) = adopt(&objects, folder.path(), &[]);
    assert!(code == 0 && !plan.contains("200Gi"), "{said}{plan}");
    let config = fs::read_to_string(folder.path().join("in/render-config.yaml")).unwrap();
    assert!(config.contains("postgres:\n      volumeSize: \"200Gi\"\n"), "{config}");
}

#[test]
fn what_runs_is_written_down_where_the_release_says_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut objects = operator::export("3.15", "minimal");
    find(&mut objects, "QuayRegistry", "test")["status"]["currentVersion"] = json!("v3.15.99");
    let name = format!("test-quay-proxy-config-{}", operator::SUFFIX);
    let proxy = &mut find(&mut objects, "Secret", &name)["data"];
    proxy["HTTPS_PROXY"] = json!(STANDARD.encode("http://proxy.example.com:3128"));
    proxy["NO_PROXY"] = json!(STANDARD.encode("test-quay-ns.apps.example.com,.example.com"));
    let (code, plan, said) = adopt(&objects, folder.path(), &[]);
    assert_eq!(code, 0, "{said}");
    let config = fs::read_to_string(folder.path().join("in/render-config.yaml")).unwrap();
    for line in [
        "  release: \"3.15\"\n",
        "    httpsProxy: http://proxy.example.com:3128\n    noProxy:\n    - \".example.com\"\n",
        "    RELATED_IMAGE_COMPONENT_QUAY: quay.io/projectquay/quay:latest\n",
        "    appsDomain: apps.example.com\n",
        "    namespace: external\n",
    ] {
        assert!(config.contains(line), "{line}{config}");
    }
    assert!(plan.contains("3.15.99 is not a version that this quay-render knows"), "{plan}");
    assert!(!fs::read_to_string(folder.path().join("in/quayregistry.yaml")).unwrap().contains("currentVersion"));
    assert_eq!(run(&["build", "in", "--out", "deploy"], folder.path()).0, 0);
}

#[test]
fn a_registry_of_the_same_name_elsewhere_and_what_is_the_users_own_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut objects = operator::export("3.15", "unmanaged-tls");
    let mut twin = objects.clone();
    twin.retain(|object| object["metadata"]["namespace"] == NAMESPACE);
    for object in &mut twin {
        object["metadata"]["namespace"] = json!("twin");
    }
    objects.extend(twin);
    // The operator may own the bundle, and somebody may have given an object of his own the label.
    let owner = find(&mut objects, "Service", "test-quay-app")["metadata"]["ownerReferences"].clone();
    let labels = find(&mut objects, "Service", "test-quay-app")["metadata"]["labels"].clone();
    find(&mut objects, "Secret", "bundle")["metadata"]["ownerReferences"] = owner;
    find(&mut objects, "Secret", "mine")["metadata"]["labels"] = labels;
    let (code, plan, said) = adopt(&objects, folder.path(), &[]);
    assert_eq!(code, 0, "{said}");
    assert!(
        !plan.contains("-n twin") && !plan.contains("delete secret mine") && !plan.contains("delete secret bundle")
    );
    assert!(
        plan.contains("kubectl patch secret bundle -n ns") && plan.contains("1 change has no known reason"),
        "{plan}"
    );
}
