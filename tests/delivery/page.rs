//! `docs/keeping-the-operator.md`, followed: kubectl is a stand-in that notes what it is told, and knows the kind QuayRegistry at the
//! third try.

use crate::support::page::{Computer, blocks};
use std::fs;

const KUBECTL: &str = "echo \"$*\" >>~/../told\ncase \"$*\" in\n*'get crd'*) n=$(cat ~/../tries 2>/dev/null || echo 0); echo $((n + 1)) >~/../tries; \
                       [[ $n -ge 2 ]] ;;\nesac\n";

#[test]
fn keeping_the_operator_is_followed_to_its_end() {
    let page = blocks("keeping-the-operator.md");
    assert_eq!(page.len(), 7);
    let computer = Computer::new(KUBECTL);
    let follow = |block: &str, codes: &[&str]| {
        let calls = computer.run(&block.replace("sleep 5", "true"));
        let found: Vec<&str> = calls.iter().map(|call| call.split(' ').next().unwrap()).collect();
        assert_eq!(found, codes, "{calls:?}");
    };
    follow(&page[0], &["0", "0", "0"]);
    for path in ["operator/olm/subscription-quay-operator.yaml", "registry/quayregistry/quayregistry-my-registry.yaml"]
    {
        assert!(computer.at("work/deploy/my-registry").join(path).exists(), "{path}");
    }
    // What `--make` prints asks for the bundle, with the pair that an unmanaged tls needs.
    let made = page[1].replace('\n', " > made\n");
    follow(&made, &["0"]);
    let made = fs::read_to_string(computer.at("work/made")).unwrap();
    for key in ["config.yaml", "ssl.cert", "ssl.key"] {
        assert!(made.contains(&format!("--from-file={key}=")), "{made}");
    }
    assert_eq!(made.matches("kubectl create secret").count(), 1, "{made}");
    follow(&page[2], &[]);
    follow(&page[3], &[]);
    let told = fs::read_to_string(computer.at("told")).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.first(), Some(&"apply -k deploy/my-registry/operator"));
    assert_eq!(lines[lines.len() - 2], "apply -k deploy/my-registry/registry");
    assert_eq!(lines.iter().filter(|line| line.contains("get crd")).count(), 3);
    follow(&page[4], &["0", "0"]);
    let text = fs::read_to_string(computer.at("work/deploy/my-registry/operator/olm/subscription-quay-operator.yaml"))
        .unwrap();
    assert!(text.contains("channel: stable-3.16\n"), "{text}");
    // What a person asks after the step to another channel.
    let told = fs::read_to_string(computer.at("told")).unwrap();
    assert!(told.ends_with("apply -k deploy/my-registry/operator\nget installplans -n quay-operator\n"), "{told}");
    // The operator, its Namespace and that of the registry are one, so its pod goes where those of the registry go.
    follow(&page[5], &["0", "0"]);
    let read = |path: &str| fs::read_to_string(computer.at("work/deploy/infra-registry/operator").join(path)).unwrap();
    let namespace = read("namespace/namespace-quay.yaml");
    assert!(namespace.contains("openshift.io/node-selector: node-role.kubernetes.io/infra=\n"), "{namespace}");
    assert!(namespace.contains("scheduler.alpha.kubernetes.io/defaultTolerations: "), "{namespace}");
    assert!(read("olm/operatorgroup-quay-operator.yaml").contains("  targetNamespaces:\n  - quay\n"));
    let subscription = read("olm/subscription-quay-operator.yaml");
    for part in [
        "namespace: quay\n",
        "name: RELATED_IMAGE_COMPONENT_QUAY\n      value: mirror.example.com/quay/",
        "memory: \"256Mi\"\n",
    ] {
        assert!(subscription.contains(part), "{part:?} is not in\n{subscription}");
    }
    // The two deliveries of one input differ, and which objects change hands is told.
    let diff = page[6].replace("diff my-registry rendered", "diff my-registry rendered > changes");
    follow(&diff, &["1"]);
    let changes = fs::read_to_string(computer.at("work/changes")).unwrap();
    assert!(changes.contains("changes hands: Deployment quay/my-registry-quay-app is there already"), "{changes}");
}
