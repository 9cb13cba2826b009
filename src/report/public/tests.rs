use super::*;
use crate::input::{Folder, Inputs, Source};
use crate::report::Sources;

/// The visible part of each line of a file; empty if nothing is.
fn shown(text: &str, kind: Kind) -> Vec<String> {
    let source = Source { name: "file".into(), bytes: text.into() };
    let mut inputs = Inputs::default();
    match kind {
        Kind::Documents => inputs.sources.push(source),
        Kind::Config => {
            inputs.bundle = Some(Folder { name: "folder".into(), files: vec![("config.yaml".into(), source)] });
        }
    }
    let sources = Sources::new(&inputs);
    let count = u32::try_from(text.lines().count()).unwrap();
    (1..=count).map(|number| sources.line("file", number).map(|line| line.show(0).0).unwrap_or_default()).collect()
}

fn config(text: &str) -> Vec<String> {
    shown(text, Kind::Config)
}

fn documents(text: &str) -> Vec<String> {
    shown(text, Kind::Documents)
}

#[test]
fn of_config_yaml_public_fields_are_shown_and_nothing_else() {
    let text = "\
SERVER_HOSTNAME: registry.example.com   # was: hunter2
DB_URI: postgresql://quay:hunter2@host/db
NEVER_HEARD_OF: hunter2
FEATURE_MAILING: true
SUPER_USERS: [admin, 'root', \"ops\"]
BUILDLOGS_REDIS: {host: h, password: hunter2, port: 6379}
USER_EVENTS_REDIS:
  host: h
  password: hunter2
  port: 6379
# password: hunter2
MAIL_PASSWORD: >-
  REGISTRY_TITLE: hunter2
SECRET_KEY: hunter2
  REGISTRY_TITLE
REGISTRY_TITLE: 'it''s'
REGISTRY_TITLE_SHORT: two
  lines
";
    let wanted = [
        "SERVER_HOSTNAME: registry.example.com",
        "DB_URI: …",
        "NEVER_HEARD_OF: …",
        "FEATURE_MAILING: true",
        "SUPER_USERS: [admin, 'root', \"ops\"]",
        "BUILDLOGS_REDIS: {host: h, password: …",
        "USER_EVENTS_REDIS:",
        "  host: h",
        "  password: …",
        "  port: 6379",
        "",
        "MAIL_PASSWORD: >-",
        "",
        "SECRET_KEY: …",
        "",
        "REGISTRY_TITLE: …",
        "REGISTRY_TITLE_SHORT: …",
        "",
    ];
    assert_eq!(config(text), wanted);
}

#[test]
fn storages_show_their_driver_and_public_arguments() {
    let text = "\
DISTRIBUTED_STORAGE_CONFIG:
  default:
  - RadosGWStorage
  - access_key: hunter2
    bukcet_name: b
    secret_key: {hunter2}
    os_options: {host: hunter2, hunter2: }
    hostname: h
  hunter2: [hunter2 hunter2, {hunter2}]
HEALTH_CHECKER: [RDSAwareHealthCheck, {access_key: hunter2, region: hunter2}]
";
    let wanted = [
        "DISTRIBUTED_STORAGE_CONFIG:",
        "  default:",
        "  - RadosGWStorage",
        "  - access_key: …",
        "    bukcet_name: …",
        "    secret_key: …",
        "    os_options: …",
        "    hostname: h",
        "  hunter2: […",
        "HEALTH_CHECKER: …",
    ];
    assert_eq!(config(text), wanted);
}

#[test]
fn what_looks_like_a_key_may_be_a_secret() {
    assert_eq!(config("SECRET_KEY: {hunter2: x}\nDB_URI: [hunter2]\n"), ["SECRET_KEY: …", "DB_URI: …"]);
    assert_eq!(config("\"hunter 2\": x\npostgresql://a:hunter2@b: x\n? hunter2\n: x\n"), ["", "", "", ""]);
    assert_eq!(config("{SERVER_HOSTNAME, REGISTRY_TITLE: a}\n"), ["{…"]);
}

#[test]
fn what_is_secret_under_one_name_is_secret_under_each() {
    let text = "REGISTRY_TITLE: &a title\nSECRET_KEY: *a\nMAIL_PASSWORD: &b\n  hunter2\nMAIL_SERVER: *b\n";
    assert_eq!(config(text), ["REGISTRY_TITLE: …", "SECRET_KEY: …", "MAIL_PASSWORD: …", "", "MAIL_SERVER: …"]);
    let text = "BUILDLOGS_REDIS: &r\n  host: h\n  password: hunter2\nUSER_EVENTS_REDIS:\n  <<: *r\nDB_URI: *r\n";
    assert_eq!(config(text), ["BUILDLOGS_REDIS: …", "", "", "USER_EVENTS_REDIS:", "", "DB_URI: …"]);
}

#[test]
fn a_url_with_a_password_or_a_parameter_is_not_public() {
    let text = "LDAP_URI: ldap://u:hunter2@h\nJWT_QUERY_ENDPOINT: http://h/?t=hunter2\nMAIL_SERVER: u:hunter2@h\n\
                SECURITY_SCANNER_ENDPOINT: http://h:80/x\nMAIL_DEFAULT_SENDER: a@b\n";
    let wanted = [
        "LDAP_URI: …",
        "JWT_QUERY_ENDPOINT: …",
        "MAIL_SERVER: …",
        "SECURITY_SCANNER_ENDPOINT: http://h:80/x",
        "MAIL_DEFAULT_SENDER: a@b",
    ];
    assert_eq!(config(text), wanted);
}

#[test]
fn an_empty_value_hides_nothing_of_what_follows() {
    assert_eq!(
        config("SECRET_KEY:\nREGISTRY_TITLE: a\nDB_URI: ''\nSIGNING_ENGINE: ~\nLOGS_MODEL: \"\"\n"),
        ["SECRET_KEY:", "REGISTRY_TITLE: a", "DB_URI: …", "SIGNING_ENGINE: ~", "LOGS_MODEL: \"\""]
    );
}

#[test]
fn nothing_is_shown_of_what_cannot_be_parsed() {
    assert_eq!(config("REGISTRY_TITLE: a\nDB_URI: 'hunter2\n"), ["", ""]);
    assert_eq!(documents("kind: Secret\n---\nkind: 'hunter2\n"), ["", "", ""]);
    assert_eq!(config("REGISTRY_TITLE: a\n\u{7f}\n"), ["", ""]);
    let inside = "kind: Secret\nstringData:\n  config.yaml: |\n    REGISTRY_TITLE: a\n    DB_URI: 'hunter2\n";
    assert_eq!(documents(inside), ["kind: Secret", "stringData:", "  config.yaml: |", "", ""]);
    let not_text = Source { name: "file".into(), bytes: vec![b'a', 0xff] };
    let inputs = Inputs { sources: vec![not_text], ..Inputs::default() };
    assert!(Sources::new(&inputs).line("file", 1).is_none());
    assert!(Sources::new(&inputs).line("other", 1).is_none());
}

#[test]
fn a_secret_shows_its_metadata_and_its_keys_and_a_config_yaml_in_it() {
    let text = "\
apiVersion: v1
kind: Secret
metadata:
  name: bundle
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{data: hunter2}'
data:
  ssl.key: aHVudGVyMg==
stringData:
  DB_PASSWORD: hunter2
  config.yaml: |
    SERVER_HOSTNAME: h   # hunter2
    DB_URI: hunter2
    BUILDLOGS_REDIS: {host: h, password: hunter2}
  extra.config.yaml: \"REGISTRY_TITLE: t\\nSECRET_KEY: hunter2\\n\"
  note: |
    SERVER_HOSTNAME: hunter2
";
    let wanted = [
        "apiVersion: v1",
        "kind: Secret",
        "metadata:",
        "  name: bundle",
        "  annotations:",
        "",
        "data:",
        "  ssl.key: …",
        "stringData:",
        "  DB_PASSWORD: …",
        "  config.yaml: |",
        "    SERVER_HOSTNAME: h",
        "    DB_URI: …",
        "    BUILDLOGS_REDIS: {host: h, password: …",
        "  extra.config.yaml: …",
        "  note: |",
        "",
    ];
    assert_eq!(documents(text), wanted);
}

#[test]
fn a_text_that_is_also_another_key_s_is_no_config_yaml() {
    let text = "kind: Secret\nstringData:\n  config.yaml: &c |\n    REGISTRY_TITLE: hunter2\n    TESTING: true\n  password: *c\n";
    assert_eq!(documents(text), ["kind: Secret", "stringData:", "  config.yaml: …", "", "", "  password: …"]);
}

#[test]
fn a_render_config_hides_the_keys_of_the_bucket() {
    let text = "\
kind: RenderConfig
spec:
  release: \"3.5\"
  unknown: {hunter2: hunter2}
  objectStorage:
    bucket: {host: h, name: n, accessKey: hunter2, secretKey: hunter2}
  cluster:
    apis: {routes: no}
";
    let wanted = [
        "kind: RenderConfig",
        "spec:",
        "  release: \"3.5\"",
        "  unknown: …",
        "  objectStorage:",
        "    bucket: {host: h, name: n, accessKey: …",
        "  cluster:",
        "    apis: {routes: no}",
    ];
    assert_eq!(documents(text), wanted);
}

#[test]
fn a_render_config_shows_where_secrets_are_but_no_name_of_a_key() {
    let text = "\
kind: RenderConfig
spec:
  secrets:
    mode: external
    names:
      tls: {name: pair, keys: {ssl.key: hunter2}}
    files:
      ldap.crt: {name: directory, key: hunter2}
    external:
      store: {kind: SecretStore, name: vault, token: hunter2}
      path: \"{secret}\"
    sealed: {scope: strict, certificate: hunter2}
";
    let wanted = [
        "kind: RenderConfig",
        "spec:",
        "  secrets:",
        "    mode: external",
        "    names:",
        "      tls: {name: pair, keys: …",
        "    files:",
        "      ldap.crt: {name: directory, key: …",
        "    external:",
        "      store: {kind: SecretStore, name: vault, token: …",
        "      path: \"{secret}\"",
        "    sealed: {scope: strict, certificate: …",
    ];
    assert_eq!(documents(text), wanted);
}

#[test]
fn json_is_shown_as_well_and_what_is_no_input_hardly() {
    let text = "{\n  \"kind\": \"QuayRegistry\",\n  \"spec\": {\"components\": [{\"kind\": \"clair\", \"managed\": false}]},\n  \"x\": \"hunter2\"\n}\n";
    let wanted = [
        "{",
        "  \"kind\": \"QuayRegistry\",",
        "  \"spec\": {\"components\": [{\"kind\": \"clair\", \"managed\": false}]},",
        "  \"x\": …",
        "",
    ];
    assert_eq!(documents(text), wanted);
    let other = "kind: ConfigMap\nmetadata: {name: n}\ndata:\n  password: hunter2\nspec:\n  token: hunter2\n- x\n";
    assert_eq!(documents(other), [""; 7]);
    let other = "kind: ConfigMap\nmetadata: {name: n}\ndata:\n  password: hunter2\nspec:\n  token: hunter2\n";
    assert_eq!(documents(other), ["kind: ConfigMap", "metadata: {name: n}", "data:", "", "spec:", "  token: …"]);
}

#[test]
fn line_breaks_and_the_byte_order_mark_move_nothing() {
    assert_eq!(
        shown("\u{feff}TESTING: true\r\nDB_URI: hunter2\r\nMAIL_PORT: 25\r\n", Kind::Config),
        ["TESTING: true", "DB_URI: …", "MAIL_PORT: 25"]
    );
}

/// The table of declared fields alone decides what is shown of a document.
#[test]
fn every_declared_field_shows_its_line_but_those_that_hold_secrets() {
    let text = "\
kind: RenderConfig
spec:
  access:
    type: route
    backendCertificate: {from: certManager, certManager: {issuer: {name: letsencrypt}}}
    certificate: {from: secret, name: a, caKey: hunter2}
    caBundle: hunter2
    tls: hunter2
    maxBodySize: hunter2
    labels: {team: registry, other: hunter2@example.com}
    annotations: {note: a@b, url: 'https://hunter2@h/', my-token: hunter2}
    gateway: {parentRefs: [{name: my-gateway}]}
    ingress: {controller: traefic, className: Sup3rS3cret}
    service: {sourceRanges: [10.0.0.0/8, hunter2], type: NodePrt, nodePort: hunter2}
    unknown: hunter2
  flux: {path: ./deploy, sourceRef: {kind: Bucket}, unknown: {name: hunter2}}
  output: layers
  fips: true
  paused: hunter2
  configEditor: ture
  protectData: 5
  release: 3.5
  knownFields: [MY_FIELD, hunter2@h]
  diagnostics: {testing-mode: {level: allow, reason: mail a@b}}
  cluster: {platform: openshift, hunter2: }
  objectStorage: {bucket: {host: h, accessKey: hunter2}}
";
    let wanted = [
        "kind: RenderConfig",
        "spec:",
        "  access:",
        "    type: route",
        "    backendCertificate: {from: certManager, certManager: {issuer: {name: letsencrypt}}}",
        "    certificate: {from: secret, name: a, caKey: …",
        "    caBundle: …",
        "    tls: …",
        "    maxBodySize: …",
        "    labels: {team: registry, other: …",
        "    annotations: {note: a@b, url: …",
        "    gateway: {parentRefs: [{name: my-gateway}]}",
        "    ingress: {controller: traefic, className: …",
        "    service: {sourceRanges: [10.0.0.0/8, …",
        "    unknown: …",
        "  flux: {path: ./deploy, sourceRef: {kind: Bucket}, unknown: …",
        "  output: layers",
        "  fips: true",
        "  paused: …",
        "  configEditor: ture",
        "  protectData: …",
        "  release: 3.5",
        "  knownFields: [MY_FIELD, …",
        "  diagnostics: {testing-mode: {level: allow, reason: mail a@b}}",
        "  cluster: {platform: openshift, …",
        "  objectStorage: {bucket: {host: h, accessKey: …",
    ];
    assert_eq!(documents(text), wanted);
}

#[test]
fn of_config_yaml_members_are_judged_by_the_map_that_they_are_in() {
    let text = "\
BRANDING: {logo: /logo.svg, hunter2: , footer_url: 'https://h/?token=hunter2'}
LOGS_MODEL_CONFIG: {kinesis_stream_config: {aws_region: eu, aws_access_key: hunter2}}
LOGS_MODEL_CONFIG: {kafka_config: {bootstrap_servers: [b:9092, 'u:hunter2@b:9092']}}
BUILDLOGS_REDIS: {host: 'hunter2@h'}
SERVER_HOSTNAME: {host: hunter2}
MAIL_PORT: hunter2
PREFERRED_URL_SCHEME: hunter2
TAG_EXPIRATION_OPTIONS: [2w, hunter2]
MAIL_DEFAULT_SENDER: a@b
";
    let wanted = [
        "BRANDING: {logo: /logo.svg, …",
        "LOGS_MODEL_CONFIG: {kinesis_stream_config: {aws_region: eu, aws_access_key: …",
        "LOGS_MODEL_CONFIG: {kafka_config: {bootstrap_servers: [b:9092, …",
        "BUILDLOGS_REDIS: {host: …",
        "SERVER_HOSTNAME: …",
        "MAIL_PORT: …",
        "PREFERRED_URL_SCHEME: …",
        "TAG_EXPIRATION_OPTIONS: [2w, …",
        "MAIL_DEFAULT_SENDER: a@b",
    ];
    assert_eq!(config(text), wanted);
}
