//! Properties of `validate` for any input: it accepts every valid configuration, and again after the merge, and the
//! order of fields has no effect.

mod valid;

use crate::support::every_field;
use quay_render::diagnostic::{Diagnostics, Severity};
use quay_render::input::{Inputs, Source};
use serde_json::{Map, Value};

/// What an ObjectBucketClaim would have provided, so that nothing is left to the cluster.
const BUCKET: &[u8] = b"  objectStorage:
    bucket: {host: s3.openshift-storage.svc, name: quay-datastore, accessKey: access, secretKey: secret}
";

/// The errors, one on each line.
fn errors(diagnostics: &Diagnostics) -> String {
    let errors = diagnostics.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| format!("{problem}\n")).collect()
}

/// A file of the example with all components unmanaged.
fn example(file: &str) -> Vec<u8> {
    std::fs::read(format!("{}/examples/all-unmanaged/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A registry with a configuration as its bundle, and with these components `managed`.
fn registry(config: &Map<String, Value>, managed: &[&str]) -> Inputs {
    let text = String::from_utf8(example("quayregistry.yaml")).unwrap();
    let text = managed.iter().fold(text, |text, name| {
        text.replace(&format!("kind: {name}\n      managed: false"), &format!("kind: {name}\n      managed: true"))
    });
    let source = |name: &str, bytes| Source { name: format!("in/{name}"), bytes };
    let mut render_config = example("render-config.yaml");
    render_config.extend_from_slice(BUCKET);
    Inputs {
        name: "in".to_owned(),
        sources: vec![
            source("keys.yaml", example("keys.yaml")),
            source("quayregistry.yaml", text.into_bytes()),
            source("render-config.yaml", render_config),
        ],
        bundle: Some(every_field::folder(every_field::yaml(config).as_bytes(), every_field::files())),
        ..Inputs::default()
    }
}
