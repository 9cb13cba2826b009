use crate::compare::tests::{compare, object, value};
use crate::compare::{Comparison, Sort};
use crate::object::Value;

const DEPLOYMENT: &str = "apps/v1/Deployment";
const CLAIM: &str = "v1/PersistentVolumeClaim";
const ROUTE: &str = "route.openshift.io/v1/Route";

/// The consequences of a change of one object `x`, as `sort: text`.
fn meanings(kind: &str, old: &str, new: &str) -> Vec<String> {
    let found = compare(&[object(kind, "x", old)], &[object(kind, "x", new)]);
    let all = found.changes.iter().flat_map(|change| &change.meanings);
    all.map(|meaning| format!("{}: {}", meaning.sort.id(), meaning.text)).collect()
}

#[test]
fn what_cannot_be_changed_is_told() {
    for (kind, old, new, path) in [
        (DEPLOYMENT, "spec: {selector: {a: b}}", "spec: {selector: {a: c}}", "spec.selector.a of Deployment"),
        ("apps/v1/StatefulSet", "spec: {serviceName: a}", "spec: {}", "spec.serviceName of StatefulSet"),
        ("batch/v1/Job", "spec: {template: {a: b}}", "spec: {template: {a: c}}", "spec.template.a of Job"),
        (
            CLAIM,
            "spec: {storageClassName: a}",
            "spec: {storageClassName: b}",
            "spec.storageClassName of PersistentVolumeClaim",
        ),
        (
            "objectbucket.io/v1alpha1/ObjectBucketClaim",
            "spec: {storageClassName: a}",
            "spec: {storageClassName: b}",
            "spec.storageClassName of ObjectBucketClaim",
        ),
        ("v1/Service", "spec: {clusterIP: None}", "spec: {}", "spec.clusterIP of Service"),
        (
            "rbac.authorization.k8s.io/v1/RoleBinding",
            "roleRef: {name: a}",
            "roleRef: {name: b}",
            "roleRef.name of RoleBinding",
        ),
        (
            "objectbucket.io/v1alpha1/ObjectBucketClaim",
            "spec: {additionalConfig: {a: b}}",
            "spec: {}",
            "spec.additionalConfig of ObjectBucketClaim",
        ),
        ("storage.k8s.io/v1/StorageClass", "provisioner: a", "provisioner: b", "provisioner of StorageClass"),
        ("v1/Secret", "type: a", "type: b", "type of Secret"),
    ] {
        assert_eq!(meanings(kind, old, new), [format!("immutable: {path} quay/x cannot be changed")], "{kind}");
    }
    let frozen = meanings("v1/ConfigMap", "immutable: true\ndata: {a: b}", "immutable: true\ndata: {a: c}");
    assert_eq!(frozen, ["immutable: data.a of ConfigMap quay/x cannot be changed"]);
}

#[test]
fn a_claim_may_grow_and_not_shrink() {
    let of = |size: &str| format!("spec: {{resources: {{requests: {{storage: {size}}}}}}}");
    assert_eq!(meanings(CLAIM, &of("50Gi"), &of("0.1Ti")), [""; 0]);
    assert_eq!(meanings(CLAIM, &of("1000"), &of("2Ki")), [""; 0]);
    let shrunk = ["immutable: PersistentVolumeClaim quay/x cannot shrink"];
    assert_eq!(meanings(CLAIM, &of("50Gi"), &of("50G")), shrunk);
    assert_eq!(meanings(CLAIM, &of("50Gi"), &of("much")), shrunk);
    assert_eq!(
        meanings(CLAIM, "spec: {volumeAttributesClassName: a}", "spec: {volumeAttributesClassName: b}"),
        [""; 0]
    );
}

#[test]
fn another_number_of_pods_is_told() {
    let pods = |replicas: &str| object(DEPLOYMENT, "x", &format!("spec: {{{replicas}}}"));
    let scaler = object(
        "autoscaling/v2/HorizontalPodAutoscaler",
        "x",
        "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: x}}",
    );
    let scaled = |old: &[Value], new: &[Value]| {
        let found = compare(old, new);
        let all = found.changes.iter().flat_map(|change| &change.meanings).filter(|it| it.sort == Sort::Scaled);
        all.map(|meaning| meaning.text.clone()).collect::<Vec<_>>()
    };
    let (none, one, three) = (pods("a: b"), pods("a: b, replicas: 1"), pods("a: b, replicas: 3"));
    for (old, new, wanted) in [
        (vec![one.clone()], vec![three.clone()], "Deployment quay/x runs 3 pods in place of 1"),
        (vec![none.clone()], vec![one.clone()], "Deployment quay/x runs 1 pods, however many run now"),
        (
            vec![none.clone(), scaler.clone()],
            vec![one.clone()],
            "Deployment quay/x runs 1 pods, however many its autoscaler has made of them",
        ),
        (
            vec![three.clone()],
            vec![none.clone(), scaler.clone()],
            "Deployment quay/x no longer sets its number of pods: applied, it falls back to 1, until its autoscaler makes more of them",
        ),
        (
            vec![none.clone(), scaler.clone()],
            vec![none.clone()],
            "Deployment x keeps the pods that it has once HorizontalPodAutoscaler quay/x is deleted, and nothing scales it",
        ),
    ] {
        assert_eq!(scaled(&old, &new), [wanted]);
    }
    for (number, wanted) in [("0", "spec.paused asks for this"), ("3", "leave spec.replicas out")] {
        let found =
            compare(&[none.clone(), scaler.clone()], &[pods(&format!("a: b, replicas: {number}")), scaler.clone()]);
        let meaning =
            found.changes.iter().flat_map(|change| &change.meanings).find(|it| it.sort == Sort::Scaled).unwrap();
        assert!(meaning.advice.as_ref().unwrap().starts_with(wanted), "{:?}", meaning.advice);
    }
    assert_eq!(scaled(std::slice::from_ref(&none), &[none.clone(), scaler.clone()]), [""; 0]);
    assert_eq!(scaled(&[none.clone(), scaler], &[]), [""; 0]);
}

#[test]
fn what_the_api_server_fills_in_may_be_left_out() {
    assert_eq!(meanings("v1/Service", "spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1]}", "spec: {}"), [""; 0]);
    assert_eq!(meanings(CLAIM, "spec: {volumeName: pvc-1}", "spec: {}"), [""; 0]);
}

#[test]
fn a_changed_template_restarts_pods_and_says_why() {
    let pods = |rest: &str| format!("spec: {{template: {{spec: {{containers: [{{name: c, {rest}}}]}}}}}}");
    assert_eq!(
        meanings(DEPLOYMENT, &pods("args: [x], image: a"), &pods("args: [z], image: b")),
        ["restart: pods of Deployment quay/x restart: image of c; containers[c].args"]
    );
    assert_eq!(meanings(DEPLOYMENT, "spec: {minReadySeconds: 1}", "spec: {minReadySeconds: 2}"), [""; 0]);
    let checksum = |sum: &str| format!("spec: {{template: {{metadata: {{annotations: {{checksum/config: {sum}}}}}}}}}");
    assert_eq!(
        meanings(DEPLOYMENT, &checksum("a"), &checksum("b")),
        ["restart: pods of Deployment quay/x restart: metadata.annotations[\"checksum/config\"]"]
    );
}

#[test]
fn pods_restart_and_jobs_run_over_the_fields_of_config_yaml_that_changed() {
    let side = |suffix: &str, hostname: &str, job: &str| {
        let config = format!("stringData: {{config.yaml: 'SERVER_HOSTNAME: {hostname}', k: {hostname}}}");
        let pods =
            format!("spec: {{template: {{spec: {{volumes: [{{name: v, secret: {{secretName: s-{suffix}}}}}]}}}}}}");
        [
            object("v1/Secret", &format!("s-{suffix}"), &config),
            object(DEPLOYMENT, "d", &pods),
            object("batch/v1/Job", &format!("j-{job}"), &pods),
        ]
    };
    let found = compare(&side("2222222222", "a", "5555555555"), &side("4444444444", "b", "6666666666"));
    let texts: Vec<_> = found.changes.iter().flat_map(|it| &it.meanings).map(|it| it.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "pods of Deployment quay/d restart: SERVER_HOSTNAME, k of s",
            "Job quay/j runs again: SERVER_HOSTNAME, k of s",
            "data[\"config.yaml\"].SERVER_HOSTNAME of Secret quay/s changes from a to b",
        ]
    );
}

#[test]
fn a_checksum_on_pods_names_the_object_whose_content_it_follows() {
    let side = |hostname: &str, sum: &str| {
        let labels = "labels: {quay-operator/quayregistry: r}";
        let annotations = format!("annotations: {{checksum.quay-render.dev/config: '{sum}'}}");
        let pods = format!("spec: {{template: {{metadata: {{{annotations}}}}}}}");
        [
            object("v1/Secret", "r-config", &format!("stringData: {{k: {hostname}}}")),
            value(&format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d, namespace: quay, {labels}}}, {pods}}}"
            )),
        ]
    };
    let found = compare(&side("a", "2222222222"), &side("b", "4444444444"));
    let texts: Vec<_> = found.changes.iter().flat_map(|it| &it.meanings).map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["pods of Deployment quay/d restart: k of r-config"]);
}

#[test]
fn only_four_causes_are_named() {
    let template = |value: &str| {
        let fields: Vec<_> = ["a", "b", "c", "d", "e", "f"].iter().map(|key| format!("{key}: {value}")).collect();
        format!("spec: {{template: {{spec: {{{}}}}}}}", fields.join(", "))
    };
    let found = meanings(DEPLOYMENT, &template("1"), &template("2"));
    assert_eq!(found, ["restart: pods of Deployment quay/x restart: a; b; c; d and 2 more"]);
}

fn sorts(found: &Comparison) -> Vec<&str> {
    found.changes.iter().flat_map(|it| &it.meanings).map(|it| it.sort.id()).collect()
}

#[test]
fn data_that_goes_is_told_with_what_keeps_it() {
    let argo = "argocd.argoproj.io/sync-options: 'Prune=false,Delete=false'";
    let flux = "kustomize.toolkit.fluxcd.io/prune: disabled";
    for (annotations, wanted, how) in [
        (format!("{argo}, {flux}"), "data-kept", "keep it, with its data, from Argo CD and Flux"),
        (argo.to_owned(), "data-deleted", "by Flux; its annotations keep it from Argo CD alone"),
        (flux.to_owned(), "data-deleted", "by Argo CD; its annotations keep it from Flux alone"),
        ("a: b".to_owned(), "data-deleted", "by whoever prunes; no annotation keeps it"),
    ] {
        let of = |annotations: &str| {
            let metadata = format!("{{name: x, annotations: {{{annotations}}}}}");
            value(&format!("{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {metadata}}}"))
        };
        let claim = of(&annotations);
        let found = compare(std::slice::from_ref(&claim), &[]);
        assert_eq!(sorts(&found), [wanted]);
        assert!(found.changes[0].meanings[0].text.ends_with(how), "{}", found.changes[0].meanings[0].text);
        let bare = compare(&[claim], &[of("c: d")]);
        let lost: &[&str] = if annotations == "a: b" { &["labels-only"] } else { &["unprotected", "labels-only"] };
        assert_eq!(sorts(&bare), lost);
    }
    for kind in ["v1/Namespace", "objectbucket.io/v1alpha1/ObjectBucketClaim"] {
        assert_eq!(sorts(&compare(&[object(kind, "x", "{}")], &[])), ["data-deleted"]);
    }
    assert_eq!(sorts(&compare(&[object("v1/ConfigMap", "x", "{}")], &[])), [""; 0]);
}

#[test]
fn access_is_told_by_its_fields_and_by_what_comes_and_goes() {
    for (kind, old, new, wanted) in [
        (
            "v1/Service",
            "spec: {type: ClusterIP}",
            "spec: {type: LoadBalancer}",
            "spec.type of Service quay/x changes from ClusterIP to LoadBalancer",
        ),
        (ROUTE, "spec: {host: a}", "spec: {host: b}", "spec.host of Route quay/x changes from a to b"),
        (ROUTE, "spec: {tls: {key: a}}", "spec: {tls: {key: b}}", "spec.tls.key of Route quay/x changes"),
        (
            "v1/Secret",
            "data: {ssl.cert: YQ==}",
            "data: {ssl.cert: Yg==}",
            "data[\"ssl.cert\"] of Secret quay/x changes",
        ),
        ("networking.k8s.io/v1/Ingress", "spec: {}", "spec: {tls: []}", "spec.tls of Ingress quay/x is new"),
        ("networking.k8s.io/v1/Ingress", "spec: {tls: []}", "spec: {}", "spec.tls of Ingress quay/x is gone"),
    ] {
        assert_eq!(meanings(kind, old, new), [format!("access: {wanted}")]);
    }
    let route = [object(ROUTE, "x", "spec: {host: h}")];
    let text = |found: Comparison| found.changes[0].meanings[0].text.clone();
    assert_eq!(text(compare(&route, &[])), "Route quay/x (h) is gone");
    assert_eq!(text(compare(&[], &route)), "Route quay/x (h) is new");
    assert_eq!(sorts(&compare(&[], &[object("rbac.authorization.k8s.io/v1/RoleBinding", "x", "{}")])), ["access"]);
    assert_eq!(sorts(&compare(&[object("v1/Service", "x", "spec: {type: NodePort}")], &[])), ["access"]);
    assert_eq!(sorts(&compare(&[object("v1/Service", "x", "spec: {type: ClusterIP}")], &[])), [""; 0]);
}

#[test]
fn labels_alone_are_told_as_such() {
    let of = |labels: &str, rest: &str| {
        value(&format!("{{apiVersion: v1, kind: Service, metadata: {{name: x, labels: {{{labels}}}}}, {rest}}}"))
    };
    assert_eq!(sorts(&compare(&[of("a: b", "spec: {}")], &[of("a: c", "spec: {}")])), ["labels-only"]);
    assert_eq!(sorts(&compare(&[of("a: b", "x: 1")], &[of("a: c", "x: 2")])), [""; 0]);
}
