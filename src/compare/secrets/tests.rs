//! Which values are hidden in each kind of object.

use super::*;
use crate::compare::tests::object;
use crate::yaml;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

fn masked(kind: &str, rest: &str) -> String {
    let names = Names::from([("a-7bc6b88tb8".to_owned(), "a".to_owned())]);
    let tree = Reader::new(&names).object(&object(kind, "n", rest));
    let map = tree.masked();
    let shown = map.as_map().unwrap().iter().filter(|(key, _)| !["apiVersion", "kind", "metadata"].contains(key));
    shown.map(|(key, value)| format!("{key}: {}", yaml::flow(value))).collect()
}

#[test]
fn values_of_secrets_are_masked_in_every_kind_that_has_some() {
    let base64 = STANDARD.encode("SERVER_HOSTNAME: h\nDB_URI: x\nNEVER_HEARD_OF: {a: b}\n");
    for (kind, rest, wanted) in [
        ("v1/Secret", "data: {a: czNjcjN0}", r#"data: {"a": "********"}"#),
        ("v1/Secret", "data: s3cr3t", r#"data: "********""#),
        ("v1/Secret", "stringData: {a: s3cr3t, b: 7}", r#"data: {"a": "********", "b": "********"}"#),
        ("v1/Secret", "stringData: s3cr3t", r#"stringData: "********""#),
        (
            "v1/Secret",
            &format!("data: {{config.yaml: {base64}}}"),
            r#"data: {"config.yaml": {"SERVER_HOSTNAME": "h", "DB_URI": "********", "NEVER_HEARD_OF": "********"}}"#,
        ),
        ("v1/Secret", "data: {config.yaml: '!'}", r#"data: {"config.yaml": "********"}"#),
        ("v1/Secret", "stringData: {config.yaml: 'a: b: c'}", r#"data: {"config.yaml": "********"}"#),
        ("v1/Secret", "stringData: {config.yaml: 'TESTING: true'}", r#"data: {"config.yaml": {"TESTING": true}}"#),
        ("v1/ConfigMap", "binaryData: {a: czNjcjN0}", r#"binaryData: {"a": "********"}"#),
        ("v1/ConfigMap", "data: {a: b, adminPassword: s3cr3t}", r#"data: {"a": "b", "adminPassword": "********"}"#),
        (
            "bitnami.com/v1alpha1/SealedSecret",
            "spec: {encryptedData: {a: s3cr3t}, template: {data: {b: s3cr3t}, type: Opaque}}",
            r#"spec: {"encryptedData": {"a": "********"}, "template": {"data": {"b": "********"}, "type": "Opaque"}}"#,
        ),
        ("route.openshift.io/v1/Route", "spec: {tls: {key: s3cr3t}}", r#"spec: {"tls": {"key": "********"}}"#),
        ("v1/ConfigMap", "data: {tls.key: s3cr3t, pin: 7}", r#"data: {"tls.key": "********", "pin": 7}"#),
        (
            "v1/ConfigMap",
            r#"data: {a: '[{"user": "u", "token": "s3cr3t"}]'}"#,
            r#"data: {"a": [{"user": "u", "token": "********"}]}"#,
        ),
        ("x.io/v1/X", "spec: {admin_password: s3cr3t, n: 3}", r#"spec: {"admin_password": "********", "n": 3}"#),
        ("x.io/v1/X", "spec: {credentials: {a: [5, b]}}", r#"spec: {"credentials": {"a": ["********", "********"]}}"#),
        (
            "x.io/v1/X",
            "spec: [--user, u, --password, s3cr3t, --token=s3cr3t]",
            r#"spec: ["--user", "u", "--password", "********", "--token=********"]"#,
        ),
        (
            "x.io/v1/X",
            "spec: [{name: DB_PASSWORD, value: s3cr3t}]",
            r#"spec: [{"name": "DB_PASSWORD", "value": "********"}]"#,
        ),
        ("x.io/v1/X", "spec: {uri: 'a://u:s3cr3t@h/b'}", r#"spec: {"uri": "a://********@h/b"}"#),
        ("x.io/v1/X", "spec: {name: a-7bc6b88tb8}", r#"spec: {"name": "a"}"#),
        (
            "x.io/v1/X",
            "spec: {image: 'a.io/b@sha256:46334210eeb21aa6205215d1c4dbc40ea3381887c21a05d0bc47203c8f938987'}",
            r#"spec: {"image": "a.io/b@sha256:46334210eeb21aa6205215d1c4dbc40ea3381887c21a05d0bc47203c8f938987"}"#,
        ),
        ("x.io/v1/X", "spec: '-----BEGIN PRIVATE KEY-----'", r#"spec: "********""#),
        (
            "x.io/v1/X",
            "spec: {metadata: {annotations: {checksum/a: d1g3st}}}",
            r#"spec: {"metadata": {"annotations": {"checksum/a": "********"}}}"#,
        ),
        (
            "x.io/v1/X",
            r#"spec: {annotations: {a: '{"data": {"a": "s3cr3t"}}', objectset.rio.cattle.io/applied: H4sI, b: c}}"#,
            r#"spec: {"annotations": {"a": "********", "objectset.rio.cattle.io/applied": "********", "b": "c"}}"#,
        ),
        ("x.io/v1/X", "status: {a: b}\nsops: {mac: s3cr3t}", r#"sops: {"mac": "********"}"#),
    ] {
        assert_eq!(masked(kind, rest), wanted, "{kind} {rest}");
    }
}

#[test]
fn what_is_the_same_to_the_api_server_is_the_same() {
    let tree = |text: &str| Reader::new(&Names::new()).object(&crate::compare::tests::value(text));
    let last = "kubectl.kubernetes.io/last-applied-configuration: '{}'";
    for (one, two) in [
        ("{kind: Secret, data: {a: czNjcjN0}}", "{kind: Secret, stringData: {a: s3cr3t}}"),
        ("{kind: Secret, data: {a: czNjcjN0}}", "{kind: Secret, data: {a: \"czNj\\ncjN0\\n\"}}"),
        ("{kind: Secret, data: {a: eA==}, stringData: {a: y}}", "{kind: Secret, stringData: {a: y}}"),
        ("{metadata: {name: a}, status: {b: c}}", "{metadata: {name: a, uid: b}}"),
        (&format!("{{metadata: {{annotations: {{{last}}}}}}}"), "{metadata: {}}"),
        (&format!("{{metadata: {{annotations: {{{last}, a: b}}}}}}"), "{metadata: {annotations: {a: b}}}"),
    ] {
        assert!(tree(one) == tree(two), "{one} {two}");
    }
}
