//! Inputs of each kind, as large as they are asked for.

use std::fmt::Write as _;

/// The registry, its facts and its keys: what each kind changes something of.
const REGISTRY: &str = "apiVersion: quay.redhat.com/v1
kind: QuayRegistry
metadata: {name: registry, namespace: quay}
spec:
  configBundleSecret: bundle
  components:
    - {kind: objectstorage, managed: false}
    - {kind: route, managed: false}
    - {kind: monitoring, managed: false}
";
const FACTS: &str = "apiVersion: quay-render.dev/v1alpha1
kind: RenderConfig
spec:
  release: \"3.5\"
";
const CLUSTER: &str = "  cluster: {platform: kubernetes}\n";
const CONFIG: &str = "SERVER_HOSTNAME: registry.example.com
DISTRIBUTED_STORAGE_CONFIG:
  default: [S3Storage, {s3_bucket: quay, s3_access_key: EXAMPLE, s3_secret_key: EXAMPLE, storage_path: /registry}]
DISTRIBUTED_STORAGE_PREFERENCE: [default]
DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]
";
const KEYS: &str = include_str!("../../examples/kubernetes/keys.yaml");
const SEALED: &str = include_str!("../../examples/sealed/render-config.yaml");
const LIST: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
/// Of one file of an input, and of one variable of the environment.
const LARGEST: usize = 4 << 20;
const LARGEST_VARIABLE: usize = 120 << 10;

/// What a command is given.
pub struct Case {
    /// The files of the input.
    pub files: Vec<(String, String)>,
    /// What stands on standard input.
    pub request: String,
    /// Argo CD's parameters.
    pub parameters: String,
}

impl Case {
    fn new() -> Self {
        let mut case = Self { files: Vec::new(), request: String::new(), parameters: String::new() };
        case.put("quayregistry.yaml", REGISTRY);
        case.put("render-config.yaml", format!("{FACTS}{CLUSTER}  secrets: {{mode: inline}}\n"));
        case.put("config-bundle/config.yaml", CONFIG);
        case.put("keys.yaml", KEYS);
        case
    }

    fn with(path: &str, text: impl Into<String>) -> Self {
        let mut case = Self::new();
        case.put(path, text);
        case
    }

    fn put(&mut self, path: &str, text: impl Into<String>) {
        let text = text.into();
        // A bundle is a folder or a Secret.
        if path == "bundle.yaml" {
            self.files.retain(|(name, _)| !name.starts_with("config-bundle/"));
        }
        self.files.retain(|(name, _)| name != path);
        self.files.push((path.to_owned(), text));
    }

    fn config(text: &str) -> Self {
        Self::with("config-bundle/config.yaml", format!("{CONFIG}{text}"))
    }

    fn facts(rest: &str) -> Self {
        Self::with("render-config.yaml", format!("{FACTS}{CLUSTER}{rest}"))
    }

    fn request(items: &str, inputs: &str) -> Self {
        let mut case = Self::new();
        case.request = format!("{LIST}{inputs}items:\n{}{items}", standard_items());
        case
    }

    /// How large it is, in bytes.
    pub fn size(&self) -> usize {
        self.files.iter().map(|(_, text)| text.len()).sum::<usize>() + self.request.len() + self.parameters.len()
    }

    /// The same input with secrets that are to be sealed.
    pub fn sealed(mut self) -> Self {
        let facts = self.files.iter().find(|(path, _)| path == "render-config.yaml").map(|(_, text)| text.as_str());
        let rest = facts.and_then(|text| text.strip_prefix(FACTS)).and_then(|text| text.strip_prefix(CLUSTER));
        let own = rest.filter(|rest| !rest.contains("secrets:")).unwrap_or_default();
        let facts = format!("{}{own}", SEALED.replace("openshift", "kubernetes"));
        self.put("render-config.yaml", facts);
        self
    }
}

fn standard_items() -> String {
    let indented = |text: &str| {
        let mut out = String::new();
        for (index, line) in text.lines().filter(|line| !line.starts_with('#')).enumerate() {
            let _ = writeln!(out, "{}{line}", if index == 0 { "- " } else { "  " });
        }
        out
    };
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\nstringData:\n  config.yaml: |\n{}",
        block(CONFIG, 4)
    );
    let facts = format!("{FACTS}{CLUSTER}  secrets: {{mode: inline}}\n");
    [REGISTRY, &facts, KEYS, &secret].map(indented).concat()
}

fn block(text: &str, indent: usize) -> String {
    text.lines().map(|line| format!("{:indent$}{line}\n", "")).collect()
}

/// As many pieces as there is room for. `piece` gets their number.
fn fill(bytes: usize, mut piece: impl FnMut(usize, &mut String)) -> String {
    let mut out = String::with_capacity(bytes);
    for number in 0.. {
        let before = out.len();
        piece(number, &mut out);
        if out.len() > bytes {
            out.truncate(before);
            return out;
        }
    }
    out
}

fn lines(bytes: usize, line: impl Fn(usize) -> String) -> String {
    fill(bytes, |number, out| {
        out.push_str(&line(number));
        out.push('\n');
    })
}

fn letters(bytes: usize) -> String {
    fill(bytes, |number, out| {
        let _ = write!(out, "{:08x}", number.wrapping_mul(2_654_435_761));
    })
}

fn authority() -> String {
    let lines = KEYS.lines().map(str::trim).skip_while(|line| !line.contains("BEGIN CERTIFICATE"));
    let mut pem = String::new();
    for line in lines {
        pem.push_str(line);
        pem.push('\n');
        if line.contains("END CERTIFICATE") {
            break;
        }
    }
    pem
}

/// A kind of input.
pub struct Kind {
    /// What it is called.
    pub name: &'static str,
    /// What of it grows, and so which commands it is for.
    pub grows: Grows,
    /// An input of about so many bytes.
    pub make: fn(usize) -> Case,
}

/// What of an input grows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Grows {
    /// A directory.
    Files,
    /// A ResourceList on standard input.
    Request,
    /// What Argo CD puts into the environment.
    Parameters,
}

const fn files(name: &'static str, make: fn(usize) -> Case) -> Kind {
    Kind { name, grows: Grows::Files, make }
}

const fn request(name: &'static str, make: fn(usize) -> Case) -> Kind {
    Kind { name, grows: Grows::Request, make }
}

/// Room for what else is in a file.
fn room(bytes: usize) -> usize {
    bytes.min(LARGEST).saturating_sub(2_000)
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    files("config: unknown fields", |bytes| Case::config(&lines(room(bytes), |n| format!("FIELD_{n:06}: value")))),
    files("config: misspelled fields", |bytes| {
        Case::config(&lines(room(bytes), |n| format!("FEATURE_SUPER_USERZ{n:06}: true")))
    }),
    files("config: the same field", |bytes| {
        Case::config(&lines(room(bytes), |_| "REGISTRY_TITLE: Registry".to_owned()))
    }),
    files("config: a text of one line", |bytes| {
        Case::config(&format!("REGISTRY_TITLE: \"{}\"\n", letters(room(bytes))))
    }),
    files("config: a text of many lines", |bytes| {
        Case::config(&format!("REGISTRY_TITLE: |\n{}", lines(room(bytes), |n| format!("  line {n:06} of a text"))))
    }),
    files("config: escapes", |bytes| {
        Case::config(&format!("REGISTRY_TITLE: \"{}\"\n", fill(room(bytes), |_, out| out.push_str("\\u00e9"))))
    }),
    files("config: nested", |bytes| {
        let nested = |n| format!("FIELD_{n:06}: {}{}", "[".repeat(90), "]".repeat(90));
        Case::config(&lines(room(bytes), nested))
    }),
    files("config: too deep", |bytes| {
        let half = room(bytes) / 2;
        Case::config(&format!("FIELD: {}{}\n", "[".repeat(half), "]".repeat(half)))
    }),
    files("config: aliases", |bytes| {
        let values = "value, ".repeat(10);
        let aliases = lines(room(bytes) - 200, |n| format!("FIELD_{n:06}: *it"));
        Case::config(&format!("FIELD: &it [{values}]\n{aliases}"))
    }),
    files("config: aliases of a text", |bytes| {
        let half = room(bytes) / 2;
        let aliases = lines(room(bytes) / 2, |n| format!("FIELD_{n:06}: *it"));
        Case::config(&format!("FIELD: &it {}\n{aliases}", letters(half)))
    }),
    files("config: an alias of all", |bytes| {
        let text = format!("FIELD: &it\n{}", lines(room(bytes), |n| format!("  - text {n:06}")));
        Case::config(&format!("{text}AGAIN: *it\nONCE_MORE: *it\n"))
    }),
    files("config: anchors", |bytes| Case::config(&lines(room(bytes), |n| format!("FIELD_{n:06}: &a{n:06} value")))),
    files("config: merged maps", |bytes| {
        let merges = lines(room(bytes) - 500, |n| format!("FIELD_{n:06}: {{<<: *it}}"));
        Case::config(&format!("FIELD: &it {{a: 1, b: 2, c: 3}}\n{merges}"))
    }),
    files("config: one line of fields", |bytes| {
        let fields = fill(room(bytes), |n, out| {
            let _ = write!(out, "FIELD_{n:06}: value, ");
        });
        Case::with("config-bundle/config.yaml", format!("{{{fields}SERVER_HOSTNAME: registry.example.com}}\n"))
    }),
    files("config: wrong values", |bytes| {
        Case::config(&format!("SUPER_USERS:\n{}", lines(room(bytes), |n| format!("- {n}"))))
    }),
    files("config: users", |bytes| {
        Case::config(&format!("SUPER_USERS:\n{}", lines(room(bytes), |n| format!("- user{n}"))))
    }),
    files("config: storages", |bytes| {
        let storage = |n| {
            format!("  s{n}: [S3Storage, {{s3_bucket: quay, storage_path: /r, s3_access_key: A, s3_secret_key: B}}]")
        };
        let storages = lines(room(bytes), storage);
        let head = "SERVER_HOSTNAME: registry.example.com\nDISTRIBUTED_STORAGE_PREFERENCE: [s0]\n";
        Case::with("config-bundle/config.yaml", format!("{head}DISTRIBUTED_STORAGE_CONFIG:\n{storages}"))
    }),
    files("config: tabs", |bytes| Case::config(&lines(room(bytes), |n| format!("\tFIELD_{n:06}: value")))),
    files("config: documents", |bytes| Case::config(&lines(room(bytes), |_| "---\na: 1".to_owned()))),
    files("config: comments", |bytes| Case::config(&lines(room(bytes), |n| format!("# a comment {n}")))),
    files("bundle: a file in base64", |bytes| {
        let data = letters(room(bytes) & !3);
        let config = format!("stringData:\n  config.yaml: |\n{}", block(CONFIG, 4));
        Case::with(
            "bundle.yaml",
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\ndata:\n  file: {data}\n{config}"
            ),
        )
    }),
    files("bundle: many keys", |bytes| {
        let data = lines(room(bytes), |n| format!("  key-{n:06}: value"));
        let config = format!("stringData:\n  config.yaml: |\n{}", block(CONFIG, 4));
        Case::with(
            "bundle.yaml",
            format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\n{config}{data}"),
        )
    }),
    files("bundle: config.yaml in a Secret", |bytes| {
        let config = format!("{CONFIG}{}", lines(room(bytes), |n| format!("FIELD_{n:06}: value")));
        let config = format!("stringData:\n  config.yaml: |\n{}", block(&config, 4));
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\n{config}");
        Case::with("bundle.yaml", fill_to(text, bytes))
    }),
    files("bundle: many files", |bytes| {
        let mut case = Case::new();
        for number in 0..bytes / 512 {
            case.put(&format!("config-bundle/file-{number}"), letters(512));
        }
        case
    }),
    files("bundle: many fragments", |bytes| {
        let mut case = Case::new();
        for number in 0..bytes / 512 {
            case.put(&format!("config-bundle/f{number}.config.yaml"), lines(512, |n| format!("F_{number}_{n}: value")));
        }
        case
    }),
    files("bundle: authorities", |bytes| {
        let one = authority();
        Case::with("config-bundle/extra_ca_cert_all.crt", fill(room(bytes), |_, out| out.push_str(&one)))
    }),
    files("documents: in one file", |bytes| {
        Case::with("more.yaml", lines(room(bytes), |n| format!("---\nkind: Thing{n}")))
    }),
    files("documents: empty ones", |bytes| Case::with("more.yaml", lines(room(bytes), |_| "---\n{}".to_owned()))),
    files("documents: registries", |bytes| {
        Case::with("more.yaml", fill(room(bytes), |_, out| out.push_str(&format!("---\n{REGISTRY}"))))
    }),
    files("documents: Secrets", |bytes| {
        let secret =
            |n: usize| format!("---\napiVersion: v1\nkind: Secret\nmetadata: {{name: secret-{n}, namespace: quay}}");
        Case::with("more.yaml", lines(room(bytes), secret))
    }),
    files("documents: kustomize's", |bytes| {
        let text = |_| "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization".to_owned();
        Case::with("more.yaml", lines(room(bytes), text))
    }),
    files("documents: many files", |bytes| {
        let mut case = Case::new();
        for number in 0..bytes / 512 {
            let text = format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n# {}", letters(400));
            case.put(&format!("file-{number}.yaml"), text);
        }
        case
    }),
    files("documents: JSON", |bytes| {
        let items = fill(room(bytes), |n, out| {
            let _ = write!(out, "{{\"number\": {n}}}, ");
        });
        Case::with("more.json", format!("{{\"kind\": \"Thing\", \"items\": [{items}0]}}"))
    }),
    files("registry: components", |bytes| {
        let more = lines(room(bytes), |_| "    - {kind: quay, managed: true}".to_owned());
        Case::with("quayregistry.yaml", format!("{REGISTRY}{more}"))
    }),
    files("registry: overrides", |bytes| {
        let env = lines(room(bytes), |n| format!("          - {{name: VARIABLE_{n}, value: x}}"));
        let text = format!("{REGISTRY}    - kind: quay\n      managed: true\n      overrides:\n        env:\n{env}");
        Case::with("quayregistry.yaml", text)
    }),
    files("registry: annotations", |bytes| {
        let annotations = lines(room(bytes), |n| format!("    example.com/a{n}: value"));
        let metadata = format!("metadata:\n  name: registry\n  namespace: quay\n  annotations:\n{annotations}");
        Case::with("quayregistry.yaml", REGISTRY.replace("metadata: {name: registry, namespace: quay}\n", &metadata))
    }),
    files("facts: unknown fields", |bytes| Case::facts(&lines(room(bytes), |n| format!("  field{n:06}: value")))),
    files("facts: known fields", |bytes| {
        Case::facts(&format!("  knownFields:\n{}", lines(room(bytes), |n| format!("  - FIELD_{n:06}"))))
    }),
    files("facts: images", |bytes| {
        Case::facts(&format!("  images:\n{}", lines(room(bytes), |n| format!("    RELATED_IMAGE_{n:06}: quay"))))
    }),
    files("facts: names", |bytes| {
        let names = lines(room(bytes), |n| format!("      name{n:06}: {{name: secret-{n}}}"));
        Case::facts(&format!("  secrets:\n    mode: referenced\n    names:\n{names}"))
    }),
    files("facts: keys of a name", |bytes| {
        let keys = lines(room(bytes), |n| format!("          key{n:06}: other{n}"));
        Case::facts(&format!(
            "  secrets:\n    mode: referenced\n    names:\n      tls:\n        name: secret\n        keys:\n{keys}"
        ))
    }),
    files("facts: files", |bytes| {
        let files = lines(room(bytes), |n| format!("      file{n:06}.crt: {{name: secret-{n}, key: ca.crt}}"));
        Case::facts(&format!("  secrets:\n    mode: referenced\n    files:\n{files}"))
    }),
    files("facts: diagnostics", |bytes| {
        let levels = lines(room(bytes), |n| format!("    code-{n:06}: {{level: allow, reason: why}}"));
        Case::facts(&format!("  diagnostics:\n{levels}"))
    }),
    files("facts: annotations", |bytes| {
        let annotations = lines(room(bytes), |n| format!("      example.com/a{n:06}: value"));
        Case::facts(&format!("  access:\n    type: service\n    annotations:\n{annotations}"))
    }),
    files("facts: labels", |bytes| {
        let labels = lines(room(bytes), |n| format!("      a{n:06}: value"));
        Case::facts(&format!("  access:\n    type: service\n    labels:\n{labels}"))
    }),
    files("facts: parents of routes", |bytes| {
        let parents = lines(room(bytes), |n| format!("      - {{name: gateway-{n}, namespace: gateways}}"));
        Case::with(
            "render-config.yaml",
            format!(
                "{FACTS}  cluster: {{platform: kubernetes, apis: {{gateway: {{release: \"1.4\", channel: standard}}}}}}\n  \
                 access:\n    type: gateway\n    tls: edge\n    certificate: {{from: controller}}\n    gateway:\n      \
                 parentRefs:\n{parents}"
            ),
        )
    }),
    files("facts: bundle of CAs", |bytes| {
        let one = block(&authority(), 6);
        let bundle = fill(room(bytes), |_, out| out.push_str(&one));
        Case::facts(&format!("  access:\n    type: service\n    caBundle: |\n{bundle}"))
    }),
    files("keys: many", |bytes| {
        Case::with("keys.yaml", format!("{KEYS}{}", lines(room(bytes), |n| format!("  key-{n:06}: value"))))
    }),
    files("sealed: many", |bytes| {
        let digest = "hmac-sha256:09d2f86939f963e446139fe8a65600ff473f69062373416e605456918917a14b";
        let value = |n| format!("        key{n:06}: {{digest: \"{digest}\", sealed: {}}}", letters(360));
        let text = "apiVersion: quay-render.dev/v1alpha1\nkind: SealedValues\nmetadata: {name: registry}\nspec:\n  \
            secrets:\n    config:\n      name: registry-quay-secret-config\n      namespace: quay\n      scope: strict\n      \
            certificate: \"8f44424adb4beef29b29c2ea7ac1e4c788dba4f072c820513326ce3102c5cea7\"\n      values:\n";
        let mut case = Case::with("sealed.yaml", format!("{text}{}", lines(room(bytes), value)));
        case.put("render-config.yaml", SEALED.replace("openshift", "kubernetes"));
        case
    }),
    files("sealed: Secrets", |bytes| {
        let secret = |n| {
            let of = "namespace: quay, scope: strict, certificate: \"8f44\", values: {}";
            format!("    s{n:06}: {{name: secret-{n}, {of}}}")
        };
        let text =
            "apiVersion: quay-render.dev/v1alpha1\nkind: SealedValues\nmetadata: {name: registry}\nspec:\n  secrets:\n";
        let mut case = Case::with("sealed.yaml", format!("{text}{}", lines(room(bytes), secret)));
        case.put("render-config.yaml", SEALED.replace("openshift", "kubernetes"));
        case
    }),
    request("list: items", |bytes| {
        let item = |n| format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: map-{n}, namespace: other}}}}");
        Case::request(&lines(room(bytes), item), "")
    }),
    request("list: items of the input", |bytes| {
        let item =
            |n| format!("- {{apiVersion: quay-render.dev/v1alpha1, kind: SealedValues, metadata: {{name: s{n}}}}}");
        Case::request(&lines(room(bytes), item), "")
    }),
    request("list: items with files", |bytes| {
        let item = |n: usize| {
            let annotations = "internal.config.kubernetes.io/path: all.yaml, internal.config.kubernetes.io/index";
            format!("- {{kind: Thing, metadata: {{name: a{n}, annotations: {{{annotations}: '{n}'}}}}}}")
        };
        Case::request(&lines(room(bytes), item), "")
    }),
    request("list: items of one name", |bytes| {
        let annotations = "annotations: {config.kubernetes.io/path: all.yaml}";
        Case::request(&lines(room(bytes), |_| format!("- {{kind: Thing, metadata: {{name: a, {annotations}}}}}")), "")
    }),
    request("list: items of an earlier run", |bytes| {
        let label = "labels: {quay-operator/quayregistry: registry}";
        let item = |n| {
            format!(
                "- {{apiVersion: v1, kind: Secret, metadata: {{name: a-2456789bc{}, namespace: quay, {label}}}}}",
                n % 10
            )
        };
        Case::request(&lines(room(bytes), item), "")
    }),
    request("list: a large item", |bytes| {
        Case::request(&format!("- kind: Thing\n  list:\n{}", lines(room(bytes), |n| format!("  - a: {n}"))), "")
    }),
    request("list: a long text", |bytes| {
        Case::request(&format!("- {{kind: Thing, a: {}}}\n", letters(room(bytes))), "")
    }),
    request("list: aliases", |bytes| {
        let aliases = lines(room(bytes), |_| "  - *it".to_owned());
        Case::request(&format!("- kind: Thing\n  a: &it [1, 2, 3, 4, 5]\n  list:\n{aliases}"), "")
    }),
    request("list: keys of a map", |bytes| {
        Case::request(&format!("- kind: Thing\n  map:\n{}", lines(room(bytes), |n| format!("    a{n}: {n}"))), "")
    }),
    request("list: inputs", |bytes| {
        let inputs = lines(room(bytes), |n| format!("    - {{kind: Thing{n}}}"));
        Case::request("", &format!("functionConfig:\n  apiVersion: a/v1\n  kind: A\n  spec:\n    inputs:\n{inputs}"))
    }),
    request("list: wrong inputs", |bytes| {
        let inputs = lines(room(bytes), |n| format!("    - {n}"));
        Case::request("", &format!("functionConfig:\n  apiVersion: a/v1\n  kind: A\n  spec:\n    inputs:\n{inputs}"))
    }),
    request("list: unknown fields", |bytes| {
        let fields = lines(room(bytes), |n| format!("    field{n}: 1"));
        Case::request("", &format!("functionConfig:\n  apiVersion: a/v1\n  kind: A\n  spec:\n{fields}"))
    }),
    request("list: config.yaml", |bytes| {
        let config = lines(room(bytes), |n| format!("      FIELD_{n:06}: value"));
        let text = format!("{LIST}items:\n{}", standard_items());
        let mut case = Case::new();
        case.request = text.replace("      SERVER_HOSTNAME", &format!("{config}      SERVER_HOSTNAME"));
        case
    }),
    Kind {
        name: "parameters: images",
        grows: Grows::Parameters,
        make: |bytes| {
            let images = fill(bytes.min(LARGEST_VARIABLE), |n, out| {
                let _ = write!(out, "\"IMAGE_{n}\": \"quay\", ");
            });
            let parameters = format!("[{{\"name\": \"images\", \"map\": {{{images}\"IMAGE\": \"quay\"}}}}]");
            Case { parameters, ..Case::new() }
        },
    },
    Kind {
        name: "parameters: many",
        grows: Grows::Parameters,
        make: |bytes| {
            let many = fill(bytes.min(LARGEST_VARIABLE), |n, out| {
                let _ = write!(out, "{{\"name\": \"parameter-{n}\"}}, ");
            });
            Case { parameters: format!("[{many}{{\"name\": \"last\"}}]"), ..Case::new() }
        },
    },
];

/// A text that is no larger than a file may be.
fn fill_to(mut text: String, bytes: usize) -> String {
    let end = text.get(..bytes.min(text.len())).and_then(|text| text.rfind('\n')).unwrap_or_default();
    text.truncate(end + 1);
    text
}
