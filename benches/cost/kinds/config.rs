//! config.yaml.

use super::case::{CLUSTER, CONFIG, Case, EXTERNAL, FACTS, room};
use super::text::{fill, letters, lines};
use super::{Kind, files};
use std::fmt::Write as _;

/// Its kinds.
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
    files("config: URLs on one line", |bytes| {
        Case::config(&format!("REGISTRY_TITLE: \"{}\"\n", fill(room(bytes), |_, out| out.push_str("a://%"))))
    }),
    files("config: secret fields", |bytes| {
        let mut case = Case::config(&lines(room(bytes), |n| format!("SECRET_{n:06}_PASSWORD: value{n}")));
        case.put("render-config.yaml", format!("{FACTS}{CLUSTER}{EXTERNAL}"));
        case
    }),
    files("config: members", |bytes| {
        let members = lines(room(bytes), |n| format!("  MEMBER_{n:06}: value"));
        Case::config(&format!("BRANDING:\n{members}"))
    }),
    files("config: preferred storages", |bytes| {
        let preferred = lines(room(bytes), |n| format!("- storage{n}"));
        let text = CONFIG.replace("DISTRIBUTED_STORAGE_PREFERENCE: [default]\n", "");
        Case::with("config-bundle/config.yaml", format!("{text}DISTRIBUTED_STORAGE_PREFERENCE:\n{preferred}"))
    }),
    files("config: logins", |bytes| {
        let login =
            |n| format!("LOGIN{n:06}_LOGIN_CONFIG: {{OIDC_SERVER: \"https://a{n}.example.com/\", CLIENT_ID: a}}");
        Case::config(&lines(room(bytes), login))
    }),
    files("config: keys that are no names", |bytes| {
        Case::config(&lines(room(bytes), |n| format!("\"password:hunter{n}\": a")))
    }),
    files("config: placeholders", |bytes| {
        Case::config(&lines(room(bytes), |n| format!("FIELD_{n:06}: \"${{NAME_{n}}} <path:a> {{{{ b }}}}\"")))
    }),
    files("config: a database URI", |bytes| {
        let parameters = fill(room(bytes), |n, out| {
            let _ = write!(out, "p%61{n}=%20&");
        });
        Case::config(&format!("DB_URI: \"postgresql://a:b@c/d?{parameters}\"\n"))
    }),
    files("config: robots.txt and keys", |bytes| {
        let keys = lines(room(bytes), |n| format!("- ssh-ed25519 AAAA{n} -----BEGIN"));
        Case::config(&format!("SSH_AUTHORIZED_KEYS:\n{keys}"))
    }),
];
