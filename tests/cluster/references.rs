//! Every reference leads to an object of the output, or to one that the cluster is known to have.

use super::combinations::Output;
use super::rules::{decoded, items, text, walk, what};
use crate::support::template;
use serde_json::{Value as Json, json};

/// The cluster's own accounts: of OpenShift's monitoring and of its router, and the default one of every namespace.
const ACCOUNTS: [(&str, &str); 4] = [
    ("images", "default"),
    ("openshift-ingress", "router"),
    ("openshift-monitoring", "prometheus-k8s"),
    ("openshift-monitoring", "prometheus-operator"),
];
/// The namespaces of the output's objects: the second is that of the console, the third that of the storage gateway.
const NAMESPACES: [&str; 3] = ["images", "openshift-config-managed", "openshift-storage"];
const SERVING: &str = "/metadata/annotations/service.beta.openshift.io~1serving-cert-secret-name";
const INJECT: &str = "/metadata/annotations/service.beta.openshift.io~1inject-cabundle";

/// All references that lead nowhere.
pub fn dangling(output: &Output) -> Vec<String> {
    let mut problems = Vec::new();
    for object in output.values() {
        let name = what(object);
        if object["kind"] != "Namespace" && !NAMESPACES.contains(&text(&object["metadata"]["namespace"])) {
            problems.push(format!("{name} is in no known namespace"));
        }
        let found = match text(&object["kind"]) {
            "Deployment" | "Job" | "CronJob" => pod_template(output, object),
            "Service" => service(output, object),
            "Route" => route(output, object),
            "Ingress" => ingress(output, object),
            "HTTPRoute" | "TLSRoute" => gateway_route(output, object),
            "BackendTLSPolicy" => policy(output, object),
            "ServersTransport" => transport(output, object),
            "RoleBinding" => role_binding(output, object),
            "ServiceMonitor" => service_monitor(output, object),
            _ => Vec::new(),
        };
        problems.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    problems.extend(hosts(output));
    problems
}

fn pod_template(output: &Output, object: &Json) -> Vec<String> {
    let mut problems = Vec::new();
    let template = template(object);
    if object["kind"] == "Deployment" && !selects(&object["spec"]["selector"]["matchLabels"], template) {
        problems.push("its selector does not match its own pods".to_owned());
    }
    let mut refer = |kind: &str, name: &Json, keys: Vec<&Json>| {
        problems.extend(data_of(output, kind, text(name), &keys));
    };
    walk(&template["spec"], &mut |key, value| {
        let paths = || items(&value["items"]).iter().map(|item| &item["key"]).collect();
        match key {
            "secretKeyRef" => refer("Secret", &value["name"], vec![&value["key"]]),
            "configMapKeyRef" => refer("ConfigMap", &value["name"], vec![&value["key"]]),
            "secretRef" => refer("Secret", &value["name"], Vec::new()),
            "configMapRef" => refer("ConfigMap", &value["name"], Vec::new()),
            // a volume names it `secretName`, a projection `name`
            "secret" if value.get("secretName").is_some() => refer("Secret", &value["secretName"], paths()),
            "secret" => refer("Secret", &value["name"], paths()),
            "configMap" => refer("ConfigMap", &value["name"], paths()),
            "persistentVolumeClaim" => refer("PersistentVolumeClaim", &value["claimName"], Vec::new()),
            // Where secrets are not inline the variable names a Secret that is not there, which no pod waits for.
            "env" if output.case.mode == "inline" => {
                for variable in items(value).iter().filter(|it| it["name"] == "QE_K8S_CONFIG_SECRET") {
                    refer("Secret", &variable["value"], Vec::new());
                }
            }
            "serviceAccountName" => refer("ServiceAccount", value, Vec::new()),
            "imagePullSecrets" => items(value).iter().for_each(|it| refer("Secret", &it["name"], Vec::new())),
            _ => {}
        }
    });
    problems
}

/// Whether an object exists, with these keys in its data.
fn data_of(output: &Output, kind: &str, name: &str, keys: &[&Json]) -> Vec<String> {
    if let Some(made) = made_by_way(output, kind, name) {
        let missing = keys.iter().filter(|key| !made.contains(&text(key)));
        return missing.map(|key| format!("nobody writes the key {key} of {kind} {name}")).collect();
    }
    if output.case.mode != "inline" && kind != "PersistentVolumeClaim" && output.named(kind, name).is_none() {
        return made_late(output, kind, name, keys);
    }
    let Some(found) = output.named(kind, name) else { return vec![format!("{kind} {name} is not there")] };
    if found["metadata"]["namespace"] != "images" {
        return vec![format!("{kind} {name} is in another namespace")];
    }
    let injected = found.pointer(INJECT).is_some();
    if injected && output.case.platform != "openshift" {
        return vec![format!("{kind} {name} is never filled on a plain Kubernetes")];
    }
    let missing =
        keys.iter().filter(|key| found["data"].get(text(key)).is_none() && !(injected && **key == "service-ca.crt"));
    missing.map(|key| format!("{kind} {name} has no key {key}")).collect()
}

/// The keys of a Secret with a certificate for access: made by cert-manager, through a Certificate; by OpenShift,
/// through an annotation of the Service; or by the user, who names it.
fn made_by_way(output: &Output, kind: &str, name: &str) -> Option<&'static [&'static str]> {
    const WITH_CA: &[&str] = &["tls.crt", "tls.key", "ca.crt"];
    if kind != "Secret" {
        return None;
    }
    if output.of_kind("Certificate").any(|certificate| certificate["spec"]["secretName"] == name) {
        return Some(WITH_CA);
    }
    let asked = output.of_kind("Service").any(|service| service.pointer(SERVING).is_some_and(|it| it == name));
    if asked && output.case.platform == "openshift" {
        return Some(&["tls.crt", "tls.key"]);
    }
    output.case.way.as_ref().is_some_and(|way| way.secrets().any(|secret| secret == name)).then_some(WITH_CA)
}

/// Whether an object of the output makes another one in the cluster: an ObjectBucketClaim its two, a controller a
/// Secret.
fn made_late(output: &Output, kind: &str, name: &str, keys: &[&Json]) -> Vec<String> {
    if output.named("ObjectBucketClaim", name).is_some() {
        return Vec::new();
    }
    if output.case.mode == "referenced" {
        return made_by_others(output, kind, name, keys);
    }
    let made: Vec<&str> = match (output.named("ExternalSecret", name), output.named("SealedSecret", name)) {
        (Some(external), None) if kind == "Secret" => {
            items(&external["spec"]["data"]).iter().map(|it| text(&it["secretKey"])).collect()
        }
        (None, Some(sealed)) if kind == "Secret" => {
            sealed["spec"]["encryptedData"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
        }
        _ => return vec![format!("{kind} {name} is not there, and nothing makes it")],
    };
    let missing = keys.iter().filter(|key| !made.contains(&text(key)));
    missing.map(|key| format!("nothing makes the key {key} of {kind} {name}")).collect()
}

/// Whether the required Secrets contain a Secret with these keys.
fn made_by_others(output: &Output, kind: &str, name: &str, keys: &[&Json]) -> Vec<String> {
    let asked = output.cluster_secrets.iter().find(|(secret, _)| kind == "Secret" && secret == name);
    let Some((_, known)) = asked else {
        return vec![format!("{kind} {name} is not there, and the cluster_secrets has none")];
    };
    let missing = keys.iter().filter(|key| !known.iter().any(|known| known == text(key)));
    missing.map(|key| format!("nobody is asked for the key {key} of {kind} {name}")).collect()
}

fn selects(selector: &Json, template: &Json) -> bool {
    let labels = &template["metadata"]["labels"];
    selector.as_object().is_some_and(|all| !all.is_empty() && all.iter().all(|(key, value)| labels[key] == *value))
}

/// A Service leads to the pods of one Deployment, and to ports that they have.
fn service(output: &Output, service: &Json) -> Vec<String> {
    let spec = &service["spec"];
    let owners: Vec<&Json> = ["Deployment", "Job"]
        .iter()
        .flat_map(|kind| output.of_kind(kind))
        .filter(|owner| selects(&spec["selector"], &owner["spec"]["template"]))
        .collect();
    let [owner] = owners.as_slice() else {
        return vec![format!("selects the pods of {:?}", owners.iter().map(|it| what(it)).collect::<Vec<_>>())];
    };
    let mut problems = Vec::new();
    if owner["kind"] != "Deployment" {
        problems.push("selects the pods of a Job".to_owned());
    }
    let containers = items(&owner["spec"]["template"]["spec"]["containers"]);
    let ports: Vec<&Json> = containers.iter().flat_map(|it| items(&it["ports"])).collect();
    for port in items(&spec["ports"]) {
        let target = port.get("targetPort").unwrap_or(&port["port"]);
        if !ports.iter().any(|it| it["containerPort"] == *target || it["name"] == *target) {
            problems.push(format!("leads to port {target}, which {} does not have", what(owner)));
        }
    }
    problems
}

fn route(output: &Output, route: &Json) -> Vec<String> {
    let mut problems = service_port(output, &route["spec"]["to"]["name"], &route["spec"]["port"]["targetPort"]);
    let secret = &route["spec"]["tls"]["externalCertificate"]["name"];
    if !secret.is_null() {
        problems.extend(certificate(output, text(secret)));
    }
    problems
}

/// Whether a Service of the output has a port, by name, number or target port.
fn service_port(output: &Output, name: &Json, port: &Json) -> Vec<String> {
    let name = text(name);
    let Some(service) = output.named("Service", name) else { return vec![format!("Service {name} is not there")] };
    let is_it = |it: &Json| it["name"] == *port || it["port"] == *port || it["targetPort"] == *port;
    let known = items(&service["spec"]["ports"]).iter().any(is_it);
    if known { Vec::new() } else { vec![format!("Service {name} has no port {port}")] }
}

/// Whether a Secret holds a certificate and key, whoever makes it.
fn certificate(output: &Output, name: &str) -> Vec<String> {
    data_of(output, "Secret", name, &[&json!("tls.crt"), &json!("tls.key")])
}

fn ingress(output: &Output, ingress: &Json) -> Vec<String> {
    let mut problems = Vec::new();
    let mut hosts = Vec::new();
    for rule in items(&ingress["spec"]["rules"]) {
        hosts.push(&rule["host"]);
        for path in items(&rule["http"]["paths"]) {
            let service = &path["backend"]["service"];
            problems.extend(service_port(output, &service["name"], &service["port"]["name"]));
        }
    }
    for tls in items(&ingress["spec"]["tls"]) {
        let strangers = items(&tls["hosts"]).iter().filter(|host| !hosts.contains(host));
        problems.extend(strangers.map(|host| format!("ends the TLS of {host}, which no rule has")));
        if let Some(secret) = tls["secretName"].as_str() {
            problems.extend(certificate(output, secret));
        }
    }
    if let Some(secret) = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-ssl-secret"].as_str() {
        match secret.split_once('/') {
            Some(("images", name)) => problems.extend(data_of(output, "Secret", name, &[&json!("ca.crt")])),
            _ => problems.push(format!("{secret} is in another namespace")),
        }
    }
    problems
}

fn gateway_route(output: &Output, route: &Json) -> Vec<String> {
    let backends = items(&route["spec"]["rules"]).iter().flat_map(|rule| items(&rule["backendRefs"]));
    backends.flat_map(|backend| service_port(output, &backend["name"], &backend["port"])).collect()
}

fn policy(output: &Output, policy: &Json) -> Vec<String> {
    let mut problems = Vec::new();
    for target in items(&policy["spec"]["targetRefs"]) {
        problems.extend(service_port(output, &target["name"], &target["sectionName"]));
    }
    for ca in items(&policy["spec"]["validation"]["caCertificateRefs"]) {
        problems.extend(data_of(output, text(&ca["kind"]), text(&ca["name"]), &[&json!("ca.crt")]));
    }
    problems
}

/// A transport has its CA, and a Service names it.
fn transport(output: &Output, transport: &Json) -> Vec<String> {
    let mut problems = Vec::new();
    for secret in items(&transport["spec"]["rootCAsSecrets"]) {
        problems.extend(data_of(output, "Secret", text(secret), &[&json!("ca.crt")]));
    }
    let name = format!("images-{}@kubernetescrd", text(&transport["metadata"]["name"]));
    let annotation = "traefik.ingress.kubernetes.io/service.serverstransport";
    if !output.of_kind("Service").any(|service| service["metadata"]["annotations"][annotation] == name) {
        problems.push(format!("no Service names {name}"));
    }
    problems
}

fn role_binding(output: &Output, binding: &Json) -> Vec<String> {
    let mut problems = Vec::new();
    let role = &binding["roleRef"];
    if role["kind"] != "Role" || output.named("Role", text(&role["name"])).is_none() {
        problems.push(format!("{role} is not there"));
    }
    for subject in items(&binding["subjects"]) {
        let account = (text(&subject["namespace"]), text(&subject["name"]));
        let rendered = output.named("ServiceAccount", account.1).is_some();
        if subject["kind"] != "ServiceAccount" || !(rendered || ACCOUNTS.contains(&account)) {
            problems.push(format!("{subject} is not there"));
        }
    }
    problems
}

fn service_monitor(output: &Output, monitor: &Json) -> Vec<String> {
    let labels = monitor["spec"]["selector"]["matchLabels"].as_object();
    let selected: Vec<&Json> = output
        .of_kind("Service")
        .filter(|it| labels.is_some_and(|all| all.iter().all(|(key, value)| it["metadata"]["labels"][key] == *value)))
        .collect();
    let named = |service: &Json, port: &Json| items(&service["spec"]["ports"]).iter().any(|it| it["name"] == *port);
    let ports: Vec<&Json> = items(&monitor["spec"]["endpoints"]).iter().map(|endpoint| &endpoint["port"]).collect();
    let unmet = ports.iter().filter(|port| !selected.iter().any(|service| named(service, port)));
    let unmet = unmet.map(|port| format!("no Service that it selects has a port {port}"));
    let idle = selected.iter().filter(|service| !ports.iter().any(|port| named(service, port)));
    unmet.chain(idle.map(|service| format!("asks for no port of {}", what(service)))).collect()
}

/// Every host name that begins with the registry's name belongs to a Service: in configuration files, and in the values
/// of variables. A Secret's own name is not a host.
fn hosts(output: &Output) -> Vec<String> {
    let mut texts = Vec::new();
    for secret in output.of_kind("Secret") {
        for (key, value) in secret["data"].as_object().into_iter().flatten() {
            if key.ends_with(".yaml") {
                texts.push((format!("{}, {key}", what(secret)), String::from_utf8(decoded(value)).unwrap()));
            }
        }
    }
    for object in output.values() {
        walk(&template(object)["spec"], &mut |key, value| {
            for variable in if key == "env" { items(value) } else { &[] } {
                if variable["name"] != "QE_K8S_CONFIG_SECRET" {
                    texts
                        .push((format!("{}, {}", what(object), variable["name"]), text(&variable["value"]).to_owned()));
                }
            }
        });
    }
    let mut problems = Vec::new();
    for (place, content) in texts {
        for host in hosts_in(&content, output.case.registry) {
            if output.named("Service", host).is_none() {
                problems.push(format!("{place}: no Service is called {host}"));
            }
        }
    }
    problems
}

/// The first labels of texts that begin with `<registry>-`, without host names of Routes, in the domain of the cluster.
fn hosts_in<'a>(content: &'a str, registry: &str) -> Vec<&'a str> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let words = content.split(|c: char| !part(c)).map(|word| word.trim_matches('.'));
    words
        .filter(|word| word.strip_prefix(registry).is_some_and(|rest| rest.starts_with('-')))
        .filter(|word| !word.ends_with(".apps.example.com"))
        .map(|word| word.split('.').next().unwrap_or_default())
        .collect()
}
