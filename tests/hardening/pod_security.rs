//! Pod Security Standards, field by field as they are published, and what OpenShift's restricted-v2 admits.
//! <https://kubernetes.io/docs/concepts/security/pod-security-standards/>

use super::{Case, containers, items, production, text, with};
use serde_json::{Value, json};

/// The volume types that `restricted` allows, which restricted-v2 allows as well.
const VOLUMES: &[&str] =
    &["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
/// Capabilities that `baseline` allows to add and that `restricted` allows as well.
const ADDED: &[&str] = &["NET_BIND_SERVICE"];
const SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];
const SELINUX: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Why a pod is not `restricted`.
fn violations(pod: &Value, has_seccomp: bool) -> Vec<String> {
    let mut found = Vec::new();
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod[field] == true {
            found.push(field.to_owned());
        }
    }
    for volume in items(&pod["volumes"]) {
        let kinds = volume.as_object().unwrap().keys().filter(|key| *key != "name" && !VOLUMES.contains(&key.as_str()));
        found.extend(kinds.map(|kind| format!("a volume {kind}")));
    }
    let context = &pod["securityContext"];
    found.extend(of_both(context));
    let sysctls = items(&context["sysctls"]).iter().map(|it| text(&it["name"]));
    found.extend(sysctls.filter(|name| !SYSCTLS.contains(name)).map(|name| format!("sysctl {name}")));
    for container in containers(pod) {
        let own = &container["securityContext"];
        let mut more = of_both(own);
        let say = |field: &str| field.to_owned();
        if own["privileged"] == true {
            more.push(say("privileged"));
        }
        if own["allowPrivilegeEscalation"] != false {
            more.push(say("allowPrivilegeEscalation"));
        }
        if !items(&own["capabilities"]["drop"]).contains(&json!("ALL")) {
            more.push(say("capabilities.drop"));
        }
        let added = items(&own["capabilities"]["add"]).iter().map(text).filter(|added| !ADDED.contains(added));
        more.extend(added.map(|added| format!("capabilities.add {added}")));
        if !matches!(text(&own["procMount"]), "" | "Default") {
            more.push(say("procMount"));
        }
        if items(&container["ports"]).iter().any(|port| !matches!(port["hostPort"].as_u64(), None | Some(0))) {
            more.push(say("hostPort"));
        }
        let said = |field: &str| if own[field].is_null() { &context[field] } else { &own[field] };
        if said("runAsNonRoot") != true {
            more.push(say("runAsNonRoot"));
        }
        if has_seccomp && !matches!(text(&said("seccompProfile")["type"]), "RuntimeDefault" | "Localhost") {
            more.push(say("seccompProfile"));
        }
        found.extend(more.into_iter().map(|field| format!("{} of {}", field, text(&container["name"]))));
    }
    found
}

/// Violations in fields that pods and containers share.
fn of_both(context: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut refuse = |field: &str, is_wrong: bool| {
        if is_wrong {
            found.push(field.to_owned());
        }
    };
    refuse("runAsNonRoot: false", context["runAsNonRoot"] == false);
    refuse("runAsUser: 0", context["runAsUser"] == 0);
    refuse("Unconfined", context["seccompProfile"]["type"] == "Unconfined");
    refuse("AppArmor", context["appArmorProfile"]["type"] == "Unconfined");
    refuse("hostProcess", context["windowsOptions"]["hostProcess"] == true);
    let selinux = &context["seLinuxOptions"];
    refuse("seLinuxOptions", !SELINUX.contains(&text(&selinux["type"])));
    refuse("seLinuxOptions", !selinux["user"].is_null() || !selinux["role"].is_null());
    found
}

/// Why OpenShift's restricted-v2 (before 4.11 `restricted`) does not admit a pod, in addition to the reasons for which
/// it is not restricted: ids outside the namespace's range, and a profile that may not be requested.
fn refused_by_openshift(pod: &Value, has_profiles: bool) -> Vec<String> {
    let contexts = containers(pod).map(|container| &container["securityContext"]).chain([&pod["securityContext"]]);
    let ids = ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups", "seLinuxOptions"];
    let mut fields = ids.to_vec();
    if !has_profiles {
        fields.push("seccompProfile");
    }
    let said = |context: &&Value| fields.iter().any(|field| !context[*field].is_null());
    contexts.filter(said).map(ToString::to_string).collect()
}

fn has_seccomp(case: &Case) -> bool {
    case.version >= if case.openshift { (1, 24) } else { (1, 19) }
}

#[test]
fn every_pod_is_restricted() {
    for case in production() {
        for (owner, template) in case.pods() {
            assert_eq!(violations(&template["spec"], has_seccomp(&case)), Vec::<String>::new(), "{owner}");
        }
    }
}

#[test]
fn openshift_chooses_the_ids_and_kubernetes_those_of_the_images() {
    for case in production() {
        for (owner, template) in case.pods() {
            let pod = &template["spec"];
            if case.openshift {
                assert_eq!(refused_by_openshift(pod, has_seccomp(&case)), Vec::<String>::new(), "{owner}");
                continue;
            }
            for container in containers(pod) {
                let user = container["securityContext"]["runAsUser"].as_u64();
                assert!(user.is_some_and(|user| user > 0), "{owner}: {}", text(&container["name"]));
            }
        }
    }
}

#[test]
fn a_field_that_is_not_there_or_wrong_is_seen() {
    let case = with("kubernetes", &json!({}));
    let (_, template) = case.pods().find(|(owner, _)| owner.ends_with("quay-mirror")).unwrap();
    let pod = &template["spec"];
    assert_eq!(violations(pod, true), Vec::<String>::new());
    for (pointer, value) in [
        ("/hostNetwork", json!(true)),
        ("/securityContext/runAsNonRoot", Value::Null),
        ("/securityContext/runAsNonRoot", json!(false)),
        ("/securityContext/runAsUser", json!(0)),
        ("/securityContext/seccompProfile", Value::Null),
        ("/securityContext/seLinuxOptions", json!({"type": "spc_t"})),
        ("/securityContext/sysctls", json!([{"name": "kernel.msgmax", "value": "1"}])),
        ("/volumes/0", json!({"name": "host", "hostPath": {"path": "/"}})),
        ("/containers/0/securityContext", Value::Null),
        ("/containers/0/securityContext/allowPrivilegeEscalation", Value::Null),
        ("/containers/0/securityContext/capabilities/drop", json!(["KILL"])),
        ("/containers/0/securityContext/capabilities/add", json!(["SYS_ADMIN"])),
        ("/containers/0/securityContext/privileged", json!(true)),
        ("/containers/0/securityContext/procMount", json!("Unmasked")),
        ("/containers/0/ports", json!([{"containerPort": 80, "hostPort": 80}])),
        ("/initContainers/0/securityContext/allowPrivilegeEscalation", json!(true)),
        ("/initContainers/0/securityContext/runAsUser", json!(0)),
    ] {
        let mut pod = pod.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match pod.pointer_mut(parent).unwrap() {
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
        assert_ne!(violations(&pod, true), Vec::<String>::new(), "{pointer}: {value}");
    }
    assert_ne!(refused_by_openshift(pod, true), Vec::<String>::new(), "the ids of Kubernetes");
}

#[test]
fn containers_of_the_users_own_are_restricted_unless_they_say_otherwise() {
    let image = format!("registry.example.com/tools@sha256:{}", "0".repeat(64));
    let redis = json!({
        "sidecars": [
            {"name": "plain", "image": image},
            {"name": "odd", "image": image, "securityContext": {"allowPrivilegeEscalation": true}},
        ],
        "securityContext": {"allowPrivilegeEscalation": null},
    });
    let case = with("kubernetes", &json!({"spec": {"components": {"redis": redis}}}));
    let (_, template) = case.pods().find(|(owner, _)| owner.ends_with("quay-redis")).unwrap();
    let of =
        |name: &str| containers(&template["spec"]).find(|it| it["name"] == name).unwrap()["securityContext"].clone();
    // Whom an image runs as that is none of ours, nobody knows.
    assert_eq!(of("plain"), json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}));
    assert_eq!(of("odd"), json!({"allowPrivilegeEscalation": true, "capabilities": {"drop": ["ALL"]}}));
    assert_eq!(of("redis-master"), json!({"capabilities": {"drop": ["ALL"]}, "runAsUser": 1001}));
}

#[test]
fn an_openshift_whose_constraint_knows_no_profile_is_asked_for_none() {
    for (version, wanted) in [("1.23", Value::Null), ("1.24", json!({"type": "RuntimeDefault"}))] {
        let case = with("minimal", &json!({"spec": {"cluster": {"kubernetesVersion": version}}}));
        for (owner, template) in case.pods() {
            assert_eq!(template["spec"]["securityContext"]["seccompProfile"], wanted, "{owner}, {version}");
        }
    }
}
