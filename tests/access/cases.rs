//! Every pairing of the settings of a way in, as an input.

use quay_render::input::{Folder, Inputs, Source};
use std::fmt;
use std::fs;
use std::sync::LazyLock;

/// A way in, and the cluster that it is in.
pub struct Way {
    /// What the table calls it.
    pub name: &'static str,
    /// The same in a word or two.
    pub short: &'static str,
    /// `spec.access.type`.
    pub kind: &'static str,
    /// `spec.cluster.platform`.
    pub platform: &'static str,
    /// Further lines of `spec.cluster`.
    cluster: &'static str,
    /// Further lines of `spec.access`.
    access: &'static str,
    /// What is tried of `spec.access.tls`.
    pub tls: &'static [&'static str],
}

const fn way(
    name: &'static str,
    short: &'static str,
    kind: &'static str,
    platform: &'static str,
    cluster: &'static str,
    access: &'static str,
) -> Way {
    Way { name, short, kind, platform, cluster, access, tls: &TLS }
}

const GATEWAY: &str = "gateway: {parentRefs: [{name: public, namespace: gateways}]}";

/// The ways in. On OpenShift there is a service CA, which counts with reencrypt alone.
pub const WAYS: [Way; 11] = [
    way("Route", "Route", "route", "openshift", "", ""),
    way(
        "Ingress, ingress-nginx",
        "ingress-nginx",
        "ingress",
        "kubernetes",
        "",
        "ingress: {className: nginx, controller: ingress-nginx}",
    ),
    way(
        "Ingress, Traefik",
        "Traefik",
        "ingress",
        "kubernetes",
        "",
        "ingress: {className: traefik, controller: traefik}",
    ),
    way(
        "Gateway API 1.4, standard channel",
        "Gateway 1.4",
        "gateway",
        "kubernetes",
        "apis: {gateway: {release: \"1.4\", channel: standard}}",
        GATEWAY,
    ),
    way(
        "Gateway API 1.5, or 1.4 with the experimental channel",
        "Gateway 1.5",
        "gateway",
        "kubernetes",
        "apis: {gateway: {release: \"1.5\", channel: standard}}",
        GATEWAY,
    ),
    way("Service, ClusterIP", "ClusterIP", "service", "kubernetes", "", ""),
    way("Service, NodePort", "NodePort", "service", "kubernetes", "", "service: {type: NodePort, nodePort: 30443}"),
    way("Service, LoadBalancer", "LoadBalancer", "service", "kubernetes", "", "service: {type: LoadBalancer}"),
    Way {
        tls: &["reencrypt"],
        ..way(
            "Service, LoadBalancer, on OpenShift",
            "LoadBalancer (OpenShift)",
            "service",
            "openshift",
            "",
            "service: {type: LoadBalancer}",
        )
    },
    way("One's own way in", "own", "none", "kubernetes", "", ""),
    Way {
        tls: &["reencrypt"],
        ..way("One's own way in, on OpenShift", "own (OpenShift)", "none", "openshift", "", "")
    },
];

/// `spec.access.tls`.
pub const TLS: [&str; 4] = ["passthrough", "edge", "reencrypt", "none"];
/// `from` of the two certificates; the first is for none.
pub const SOURCES: [&str; 6] = ["unset", "pair", "controller", "secret", "certManager", "serviceCA"];
/// Whether the bundle has a pair of the user's own.
pub const PAIRS: [&str; 2] = ["no", "yes"];
/// EXTERNAL_TLS_TERMINATION in config.yaml.
pub const EXTERNAL: [&str; 3] = ["unset", "true", "false"];
/// PREFERRED_URL_SCHEME in config.yaml.
pub const SCHEMES: [&str; 3] = ["unset", "http", "https"];

/// One pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub way: usize,
    pub tls: &'static str,
    pub certificate: &'static str,
    pub backend: &'static str,
    pub pair: &'static str,
    pub external: &'static str,
    pub scheme: &'static str,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tls, certificate, backend, pair, external, scheme, .. } = self;
        write!(
            f,
            "{}, tls {tls}, certificate {certificate}, backendCertificate {backend}, own pair {pair}, EXTERNAL_TLS_TERMINATION {external}, PREFERRED_URL_SCHEME {scheme}",
            self.way().name
        )
    }
}

/// What does not change from case to case.
struct Fixed {
    keys: String,
    bundle: String,
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// The pairs have RSA keys: looking at an elliptic curve's takes most of a run.
static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let read = |name: &str| fs::read_to_string(format!("tests/access/pairs/{name}")).unwrap();
    let (cert, key) = (read("own.cert"), read("own.key"));
    let values = [
        ("SECRET_KEY", "a-session-key-that-is-not-too-short"),
        ("DATABASE_SECRET_KEY", "an-encryption-key-that-is-long-enough"),
        ("CLAIR_DB_PASSWORD", "clair"),
        ("SECURITY_SCANNER_V4_PSK", "shared"),
        ("ssl.cert", &read("made.cert")),
        ("ssl.key", &read("made.key")),
    ];
    let mut keys = "apiVersion: v1\nkind: Secret\n\
        metadata: {name: registry-quay-registry-managed-secret-keys, namespace: quay}\nstringData:\n"
        .to_owned();
    for (name, value) in values {
        keys += &format!("  {name}: |-\n{}", indented(value.trim(), "    "));
    }
    let bundle = indented(&read("ca.cert"), "      ");
    Fixed { keys, bundle, cert: cert.into_bytes(), key: key.into_bytes() }
});

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

impl Case {
    pub fn way(&self) -> &'static Way {
        &WAYS[self.way]
    }

    /// The input, with the secrets as `mode` says.
    pub fn inputs(&self, mode: &str) -> Inputs {
        let way = self.way();
        let fixed = &*FIXED;
        let registry =
            "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: registry, namespace: quay}\n\
            spec:\n  configBundleSecret: config-bundle\n  components:\n\
            \x20 - {kind: postgres, managed: false}\n  - {kind: redis, managed: false}\n\
            \x20 - {kind: objectstorage, managed: false}\n  - {kind: monitoring, managed: false}\n\
            \x20 - {kind: horizontalpodautoscaler, managed: false}\n"
                .to_owned();
        let mut config = format!(
            "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.5\"\n  configEditor: false\n  secrets: {{mode: {mode}}}\n  cluster:\n    platform: {}\n",
            way.platform
        );
        if !way.cluster.is_empty() {
            config += &format!("    {}\n", way.cluster);
        }
        config += &format!("  access:\n    type: {}\n", way.kind);
        if self.tls != "unset" {
            config += &format!("    tls: {}\n", self.tls);
        }
        if !way.access.is_empty() {
            config += &format!("    {}\n", way.access);
        }
        for (field, from) in [("certificate", self.certificate), ("backendCertificate", self.backend)] {
            let more = match from {
                "unset" => continue,
                "secret" => format!(", name: {}-tls", field.to_lowercase()),
                "certManager" => ", certManager: {issuer: {kind: ClusterIssuer, name: internal-ca}}".to_owned(),
                _ => String::new(),
            };
            config += &format!("    {field}: {{from: {from}{more}}}\n");
        }
        config += &format!("    caBundle: |\n{}", fixed.bundle);
        let mut quay =
            "SERVER_HOSTNAME: registry.example.com\nDB_URI: postgresql://quay:EXAMPLE@db.example.com:5432/quay\n\
            BUILDLOGS_REDIS: {host: redis.example.com}\nUSER_EVENTS_REDIS: {host: redis.example.com}\n\
            DISTRIBUTED_STORAGE_CONFIG: {default: [S3Storage, {s3_bucket: quay, storage_path: /registry}]}\n\
            DISTRIBUTED_STORAGE_PREFERENCE: [default]\nDISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]\n"
                .to_owned();
        for (field, value) in [("EXTERNAL_TLS_TERMINATION", self.external), ("PREFERRED_URL_SCHEME", self.scheme)] {
            if value != "unset" {
                quay += &format!("{field}: {value}\n");
            }
        }
        let source = |name: &str, text: String| Source { name: name.to_owned(), bytes: text.into_bytes() };
        let file =
            |name: &str, bytes: Vec<u8>| (name.to_owned(), Source { name: format!("DIR/config-bundle/{name}"), bytes });
        let mut files = vec![file("config.yaml", quay.into_bytes())];
        if self.pair == "yes" {
            files.extend([file("ssl.cert", fixed.cert.clone()), file("ssl.key", fixed.key.clone())]);
        }
        let mut sources = vec![source("DIR/quayregistry.yaml", registry), source("DIR/render-config.yaml", config)];
        if mode == "inline" {
            sources.push(source("DIR/keys.yaml", fixed.keys.clone()));
        }
        Inputs {
            name: "DIR".to_owned(),
            sources,
            bundle: Some(Folder { name: "DIR/config-bundle".to_owned(), files }),
            ..Inputs::default()
        }
    }
}
