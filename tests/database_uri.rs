//! Diagnostics for DB_URI, compared with the library by which Quay and its migration read it.
//!
//! `.ci/setup` installs the Python that this test needs.

use crate::support::process::python;
use quay_render::database_uri;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Reads a JSON list of URIs; prints for each the parts with which Quay connects, and whether its migration has the
/// same ones.
const READ: &str = r#"
import configparser, json, sys
from sqlalchemy.engine.url import make_url
from urllib.parse import unquote

def parts(uri):
    url = make_url(uri)
    return [url.username, url.password, url.host, url.port, url.database, dict(url.query)]

def migrated(uri):
    config = configparser.ConfigParser()
    config.add_section("alembic")
    try:
        config.set("alembic", "sqlalchemy.url", unquote(uri))
        return parts(config.get("alembic", "sqlalchemy.url"))
    except (ValueError, configparser.Error):
        return None

def read(uri):
    try:
        found = parts(uri)
    except Exception:
        return None
    return {"user": found[0], "host": found[2], "port": found[3], "database": found[4], "same": migrated(uri) == found}

print(json.dumps([read(uri) for uri in json.load(sys.stdin)]))
"#;

const PIECES: &[&str] = &[
    "", "a", "@", ":", "/", "?", "#", "&", "=", "+", "!", "$", "~", "%25", "%2525", "%25%25", "%2541", "%40", "%3A",
    "%2F", "%3F", "%23", "%20", "%0A", "%2", "%C3%A9", "%5B", "%5D", "%zz", "\u{e9}", " ", "1", "[", "]",
];

fn uris() -> Vec<String> {
    let mut uris = Vec::new();
    for piece in PIECES {
        for (front, behind) in [("a", "b"), ("", ""), ("1", "2"), ("a@", "/b")] {
            let text = format!("{front}{piece}{behind}");
            for form in [
                "postgresql://quay:{}@db.example.com:5432/quay",
                "postgresql://{}:word@db.example.com:5432/quay",
                "postgresql://{}@db.example.com/quay",
                "postgresql://quay:word@{}/quay",
                "postgresql://quay:word@db:{}/quay",
                "postgresql://quay:word@db.example.com/{}",
                "mysql+pymysql://quay:word@[2001:db8::5]/quay?{}",
                "mysql+pymysql://quay:word@db/quay?x={}",
            ] {
                uris.push(form.replace("{}", &text));
            }
        }
    }
    uris
}

fn ask(uris: &[String]) -> Vec<serde_json::Value> {
    let mut child = Command::new(python());
    let child = child.args(["-c", READ]).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(serde_json::to_string(uris).unwrap().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the script failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_passes_is_read_alike_by_sqlalchemy_and_the_warning_is_right() {
    let uris = uris();
    let answers = ask(&uris);
    assert_eq!(answers.len(), uris.len());
    let mut passed = 0;
    for (uri, answer) in uris.iter().zip(&answers) {
        let Ok(ours) = database_uri::parse(uri) else { continue };
        passed += 1;
        assert_eq!(answer["user"], ours.user.as_str(), "{uri}");
        assert_eq!(answer["host"], ours.host.as_str(), "{uri}");
        assert_eq!(answer["port"].as_u64(), ours.port.map(u64::from), "{uri}");
        assert_eq!(answer["database"], ours.database.as_str(), "{uri}");
        assert_eq!(answer["same"], ours.changed.is_none(), "{uri}: {:?}", ours.changed);
    }
    assert!(passed > 200, "only {passed} of {} pass", uris.len());
}
