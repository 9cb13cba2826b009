//! Config bundles with every field, member and argument of the tables, all of them valid, and different with every seed.

use quay_render::input::{Folder, Inputs, Source};
use quay_render::model::schema::{self, Allowed, Fact, Secrecy, Type};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The provider in place of `<NAME>_LOGIN_CONFIG`.
pub const PROVIDER: &str = "SSO_LOGIN_CONFIG";
/// The files next to config.yaml: name, and file below `tests/rules/files`.
const FILES: &[(&str, &str)] = &[
    ("cloudfront.pem", "rsa2048.key"),
    ("client.crt", "host.cert"),
    ("client.key", "host.key"),
    ("database.pem", "ca.pem"),
    ("extra_ca_cert_proxy.crt", "ca.cert"),
    ("jwt-authn.cert", "rsa2048.cert"),
    ("ldap.crt", "ca.pem"),
    ("signing-private.gpg", "rsa2048.key"),
    ("signing-public.gpg", "text.txt"),
    ("ssl.cert", "both.cert"),
    ("ssl.key", "both.key"),
];
/// Valid values for fields with rules, and for members as `map.member`: as JSON.
const VALUES: &[(&str, &[&str])] = &[
    ("ACTION_LOG_ARCHIVE_LOCATION", &[r#""RadosGWStorage""#, r#""S3Storage""#]),
    ("BUILDMAN_HOSTNAME", &[r#""builder.example.com""#, r#""builder.example.com:443""#]),
    ("DATA_MODEL_CACHE_CONFIG", &[r#"{"engine": "memcached", "endpoint": ["127.0.0.1", 18080]}"#]),
    ("DEFAULT_TAG_EXPIRATION", &[r#""2w""#, r#""0s""#]),
    ("DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS", &["[]", r#"["SwiftStorage", "AzureStorage"]"#]),
    ("DISTRIBUTED_STORAGE_PREFERENCE", &["[]", r#"["S3Storage"]"#, r#"["RHOCSStorage", "S3Storage"]"#]),
    ("DOCUMENTATION_ROOT", &[r#""https://docs.example.com/""#, r#""/docs""#]),
    ("elasticsearch.index_settings", &[r#"{"number_of_shards": 3}"#, "{}"]),
    ("GPG2_PRIVATE_KEY_FILENAME", &[r#""signing-private.gpg""#]),
    ("GPG2_PUBLIC_KEY_FILENAME", &[r#""signing-public.gpg""#]),
    ("JWT_GETUSER_ENDPOINT", &[r#""https://users.example.com/user""#, r#""""#]),
    ("JWT_QUERY_ENDPOINT", &[r#""http://users.example.com:8080/query?a=b""#]),
    ("JWT_VERIFY_ENDPOINT", &[r#""https://users.example.com/verify""#]),
    ("KEYSTONE_AUTH_URL", &[r#""https://keystone.example.com:5000/v3""#, r#""http://[2001:db8::1]/""#]),
    ("KEYSTONE_AUTH_VERSION", &["2", "3"]),
    ("LDAP_URI", &[r#""ldap://directory.example.com""#, r#""ldaps://directory.example.com:636""#]),
    ("LDAP_USER_FILTER", &[r#""""#, r#""(&(uid=*)(!(memberOf=cn=none,dc=example)))""#]),
    ("MAIL_DEFAULT_SENDER", &[r#""quay@example.com""#, r#""Quay, the registry <quay@example.com>""#]),
    ("MAIL_PORT", &["25", "65535"]),
    ("MAIL_SERVER", &[r#""smtp.example.com""#, r#""2001:db8::25""#]),
    ("REPO_MIRROR_INTERVAL", &["1", "30"]),
    ("REPO_MIRROR_SERVER_HOSTNAME", &[r#""mirror.example.com:8443""#, r#""""#]),
    ("SECURITY_SCANNER_ENDPOINT", &[r#""http://old-clair.example.com:6060""#, r#""""#]),
    ("SECURITY_SCANNER_V4_ENDPOINT", &[r#""https://clair.example.com""#]),
    ("SERVER_HOSTNAME", &[r#""quay.example.com""#]),
    ("SETUP_COMPLETE", &["true"]),
    ("SIGNING_ENGINE", &[r#""gpg2""#]),
    ("SSL_PROTOCOLS", &[r#"["TLSv1.2", "TLSv1.3"]"#, r#"["TLSv1.3"]"#]),
    ("TAG_EXPIRATION_OPTIONS", &[r#"["0s", "2w"]"#, r#"["2w", "1d", "0s"]"#]),
    ("TESTING", &["false"]),
    ("connection.sslcert", &[r#""conf/stack/client.crt""#]),
    ("connection.sslcrl", &[r#""/etc/pki/database.crl""#]),
    ("connection.sslkey", &[r#""conf/stack/client.key""#]),
    ("connection.sslmode", &[r#""verify-full""#, r#""disable""#]),
    ("connection.sslrootcert", &[r#""conf/stack/database.pem""#]),
    ("elasticsearch.port", &["9200"]),
    ("github.ALLOWED_ORGANIZATIONS", &[r#"["one", "two"]"#]),
    ("github.GITHUB_ENDPOINT", &[r#""https://github.com/""#]),
    ("gitlab.GITLAB_ENDPOINT", &[r#""http://gitlab.example.com:8080/""#]),
    ("oidc.OIDC_ENDPOINT_CUSTOM_PARAMS", &[r#"{"authorization_endpoint": {"prompt": "login"}}"#]),
    ("oidc.OIDC_SERVER", &[r#""https://sso.example.com/realms/main/""#]),
    ("redis.host", &[r#""redis.example.com""#, r#""fd00::10""#]),
    ("redis.port", &["6379", "1"]),
    ("redis.ssl_ca_certs", &[r#""conf/stack/database.pem""#, r#""/etc/pki/tls/cert.pem""#]),
    ("redis.ssl_cert_reqs", &[r#""required""#, r#""optional""#, r#""none""#]),
    ("redis.ssl_certfile", &[r#""conf/stack/client.crt""#]),
    ("redis.ssl_keyfile", &[r#""/conf/stack/client.key""#]),
    ("storage.auth_url", &[r#""https://keystone.example.com:5000/v3""#]),
    ("storage.auth_version", &["3", r#""3""#, "1"]),
    ("storage.bucket_name", &[r#""quay-data""#]),
    ("storage.cloudfront_privatekey_filename", &[r#""cloudfront.pem""#]),
    ("storage.host", &[r#""s3.eu-central-1.amazonaws.com""#]),
    ("storage.hostname", &[r#""rgw.example.com""#, r#""10.0.0.5""#]),
    ("storage.port", &["443", r#""8080""#]),
    ("storage.s3_bucket", &[r#""quay""#]),
];
/// Fields that must not be left out: Quay does not start without them, or their default does not suit other fields.
const NEEDED: &[&str] = &[
    "BUILDLOGS_REDIS",
    "DB_URI",
    "DISTRIBUTED_STORAGE_CONFIG",
    "DISTRIBUTED_STORAGE_PREFERENCE",
    "FEATURE_APP_SPECIFIC_TOKENS",
    "FEATURE_DIRECT_LOGIN",
    "FEATURE_USER_CREATION",
    "SERVER_HOSTNAME",
    "TESTING",
    "USER_EVENTS_REDIS",
];
/// A driver that is refused on Kubernetes, and an argument that the other databases do not accept.
const LEFT_OUT: &[&str] = &["LocalStorage", "ssl"];
/// Parts of texts without rules; unquoted, most of them would mean something else in YAML.
const PIECES: &[&str] = &[
    "quay",
    "ü",
    "日本",
    " ",
    ": ",
    " #",
    "'",
    "\"",
    "\\",
    "{{ a",
    "%",
    "- ",
    "&a",
    "*a",
    "!",
    "|",
    ">",
    "null",
    "yes",
    "0x1F",
    "1:30",
    "2026-01-01",
    "~",
    "<<",
    "=",
    "\n",
    "\t",
    "@",
    "`",
    "\u{1f980}",
    "${ x }",
    "#%",
];

/// Random numbers that a seed reproduces: SplitMix64.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end.max(1) as u64).unwrap()
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Makes configurations, and remembers the secrets in them.
pub struct Maker {
    pub dice: Dice,
    /// The unique part of every secret.
    pub secrets: Vec<String>,
}

impl Maker {
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), secrets: Vec::new() }
    }

    /// Every field of the tables.
    pub fn every_field(&mut self) -> Map<String, Value> {
        let mut config: Map<String, Value> = schema::fields()
            .iter()
            .filter(|fact| fact.since.is_empty())
            .map(|fact| (name_of(fact).to_owned(), self.value(fact)))
            .collect();
        config.insert("DISTRIBUTED_STORAGE_CONFIG".into(), self.storages());
        let password = self.secret();
        config.insert("DB_URI".into(), json!(format!("postgresql://quay:{password}@db.example.com:5432/quay")));
        self.relate(&mut config);
        config
    }

    /// Some fields of the tables, including the required ones.
    pub fn some_fields(&mut self) -> Map<String, Value> {
        let mut config = self.every_field();
        let keep = self.dice.below(100);
        // What a flag needs is left out only where the flag is.
        let flagged: Vec<String> = config.keys().filter(|name| name.starts_with("FEATURE_")).cloned().collect();
        for name in flagged {
            if !NEEDED.contains(&name.as_str()) && self.dice.below(100) >= keep {
                config.shift_remove(&name);
            }
        }
        let alone = |fact: &&Fact| fact.group.is_empty() && !fact.name.starts_with("KEYSTONE_");
        for fact in schema::fields().iter().filter(|fact| fact.since.is_empty()).filter(alone) {
            let is_needed = NEEDED.contains(&fact.name) || fact.name.starts_with("FEATURE_") || has_rule(fact.name);
            if !is_needed && self.dice.below(100) >= keep {
                config.shift_remove(name_of(fact));
            }
        }
        self.relate(&mut config);
        config
    }

    /// Makes fields consistent with each other.
    fn relate(&mut self, config: &mut Map<String, Value>) {
        let mut set = |name: &str, value: bool| config.insert(name.to_owned(), value.into());
        set("FEATURE_USER_CREATION", true);
        set("MAIL_USE_TLS", true);
        let tokens_alone = config.get("AUTHENTICATION_TYPE") == Some(&json!("AppToken"));
        for (name, value) in [("FEATURE_DIRECT_LOGIN", !tokens_alone), ("FEATURE_APP_SPECIFIC_TOKENS", true)] {
            config.insert(name.to_owned(), value.into());
        }
    }

    fn storages(&mut self) -> Value {
        let drivers: BTreeSet<&str> = schema::arguments(quay_render::catalog::Catalog::shipped().unwrap().number())
            .map(|argument| argument.driver)
            .collect();
        let mut storages = Map::new();
        for driver in drivers.into_iter().filter(|driver| !LEFT_OUT.contains(driver)) {
            let known = schema::arguments(quay_render::catalog::Catalog::shipped().unwrap().number())
                .filter(|argument| argument.driver == driver);
            let arguments: Map<String, Value> = known
                .map(|argument| {
                    let fact = schema::member("storage", argument.name).unwrap();
                    (argument.name.to_owned(), self.value(fact))
                })
                .collect();
            storages.insert(driver.to_owned(), json!([driver, arguments]));
        }
        storages.into()
    }

    fn value(&mut self, fact: &Fact) -> Value {
        let path = if fact.map.is_empty() { fact.name.to_owned() } else { format!("{}.{}", fact.map, fact.name) };
        if let Some((_, values)) = VALUES.iter().find(|(name, _)| *name == path) {
            return serde_json::from_str(self.dice.pick::<&str>(values)).unwrap();
        }
        if fact.secrecy() == Secrecy::Secret {
            return match fact.kind {
                Type::List(_) => json!(["LocalHealthCheck", {}]),
                Type::Map(_) => json!({"tenant_id": self.secret(), "user_domain_name": self.secret()}),
                _ => self.secret().into(),
            };
        }
        self.typed(&fact.kind, &fact.allowed)
    }

    fn typed(&mut self, kind: &Type, allowed: &Allowed) -> Value {
        match kind {
            Type::Text => self.text(allowed).into(),
            Type::Flag => (self.dice.below(2) == 0).into(),
            Type::Integer | Type::Number | Type::Digits | Type::Scalar => self.dice.below(5000).into(),
            Type::List(inner) => {
                let inner = inner.as_deref().unwrap_or(&Type::Text);
                (0..=self.dice.below(3)).map(|_| self.typed(inner, allowed)).collect()
            }
            Type::Map(inner) => {
                let inner = inner.as_deref().unwrap_or(&Type::Integer);
                json!({"one": self.typed(inner, allowed), "two": self.typed(inner, allowed)})
            }
            Type::OrMap(inner) => self.typed(inner, allowed),
            Type::Members(map) => self.members(map),
            Type::Pair(map) => json!(["ephemeral", self.members(map)]),
        }
    }

    fn members(&mut self, map: &str) -> Value {
        let known: Vec<&Fact> =
            schema::members(map).filter(|fact| fact.since.is_empty() && !LEFT_OUT.contains(&fact.name)).collect();
        known.into_iter().map(|fact| (fact.name.to_owned(), self.value(fact))).collect::<Map<_, _>>().into()
    }

    fn text(&mut self, allowed: &Allowed) -> String {
        match allowed {
            Allowed::OneOf(values) => (*self.dice.pick(values)).to_owned(),
            Allowed::Duration => format!("{}{}", self.dice.below(400), self.dice.pick(&["s", "m", "h", "d", "w"])),
            Allowed::Size => format!("{}{}", self.dice.below(400), self.dice.pick(&["M", "G"])),
            // Never empty: some fields are refused then.
            Allowed::Any | Allowed::QualifiedHost => {
                (0..self.dice.below(6)).fold("a".to_owned(), |text, _| text + self.dice.pick::<&str>(PIECES))
            }
        }
    }

    /// A secret that every field accepts: it is base64, valid in a URI, and as long as a key.
    pub fn secret(&mut self) -> String {
        let secret = format!("{:016x}{:016x}{:016x}", self.dice.roll(), self.dice.roll(), self.dice.roll());
        self.secrets.push(secret.clone());
        secret
    }
}

/// The name of a field as a configuration has it.
pub fn name_of(fact: &Fact) -> &'static str {
    if fact.name.starts_with('<') { PROVIDER } else { fact.name }
}

fn has_rule(name: &str) -> bool {
    VALUES.iter().any(|(field, _)| *field == name)
}

/// The files next to config.yaml.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/files");
    FILES.iter().map(|(name, file)| ((*name).to_owned(), std::fs::read(format!("{folder}/{file}")).unwrap())).collect()
}

/// A configuration as YAML: maps as blocks, the rest as JSON.
pub fn yaml(config: &Map<String, Value>) -> String {
    let mut text = String::new();
    block(config, 0, &mut text);
    text
}

fn block(map: &Map<String, Value>, depth: usize, out: &mut String) {
    for (name, value) in map {
        let margin = "  ".repeat(depth);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                writeln!(out, "{margin}{name}:").unwrap();
                block(inner, depth + 1, out);
            }
            _ => writeln!(out, "{margin}{name}: {value}").unwrap(),
        }
    }
}

/// A folder with a config.yaml and files.
pub fn folder(config: &[u8], files: Vec<(String, Vec<u8>)>) -> Folder {
    let mut files: Vec<(String, Source)> = [("config.yaml".to_owned(), config.to_vec())]
        .into_iter()
        .chain(files)
        .map(|(key, bytes)| (key.clone(), Source { name: format!("bundle/{key}"), bytes }))
        .collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    Folder { name: "bundle".to_owned(), files }
}

/// A config bundle alone.
pub fn bundle(config: &Map<String, Value>) -> Inputs {
    Inputs { name: "bundle".to_owned(), bundle: Some(folder(yaml(config).as_bytes(), files())), ..Inputs::default() }
}
