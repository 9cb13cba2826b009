//! `quay-render show rights`: the permissions needed to apply the output, as Roles for a tenant or a GitOps controller.

use super::map::map;
use crate::Rendered;
use crate::object::{Identity, Map, Object, Value};
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};

/// The verbs that applying, pruning and waiting need.
const VERBS: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete"];
const RBAC: &str = "rbac.authorization.k8s.io";

/// An API group and one of its resources.
type Resource = (String, String);

/// The rules of one Role: verbs by resource, and the rules of the rendered Roles, word for word.
#[derive(Default)]
struct Rules {
    verbs: BTreeMap<Resource, BTreeSet<String>>,
    granted: Vec<Value>,
}

/// One Role for each namespace, and a ClusterRole if an object has no namespace; with a service account,
/// NAMESPACE:NAME, also the bindings to it.
pub fn objects(rendered: &Rendered, account: Option<(&str, &str)>) -> Vec<Value> {
    let mut scopes: BTreeMap<String, Rules> = BTreeMap::new();
    for object in rendered.objects.iter().chain(&rendered.kustomizations) {
        let identity = Identity::of_value(&object.value);
        scopes.entry(identity.namespace.clone()).or_default().add(&identity, object);
    }
    // No two registries share this name: the name of a namespace holds no dot.
    let name = format!("{}.{}-apply", rendered.resolved.namespace, rendered.resolved.name);
    let mut found = Vec::new();
    for (namespace, rules) in &scopes {
        found.push(role(&name, namespace, rules.rows()));
        found.extend(account.map(|account| binding(&name, namespace, account)));
    }
    found
}

/// The Roles as documents of YAML.
pub fn text(roles: &[Value]) -> String {
    roles.iter().map(yaml::emit).collect::<Vec<_>>().join("---\n")
}

impl Rules {
    fn add(&mut self, identity: &Identity, object: &Object) {
        let plural = plural(&identity.kind);
        self.allow(&identity.group, &plural, VERBS);
        // Changing the host of a Route takes more rights than creating a Route with one.
        if plural == "routes" {
            self.allow(&identity.group, "routes/custom-host", &["create", "update"]);
        }
        // A Role can only grant rights that its creator has.
        if identity.kind == "Role" && identity.group == RBAC {
            self.granted
                .extend(object.value.at(&["rules"]).and_then(Value::as_seq).unwrap_or_default().iter().cloned());
        }
    }

    fn allow(&mut self, group: &str, resource: &str, verbs: &[&str]) {
        let known = self.verbs.entry((group.to_owned(), resource.to_owned())).or_default();
        known.extend(verbs.iter().map(|verb| (*verb).to_owned()));
    }

    /// The rules of a Role: resources of one group with the same verbs together, then the rules to grant that these
    /// lack.
    fn rows(&self) -> Vec<Value> {
        let mut together: BTreeMap<(&str, &BTreeSet<String>), Vec<&str>> = BTreeMap::new();
        for ((group, resource), verbs) in &self.verbs {
            together.entry((group, verbs)).or_default().push(resource);
        }
        let rows = together.into_iter().map(|((group, verbs), resources)| {
            let verbs: Vec<&str> = VERBS.iter().copied().filter(|verb| verbs.contains(*verb)).collect();
            map([("apiGroups", list(&[group])), ("resources", list(&resources)), ("verbs", list(&verbs))])
        });
        let mut rows: Vec<Value> = rows.collect();
        for rule in self.granted.iter().filter(|rule| !self.holds(rule)) {
            if !rows.contains(rule) {
                rows.push(rule.clone());
            }
        }
        rows
    }

    /// Whether the rights to apply already include a rule.
    fn holds(&self, rule: &Value) -> bool {
        let texts = |field: &str| {
            let items = rule.at(&[field]).and_then(Value::as_seq).unwrap_or_default();
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let (resources, verbs) = (texts("resources"), texts("verbs"));
        texts("apiGroups").iter().all(|group| {
            let held = |resource: &String| self.verbs.get(&(group.clone(), resource.clone()));
            resources.iter().all(|resource| held(resource).is_some_and(|held| verbs.iter().all(|it| held.contains(it))))
        })
    }
}

/// The resource name of a kind, by the rule that Kubernetes uses to guess it.
pub(super) fn plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if lower.ends_with('s') => format!("{lower}es"),
        None => format!("{lower}s"),
    }
}

fn list(items: &[&str]) -> Value {
    Value::Seq(items.iter().map(|item| (*item).into()).collect())
}

fn metadata(name: &str, namespace: &str) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name", name);
    if !namespace.is_empty() {
        metadata.insert("namespace", namespace);
    }
    metadata.into()
}

fn kind(base: &str, namespace: &str) -> String {
    format!("{}{base}", if namespace.is_empty() { "Cluster" } else { "" })
}

fn role(name: &str, namespace: &str, rules: Vec<Value>) -> Value {
    map([
        ("apiVersion", format!("{RBAC}/v1").into()),
        ("kind", kind("Role", namespace).into()),
        ("metadata", metadata(name, namespace)),
        ("rules", Value::Seq(rules)),
    ])
}

fn binding(name: &str, namespace: &str, (of, account): (&str, &str)) -> Value {
    let role = map([("apiGroup", RBAC.into()), ("kind", kind("Role", namespace).into()), ("name", name.into())]);
    let subject = map([("kind", "ServiceAccount".into()), ("name", account.into()), ("namespace", of.into())]);
    map([
        ("apiVersion", format!("{RBAC}/v1").into()),
        ("kind", kind("RoleBinding", namespace).into()),
        ("metadata", metadata(name, namespace)),
        ("roleRef", role),
        ("subjects", Value::Seq(vec![subject])),
    ])
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn a_kind_has_a_plural() {
        for (kind, resource) in [
            ("Route", "routes"),
            ("Ingress", "ingresses"),
            ("BackendTLSPolicy", "backendtlspolicies"),
            ("PersistentVolumeClaim", "persistentvolumeclaims"),
        ] {
            assert_eq!(plural(kind), resource);
        }
    }
}
