//! SealedValues: the values that `quay-render seal` encrypted, and only the controller in the cluster can open.

use super::API_VERSION;
use super::document::Document;
use super::fields::Fields;
use crate::diagnostic::{Diagnostics, Location};
use crate::object::{Map, Value};
use std::collections::BTreeMap;

pub const KIND: &str = "SealedValues";

/// The document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedValues {
    /// Where it is in the input.
    pub at: Location,
    /// The Secrets, by their logical names.
    pub secrets: BTreeMap<String, SealedSecret>,
}

/// The values of one Secret, and what they were sealed for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedSecret {
    /// Where it is in the input.
    pub at: Location,
    /// The Secret's name in the cluster.
    pub name: String,
    pub namespace: String,
    /// The scope, as kubeseal spells it.
    pub scope: String,
    /// The fingerprint of the controller's certificate.
    pub certificate: String,
    /// The values, by their logical names.
    pub values: BTreeMap<String, SealedValue>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedValue {
    /// An HMAC that identifies the plain value, with a key from the keys file.
    pub digest: String,
    /// The ciphertext, as `spec.encryptedData` of a SealedSecret takes it.
    pub sealed: String,
}

impl SealedValues {
    /// The document that `seal` writes for a registry.
    #[must_use]
    pub fn to_value(&self, registry: &str) -> Value {
        let mut metadata = Map::new();
        metadata.insert("name", registry);
        let mut spec = Map::new();
        spec.insert(
            "secrets",
            self.secrets.iter().map(|(id, secret)| (id.clone(), secret.to_value())).collect::<Map>(),
        );
        let mut document = Map::new();
        document.insert("apiVersion", API_VERSION);
        document.insert("kind", KIND);
        document.insert("metadata", metadata);
        document.insert("spec", spec);
        document.into()
    }
}

impl SealedSecret {
    fn to_value(&self) -> Value {
        let value = |value: &SealedValue| -> Value {
            let mut map = Map::new();
            map.insert("digest", value.digest.as_str());
            map.insert("sealed", value.sealed.as_str());
            map.into()
        };
        let mut map = Map::new();
        map.insert("name", self.name.as_str());
        map.insert("namespace", self.namespace.as_str());
        map.insert("scope", self.scope.as_str());
        map.insert("certificate", self.certificate.as_str());
        map.insert("values", self.values.iter().map(|(entry, it)| (entry.clone(), value(it))).collect::<Map>());
        map.into()
    }
}

/// Reads the document.
pub(super) fn read(document: &Document, diagnostics: &mut Diagnostics) -> Option<SealedValues> {
    let root = Fields::root(document, KIND, diagnostics)?;
    root.check(diagnostics);
    root.map("metadata", diagnostics);
    let map = root.map("spec", diagnostics).and_then(|spec| spec.open_map("secrets", diagnostics));
    let mut secrets = BTreeMap::new();
    for entry in map.iter().flat_map(Fields::entries) {
        let own = map.as_ref().and_then(|map| map.map(&entry.key, diagnostics));
        secrets.extend(own.and_then(|own| Some((entry.key.clone(), secret(&own, diagnostics)?))));
    }
    Some(SealedValues { at: document.place(), secrets })
}

fn secret(own: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<SealedSecret> {
    let mut text = |name: &str| own.text(name, diagnostics).map(|text| text.value);
    let (name, namespace, scope, certificate) = (text("name"), text("namespace"), text("scope"), text("certificate"));
    let mut values = BTreeMap::new();
    let map = own.open_map("values", diagnostics);
    for entry in map.iter().flat_map(Fields::entries) {
        let Some(own) = map.as_ref().and_then(|map| map.map(&entry.key, diagnostics)) else { continue };
        let (digest, sealed) = (own.text("digest", diagnostics), own.text("sealed", diagnostics));
        let value =
            digest.zip(sealed).map(|(digest, sealed)| SealedValue { digest: digest.value, sealed: sealed.value });
        values.extend(value.map(|value| (entry.key.clone(), value)));
    }
    Some(SealedSecret {
        at: own.place(),
        name: name?,
        namespace: namespace?,
        scope: scope?,
        certificate: certificate?,
        values,
    })
}
