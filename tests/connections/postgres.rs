//! A PostgreSQL that takes nobody without TLS, a certificate in his name, and a password.

use super::authority::Authority;
use super::place::{Place, Registry, inputs, refused};
use crate::support::postgres::Postgres;
use crate::support::process::{must, program};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const PASSWORD: &str = "user-secret-4711";
const MODES: [&str; 2] = ["inline", "referenced"];

/// The server, with the registry's database and a schema that is at its newest revision.
fn server(authority: &Authority) -> Postgres {
    authority.issue("server", "localhost").issue("client", "quay").issue("other", "another");
    let mut postgres = Postgres::prepared();
    let [ca, certificate, key] = ["ca.crt", "server.crt", "server.key"].map(|file| authority.path(file));
    postgres.demand_certificates(&ca, &certificate, &key);
    postgres.start();
    postgres.create("quay", PASSWORD, "quay");
    postgres.sql(
        "quay",
        "CREATE EXTENSION pg_trgm; CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY); \
         GRANT SELECT ON alembic_version TO quay; INSERT INTO alembic_version VALUES ('0a1b2c3d4e05')",
    );
    postgres
}

/// config.yaml for that server.
fn config(port: u16, arguments: &str) -> Vec<u8> {
    format!("DB_URI: postgresql://quay:{PASSWORD}@localhost:{port}/quay\nDB_CONNECTION_ARGS: {arguments}\n")
        .into_bytes()
}

const ARGUMENTS: &str = "{sslmode: verify-full, sslrootcert: conf/stack/database.pem, sslcert: conf/stack/database.crt, \
                         sslkey: conf/stack/database.key, autorollback: true, threadlocals: true}";

/// A bundle with that config.yaml, the CA, and the pair of a client.
fn bundle(config: &[u8], authority: &Authority, client: &str) -> [(&'static str, Vec<u8>); 4] {
    [
        ("config.yaml", config.to_vec()),
        ("database.pem", authority.read("ca.crt")),
        ("database.crt", authority.read(&format!("{client}.crt"))),
        ("database.key", authority.read(&format!("{client}.key"))),
    ]
}

fn registry(mode: &str, release: &str, files: &[(&str, Vec<u8>)]) -> Registry {
    let edits = [("mode: inline", format!("mode: {mode}")), ("release: \"3.5\"", format!("release: \"{release}\""))];
    let edits: Vec<(&str, &str)> = edits.iter().map(|(old, new)| (*old, new.as_str())).collect();
    Registry::new(&inputs("unmanaged-postgres", &edits, files))
}

/// Whoever the server has met.
const MET: &str = "(True, '/CN=quay')";

/// The containers that connect, each with the program that does.
const CLIENTS: [(&str, &str, &str); 3] = [
    ("quay-app", "quay-app", "application"),
    ("quay-mirror", "quay-mirror", "application"),
    ("quay-app-upgrade", "quay-app-upgrade", "migration"),
];

#[test]
fn quay_and_its_migration_come_in_with_the_bundles_files_in_every_mode_and_release() {
    let authority = Authority::new();
    let postgres = server(&authority);
    for (mode, release) in MODES.into_iter().flat_map(|mode| ["3.5", "3.9", "3.18"].map(|release| (mode, release))) {
        let registry = registry(mode, release, &bundle(&config(postgres.port, ARGUMENTS), &authority, "client"));
        for (owner, container, client) in CLIENTS {
            let place = registry.container(owner, container);
            assert_eq!(must(&mut place.client(&[client])).trim(), MET, "{mode} {release} {container}");
            let key = fs::metadata(place.path("conf/stack/database.key")).unwrap().permissions().mode();
            assert_eq!(key & 0o777, 0o400, "{mode} {release} {container}");
        }
        for (owner, container) in [("quay-app", "wait-for-schema"), ("quay-app-upgrade", "wait-for-database")] {
            let place = registry.container(owner, container);
            let said = must(&mut place.waits());
            assert!(said.contains("ready"), "{mode} {release}: {said}");
        }
    }
}

/// What the environment is there for: the migration takes nothing of DB_CONNECTION_ARGS.
#[test]
fn the_migration_would_not_come_in_by_its_own_arguments() {
    let authority = Authority::new();
    let postgres = server(&authority);
    let registry = registry("referenced", "3.18", &bundle(&config(postgres.port, ARGUMENTS), &authority, "client"));
    let mut place = registry.container("quay-app-upgrade", "quay-app-upgrade");
    place.forget("PG");
    let said = refused(&mut place.client(&["migration"]));
    assert!(said.contains("requires a valid client certificate"), "{said}");
}

/// What the certificate is compared with where nothing names a CA: Quay's check at start takes this file as well.
#[test]
fn the_ca_has_a_name_of_its_own() {
    let authority = Authority::new();
    let postgres = server(&authority);
    let arguments = "{sslmode: verify-full, sslcert: conf/stack/database.crt, sslkey: conf/stack/database.key}";
    for mode in MODES {
        let registry = registry(mode, "3.5", &bundle(&config(postgres.port, arguments), &authority, "client"));
        for (owner, container, client) in CLIENTS {
            assert_eq!(
                must(&mut registry.container(owner, container).client(&[client])).trim(),
                MET,
                "{mode} {container}"
            );
        }
    }
}

/// A CA that Quay trusts anyhow, by the path at which an operator puts it.
#[test]
fn the_ca_may_be_one_of_those_that_quay_trusts() {
    let authority = Authority::new();
    let postgres = server(&authority);
    let arguments = ARGUMENTS.replace("conf/stack/database.pem", "conf/stack/extra_ca_certs/rds.pem");
    for (mode, release) in MODES.into_iter().flat_map(|mode| ["3.10", "3.18"].map(|release| (mode, release))) {
        let mut files = bundle(&config(postgres.port, &arguments), &authority, "client");
        files[1].0 = "extra_ca_cert_rds.pem";
        let registry = registry(mode, release, &files);
        for (owner, container, client) in CLIENTS {
            let met = must(&mut registry.container(owner, container).client(&[client]));
            assert_eq!(met.trim(), MET, "{mode} {release} {container}");
        }
    }
}

/// The way of later operators: the image's own script copies what two Secrets of fixed names hold.
#[test]
fn certificates_may_be_in_secrets_of_fixed_names() {
    let authority = Authority::new();
    let postgres = server(&authority);
    let arguments = "{sslmode: verify-full, sslrootcert: /.postgresql/root.crt, sslcert: /.postgresql/postgresql.crt, \
                     sslkey: /.postgresql/postgresql.key}";
    for mode in MODES {
        let files = [("config.yaml", config(postgres.port, arguments))];
        let registry = registry(mode, "3.13", &files)
            .with_secret("postgresql-ca", &[("ca.crt", authority.read("ca.crt"))])
            .with_secret(
                "postgresql-client-certs",
                &[("tls.crt", authority.read("client.crt")), ("tls.key", authority.read("client.key"))],
            );
        for (owner, container) in [("quay-app", "wait-for-schema"), ("quay-app-upgrade", "wait-for-database")] {
            let place = registry.container(owner, container);
            place.write_copier();
            let said = must(&mut place.waits());
            assert!(said.contains("ready"), "{mode}: {said}");
        }
        for (owner, container, client) in CLIENTS {
            let place = registry.container(owner, container);
            place.write_copier();
            must(&mut place.command(&place.path("conf/init/client_certs.sh")));
            assert_eq!(must(&mut place.client(&[client])).trim(), MET, "{mode} {container}");
        }
    }
}

/// A bundle, with which whoever connects is told why not.
type Refusal = (&'static str, [(&'static str, Vec<u8>); 4], &'static str, Option<&'static str>);

#[test]
fn any_other_way_is_refused_by_the_server_or_by_its_client() {
    let (authority, foreign) = (Authority::new(), Authority::new());
    let postgres = server(&authority);
    foreign.issue("client", "quay");
    let with = |arguments: &str| bundle(&config(postgres.port, arguments), &authority, "client");
    let mut wrong_ca = with(ARGUMENTS);
    wrong_ca[1].1 = foreign.read("ca.crt");
    let mut wrong_pair = with(ARGUMENTS);
    (wrong_pair[2].1, wrong_pair[3].1) = (foreign.read("client.crt"), foreign.read("client.key"));
    let mut wrong_password = with(ARGUMENTS);
    let text = String::from_utf8(config(postgres.port, ARGUMENTS)).unwrap();
    wrong_password[0].1 = text.replace(PASSWORD, "another-secret").into_bytes();
    let cases: [Refusal; 6] = [
        ("plain", with("{sslmode: disable}"), "no encryption", Some("the server takes nobody without TLS")),
        (
            "no certificate",
            with("{sslmode: verify-full, sslrootcert: conf/stack/database.pem}"),
            "requires a valid client certificate",
            Some("the server wants a certificate"),
        ),
        ("another CA", wrong_ca, "certificate verify failed", None),
        ("a certificate of another CA", wrong_pair, "unknown ca", None),
        (
            "in another name",
            bundle(&config(postgres.port, ARGUMENTS), &authority, "other"),
            "authentication failed",
            None,
        ),
        ("another password", wrong_password, "password authentication failed", Some("the server refuses user name")),
    ];
    for ((case, files, reason, told), mode) in cases.iter().flat_map(|case| MODES.map(|mode| (case, mode))) {
        let registry = registry(mode, "3.5", files);
        for (owner, container, client) in CLIENTS {
            let said = refused(&mut registry.container(owner, container).client(&[client]));
            assert!(said.contains(reason), "{case} {mode} {container}: {said}");
        }
        let place = registry.container("quay-app", "wait-for-schema");
        let said = refused(place.waits().args(["--timeout", "1"]));
        assert!(told.is_none_or(|told| said.contains(told)) && !said.contains(PASSWORD), "{case}: {said}");
    }
}

/// Why pods join the configuration for a key: where the kubelet mounts it, others may read it.
#[test]
fn libpq_takes_no_key_that_others_may_read() {
    let authority = Authority::new();
    let postgres = server(&authority);
    let registry = registry("inline", "3.5", &bundle(&config(postgres.port, ARGUMENTS), &authority, "client"));
    let place = registry.container("quay-app", "quay-app");
    fs::set_permissions(place.path("conf/stack/database.key"), Permissions::from_mode(0o444)).unwrap();
    let said = refused(&mut place.client(&["application"]));
    assert!(said.contains("group or world access"), "{said}");
    let place = registry.container("quay-app", "wait-for-schema");
    fs::set_permissions(place.path("conf/stack/database.key"), Permissions::from_mode(0o444)).unwrap();
    let said = refused(place.waits().args(["--timeout", "1"]));
    assert!(said.contains("its user alone may read it"), "{said}");
}

/// The containers that Clair's file comes to, of a registry whose Clair has a database of the user's.
fn clair(mode: &str, release: &str, connstring: &str, files: &[(&'static str, Vec<u8>)]) -> Registry {
    let config = ["indexer", "matcher", "notifier"].map(|part| format!("{part}: {{connstring: \"{connstring}\"}}\n"));
    let mut all = files.to_vec();
    all.push(("clair-config.yaml", config.concat().into_bytes()));
    all.push(("config.yaml", b"DB_URI: postgresql://quay:x@db.example.com/quay\n".to_vec()));
    let unmanaged = "components:\n    - kind: clairpostgres\n      managed: false\n";
    let edits = [
        ("mode: inline", format!("mode: {mode}")),
        ("release: \"3.5\"", format!("release: \"{release}\"")),
        ("components:\n", if release == "3.5" { "components:\n".to_owned() } else { unmanaged.to_owned() }),
    ];
    let edits: Vec<(&str, &str)> = edits.iter().map(|(old, new)| (*old, new.as_str())).collect();
    Registry::new(&inputs("unmanaged-postgres", &edits, &all))
}

/// psql with what Clair's configuration says of its database. Clair's own client takes a key whatever its mode.
fn psql(registry: &Registry) -> (Place, Command) {
    let place = registry.container("clair-app", "clair-app");
    let key = place.path("clair/clair-database.key");
    if key.exists() {
        fs::set_permissions(fs::canonicalize(key).unwrap(), Permissions::from_mode(0o600)).unwrap();
    }
    let config: serde_json::Value =
        serde_yaml::from_str(&fs::read_to_string(place.path("clair/config.yaml")).unwrap()).unwrap();
    let connstring = config["matcher"]["connstring"].as_str().unwrap().to_owned();
    let mut command = place.command(&program("psql"));
    command.args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", WHO, &connstring]);
    (place, command)
}

const WHO: &str = "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

#[test]
fn clair_comes_in_with_its_own_files_of_the_bundle() {
    let authority = Authority::new();
    let postgres = server(&authority);
    let pair = "sslcert=/clair/clair-database.crt sslkey=/clair/clair-database.key";
    let base =
        format!("host=localhost port={} dbname=quay user=quay password={PASSWORD} sslmode=verify-full", postgres.port);
    let files = [
        ("clair-database.pem", authority.read("ca.crt")),
        ("clair-database.crt", authority.read("client.crt")),
        ("clair-database.key", authority.read("client.key")),
    ];
    for (mode, release) in MODES.into_iter().flat_map(|mode| ["3.5", "3.18"].map(|release| (mode, release))) {
        let connstring = format!("{base} sslrootcert=/clair/clair-database.pem {pair}");
        let registry = clair(mode, release, &connstring, &files);
        assert_eq!(must(&mut psql(&registry).1).trim(), "t|/CN=quay", "{mode} {release}");
        let quay = registry.container("quay-app", "quay-app");
        assert!(!quay.path("conf/stack/clair-database.key").exists(), "{mode} {release}");

        let mut trusted = files.to_vec();
        trusted[0].0 = "extra_ca_cert_rds.pem";
        let connstring = format!("{base} sslrootcert=/run/certs/rds.pem {pair}");
        assert_eq!(
            must(&mut psql(&clair(mode, release, &connstring, &trusted)).1).trim(),
            "t|/CN=quay",
            "{mode} {release}"
        );
    }
}

#[test]
fn clair_s_database_refuses_any_other_way() {
    let (authority, foreign) = (Authority::new(), Authority::new());
    let postgres = server(&authority);
    foreign.issue("client", "quay");
    let base = format!("host=localhost port={} dbname=quay user=quay password={PASSWORD}", postgres.port);
    let ca = "sslmode=verify-full sslrootcert=/clair/clair-database.pem";
    let pair = "sslcert=/clair/clair-database.crt sslkey=/clair/clair-database.key";
    let files = |ca: &Authority, client: &Authority| {
        [
            ("clair-database.pem", ca.read("ca.crt")),
            ("clair-database.crt", client.read("client.crt")),
            ("clair-database.key", client.read("client.key")),
        ]
    };
    for (connstring, files, reason) in [
        (format!("{base} sslmode=disable"), files(&authority, &authority), "no encryption"),
        (format!("{base} {ca}"), files(&authority, &authority), "requires a valid client certificate"),
        (format!("{base} {ca} {pair}"), files(&foreign, &authority), "certificate verify failed"),
        (format!("{base} {ca} {pair}"), files(&authority, &foreign), "unknown ca"),
        (
            format!("{base} {ca} {pair}").replace(PASSWORD, "another"),
            files(&authority, &authority),
            "password authentication failed",
        ),
    ] {
        for mode in MODES {
            let said = refused(&mut psql(&clair(mode, "3.18", &connstring, &files)).1);
            assert!(said.contains(reason), "{mode} {reason}: {said}");
        }
    }
}
