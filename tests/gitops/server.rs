//! An API server, limited to single objects: what it refuses to create, to change and to grant.
//! `server.yaml` holds its tables. Its messages and limits are those of Kubernetes 1.36.

use super::world::{items, text};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::LazyLock;

/// The limit for all annotations of an object; `kubectl apply` without `--server-side` puts the whole object into one.
pub const ANNOTATIONS: usize = 262_144;
/// The limit for the data of a Secret or a ConfigMap.
pub const DATA: usize = 1_048_576;
/// The most parents of a route of the Gateway API.
const PARENTS: usize = 32;
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How an object is applied.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    Client,
    Server,
}

pub fn table() -> &'static Json {
    static TABLE: LazyLock<Json> = LazyLock::new(|| {
        let text = std::fs::read_to_string("tests/gitops/server.yaml").unwrap();
        serde_yaml::from_str(&text).unwrap()
    });
    &TABLE
}

/// Why a new object is refused.
pub fn refusals(object: &Json, by: By) -> Vec<String> {
    let mut found = Vec::new();
    let mut annotations: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, value) in object["metadata"]["annotations"].as_object().into_iter().flatten() {
        annotations.insert(name, text(value).len());
    }
    if by == By::Client {
        annotations.insert(LAST_APPLIED, go_json(object).len() + 1);
    }
    if annotations.iter().map(|(name, value)| name.len() + value).sum::<usize>() > ANNOTATIONS {
        found.push(format!("metadata.annotations: Too long: may not be more than {ANNOTATIONS} bytes"));
    }
    if size(object) > DATA {
        found.push(format!("Too long: may not be more than {DATA} bytes"));
    }
    for range in items(&object["spec"]["loadBalancerSourceRanges"]) {
        found.extend(range_refusal(text(range)).map(|why| format!("spec.LoadBalancerSourceRanges: {range}: {why}")));
    }
    found.extend(parents_refusal(items(&object["spec"]["parentRefs"])));
    let nodes: Vec<_> = items(&object["spec"]["ports"]).iter().filter_map(|port| port["nodePort"].as_u64()).collect();
    if (1..nodes.len()).any(|at| nodes[..at].contains(&nodes[at])) {
        found.push("spec.ports: nodePort: Duplicate value".to_owned());
    }
    found
}

/// JSON as Go writes it, which kubectl puts into the annotation.
fn go_json(object: &Json) -> String {
    let mut json = object.to_string();
    for (character, escape) in [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")] {
        json = json.replace(character, escape);
    }
    json
}

/// The bytes that count: the decoded data, or for other kinds the whole object.
fn size(object: &Json) -> usize {
    let values = |field: &str| object[field].as_object().into_iter().flatten().map(|(_, value)| text(value)).collect();
    let plain = |field: &str| Vec::<&str>::into_iter(values(field)).map(str::len).sum::<usize>();
    let base64 = |field: &str| {
        let length = |value: &str| value.len() / 4 * 3 - value.bytes().filter(|byte| *byte == b'=').count();
        Vec::<&str>::into_iter(values(field)).map(length).sum::<usize>()
    };
    match text(&object["kind"]) {
        "Secret" => base64("data") + plain("stringData"),
        "ConfigMap" => plain("data") + base64("binaryData"),
        _ => object.to_string().len(),
    }
}

fn range_refusal(range: &str) -> Option<&'static str> {
    let Some((address, bits)) = range.split_once('/') else { return Some("not a range") };
    let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u32>()) else { return Some("not a range") };
    let (value, length) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            return Some("must not have an IPv4-mapped IPv6 address");
        }
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    if bits > length {
        return Some("not a range");
    }
    let host = u128::MAX.checked_shr(bits).unwrap_or(0);
    (value & host != 0).then_some("must not have bits set beyond the prefix length")
}

/// The rules for `parentRefs` in the CRDs of the Gateway API.
fn parents_refusal(parents: &[Json]) -> Vec<String> {
    let mut found = Vec::new();
    if parents.len() > PARENTS {
        found.push(format!("spec.parentRefs: Too many: {}: must have at most {PARENTS} items", parents.len()));
    }
    let of = |parent: &Json, field: &str| text(&parent[field]).to_owned();
    for (at, one) in parents.iter().enumerate() {
        let same = |other: &&Json| ["name", "namespace"].iter().all(|field| of(one, field) == of(other, field));
        for other in parents[..at].iter().filter(same) {
            let (one, other) = (of(one, "sectionName"), of(other, "sectionName"));
            if one.is_empty() != other.is_empty() {
                found.push(
                    "sectionName must be specified when parentRefs includes 2 or more references to the same parent"
                        .to_owned(),
                );
            } else if one == other {
                found.push(
                    "sectionName must be unique when parentRefs includes 2 or more references to the same parent"
                        .to_owned(),
                );
            }
        }
    }
    found
}

/// The value at a path of keys.
fn at<'a>(object: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(object, |value, key| &value[key])
}

/// The paths at which a change is refused.
pub fn fixed(old: &Json, new: &Json) -> Vec<String> {
    let mut found = Vec::new();
    for rule in items(&table()["fixed"]).iter().filter(|rule| items(&rule["kinds"]).contains(&old["kind"])) {
        let holds = |(path, value): (&String, &Json)| at(old, path) == value && at(new, path) == value;
        let held = |(path, value): (&String, &Json)| at(old, path) == value;
        let conditions = |name: &str| rule[name].as_object().into_iter().flatten();
        if !conditions("while").all(holds) || !conditions("when").all(held) {
            continue;
        }
        for path in items(&rule["paths"]) {
            let (mut was, mut now) = (old.clone(), new.clone());
            for free in items(&rule["except"]).iter().chain(items(&rule["grows"])) {
                [&mut was, &mut now].into_iter().for_each(|object| remove(object, text(free)));
            }
            if at(&was, text(path)) != at(&now, text(path)) {
                found.push(text(path).to_owned());
            }
        }
        for path in items(&rule["grows"]).iter().map(text) {
            if gibibytes(at(new, path)) < gibibytes(at(old, path)) {
                found.push(path.to_owned());
            }
        }
    }
    found
}

fn remove(object: &mut Json, path: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap();
    let parent = parent.split('.').fold(object, |value, key| &mut value[key]);
    if let Some(map) = parent.as_object_mut() {
        map.remove(name);
    }
}

fn gibibytes(quantity: &Json) -> f64 {
    text(quantity).strip_suffix("Gi").map_or(0.0, |number| number.parse().unwrap())
}

/// The part of a Role's rules that a user with the rules `held` may not grant: group, resource and verb.
pub fn not_grantable(role: &Json, held: &[Json]) -> Vec<String> {
    let has = |rule: &Json, field: &str, wanted: &Json| {
        items(&rule[field]).iter().any(|it| it == wanted || it == &json!("*"))
    };
    let mut found = Vec::new();
    for rule in items(&role["rules"]) {
        for group in items(&rule["apiGroups"]) {
            for resource in items(&rule["resources"]) {
                for verb in items(&rule["verbs"]) {
                    let covers = |held: &&Json| {
                        has(held, "apiGroups", group) && has(held, "resources", resource) && has(held, "verbs", verb)
                    };
                    if held.iter().find(covers).is_none() {
                        found.push(format!("{group} {resource} {verb}"));
                    }
                }
            }
        }
    }
    found
}

/// Where an atomic value lacks what the server fills in: `defaulted` is the same object in the server.
pub fn halves(applied: &Json, defaulted: &Json, path: &str) -> Vec<String> {
    match (applied, defaulted) {
        (Json::Object(ours), Json::Object(theirs)) => {
            let name = path.rsplit('.').next().unwrap_or_default();
            if items(&table()["atomic"]).iter().any(|atomic| atomic == name) && ours != theirs {
                return vec![format!("{path} is {applied}, and the server makes {defaulted} of it")];
            }
            let below = ours.iter().filter_map(|(key, value)| Some((key, value, theirs.get(key)?)));
            below.flat_map(|(key, value, theirs)| halves(value, theirs, &format!("{path}.{key}"))).collect()
        }
        (Json::Array(ours), Json::Array(theirs)) => {
            let both = ours.iter().zip(theirs).enumerate();
            both.flat_map(|(at, (ours, theirs))| halves(ours, theirs, &format!("{path}[{at}]"))).collect()
        }
        _ => Vec::new(),
    }
}
