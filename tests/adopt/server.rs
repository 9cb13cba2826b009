//! What an API server and the controllers of a cluster fill in.

use super::operator::{NAME, NAMESPACE};
use serde_json::{Value, json};

/// What every object gets from the API server.
pub fn stamped(object: &mut Value, at: usize) {
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.insert("uid".to_owned(), json!(format!("00000000-0000-0000-0000-{at:012}")));
    metadata.insert("resourceVersion".to_owned(), json!(format!("{}", 1000 + at)));
    metadata.insert("creationTimestamp".to_owned(), json!("2023-01-01T00:00:00Z"));
    metadata.insert("generation".to_owned(), json!(7));
    metadata.insert(
        "managedFields".to_owned(),
        json!([{"manager": "manager", "operation": "Update", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}}]),
    );
}

/// Sets what is not there.
fn default(map: &mut Value, key: &str, value: Value) {
    map.as_object_mut().unwrap().entry(key).or_insert(value);
}

/// What the operator, the API server and controllers add to an object of the operator.
pub fn served(object: &mut Value, is_openshift: bool) {
    let kind = object["kind"].as_str().unwrap().to_owned();
    if kind != "Endpoints"
        && object["metadata"]["namespace"] == NAMESPACE
        && object["metadata"]["ownerReferences"].is_null()
    {
        object["metadata"]["ownerReferences"] = json!([{"apiVersion": "quay.redhat.com/v1", "kind": "QuayRegistry", "name": NAME,
            "uid": "00000000-0000-0000-0000-00000000beef", "controller": true, "blockOwnerDeletion": true}]);
    }
    let mut annotate = |key: &str, value: &str| {
        let annotations = object["metadata"].as_object_mut().unwrap().entry("annotations").or_insert_with(|| json!({}));
        default(annotations, key, json!(value));
    };
    annotate("quay-registry-hostname", "test-quay-ns.apps.example.com");
    annotate("quay-managed-fieldgroups", "Redis,Database");
    match kind.as_str() {
        "Deployment" => {
            annotate("deployment.kubernetes.io/revision", "12");
            let spec = &mut object["spec"];
            default(spec, "progressDeadlineSeconds", json!(600));
            default(spec, "revisionHistoryLimit", json!(10));
            default(spec, "replicas", json!(1));
            default(spec, "strategy", json!({"type": "RollingUpdate"}));
            if spec["strategy"]["type"] == "RollingUpdate" {
                default(&mut spec["strategy"], "rollingUpdate", json!({}));
                default(&mut spec["strategy"]["rollingUpdate"], "maxSurge", json!("25%"));
                default(&mut spec["strategy"]["rollingUpdate"], "maxUnavailable", json!("25%"));
            }
            default(&mut spec["template"]["metadata"], "annotations", json!({}));
            default(
                &mut spec["template"]["metadata"]["annotations"],
                "quay-registry-hostname",
                json!("test-quay-ns.apps.example.com"),
            );
            pod(&mut spec["template"]["spec"], "Always");
            object["status"] =
                json!({"readyReplicas": 1, "replicas": 1, "availableReplicas": 1, "observedGeneration": 7});
        }
        "Job" => {
            let spec = &mut object["spec"];
            for (key, value) in [
                ("parallelism", json!(1)),
                ("completions", json!(1)),
                ("backoffLimit", json!(6)),
                ("completionMode", json!("NonIndexed")),
                ("suspend", json!(false)),
                ("selector", json!({"matchLabels": {"controller-uid": "x"}})),
            ] {
                default(spec, key, value);
            }
            spec["template"]["metadata"]["labels"]["controller-uid"] = json!("x");
            spec["template"]["metadata"]["labels"]["job-name"] = json!("test");
            pod(&mut spec["template"]["spec"], "Never");
        }
        "Service" => {
            let spec = &mut object["spec"];
            for (key, value) in [
                ("clusterIP", json!("172.30.1.2")),
                ("clusterIPs", json!(["172.30.1.2"])),
                ("ipFamilies", json!(["IPv4"])),
                ("ipFamilyPolicy", json!("SingleStack")),
                ("internalTrafficPolicy", json!("Cluster")),
                ("sessionAffinity", json!("None")),
                ("type", json!("ClusterIP")),
            ] {
                default(spec, key, value);
            }
            object["status"] = json!({"loadBalancer": {}});
        }
        "PersistentVolumeClaim" => {
            annotate("pv.kubernetes.io/bind-completed", "yes");
            annotate("volume.beta.kubernetes.io/storage-provisioner", "ebs.csi.aws.com");
            object["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
            default(&mut object["spec"], "storageClassName", json!("gp3-csi"));
            default(&mut object["spec"], "volumeMode", json!("Filesystem"));
            default(&mut object["spec"], "volumeName", json!("pvc-1"));
            object["status"] = json!({"phase": "Bound"});
        }
        "ObjectBucketClaim" => {
            object["metadata"]["finalizers"] = json!(["objectbucket.io/finalizer"]);
            object["metadata"]["labels"]["bucket-provisioner"] = json!("openshift-storage.noobaa.io-obc");
            object["metadata"]["labels"]["noobaa-domain"] = json!("openshift-storage.noobaa.io");
            object["spec"]["bucketName"] = json!("oracle-bucket");
            object["spec"]["objectBucketName"] = json!("obc-ns-test-quay-datastore");
            object["status"] = json!({"phase": "Bound"});
        }
        "Route" => {
            let host = format!("{}-ns.apps.example.com", object["metadata"]["name"].as_str().unwrap());
            let spec = &mut object["spec"];
            default(spec, "host", json!(host));
            default(spec, "wildcardPolicy", json!("None"));
            default(&mut spec["to"], "weight", json!(100));
            object["status"] = json!({"ingress": [{"routerCanonicalHostname": "router-default.apps.example.com"}]});
        }
        "ServiceAccount" => {
            object["secrets"] = json!([{"name": "test-dockercfg-x"}]);
            object["imagePullSecrets"] = json!([{"name": "test-dockercfg-x"}]);
        }
        "HorizontalPodAutoscaler" => {
            object["spec"]["behavior"] = json!({"scaleUp": {"stabilizationWindowSeconds": 0}});
            object["status"] = json!({"currentReplicas": 2});
        }
        "ConfigMap" if is_openshift => {
            let name = object["metadata"]["name"].as_str().unwrap().to_owned();
            for (suffix, key) in [("cluster-service-ca", "service-ca.crt"), ("cluster-trusted-ca", "ca-bundle.crt")] {
                if name.ends_with(suffix) {
                    default(object, "data", json!({}));
                    object["data"][key] = json!("-----BEGIN CERTIFICATE-----\n");
                }
            }
        }
        _ => {}
    }
}

fn pod(pod: &mut Value, restart: &str) {
    for (key, value) in [
        ("restartPolicy", json!(restart)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("schedulerName", json!("default-scheduler")),
        ("securityContext", json!({})),
        ("terminationGracePeriodSeconds", json!(30)),
    ] {
        default(pod, key, value);
    }
    if let Some(account) = pod.get("serviceAccountName").cloned() {
        default(pod, "serviceAccount", account);
    }
    for list in ["containers", "initContainers"] {
        for container in pod.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            for (key, value) in [
                ("terminationMessagePath", json!("/dev/termination-log")),
                ("terminationMessagePolicy", json!("File")),
                ("imagePullPolicy", json!("IfNotPresent")),
                ("resources", json!({})),
            ] {
                default(container, key, value);
            }
            for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
                if let Some(probe) = container.get_mut(probe) {
                    for (key, value) in
                        [("failureThreshold", 3), ("periodSeconds", 10), ("successThreshold", 1), ("timeoutSeconds", 1)]
                    {
                        default(probe, key, json!(value));
                    }
                }
            }
            for variable in container.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(reference) = variable.pointer_mut("/valueFrom/fieldRef") {
                    default(reference, "apiVersion", json!("v1"));
                }
            }
        }
    }
    for volume in pod.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
        for source in ["secret", "configMap", "projected"] {
            if let Some(source) = volume.get_mut(source) {
                default(source, "defaultMode", json!(420));
            }
        }
    }
}
