//! NetworkPolicies, evaluated for every pair of pods and compared with an independent statement of what must work.

use super::{Case, items, lay, production, text, with};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Ports that something listens on, and one that nothing uses.
const PORTS: &[u16] = &[22, 53, 80, 443, 5353, 5432, 6379, 6443, 8080, 8081, 8089, 8443, 9091, 9121, 9187, 55443];

/// A participant in the network.
#[derive(Clone)]
struct Host {
    name: String,
    namespace: &'static str,
    /// The labels of its namespace, and its own; an outside address has none.
    labels: Option<(Value, Value)>,
    address: Ipv4Addr,
}

fn host(name: &str, namespace: &'static str, of_namespace: Value, own: Value) -> Host {
    let mut of_namespace = of_namespace;
    of_namespace["kubernetes.io/metadata.name"] = namespace.into();
    Host { name: name.to_owned(), namespace, labels: Some((of_namespace, own)), address: Ipv4Addr::new(10, 128, 0, 9) }
}

fn address(name: &str, address: [u8; 4]) -> Host {
    Host { name: name.to_owned(), namespace: "", labels: None, address: address.into() }
}

/// Everything that a registry may communicate with.
fn others() -> Vec<Host> {
    let none = || json!({});
    let router = json!({"network.openshift.io/policy-group": "ingress"});
    let host_network = json!({"policy-group.network.openshift.io/host-network": ""});
    let monitoring = json!({"network.openshift.io/policy-group": "monitoring"});
    let of_another = json!({"app": "quay", "quay-component": "quay-app", "quay-operator/quayregistry": "another"});
    vec![
        host("router", "openshift-ingress", router, none()),
        host("router of the nodes", "openshift-host-network", host_network, none()),
        host("platform's Prometheus", "openshift-monitoring", monitoring, none()),
        host("users' Prometheus", "openshift-user-workload-monitoring", none(), none()),
        host("Prometheus", "observability", none(), json!({"app.kubernetes.io/name": "prometheus"})),
        host("neighbour", OWN, none(), json!({"app": "neighbour"})),
        host("another registry", OWN, none(), of_another),
        host("stranger", "elsewhere", none(), json!({"quay-component": "quay-app"})),
        host("storage", "openshift-storage", none(), none()),
        host("DNS", "openshift-dns", none(), none()),
        address("DNS of the node", [169, 254, 20, 10]),
        address("internet", [203, 0, 113, 7]),
        address("partner", [198, 51, 100, 7]),
    ]
}

/// The namespace of the registry, whatever it is called.
const OWN: &str = "own";

/// The pods of a registry, by their component.
fn own(case: &Case) -> Vec<Host> {
    let labels = case.pods().map(|(_, template)| template["metadata"]["labels"].clone());
    // The preparation of the database has no component.
    let name = |labels: &Value| labels["quay-component"].as_str().unwrap_or("quay-postgres-init").to_owned();
    let pod = |labels: Value| host(&name(&labels), OWN, json!({}), labels.clone());
    let mut found: Vec<Host> = labels.map(pod).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.name == b.name);
    found
}

/// Whether a `LabelSelector` selects labels.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    let none = Map::new();
    let exact = selector["matchLabels"].as_object().unwrap_or(&none);
    let is_met = |rule: &Value| {
        let value = &labels[text(&rule["key"])];
        match text(&rule["operator"]) {
            "In" => items(&rule["values"]).contains(value),
            "NotIn" => !items(&rule["values"]).contains(value),
            "Exists" => !value.is_null(),
            "DoesNotExist" => value.is_null(),
            other => panic!("{other} is no operator"),
        }
    };
    exact.iter().all(|(key, value)| labels[key] == *value) && items(&selector["matchExpressions"]).iter().all(is_met)
}

/// Whether a peer of a rule matches a host. A missing selector is not one that selects everything.
fn is_peer(peer: &Value, host: &Host) -> bool {
    if let Some(cidr) = peer["ipBlock"]["cidr"].as_str() {
        let is_in = |cidr: &str| {
            let (network, bits) = cidr.split_once('/').unwrap();
            let (network, bits): (Ipv4Addr, u32) = (network.parse().unwrap(), bits.parse().unwrap());
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(network) & mask == u32::from(host.address) & mask
        };
        let excepted = items(&peer["ipBlock"]["except"]).iter().any(|cidr| is_in(text(cidr)));
        return host.labels.is_none() && is_in(cidr) && !excepted;
    }
    let Some((of_namespace, own)) = &host.labels else { return false };
    let in_namespace = match &peer["namespaceSelector"] {
        Value::Null => host.namespace == OWN,
        selector => selects(selector, of_namespace),
    };
    in_namespace && (peer["podSelector"].is_null() || selects(&peer["podSelector"], own))
}

/// Whether a policy for `subject` in this direction allows `peer`; true if there is no policy.
fn passes(policies: &[&Value], direction: &str, subject: &Host, peer: &Host, port: u16) -> bool {
    let Some((_, labels)) = subject.labels.as_ref().filter(|_| subject.namespace == OWN) else { return true };
    let (list, peers) = if direction == "Ingress" { ("ingress", "from") } else { ("egress", "to") };
    let mut own = policies.iter().map(|policy| &policy["spec"]).filter(|spec| {
        selects(&spec["podSelector"], labels) && items(&spec["policyTypes"]).contains(&direction.into())
    });
    let lets = |rule: &Value| {
        let is_meant = rule[peers].is_null() || items(&rule[peers]).iter().any(|it| is_peer(it, peer));
        let ports = &rule["ports"];
        is_meant
            && (ports.is_null() || items(ports).iter().any(|it| it["port"] == port && text(&it["protocol"]) == "TCP"))
    };
    let mut is_closed = false;
    let is_let = own.any(|spec| {
        is_closed = true;
        items(&spec[list]).iter().any(lets)
    });
    is_let || !is_closed
}

type Path = (String, String, u16);

/// Exporters, whom each asks, and at which port.
const EXPORTERS: [(&str, &str, u16); 3] = [
    ("postgres-exporter", "postgres", 5432),
    ("clair-pg-exporter", "clair-postgres", 5432),
    ("redis-exporter", "redis", 6379),
];

/// All connections that are possible, with the registry on at least one end.
fn possible(case: &Case) -> BTreeSet<Path> {
    let policies: Vec<&Value> = case.of_kind("NetworkPolicy").collect();
    let (own, others) = (own(case), others());
    let all: Vec<&Host> = own.iter().chain(&others).collect();
    let mut found = BTreeSet::new();
    for from in &all {
        for to in all.iter().filter(|to| own.iter().any(|it| it.name == to.name || it.name == from.name)) {
            for port in PORTS {
                let is_let =
                    passes(&policies, "Egress", from, to, *port) && passes(&policies, "Ingress", to, from, *port);
                if is_let {
                    found.insert((from.name.clone(), to.name.clone(), *port));
                }
            }
        }
    }
    found
}

/// Exactly the connections that must be possible: written by hand, from what each program calls.
struct Expected {
    paths: BTreeSet<Path>,
    own: Vec<String>,
    others: Vec<String>,
}

impl Expected {
    fn of(case: &Case, egress_is_open: bool) -> Self {
        let names = |hosts: Vec<Host>| hosts.into_iter().map(|host| host.name).collect::<Vec<_>>();
        let mut it = Self { paths: BTreeSet::new(), own: names(own(case)), others: names(others()) };
        let has_route = case.of_kind("Route").any(|route| text(&route["spec"]["to"]["name"]).ends_with("-quay-app"));
        let has_editor_route =
            case.of_kind("Route").any(|route| text(&route["spec"]["to"]["name"]).ends_with("-config-editor"));
        let ports = case
            .pods()
            .flat_map(|(_, template)| items(&template["spec"]["containers"]))
            .filter(|it| it["name"] == "quay-app");
        let serves_tls = ports.flat_map(|it| items(&it["ports"])).any(|port| port["containerPort"] == 8443);
        let registry: &[u16] = if serves_tls { &[8080, 8443, 55443] } else { &[8080] };
        // Between the pods of the registry.
        it.let_through(
            &["quay-app", "quay-mirror", "quay-config-editor", "quay-app-upgrade", "quay-postgres-init"],
            "postgres",
            &[5432],
        );
        it.let_through(&["quay-database-backup"], "postgres", &[5432]);
        it.let_through(&["clair-postgres-backup"], "clair-postgres", &[5432]);
        it.let_through(&["quay-app", "quay-mirror", "quay-config-editor"], "redis", &[6379]);
        it.let_through(&["quay-app", "quay-mirror", "quay-config-editor"], "clair-app", &[8080]);
        it.let_through(&["clair-app", "clair-import"], "clair-postgres", &[5432]);
        it.let_through(&["clair-app", "quay-app", "quay-mirror"], "quay-app", registry);
        for (exporter, asked, port) in EXPORTERS {
            it.let_through(&[exporter], asked, &[port]);
        }
        // Into it.
        let routers = ["router", "router of the nodes"];
        if has_route {
            it.let_through(&routers, "quay-app", registry);
        } else {
            let all: Vec<String> = it.others.clone();
            let callers = ["quay-config-editor", "quay-app-upgrade"].map(str::to_owned);
            let all: Vec<&str> = all.iter().chain(&callers).map(String::as_str).collect();
            it.let_through(&all, "quay-app", registry);
        }
        if has_editor_route {
            it.let_through(&routers, "quay-config-editor", &[8080]);
        }
        if case.of_kind("ServiceMonitor").next().is_some() {
            let platform = ["platform's Prometheus", "users' Prometheus"];
            let scrapers: &[&str] = if case.openshift { &platform } else { &["Prometheus"] };
            it.let_through(scrapers, "quay-app", &[9091]);
            it.let_through(scrapers, "quay-mirror", &[9091]);
            it.let_through(scrapers, "clair-app", &[8089]);
            it.let_through(scrapers, "postgres-exporter", &[9187]);
            it.let_through(scrapers, "clair-pg-exporter", &[9187]);
            it.let_through(scrapers, "redis-exporter", &[9121]);
        }
        // Out of it.
        if egress_is_open {
            let others: Vec<String> = it.others.clone();
            for to in &others {
                it.let_through(
                    &["quay-app", "quay-mirror", "quay-config-editor", "quay-app-upgrade", "clair-app"],
                    to,
                    PORTS,
                );
            }
        }
        it.dns(&EXPORTERS.map(|(exporter, ..)| exporter));
        it.dns(if egress_is_open { &["quay-postgres-init", "clair-import"] } else { &[] });
        // A backup reaches what is outside only where its database or its storage is.
        let backup = ["quay-database-backup"];
        if case.of_kind("CronJob").any(|job| job.to_string().contains("--bucket")) {
            it.others.clone().iter().for_each(|to| it.let_through(&backup, to, PORTS));
        } else {
            it.dns(&["quay-database-backup", "clair-postgres-backup"]);
        }
        it
    }

    /// DNS may be asked of anybody at these ports.
    fn dns(&mut self, callers: &[&str]) {
        for to in self.others.clone() {
            self.let_through(callers, &to, &[53, 5353]);
        }
    }

    /// Allows those of the callers that exist.
    fn let_through(&mut self, from: &[&str], to: &str, ports: &[u16]) {
        let is_there = |name: &str| self.own.iter().chain(&self.others).any(|known| known == name);
        for caller in from.iter().filter(|caller| is_there(caller) && is_there(to)) {
            self.paths.extend(ports.iter().map(|port| ((*caller).to_owned(), to.to_owned(), *port)));
        }
    }
}

#[track_caller]
fn assert_same(case: &Case, expected: &Expected) {
    let found = possible(case);
    let missing: Vec<_> = expected.paths.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected.paths).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "{}: cannot, but must: {missing:#?}\ncan, but must not: {more:#?}",
        case.name
    );
}

#[test]
fn every_path_that_must_work_does_and_no_other() {
    for case in production().into_iter().filter(|case| case.name != "release-3.18-disconnected") {
        assert_same(&case, &Expected::of(&case, true));
    }
}

/// The registry, its bucket and its database are all that a Clair needs that fetches nothing.
#[test]
fn a_disconnected_clair_reaches_nothing_outside_and_its_import_the_database_alone() {
    let case = with("release-3.18-disconnected", &json!({}));
    let mut expected = Expected::of(&case, true);
    let others = expected.others.clone();
    expected.paths.retain(|(from, to, _)| from != "clair-app" || !others.contains(to));
    expected.dns(&["clair-app"]);
    expected.let_through(&["clair-app"], "storage", PORTS);
    for router in ["router", "router of the nodes"] {
        expected.let_through(&["clair-app"], router, &[80, 443]);
    }
    assert_same(&case, &expected);
}

#[test]
fn no_rule_can_go_without_being_missed() {
    for example in ["minimal", "kubernetes", "release-3.18-disconnected"] {
        let case = with(example, &json!({"spec": {"pods": {"networkPolicy": {"egress": []}}}}));
        let before = possible(&case);
        let mut rules = 0;
        for at in 0..case.objects.len() {
            let policy = &case.objects[at];
            for list in ["ingress", "egress"].iter().filter(|_| policy["kind"] == "NetworkPolicy") {
                for rule in 0..items(&policy["spec"][list]).len() {
                    let mut objects = case.objects.clone();
                    let name = text(&policy["metadata"]["name"]).to_owned();
                    objects[at]["spec"][list].as_array_mut().unwrap().remove(rule);
                    let less = Case { name: name.clone(), objects, ..case };
                    assert_ne!(possible(&less), before, "{example}: {name}, {list}[{rule}]");
                    rules += 1;
                }
            }
        }
        assert!(rules > 25, "{rules}");
    }
}

#[test]
fn where_something_is_said_of_egress_nothing_else_gets_out() {
    let partner =
        json!([{"to": [{"ipBlock": {"cidr": "198.51.100.0/24"}}], "ports": [{"protocol": "TCP", "port": 443}]}]);
    for example in ["minimal", "kubernetes"] {
        let case = with(example, &json!({"spec": {"pods": {"networkPolicy": {"egress": partner}}}}));
        let mut expected = Expected::of(&case, false);
        let callers = ["quay-app", "quay-mirror", "quay-config-editor", "clair-app"];
        expected.dns(&[&callers[..], &["quay-app-upgrade", "quay-postgres-init"]].concat());
        let all: Vec<String> = expected.own.iter().filter(|name| *name != "quay-postgres-init").cloned().collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        expected.let_through(&all, "partner", &[443]);
        // The cluster's API is at an address that the policy does not know.
        for other in expected.others.clone() {
            expected.let_through(&["quay-app-upgrade"], &other, &[443, 6443]);
        }
        if case.openshift {
            for router in ["router", "router of the nodes"] {
                expected.let_through(&["quay-app", "quay-mirror", "clair-app"], router, &[80, 443]);
            }
        }
        if case.of_kind("ObjectBucketClaim").next().is_some() {
            expected.let_through(&callers, "storage", PORTS);
        }
        // The way in of kubernetes takes whoever gets there; these have no business there.
        let are_kept_in = ["quay-app-upgrade", "quay-config-editor"];
        expected.paths.retain(|(from, to, _)| !(are_kept_in.contains(&from.as_str()) && to == "quay-app"));
        assert_same(&case, &expected);
    }
}

#[test]
fn what_is_set_takes_the_place_of_what_is_there_without() {
    let peer = |name: &str| json!([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}]);
    let case = with(
        "kubernetes",
        &json!({"spec": {"components": {
            "quay": {"networkPolicy": {"from": peer("openshift-ingress"), "metricsFrom": peer("elsewhere")}},
            "postgres": {"networkPolicy": {"from": peer("openshift-storage")}},
            "redis": {"networkPolicy": false},
        }}}),
    );
    let paths = possible(&case);
    let can = |from: &str, to: &str, port| paths.contains(&(from.to_owned(), to.to_owned(), port));
    assert!(
        can("router", "quay-app", 8080) && !can("internet", "quay-app", 8080) && can("quay-mirror", "quay-app", 8080)
    );
    assert!(can("stranger", "quay-app", 9091) && !can("Prometheus", "quay-app", 9091));
    assert!(
        can("storage", "postgres", 5432) && can("quay-app", "postgres", 5432) && !can("neighbour", "postgres", 5432)
    );
    assert!(can("internet", "redis", 6379));
    let off = with("kubernetes", &json!({"spec": {"pods": {"networkPolicy": false}}}));
    assert_eq!(off.of_kind("NetworkPolicy").count(), 0);
    let mut one = json!({"spec": {"pods": {"networkPolicy": false}}});
    lay(&mut one, &json!({"spec": {"components": {"clair": {"networkPolicy": {}}}}}));
    assert_eq!(with("kubernetes", &one).of_kind("NetworkPolicy").count(), 1);
}
