//! `quay-render show delete`: how a registry is deleted (guide 3.1). Nothing is deleted by it.

use super::map::map;
use super::rights::plural;
use crate::Rendered;
use crate::catalog::Layer;
use crate::cluster_secrets::{Made, RequiredSecret};
use crate::model::flux::Form;
use crate::model::registry::kind;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Identity, Object, Value, base_names};
use crate::report::visible;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One step, in the order in which they are taken.
pub struct Step {
    /// What it does, a sentence an item.
    pub about: Vec<String>,
    pub commands: Vec<String>,
    /// Whether its commands delete data.
    pub is_of_data: bool,
}

/// The steps of deleting a registry.
pub fn steps(rendered: &Rendered) -> Vec<Step> {
    let mut steps = vec![stop(rendered), back_up(rendered)];
    steps.extend(layers(rendered));
    steps.push(earlier(rendered));
    steps.extend(data(rendered));
    steps.push(rest(rendered));
    steps
}

/// The steps as JSON has them.
pub fn rows(steps: &[Step]) -> Value {
    let texts = |texts: &[String]| Value::Seq(texts.iter().map(|text| text.as_str().into()).collect());
    let row = |step: &Step| {
        map([
            ("about", texts(&step.about)),
            ("commands", texts(&step.commands)),
            ("deletesData", step.is_of_data.into()),
        ])
    };
    Value::Seq(steps.iter().map(row).collect())
}

/// The steps as a script. Commands that delete data stand behind `#`: whoever runs it as it is loses none.
pub fn text(rendered: &Rendered, steps: &[Step]) -> String {
    let resolved = &rendered.resolved;
    let mut out = format!(
        "# Deletes registry {} of namespace {}, step by step. What deletes data stands behind a #.\nset -e\n",
        resolved.name, resolved.namespace
    );
    for (index, step) in steps.iter().enumerate() {
        let number = format!("{}. ", index + 1);
        out.push('\n');
        for (line, about) in step.about.iter().enumerate() {
            _ = writeln!(out, "# {}{}", if line == 0 { &number } else { "" }, visible(about));
        }
        for command in &step.commands {
            _ = writeln!(out, "{}{}", if step.is_of_data { "# " } else { "" }, visible(command));
        }
    }
    out
}

/// Whatever applies the output would make it anew.
fn stop(rendered: &Rendered) -> Step {
    let mut about = vec!["Stop what applies the output, or all of it comes back.".to_owned()];
    let mut commands = Vec::new();
    match &rendered.model.config.output {
        Form::Layers(flux) => {
            about.push("Flux deletes with a Kustomization what that applied.".to_owned());
            let names: Vec<&str> = rendered.kustomizations.iter().map(Object::name).collect();
            commands.push(format!(
                "kubectl --namespace {} delete --ignore-not-found kustomizations.kustomize.toolkit.fluxcd.io {}",
                flux.namespace,
                names.join(" ")
            ));
        }
        Form::Directory => about.push(
            "Argo CD deletes with an Application what that applied, where it has the finalizer \
             resources-finalizer.argocd.argoproj.io; Flux with a Kustomization."
                .to_owned(),
        ),
    }
    about.push(match rendered.model.config.protect_data {
        true => "Neither deletes what holds data: it is annotated so (protectData).".to_owned(),
        false => {
            "They delete what holds data too, for protectData is false: build and apply with true first to keep it."
                .to_owned()
        }
    });
    about.push(
        "Where an operator's QuayRegistry of this name is in the cluster, deleting that deletes everything it owns, data too."
            .to_owned(),
    );
    Step { about, commands, is_of_data: false }
}

fn back_up(rendered: &Rendered) -> Step {
    let resolved = &rendered.resolved;
    let (name, namespace) = (&resolved.name, &resolved.namespace);
    let mut about = vec!["Back up what you may want again.".to_owned()];
    let mut commands = Vec::new();
    if resolved.managed(kind::POSTGRES) {
        let database = base_names::named(name, base_names::QUAY_DATABASE);
        commands.push(format!(
            "kubectl --namespace {namespace} exec deployment/{database} -- bash -c 'pg_dump --format=custom {database}' > {name}.pgdump"
        ));
    } else {
        about.push("The database is yours, and stays.".to_owned());
    }
    if !resolved.managed(kind::OBJECT_STORAGE) {
        about.push("The object storage is yours, and stays.".to_owned());
    }
    about.push("A backup is of use only with DATABASE_SECRET_KEY: see that you have it outside of the cluster, for a Secret with it".to_owned());
    about.push("that is part of the output is deleted further down.".to_owned());
    Step { about, commands, is_of_data: false }
}

/// What is deleted last, and by hand alone: what holds data, and the operators without which that would never be gone, for
/// they take their finalizers off it.
fn is_kept(rendered: &Rendered, object: &Object) -> bool {
    object.installs_operator()
        || rendered.resolved.release.layers.protected.kinds.iter().any(|kind| kind == object.kind())
}

/// What holds no data, layer by layer, the last one first: a command for each namespace.
fn layers(rendered: &Rendered) -> Vec<Step> {
    let all: Vec<&Layer> = rendered.resolved.release.layers.iter().collect();
    let mut steps = Vec::new();
    for layer in all.into_iter().rev() {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let own = |object: &&Object| object.layer == layer.name && !is_kept(rendered, object);
        for object in rendered.objects.iter().filter(own) {
            let identity = Identity::of_value(&object.value);
            names.entry(identity.namespace.clone()).or_default().push(resource(&identity));
        }
        if names.is_empty() {
            continue;
        }
        let command = |(namespace, names): (&String, &Vec<String>)| {
            format!("kubectl{} delete --ignore-not-found {}", in_namespace(namespace), names.join(" "))
        };
        steps.push(Step {
            about: vec![format!("Delete the layer {}.", layer.name)],
            commands: names.iter().map(command).collect(),
            is_of_data: false,
        });
    }
    steps
}

fn in_namespace(namespace: &str) -> String {
    if namespace.is_empty() { String::new() } else { format!(" --namespace {namespace}") }
}

/// An object as kubectl takes it.
fn resource(identity: &Identity) -> String {
    let plural = plural(&identity.kind);
    let group = if identity.group.is_empty() { String::new() } else { format!(".{}", identity.group) };
    format!("{plural}{group}/{}", identity.name)
}

/// Names that follow content leave objects behind.
fn earlier(rendered: &Rendered) -> Step {
    let (name, namespace) = (&rendered.resolved.name, &rendered.resolved.namespace);
    Step {
        about: vec!["Delete what earlier builds left: objects whose names followed their content.".to_owned()],
        commands: vec![format!(
            "kubectl --namespace {namespace} delete secrets,configmaps,jobs.batch --selector {REGISTRY_LABEL}={name}"
        )],
        is_of_data: false,
    }
}

/// What holds data, each by itself.
fn data(rendered: &Rendered) -> Vec<Step> {
    let mut kept: Vec<&Object> = rendered.objects.iter().filter(|object| is_kept(rendered, object)).collect();
    // The bucket goes before what serves it, then its operator, and the registry's Namespace with all else
    // comes last.
    let kinds = [
        "QuayRegistry",
        "PersistentVolumeClaim",
        "ObjectBucketClaim",
        "BucketClass",
        "BackingStore",
        "NooBaa",
        "Subscription",
        "OperatorGroup",
        "Namespace",
    ];
    kept.sort_by_key(|object| {
        let place = kinds.iter().position(|kind| *kind == object.kind()).unwrap_or(kinds.len());
        (place, !object.installs_operator())
    });
    let step = |object: &&Object| {
        let identity = Identity::of_value(&object.value);
        let is_annotated = rendered.model.config.protect_data;
        let kept = if is_operator_s(object) {
            "deleted before what it installs, it leaves that behind"
        } else if is_annotated {
            "kept by its annotations until it is deleted by hand"
        } else {
            "not annotated"
        };
        Step {
            about: vec![format!("{} {}: {}; {kept}.", object.kind(), object.name(), lost(object))],
            commands: vec![format!("kubectl{} delete {}", in_namespace(&identity.namespace), resource(&identity))],
            is_of_data: true,
        }
    };
    kept.iter().map(step).collect()
}

/// Whether an object holds no data, but installs an operator.
fn is_operator_s(object: &Object) -> bool {
    object.installs_operator() && object.kind() != "Namespace"
}

/// What is lost with an object.
fn lost(object: &Object) -> String {
    match object.kind() {
        "PersistentVolumeClaim" => {
            let size = object.value.str_at(&["spec", "resources", "requests", "storage"]);
            format!("with it goes what is in its volume of {size}, unless its StorageClass retains volumes")
        }
        "ObjectBucketClaim" => "with it goes the bucket, and every image layer in it".to_owned(),
        "BackingStore" => "with it goes the data of all buckets in it, those of other registries too".to_owned(),
        "NooBaa" => "it serves all buckets of the cluster, those of other registries too".to_owned(),
        "QuayRegistry" => "with it goes everything that its operator made of it, database and bucket too".to_owned(),
        "Subscription" => {
            "its operator serves other registries too, and stays until its ClusterServiceVersion is deleted".to_owned()
        }
        "OperatorGroup" => "no operator of its namespace is installed or updated without it".to_owned(),
        "BucketClass" => "claims of other registries may ask for it".to_owned(),
        "Namespace" => "with it goes everything in it, what is not of this registry too".to_owned(),
        _ => "it holds data".to_owned(),
    }
}

/// What no step deletes.
fn rest(rendered: &Rendered) -> Step {
    let mut about =
        vec!["What is left is yours: the input and the output in Git, host names, certificates.".to_owned()];
    // What something in the cluster makes goes with what it is made for.
    let is_own = |wanted: &&RequiredSecret| {
        let is_made = |made: Made| matches!(made, Made::Claim | Made::CertManager | Made::ServiceCa);
        !wanted.entries.iter().all(|entry| is_made(entry.made))
    };
    let secrets = rendered.cluster_secrets.secrets.iter().filter(is_own);
    let secrets: Vec<&str> = secrets.map(|wanted| wanted.name.as_str()).collect();
    if !secrets.is_empty() {
        about.push(format!("Secrets that pods read, of namespace {}:", rendered.resolved.namespace));
        about.extend(secrets.iter().map(|name| format!("  {name}")));
    }
    Step { about, commands: Vec::new(), is_of_data: false }
}
