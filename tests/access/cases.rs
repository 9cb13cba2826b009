//! Every combination of the settings for access, as an input.

use quay_render::input::{Folder, Inputs, Source};
use std::fmt;
use std::fs;
use std::sync::LazyLock;

/// An access type, and the cluster for it.
pub struct Way {
    /// Its name in the table.
    pub name: &'static str,
    /// The same in one or two words.
    pub short: &'static str,
    /// `spec.access.type`.
    pub kind: &'static str,
    /// `spec.cluster.platform`.
    pub platform: &'static str,
    /// Further lines of `spec.cluster`.
    cluster: &'static str,
    /// Further lines of `spec.access`.
    access: &'static str,
    /// The values of `spec.access.tls` to try.
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

/// The builders' listener passes TLS through, wherever it ends elsewhere.
const GATEWAY: &str = "gateway: {parentRefs: [{name: public, namespace: gateways}], \
                       builderParentRefs: [{name: public, namespace: gateways, sectionName: builders}]}";

/// The access types. On OpenShift there is a service CA, which matters with reencrypt only.
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
    way(
        "Service, NodePort",
        "NodePort",
        "service",
        "kubernetes",
        "",
        "service: {type: NodePort, nodePort: 30443, builderNodePort: 30444}",
    ),
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
/// `from` of the two certificates; the first means none.
pub const SOURCES: [&str; 6] = ["unset", "pair", "controller", "secret", "certManager", "serviceCA"];
/// Whether the bundle has a certificate and key of the user's own.
pub const PAIRS: [&str; 2] = ["no", "yes"];
/// EXTERNAL_TLS_TERMINATION in config.yaml.
pub const EXTERNAL: [&str; 3] = ["unset", "true", "false"];
/// PREFERRED_URL_SCHEME in config.yaml.
pub const SCHEMES: [&str; 3] = ["unset", "http", "https"];

/// One combination.
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

/// The parts that all cases share.
struct Fixed {
    keys: String,
    bundle: String,
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// The certificates have RSA keys: checking an elliptic curve's takes most of a run.
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

/// A file of tests/access/pairs.
pub fn bundled(name: &str) -> Vec<u8> {
    fs::read(format!("tests/access/pairs/{name}")).unwrap()
}

/// A part of the registry's own pair: from the bundle, else from the keys.
pub fn pair(case: &Case, part: &str) -> Vec<u8> {
    bundled(&format!("{}.{part}", if case.pair == "yes" { "own" } else { "made" }))
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

const REGISTRY: &str = "\
apiVersion: quay.redhat.com/v1
kind: QuayRegistry
metadata: {name: registry, namespace: quay}
spec:
  configBundleSecret: config-bundle
  components:
  - {kind: postgres, managed: false}
  - {kind: redis, managed: false}
  - {kind: objectstorage, managed: false}
  - {kind: monitoring, managed: false}
  - {kind: horizontalpodautoscaler, managed: false}
";

const CONFIG: &str = "\
SERVER_HOSTNAME: registry.example.com
DB_URI: postgresql://quay:EXAMPLE@db.example.com:5432/quay
BUILDLOGS_REDIS: {host: redis.example.com}
USER_EVENTS_REDIS: {host: redis.example.com}
DISTRIBUTED_STORAGE_CONFIG: {default: [S3Storage, {s3_bucket: quay, storage_path: /registry}]}
DISTRIBUTED_STORAGE_PREFERENCE: [default]
DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]
";

const BUILDS: &str = "\
FEATURE_BUILD_SUPPORT: true
BUILDMAN_HOSTNAME: builds.example.com:443
BUILD_MANAGER: [ephemeral, {ORCHESTRATOR: {REDIS_HOST: redis.example.com}, EXECUTORS: [{EXECUTOR: kubernetes}]}]
";

impl Case {
    pub fn way(&self) -> &'static Way {
        &WAYS[self.way]
    }

    /// The input, with its secrets where `mode` puts them.
    pub fn inputs(&self, mode: &str) -> Inputs {
        self.inputs_of(mode, self.config())
    }

    /// The same with builds on.
    pub fn inputs_with_builds(&self) -> Inputs {
        // A Service leads builders in on a port of its own.
        let port = match self.way().short {
            "NodePort" => "30444",
            _ if self.way().kind == "service" => "55443",
            _ => "443",
        };
        self.inputs_of("inline", self.config() + &BUILDS.replace(":443", &format!(":{port}")))
    }

    fn inputs_of(&self, mode: &str, config: String) -> Inputs {
        let source = |name: &str, text: String| Source { name: name.to_owned(), bytes: text.into_bytes() };
        let mut sources = vec![
            source("DIR/quayregistry.yaml", REGISTRY.to_owned()),
            source("DIR/render-config.yaml", self.render_config(mode)),
        ];
        if mode == "inline" {
            sources.push(source("DIR/keys.yaml", FIXED.keys.clone()));
        }
        let file =
            |name: &str, bytes: Vec<u8>| (name.to_owned(), Source { name: format!("DIR/config-bundle/{name}"), bytes });
        let mut files = vec![file("config.yaml", config.into_bytes())];
        if self.pair == "yes" {
            files.extend([file("ssl.cert", FIXED.cert.clone()), file("ssl.key", FIXED.key.clone())]);
        }
        let bundle = Some(Folder { name: "DIR/config-bundle".to_owned(), files });
        Inputs { name: "DIR".to_owned(), sources, bundle, ..Inputs::default() }
    }

    fn render_config(&self, mode: &str) -> String {
        let Way { kind, platform, cluster, access, .. } = self.way();
        let mut text = format!(
            "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.5\"\n  configEditor: false\n  \
             secrets: {{mode: {mode}}}\n  cluster:\n    platform: {platform}\n"
        );
        let mut line = |indent: &str, line: &str| {
            if !line.is_empty() {
                text += &format!("{indent}{line}\n");
            }
        };
        line("    ", cluster);
        line("  ", "access:");
        line("    ", &format!("type: {kind}"));
        line("    ", access);
        if self.tls != "unset" {
            line("    ", &format!("tls: {}", self.tls));
        }
        for (field, from) in [("certificate", self.certificate), ("backendCertificate", self.backend)] {
            let more = match from {
                "unset" => continue,
                "secret" => format!(", name: {}-tls", field.to_lowercase()),
                "certManager" => ", certManager: {issuer: {kind: ClusterIssuer, name: internal-ca}}".to_owned(),
                _ => String::new(),
            };
            line("    ", &format!("{field}: {{from: {from}{more}}}"));
        }
        line("    ", "caBundle: |");
        text + &FIXED.bundle
    }

    fn config(&self) -> String {
        let mut text = CONFIG.to_owned();
        for (field, value) in [("EXTERNAL_TLS_TERMINATION", self.external), ("PREFERRED_URL_SCHEME", self.scheme)] {
            if value != "unset" {
                text += &format!("{field}: {value}\n");
            }
        }
        text
    }
}
