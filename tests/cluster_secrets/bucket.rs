//! A bucket that only its ObjectBucketClaim knows.

use super::parity::assert_same;
use super::{analyzed, document, edited, read, referenced, rendered};
use crate::support::pod::{Pod, cluster};
use quay_render::compile;
use quay_render::input::Inputs;

/// The example without its settings for the bucket.
fn unknown(example: &str) -> Inputs {
    edited(read(example), |text| text.split("  objectStorage:").next().unwrap().to_owned())
}

#[test]
fn only_the_bucket_comes_from_the_cluster_where_secrets_are_inline() {
    let (known, inputs) = (rendered(compile(&read("minimal"))), unknown("minimal"));
    let late = rendered(compile(&inputs));
    let made = cluster(&analyzed(&read("minimal")));
    assert_eq!(assert_same(&late, &known, &made, "minimal"), 5);
    let quay = late.cluster_secrets.quay.as_ref().unwrap();
    let pieces: Vec<(&str, &str)> =
        quay.sources.iter().map(|piece| (piece.folder.as_str(), piece.object.as_str())).collect();
    assert_eq!(
        pieces,
        [
            ("base", "my-registry-quay-config-secret"),
            ("bucket", "my-registry-quay-datastore"),
            ("bucket-config", "my-registry-quay-datastore"),
            ("service-ca", "my-registry-cluster-service-ca"),
        ]
    );
    let values = quay.join.files.iter().flat_map(|file| &file.values);
    let from: Vec<&str> = values.map(|value| value.from.as_str()).collect();
    assert_eq!(
        from,
        [
            "bucket/AWS_ACCESS_KEY_ID",
            "bucket-config/BUCKET_NAME",
            "bucket-config/BUCKET_HOST",
            "bucket-config/BUCKET_PORT",
            "bucket/AWS_SECRET_ACCESS_KEY",
        ]
    );
    // Clair needs no bucket, and no Secret is asked of anybody but the claim.
    assert!(late.cluster_secrets.clair.is_none());
    let asked: Vec<&str> = late.cluster_secrets.secrets.iter().map(|wanted| wanted.name.as_str()).collect();
    assert_eq!(asked, ["my-registry-quay-datastore"]);
}

#[test]
fn a_host_in_the_cluster_gets_its_domain_and_any_other_none() {
    for (host, wanted) in [
        ("s3.storage.svc", "s3.storage.svc.cluster.local"),
        ("s3.storage.svc.cluster.local", "s3.storage.svc.cluster.local"),
        ("s3.example.com", "s3.example.com"),
        ("svc", "svc"),
    ] {
        for inputs in [unknown("minimal"), referenced(unknown("minimal"))] {
            let mut made = cluster(&analyzed(&inputs));
            let claim = made.get_mut(&("ConfigMap", "my-registry-quay-datastore".to_owned())).unwrap();
            claim.insert("BUCKET_HOST".to_owned(), host.as_bytes().to_vec());
            let late = rendered(compile(&inputs));
            let found = Pod::new(&late.objects, &made, "my-registry-quay-app").sees(&["/conf/stack"]);
            let config = document(&found["/conf/stack/config.yaml"]);
            let storages = config.at(&["DISTRIBUTED_STORAGE_CONFIG"]).and_then(|it| it.as_map()).unwrap();
            let (_, storage) = storages.iter().next().unwrap();
            let arguments = storage.as_seq().unwrap().get(1).unwrap();
            assert_eq!(arguments.at(&["hostname"]).and_then(|it| it.as_str()), Some(wanted));
        }
    }
}
