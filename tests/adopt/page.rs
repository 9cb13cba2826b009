//! `docs/coming-from-the-operator.md`, followed: kubectl is a stand-in that exports what the test says.

use super::operator::{self, NAMESPACE, without};
use crate::support::page::{Computer, blocks};
use serde_json::Value;
use std::fs;

const KUBECTL: &str = "case \"$*\" in\n*quayregistries*) kind=registries ;;\n*subscriptions*) kind=operator ;;\n\
                       *openshift-config-managed*) kind=dashboards ;;\n*) kind=objects ;;\nesac\ncat ~/../$kind\n";

/// Sets what kubectl exports.
fn exports(computer: &Computer, objects: &[Value]) {
    let of =
        |is_it: &dyn Fn(&Value) -> bool| -> Vec<Value> { objects.iter().filter(|it| is_it(it)).cloned().collect() };
    let is_olm = |it: &Value| it["apiVersion"].as_str().unwrap().starts_with("operators.coreos.com/");
    let is_near = |it: &Value| it["metadata"]["namespace"] == NAMESPACE && it["kind"] != "QuayRegistry";
    for (file, objects) in [
        ("registries", of(&|it| it["kind"] == "QuayRegistry")),
        ("operator", of(&is_olm)),
        ("dashboards", of(&|it| it["metadata"]["namespace"] == "openshift-config-managed")),
        ("objects", of(&is_near)),
    ] {
        fs::write(computer.at(file), operator::written(&objects, 0)).unwrap();
    }
}

/// Follows a block of the page, for the registry of the tests: the exit codes of quay-render.
fn follow(computer: &Computer, block: &str) -> Vec<i32> {
    let block = block.replace("quay/my-registry", "ns/test").replace("-n quay", "-n ns").replace("my-registry", "test");
    let calls = computer.run(&block);
    calls.iter().map(|call| call.split(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn coming_from_the_operator_is_followed_to_its_end() {
    let page = blocks("coming-from-the-operator.md");
    assert_eq!(page.len(), 5);
    for release in ["3.5", "3.18"] {
        let computer = Computer::new(KUBECTL);
        let mut objects = operator::export(release, "minimal");
        exports(&computer, &objects);
        assert!(follow(&computer, &page[0]).is_empty());
        assert_eq!(follow(&computer, &page[1]), [0]);
        assert_eq!(follow(&computer, &page[2]), [0, 0]);
        let plan = fs::read_to_string(computer.at("work/plan.md")).unwrap();
        assert!(plan.contains("patch subscription.operators.coreos.com quay-operator"), "{plan}");
        assert_eq!(follow(&computer, &page[3]), [1], "nothing of the plan is done yet");
        for object in &mut objects {
            without(&mut object["metadata"], "ownerReferences");
            without(&mut object["metadata"], "finalizers");
        }
        exports(&computer, &objects);
        assert_eq!(follow(&computer, &page[3]), [0]);
        assert_eq!(follow(&computer, &page[4]), [1], "nothing is applied yet");
        let stream = computer.at("work/stream");
        computer.run(&format!("quay-render build test --stdout >{}", stream.display()));
        exports(&computer, &operator::applied(&fs::read_to_string(stream).unwrap()));
        assert_eq!(follow(&computer, &page[4]), [0]);
    }
}
