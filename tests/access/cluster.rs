//! What is in the cluster besides the output: what others make, and the proxies' own certificates.

use super::openssl::{Authority, EXAMPLE, PUBLIC, Pair, SERVICE};
use crate::support::pod::{self, Cluster, Files, Pod, content};
use crate::support::{files, process};
use quay_render::cluster_secrets::Made;
use quay_render::diagnostic::Diagnostics;
use quay_render::input;
use quay_render::{Analysis, Rendered, analyze, compile};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A registry in its cluster.
pub struct World {
    pub name: String,
    /// The input: the example with a certificate that has not expired.
    pub folder: TempDir,
    pub rendered: Rendered,
    /// The objects of the output.
    pub objects: Vec<Json>,
    /// Secrets and ConfigMaps that others make.
    made: Cluster,
    /// The issuer for the router, the Ingress controller, the Gateway and the load balancer.
    issuer: &'static Authority,
}

impl World {
    /// An example. If its input says that every client trusts the certificate, a public authority issues it, else that
    /// of the examples.
    pub fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        files::copy(&Path::new("examples").join(name), folder.path());
        Self::at(name, folder)
    }

    /// An input in a folder, under a name.
    pub fn at(name: &str, folder: TempDir) -> Self {
        let path = folder.path().to_str().unwrap();
        if folder.path().join("keys.yaml").is_file() {
            process::must(Command::new(env!("CARGO_BIN_EXE_quay-render")).args(["keys", path]));
        }
        let inputs = input::read(path, None).unwrap();
        let (analysis, _) = analyze(&inputs, &mut Diagnostics::new());
        let analysis = analysis.unwrap();
        let rendered = compile(&inputs).registry.unwrap();
        let objects = rendered.objects.iter().map(|it| serde_json::to_value(&it.value).unwrap()).collect();
        let public = rendered.resolved.access.trust.is_public;
        let issuer: &Authority = if public { &PUBLIC } else { &EXAMPLE };
        let mut world = Self { name: name.to_owned(), folder, rendered, objects, made: Cluster::new(), issuer };
        world.made = world.make(&analysis);
        world
    }

    fn make(&self, analysis: &Analysis) -> Cluster {
        let mut made = pod::cluster(analysis);
        // What stands in for the content of Secrets that the input names is not a certificate.
        let foreign = analysis.cluster_secrets.secrets.iter().filter(|wanted| wanted.id.is_none());
        foreign.for_each(|wanted| _ = made.remove(&("Secret", wanted.name.clone())));
        let host = self.host();
        let parts = |pair: Pair| Files::from([("tls.crt".into(), pair.cert), ("tls.key".into(), pair.key)]);
        let mut put = |name: &str, more: Files| {
            let secret = made.entry(("Secret", name.to_owned())).or_default();
            more.into_iter().for_each(|(key, value)| _ = secret.entry(key).or_insert(value));
        };
        for object in &self.objects {
            let annotation = &object["metadata"]["annotations"]["service.beta.openshift.io/serving-cert-secret-name"];
            if object["kind"] == "Certificate" {
                let hosts: Vec<&str> = list(&object["spec"]["dnsNames"]).iter().map(text).collect();
                let mut secret = parts(self.issuer.issue(&hosts));
                secret.insert("ca.crt".to_owned(), self.issuer.cert.clone());
                put(text(&object["spec"]["secretName"]), secret);
            } else if let Some(name) = annotation.as_str() {
                let service = format!("{}.quay.svc", text(&object["metadata"]["name"]));
                put(name, parts(SERVICE.issue(&[&service])));
            }
        }
        let access = &analysis.resolved.access;
        for certificate in [&access.front, &access.serving].into_iter().flatten() {
            if let Some(name) = certificate.secret() {
                let mut secret = parts(self.issuer.issue(&[&host]));
                secret.insert("ca.crt".to_owned(), self.issuer.cert.clone());
                put(name, secret);
            }
        }
        for wanted in &analysis.cluster_secrets.secrets {
            let is_pair = wanted.entries.iter().any(|entry| entry.made == Made::Pair);
            let pair = is_pair.then(|| self.issuer.issue(&[&host]));
            let value = |id: &str| match (id, &pair) {
                ("ssl.cert", Some(pair)) => pair.cert.clone(),
                ("ssl.key", Some(pair)) => pair.key.clone(),
                // Whatever else the cluster keeps: a text that is a YAML scalar as well.
                _ => b"something-only-the-cluster-knows".to_vec(),
            };
            put(&wanted.name, wanted.entries.iter().map(|it| (it.key.clone(), value(&it.id))).collect());
        }
        let authority = ("ConfigMap", format!("{}-cluster-service-ca", analysis.resolved.name));
        made.insert(authority, Files::from([("service-ca.crt".to_owned(), SERVICE.cert.clone())]));
        let trusted = ("ConfigMap", format!("{}-cluster-trusted-ca", analysis.resolved.name));
        made.insert(trusted, Files::from([("ca-bundle.crt".to_owned(), SERVICE.cert.clone())]));
        made
    }

    /// The registry's host name without its port.
    pub fn host(&self) -> String {
        self.rendered.resolved.hostname.name().to_owned()
    }

    /// The pod of a Deployment, if there is one.
    pub fn pod(&self, base: &str) -> Option<Pod<'_>> {
        let name = format!("{}-{base}", self.rendered.resolved.name);
        let there = self.rendered.objects.iter().any(|it| it.kind() == "Deployment" && it.base_name == name);
        there.then(|| Pod::new(&self.rendered.objects, &self.made, &name))
    }

    /// The objects of a kind.
    pub fn kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Json> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// A value of a Secret or ConfigMap, of the output or made by others.
    pub fn value(&self, kind: &str, name: &str, key: &str) -> Option<Vec<u8>> {
        let made = self.made.iter().find(|((known, secret), _)| *known == kind && secret == name);
        if let Some((_, files)) = made {
            return files.get(key).cloned();
        }
        let object = self.rendered.objects.iter().find(|it| it.kind() == kind && it.name() == name)?;
        content(object).remove(key)
    }

    /// The default certificate of the router or proxy: one of its own.
    pub fn shown(&self, host: &str) -> Pair {
        self.issuer.issue(&[host])
    }
}

/// Labels, or another map of texts.
pub fn texts(value: &Json) -> BTreeMap<&str, &str> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), text(value))).collect()
}

pub fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}
