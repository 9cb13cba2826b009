//! The result of each form for a value, and what is refused.

use super::pod::{Pod, script};
use crate::support::process::{command, must, python};
use std::fs;

const BASE: &str = "\
ZEBRA: last
DB_URI: ''
DISTRIBUTED_STORAGE_CONFIG: {local_us: [S3Storage, {is_secure: true, port: 443}]}
TAG_EXPIRATION_OPTIONS: [0s, '1d', [1, [2.5]]]
NOTHING: null
DAY: 2026-11-24
MOMENT: 2026-11-24 01:02:03
RATE: 1.0e-07
HUGE: 123456789012345678901234567890
";

const PLAN: &str = r#"
files:
- to: config.yaml
  from: base/config.yaml
  values:
  - {path: [DISTRIBUTED_STORAGE_CONFIG, local_us, 1, access_key], from: bucket/AWS_ACCESS_KEY_ID}
  - {path: [DISTRIBUTED_STORAGE_CONFIG, local_us, 1, secret_key], from: bucket/AWS_SECRET_ACCESS_KEY, form: text}
  - {path: [DISTRIBUTED_STORAGE_CONFIG, local_us, 1, hostname], from: bucket/BUCKET_HOST, form: host}
  - {path: [DISTRIBUTED_STORAGE_CONFIG, local_us, 1, port], from: bucket/BUCKET_PORT, form: integer}
  - {path: [DISTRIBUTED_STORAGE_CONFIG, local_us, 0], from: bucket/DRIVER}
  - {path: [ELSEWHERE], from: bucket/OTHER_HOST, form: host}
  - {path: [DB_URI], from: db/password, form: uri, before: "postgresql://quay:", after: "@db.example.com:5432/quay"}
  - {path: [NOTHING, MADE, TOO], from: db/uri, form: uri}
  - {path: [connstring], from: db/password, form: conninfo, before: "host=h password=", after: " sslmode=disable"}
  - {path: [PSK], from: db/binary, form: base64}
  - {path: [CLIENT], from: db/yaml, form: yaml}
- {to: ssl.key, from: tls/ssl.key}
- {to: extra_ca_certs/a/own.crt, from: tls/own.crt, values: []}
"#;

const JOINED: &str = r#""CLIENT":
- "id": 1
  "is_secure": false
- "id": 1
  "is_secure": false
"DAY": 2026-11-24
"DB_URI": "postgresql://quay:a%2Fb%20%27%5C%40%C3%A9~-._@db.example.com:5432/quay"
"DISTRIBUTED_STORAGE_CONFIG":
  "local_us":
  - "RHOCSStorage\n"
  - "access_key": "007"
    "hostname": "s3.openshift-storage.svc.cluster.local"
    "is_secure": true
    "port": 80
    "secret_key": " yes\n"
"ELSEWHERE": "s3.example.com"
"HUGE": 123456789012345678901234567890
"MOMENT": 2026-11-24 01:02:03
"NOTHING":
  "MADE":
    "TOO": "mysql+pymysql://u:p%40w@h/d?charset=utf8"
"PSK": "AP/+Cg=="
"RATE": 1.0e-07
"TAG_EXPIRATION_OPTIONS":
- "0s"
- "1d"
- - 1
  - - 2.5
"ZEBRA": "last"
"connstring": "host=h password='a/b \\'\\\\@\xE9~-._' sslmode=disable"
"#;

#[test]
fn the_script_is_python_3_6() {
    let check = "import ast, sys\ntext = open(sys.argv[1]).read()\n\
                 ast.parse(text, feature_version=(3, 6)) if sys.version_info >= (3, 8) else ast.parse(text)";
    must(command(&python()).arg("-c").arg(check).arg(script()));
    let text = fs::read_to_string(script()).unwrap();
    let imports = text.lines().filter(|line| line.starts_with("import ") || line.starts_with("from "));
    let standard =
        ["argparse", "base64", "itertools", "os", "re", "signal", "sys", "time", "contextlib", "urllib.parse"];
    for line in imports {
        let module = line.split(' ').nth(1).unwrap();
        assert!(module == "yaml" || standard.contains(&module), "{line}");
    }
}

/// A pod with a value in each form, and files that are copied.
fn complete() -> Pod {
    let mut pod = Pod::new(PLAN);
    pod.mount("base", &[("config.yaml", BASE.as_bytes())]);
    let bucket: [(&str, &[u8]); 6] = [
        ("AWS_ACCESS_KEY_ID", b"007"),
        ("AWS_SECRET_ACCESS_KEY", b" yes\n"),
        ("BUCKET_HOST", b"s3.openshift-storage.svc"),
        ("BUCKET_PORT", b" 080\n"),
        ("DRIVER", b"RHOCSStorage\n"),
        ("OTHER_HOST", b"s3.example.com"),
    ];
    pod.mount("bucket", &bucket);
    let database: [(&str, &[u8]); 4] = [
        ("password", "a/b '\\@\u{e9}~-._".as_bytes()),
        ("uri", b"mysql+pymysql://u:p%40w@h/d?charset=utf8"),
        ("binary", b"\x00\xff\xfe\n"),
        ("yaml", b"- &a {id: 1, is_secure: off}\n- *a\n"),
    ];
    pod.mount("db", &database);
    pod.mount("tls", &[("ssl.key", b"\x00binary\xff\r\n\n"), ("own.crt", b"a certificate")]);
    pod
}

#[test]
fn every_form_in_one_file_and_the_rest_of_it_kept() {
    let pod = complete();
    pod.joins();
    assert_eq!(pod.text("config.yaml"), JOINED);
    assert_eq!(pod.bytes("ssl.key"), b"\x00binary\xff\r\n\n");
    assert_eq!(pod.bytes("extra_ca_certs/a/own.crt"), b"a certificate");
    assert_eq!(pod.written(), ["config.yaml", "extra_ca_certs", "ssl.key"]);
}

#[test]
fn every_program_of_the_pod_can_read_the_result_and_none_can_write_it() {
    let pod = complete();
    pod.joins();
    for file in ["config.yaml", "ssl.key", "extra_ca_certs/a/own.crt"] {
        assert_eq!(pod.mode(file), 0o444, "{file}");
    }
    for folder in ["extra_ca_certs", "extra_ca_certs/a"] {
        assert_eq!(pod.mode(folder), 0o755, "{folder}");
    }
}

#[test]
fn what_is_private_is_the_user_s_alone_at_every_start() {
    let mut pod = Pod::new("files: [{to: database.key, from: files/key, private: true}, {to: rest, from: files/key}]");
    pod.mount("files", &[("key", b"a private key")]);
    for _ in 0..2 {
        pod.joins();
        assert_eq!((pod.mode("database.key"), pod.mode("rest")), (0o400, 0o444));
    }
}

#[test]
fn a_value_that_its_form_cannot_take_is_refused_by_name() {
    let uri = "form: uri, before: 'postgresql://u:', after: '@h/d'";
    let percent = "given/value: it has a percent sign followed by two hexadecimal digits";
    let whole = "given/value: its user or password has a percent sign followed by two hexadecimal digits";
    let lines = "given/value has a line break";
    let number = "given/value is not a whole number in decimal digits";
    let utf8 = "given/value is not text in UTF-8";
    let cases: &[(&str, &[u8], &str)] = &[
        (uri, b"secret%41word", percent),
        (uri, b"secret%fFword", percent),
        (uri, b"secret%%00", percent),
        (uri, b"secret-word\n", lines),
        (uri, b"secret\rword", lines),
        ("form: uri", b"postgresql://u:secret%2541@h/d", whole),
        ("form: uri", b"postgresql://secret%25c3:p@h/d", whole),
        ("form: uri", b"postgresql://u:secret@h/d\n", lines),
        ("form: uri", b"postgresql://u:secret%0A@h/d", lines),
        ("form: integer", b"secret-word", number),
        ("form: integer", b"-123456", number),
        ("form: integer", b"123 456", number),
        ("form: integer", "\u{661}\u{662}\u{663}\u{664}".as_bytes(), number),
        ("form: text", b"secret\xffword", utf8),
        ("form: host", b"secret\xffword", utf8),
        ("form: yaml", b"secret: [word\nsecret: ]}", "given/value: ParserError"),
        ("form: yaml", b"secret\x00word", "given/value: ReaderError"),
        ("form: yaml", b"!!python/name:os.system secret", "given/value: ConstructorError"),
        ("form: yaml", b"&a [secret, *a]", "config.yaml: RecursionError"),
        ("form: roman", b"secret-word", "given/value: the plan asks for a form that this script does not know"),
    ];
    for (entry, value, says) in cases {
        let mut pod = Pod::with_value(entry, value);
        pod.keep_secret("secret");
        pod.refuses(&[says]);
    }
}

#[test]
fn what_looks_like_a_refused_uri_and_is_none_is_taken() {
    let uri = "form: uri, before: 'postgresql://u:', after: '@h/d'";
    let cases = [
        (uri, "100%", "postgresql://u:100%25@h/d"),
        (uri, "%4", "postgresql://u:%254@h/d"),
        (uri, "%zz%u0041", "postgresql://u:%25zz%25u0041@h/d"),
        ("form: uri", "postgresql://u:100%25@h/d%2541", "postgresql://u:100%25@h/d%2541"),
        ("form: uri", "postgresql://h/d", "postgresql://h/d"),
    ];
    for (entry, value, expected) in cases {
        let pod = Pod::with_value(entry, value.as_bytes());
        assert_eq!(pod.joins().text("config.yaml"), format!("\"FIELD\": \"{expected}\"\n"));
    }
}

#[test]
fn a_base_that_does_not_fit_the_plan_is_refused_without_a_word_of_it() {
    let plan = |path: &str| {
        let values = format!("[{{path: {path}, from: given/value}}]");
        format!("files: [{{to: config.yaml, from: base/config.yaml, values: {values}}}]")
    };
    let cases = [
        ("[A, 1, key]", "A: [secret-base]\n", "has no place for A/1/key"),
        ("[A, 1]", "A: [secret-base]\n", "has no place for A/1"),
        ("[A, -1]", "A: [secret-base]\n", "has no place for A/-1"),
        ("[A, key]", "A: [secret-base]\n", "has no place for A/key"),
        ("[A, key]", "A: secret-base\n", "has no place for A/key"),
        ("[A, 0]", "A: secret-base\n", "has no place for A/0"),
        ("[A]", "secret-base\n", "has no place for A"),
        ("[A]", "# secret-base\n", "has no place for A"),
        ("[A]", "A: [secret-base\nB: }\n", "base/config.yaml: ParserError"),
        ("[A]", "A: 2026-99-99 # secret-base\n", "base/config.yaml: ValueError"),
    ];
    for (path, base, says) in cases {
        let mut pod = Pod::new(&plan(path));
        pod.keep_secret("secret");
        pod.mount("base", &[("config.yaml", base.as_bytes())]);
        pod.mount("given", &[("value", b"secret-word")]);
        pod.refuses(&[says]);
    }
}

#[test]
fn a_broken_plan_is_refused() {
    let cases = [
        ("", "the plan: TypeError"),
        ("files: [}", "the plan: ParserError"),
        ("files: [{to: a}]", "the plan: KeyError"),
    ];
    for (plan, says) in cases {
        Pod::new(plan).refuses(&[says]);
    }
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let mut pod = Pod::new("files: [{to: a/b, from: v/k}]");
    pod.mount("v", &[("k", b"secret-word")]);
    fs::write(pod.target().join("a"), "in the way").unwrap();
    pod.run().with(1, &["error: a/b: File exists"]);
    assert_eq!(pod.text("a"), "in the way");

    let pod = Pod::new("files: [{to: a, from: v/k}]");
    fs::create_dir_all(pod.pieces().join("v/k")).unwrap();
    pod.refuses(&["error: v/k: Is a directory"]);
}
