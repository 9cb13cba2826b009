use super::*;
use crate::diagnostic::Diagnostics;
use crate::object::Value;
use crate::yaml::{self, Dialect, Origin};

fn values(text: &str) -> Vec<Value> {
    let origin = Origin { file: "", within: None };
    let mut problems = Diagnostics::new();
    let documents = yaml::parse(text, &origin, Dialect::Kubernetes, &mut problems);
    assert!(!problems.has_errors());
    documents.iter().map(|document| document.root.to_value()).collect()
}

fn objects(text: &str) -> Vec<Object> {
    values(text).into_iter().map(|value| Object::new("", value)).collect()
}

const SCALED: &str = "
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec:
      initContainers:
        - {name: i, resources: {requests: {cpu: '3'}}}
        - {name: s, restartPolicy: Always, resources: {requests: {cpu: 500m}}}
      containers:
        - {name: one, resources: {requests: {cpu: '1', memory: 1Gi}, limits: {memory: 2Gi}}}
        - {name: two, resources: {limits: {cpu: 250m}}}
      volumes:
        - {name: v, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: fast, resources: {requests: {storage: 2Gi}}}}}}
---
kind: HorizontalPodAutoscaler
metadata: {name: h}
spec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {kind: Deployment, name: a}}
---
kind: Deployment
metadata: {name: b}
spec: {strategy: {type: Recreate}, template: {spec: {containers: [{name: c}]}}}
---
kind: Job
metadata: {name: j}
spec: {template: {spec: {containers: [{name: c, resources: {requests: {memory: 1Gi}}}]}}}
---
kind: PersistentVolumeClaim
metadata: {name: p}
spec: {resources: {requests: {storage: 10Gi}}}
";

#[test]
fn pods_are_counted_as_a_scheduler_counts_them() {
    let needs = Needs::of(&objects(SCALED));
    let numbers: Vec<[u32; 3]> = needs.pods.iter().map(|pods| Moment::ALL.map(|moment| pods.number(moment))).collect();
    // During their replacement there are a quarter of five pods more, rounded up, and the Job.
    assert_eq!(numbers, [[2, 5, 7], [1, 1, 1], [0, 0, 1]]);
    // The init container alone requests more than those that run together: 1 + 0.25 + 0.5.
    assert_eq!(needs.pods[0].requests.get("cpu"), Some(3.0));
    assert_eq!(Amounts::shown("memory", needs.pods[0].limits.or_none("memory")), "2Gi");
    let [least, most, peak] = Moment::ALL.map(|moment| needs.total(moment));
    assert_eq!([least.pods, most.pods, peak.pods], [3, 6, 9]);
    assert_eq!([least.storage, most.storage, peak.storage].map(|it| it / 1_073_741_824.0), [14.0, 20.0, 24.0]);
    assert_eq!(Amounts::shown("memory", peak.requests.or_none("memory")), "8Gi");
    let too_small = || Err("Deployment a".to_owned());
    let counts: Vec<_> = needs.nodes(Moment::Most).into_iter().map(|count| count.number).collect();
    assert_eq!(counts, [too_small(), Ok(3), Ok(2)]);
}

#[test]
fn what_fits_on_no_node_is_named() {
    let one = "{name: c, resources: {requests: {cpu: '10'}}}";
    let needs = Needs::of(&objects(&format!(
        "kind: Deployment\nmetadata: {{name: a}}\nspec: {{template: {{spec: {{containers: [{one}]}}}}}}\n"
    )));
    let counts: Vec<_> = needs.nodes(Moment::Least).into_iter().map(|count| count.number).collect();
    let too_large = || Err("Deployment a".to_owned());
    assert_eq!(counts, [too_large(), too_large(), Ok(1)]);
}

#[test]
fn a_quota_and_a_limit_range_are_asked_as_an_api_server_asks_them() {
    let objects = objects(SCALED);
    let bounds = "
kind: List
items:
  - kind: ResourceQuota
    metadata: {name: q}
    spec: {hard: {requests.memory: 6Gi, pods: '8', requests.storage: 20Gi, fast.storageclass.storage.k8s.io/requests.storage: 3Gi, count/widgets.example.com: '1'}}
  - kind: LimitRange
    metadata: {name: l}
    spec:
      limits:
        - {type: Container, max: {memory: 2Gi}, defaultRequest: {memory: 256Mi}, maxLimitRequestRatio: {memory: '2'}}
        - {type: PersistentVolumeClaim, max: {storage: 5Gi}}
";
    let bounds = Bounds::of(&values(bounds)).unwrap();
    let mut needs = Needs::of(&objects);
    needs.default_to(&bounds);
    let rows = needs.quotas(&bounds, &objects);
    let refused: Vec<(&str, Option<Moment>)> = rows.iter().map(|row| (row.resource.as_str(), row.refused())).collect();
    assert_eq!(
        refused,
        [
            ("count/widgets.example.com", None),
            ("fast.storageclass.storage.k8s.io/requests.storage", Some(Moment::Least)),
            ("pods", Some(Moment::Peak)),
            ("requests.memory", Some(Moment::Most)),
            ("requests.storage", Some(Moment::Peak)),
        ]
    );
    assert!(rows[0].taken.is_none());
    let refusals = needs.refusals(&bounds);
    // Without a limit the maximum is one, and eight times the request from the range is too much.
    let of = |whose: &str| refusals.iter().filter(|text| text.starts_with(whose)).count();
    assert_eq!(of("Deployment a: container two asks for memory otherwise"), 1, "{refusals:#?}");
    assert_eq!(of("Deployment a: container one"), 0, "{refusals:#?}");
    assert_eq!(of("PersistentVolumeClaim p has a limit of 10Gi of storage"), 1, "{refusals:#?}");
}

#[test]
fn a_quota_takes_no_container_without_what_it_bounds() {
    let bounds = "kind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {limits.cpu: '4'}}\n";
    let bounds = Bounds::of(&values(bounds)).unwrap();
    let refusals = Needs::of(&objects(SCALED)).refusals(&bounds);
    assert!(
        refusals
            .contains(&"Deployment a: container one: ResourceQuota q takes no container without limits.cpu".to_owned())
    );
    assert!(!refusals.iter().any(|text| text.contains("container two")), "{refusals:#?}");
}

#[test]
fn what_is_no_bound_is_refused() {
    for (text, reason) in [
        ("kind: List\nitems: []\n", "holds no ResourceQuota and no LimitRange"),
        ("kind: ConfigMap\n", "holds something else than ResourceQuotas and LimitRanges"),
        ("kind: ResourceQuota\nspec: {hard: {cpu: many}}\n", "has a value in hard that is not a quantity"),
    ] {
        assert_eq!(Bounds::of(&values(text)).err().unwrap().0, reason);
    }
}
