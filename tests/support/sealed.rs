//! SealedValues that cannot be decrypted.

use quay_render::analyze;
use quay_render::cluster_secrets::plain::made_here;
use quay_render::diagnostic::Diagnostics;
use quay_render::input::Inputs;
use serde_json::{Map, Value as Json, json};

/// A ciphertext for everything in the required Secrets of an input; none can be decrypted.
pub fn unopenable(inputs: &Inputs, namespace: &str) -> String {
    let analysis = analyze(inputs, &mut Diagnostics::new()).0.unwrap();
    let mut secrets = json!({});
    for (id, wanted) in made_here(&analysis.cluster_secrets) {
        let sealed = json!({"digest": "hmac-sha256:00", "sealed": format!("AQAB{}", "A".repeat(364))});
        let values: Map<String, Json> = wanted.entries.iter().map(|entry| (entry.id.clone(), sealed.clone())).collect();
        secrets[id] = json!({
            "name": wanted.name,
            "namespace": namespace,
            "scope": "strict",
            "certificate": "00",
            "values": values,
        });
    }
    json!({"apiVersion": "quay-render.dev/v1alpha1", "kind": "SealedValues", "spec": {"secrets": secrets}}).to_string()
}
