//! Determines the layer of each object, and thus its Argo CD sync wave: the table `components/delivery/layers.yaml`.

use super::annotate;
use crate::catalog::{Layers, Release};
use crate::object::labels::SERVING_CERTIFICATE;
use crate::object::{Map, Object, Value};

const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";
const CLAIM: &str = "PersistentVolumeClaim";
const JOB: &str = "Job";
/// Where pods are whose claims hold data.
const DATA: &str = "data";

/// Whether an object may never be healthy: it waits for an address that somebody gives it, or its last backup failed.
#[must_use]
pub fn is_uncertain(layers: &Layers, object: &Object) -> bool {
    layers.uncertain.contains(&precise_kind(object))
}

/// The layer that names an object's component, else its kind; that of a component's Jobs comes before that of all Jobs.
fn of_kind<'a>(layers: &'a Layers, object: &Object) -> Option<&'a str> {
    if layers.by_hand.contains(&object.component) {
        return None;
    }
    let kind = precise_kind(object);
    let whole = layers.iter().find(|layer| layer.components.contains(&object.component));
    let of_job = layers.iter().find(|layer| kind == JOB && layer.jobs_of.contains(&object.component));
    let found = whole.or(of_job).or_else(|| layers.iter().find(|layer| layer.kinds.contains(&kind)));
    found.map(|layer| layer.name.as_str())
}

/// The kind; for a Service that waits for a load balancer, or for which OpenShift issues a certificate (the migration's
/// pods already wait for that), with that addition.
fn precise_kind(object: &Object) -> String {
    if object.value.at(&["metadata", "annotations", SERVING_CERTIFICATE]).is_some() {
        return format!("{} with a serving certificate", object.kind());
    }
    match object.value.at(&["spec", "type"]).and_then(Value::as_str) {
        Some(kind @ "LoadBalancer") if object.kind() == "Service" => format!("Service of type {kind}"),
        _ => object.kind().to_owned(),
    }
}

/// Pods of the output and their layer.
struct Pods {
    claims: Vec<String>,
    labels: Map,
    layer: String,
}

/// Assigns every object to its layer, and annotates it with the sync wave.
pub fn assign(objects: &mut [Object], release: &Release) {
    let layers = &release.layers;
    // An object without a component is in no layer.
    let of_component = |object: &Object| {
        release.component(&object.component).map(|component| component.layer.clone()).unwrap_or_default()
    };
    let rendered: Vec<&str> = objects.iter().filter(|it| it.kind() == CLAIM).map(Object::name).collect();
    let mut pods: Vec<Pods> = objects
        .iter()
        .filter(|object| !layers.by_hand.contains(&object.component))
        .filter_map(|object| {
            let template = object.template()?;
            // An existing PersistentVolumeClaim of somebody else's does not make the pods that mount it hold data.
            let claims: Vec<String> =
                claims(template).into_iter().filter(|claim| rendered.contains(&claim.as_str())).collect();
            let own = if claims.is_empty() { of_component(object) } else { DATA.to_owned() };
            let layer = of_kind(layers, object).map_or(own, str::to_owned);
            Some(Pods { claims, labels: template.at(&["metadata", "labels"])?.as_map()?.clone(), layer })
        })
        .collect();
    // What several pods mount must exist before the first of them.
    pods.sort_by_key(|pods| layers.iter().position(|layer| layer.name == pods.layer));
    for object in objects {
        let beside = || pods.iter().find(|pods| are_beside(pods, object)).map(|pods| pods.layer.as_str());
        let layer = of_kind(layers, object).or_else(beside).map_or_else(|| of_component(object), str::to_owned);
        if let Some(facts) = layers.iter().find(|facts| facts.name == layer) {
            annotate(object, SYNC_WAVE, &facts.wave);
        }
        object.layer = layer;
    }
}

/// Whether an object belongs to these pods: their workload, a claim that they mount, or a Service that selects them.
fn are_beside(pods: &Pods, object: &Object) -> bool {
    let selects = |path: &[&str]| {
        let selector = object.value.at(path).and_then(Value::as_map).filter(|selector| !selector.is_empty());
        selector.is_some_and(|selector| selector.iter().all(|(key, value)| pods.labels.get(key) == Some(value)))
    };
    match object.kind() {
        CLAIM => pods.claims.iter().any(|claim| claim == object.name()),
        "Service" => selects(&["spec", "selector"]),
        _ => selects(&["spec", "selector", "matchLabels"]),
    }
}

/// The PersistentVolumeClaims that a pod template mounts.
fn claims(template: &Value) -> Vec<String> {
    let volumes = template.at(&["spec", "volumes"]).and_then(Value::as_seq).unwrap_or_default();
    let claim = |volume: &Value| Some(volume.at(&["persistentVolumeClaim", "claimName"])?.as_str()?.to_owned());
    volumes.iter().filter_map(claim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::yaml::{self, Origin};

    fn objects(component: &str, texts: &[&str]) -> Vec<Object> {
        let value = |text: &str| {
            let origin = Origin { file: "", within: None };
            yaml::parse_own(text, &origin, &mut Diagnostics::new())[0].root.to_value()
        };
        texts.iter().map(|text| Object::new(component, value(text))).collect()
    }

    fn layers_of(component: &str, texts: &[&str]) -> Vec<String> {
        let mut objects = objects(component, texts);
        assign(&mut objects, &crate::catalog::Catalog::embedded().standard().unwrap());
        objects.into_iter().map(|object| object.layer).collect()
    }

    const DATABASE: &str = "{kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: d}}, template: {metadata: {labels: \
                            {a: d}}, spec: {volumes: [{persistentVolumeClaim: {claimName: c}}]}}}}";
    const APP: &str =
        "{kind: Deployment, metadata: {name: a}, spec: {template: {metadata: {labels: {a: a}}, spec: {}}}}";

    #[test]
    fn the_table_is_whole() {
        let release = crate::catalog::Catalog::embedded().standard().unwrap();
        let layers = &release.layers;
        let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
        let own = ["data", "migration", "application", "updates", "access", "monitoring", "backup"];
        assert_eq!(names, [["provider", "storage", "base", "operator", "registry"].as_slice(), &own].concat());
        for (index, layer) in layers.iter().enumerate() {
            assert!(
                layer.wave.parse::<i8>().is_ok() && layer.after.iter().all(|name| names[..index].contains(&&**name))
            );
        }
        assert_eq!(layers.uncertain.len(), 3);
    }

    #[test]
    fn claims_and_services_are_with_their_pods() {
        let claim = "{kind: PersistentVolumeClaim, metadata: {name: c}}";
        let service = |label: &str, kind: &str| {
            format!("{{kind: Service, metadata: {{name: s}}, spec: {{type: {kind}, selector: {{a: {label}}}}}}}")
        };
        let all = [
            claim,
            DATABASE,
            &service("d", "ClusterIP"),
            &service("a", "NodePort"),
            &service("a", "LoadBalancer"),
            APP,
            "{kind: Service, metadata: {name: without-pods}}",
            "{kind: PodDisruptionBudget, metadata: {name: d}, spec: {selector: {matchLabels: {a: d}}}}",
        ];
        let expected = ["data", "data", "data", "application", "access", "application", "application", "data"];
        assert_eq!(layers_of("clair", &all), expected);
    }

    #[test]
    fn a_claim_that_several_mount_is_with_the_first_of_them() {
        let job = DATABASE.replace("kind: Deployment", "kind: Job");
        let claim = "{kind: PersistentVolumeClaim, metadata: {name: c}}";
        assert_eq!(layers_of("quay", &[&job, claim]), ["migration", "migration"]);
        assert_eq!(layers_of("quay", &[&job, DATABASE, claim]), ["migration", "data", "data"]);
    }

    #[test]
    fn jobs_are_before_the_application_but_for_those_that_need_it() {
        let job = APP.replace("kind: Deployment", "kind: Job");
        assert_eq!(layers_of("quay", &[&job]), ["migration"]);
        assert_eq!(layers_of("clair", &[&job, APP]), ["updates", "application"]);
    }

    #[test]
    fn a_kind_of_the_table_comes_before_its_component() {
        let all = ["{kind: Role, metadata: {name: r}}", "{kind: PrometheusRule, metadata: {name: p}}"];
        assert_eq!(layers_of("monitoring", &all), ["base", "monitoring"]);
        assert_eq!(layers_of("redis", &[APP]), ["data"]);
    }
}
