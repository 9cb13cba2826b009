//! The fields of config.yaml that a managed component writes: `files/quay-config.yaml` of its folder.

use super::reached::{Reached, ends_outside};
use super::secrets::Values;
use crate::diagnostic::Diagnostics;
use crate::model::access::Tls;
use crate::model::{self, Model};
use crate::object::Map;
use crate::object::base_names;
use crate::template;
use serde::Serialize;
use std::collections::BTreeMap;

/// The variables for these templates, with the same names as in other templates. It holds secrets, so it is never
/// printed.
#[derive(Serialize)]
struct Facts<'a> {
    registry: &'a str,
    namespace: &'a str,
    release: Map,
    host: Host<'a>,
    access: Access,
    database: Database<'a>,
    keys: BTreeMap<&'a str, &'a str>,
    bucket: Bucket<'a>,
    clair: Clair,
}

#[derive(Serialize)]
struct Clair {
    tls: bool,
}

#[derive(Serialize)]
struct Host<'a> {
    registry: &'a str,
}

#[derive(Serialize)]
struct Access {
    scheme: &'static str,
    tls: bool,
    ends_outside: bool,
}

#[derive(Serialize)]
struct Database<'a> {
    name: &'a str,
    user: &'a str,
}

#[derive(Serialize)]
struct Bucket<'a> {
    host: String,
    name: &'a str,
    access_key: &'a str,
    secret_key: &'a str,
}

/// The fields that a component writes; none if it has no such file, or if the file is broken, which is reported.
pub fn fields(
    model: &Model,
    component: &str,
    reached: &Reached<'_>,
    values: &Values,
    diagnostics: &mut Diagnostics,
) -> Map {
    let registry = &model.registry.name.value;
    let database = base_names::named(registry, base_names::QUAY_DATABASE);
    // Without a bucket nothing is rendered, but the rules still need a complete config.yaml.
    let bucket = model.config.bucket.as_ref();
    let facts = Facts {
        registry,
        namespace: reached.namespace,
        release: model.release.seen(),
        host: Host { registry: reached.hostname.text() },
        access: Access {
            scheme: reached.access.scheme(),
            tls: reached.access.tls != Tls::None,
            ends_outside: ends_outside(model, reached.access),
        },
        clair: Clair { tls: reached.clair_serves_tls },
        database: Database { name: &database, user: &database },
        keys: values.iter().collect(),
        bucket: Bucket {
            host: cluster_host(bucket.map_or("unknown", |bucket| &bucket.host)),
            name: bucket.map_or("unknown", |bucket| &bucket.name),
            access_key: bucket.map_or("unknown", |bucket| bucket.access_key.expose()),
            secret_key: bucket.map_or("unknown", |bucket| bucket.secret_key.expose()),
        },
    };
    let path = format!("{component}/files/quay-config.yaml");
    template::map(&model.release, &path, registry, &facts).map(Option::unwrap_or_default).unwrap_or_else(|broken| {
        diagnostics.push(model::broken_diagnostic(&broken));
        Map::new()
    })
}

/// A Service's host with the cluster's domain added at its end; the operator would replace every `.svc`.
fn cluster_host(host: &str) -> String {
    if host.ends_with(".svc") { format!("{host}.cluster.local") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::cluster_host;

    #[test]
    fn a_service_host_gets_the_cluster_domain_at_its_end_only() {
        assert_eq!(cluster_host("s3.openshift-storage.svc"), "s3.openshift-storage.svc.cluster.local");
        assert_eq!(cluster_host("a.svc.svc"), "a.svc.svc.cluster.local");
        assert_eq!(cluster_host("s3.svc.example.com"), "s3.svc.example.com");
    }
}
