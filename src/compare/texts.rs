//! Secrets in a text: passwords in URLs and after names such as `password=`, and private keys.

use super::tree::{Masked, Tree};
use crate::object::Value;
use crate::report::MASK;
use crate::sensitive::{assigned, holds_private_key, uri};
use crate::yaml;
use std::ops::Range;

/// A key as it is shown. A missing blank makes the value part of the key: `password:x`.
fn shown_key(key: &str) -> String {
    match shown(key) {
        Tree::Scalar(_) => key.to_owned(),
        _ if holds_private_key(key.as_bytes()) => MASK.to_owned(),
        tree => tree.text().unwrap_or(MASK).to_owned(),
    }
}

/// An entry of a map. If its key contains a secret, that is masked, and its value counts as secret too.
pub(super) fn keyed(key: &str, value: &Value, tree: Tree) -> (String, Tree) {
    let shown = shown_key(key);
    let is_whole = shown == key;
    (shown, if is_whole { tree } else { Tree::Opaque(format!("{key}\u{0}{}", yaml::flow(value))) })
}

/// The entries of a map with every value hidden; if it is not a map, it is hidden as a whole.
pub(super) fn opaque_entries(value: &Value) -> Tree {
    match value {
        Value::Map(map) => Tree::Map(map.iter().map(|(key, value)| keyed(key, value, Tree::opaque(value))).collect()),
        other => Tree::opaque(other),
    }
}

/// A text with the secrets in it masked.
pub(super) fn shown(text: &str) -> Tree {
    without(text, Vec::new())
}

/// The same, with more ranges to hide.
pub(super) fn without(text: &str, hidden: Vec<Range<usize>>) -> Tree {
    if holds_private_key(text.as_bytes()) {
        return Tree::opaque(&text.into());
    }
    let mut ranges = hidden;
    ranges.extend(uri::hidden(text));
    ranges.extend(assigned::values(text));
    ranges.sort_by_key(|range| (range.start, range.end));
    let (mut shown, mut hidden, mut done) = (String::new(), Vec::new(), 0);
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        if range.end <= done {
            continue;
        }
        shown.push_str(text.get(done..range.start).unwrap_or_default());
        // Where one range directly follows another, one mask serves both.
        shown.push_str(if done > range.start { "" } else { MASK });
        hidden.extend(text.get(range.start.max(done)..range.end).map(str::to_owned));
        done = range.end;
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    match hidden.is_empty() {
        true => Tree::Scalar(Value::Str(shown)),
        false => Tree::Text(Masked { raw: text.to_owned(), shown, hidden }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        shown(text).text().unwrap().to_owned()
    }

    #[test]
    fn the_value_of_a_secret_name_is_masked_up_to_its_end() {
        for (text, wanted) in [
            ("host=a password=s3cr3t user=b", "host=a password=******** user=b"),
            ("PGPASSWORD='s3 cr3t' psql", "PGPASSWORD=******** psql"),
            ("a\npassword=\"$(cat x)\"\nb", "a\npassword=********\nb"),
            ("password='open", "password=********"),
            ("password=", "password="),
            ("--password=a&token=ü", "--password=********&token=********"),
            ("db.password: s3 cr3t\nport: 5", "db.password: ********\nport: 5"),
            ("{\"apiKey\": \"s3cr3t\", \"a\": 1}", "{\"apiKey\": ********, \"a\": 1}"),
            ("Authorization: Bearer s3cr3t", "Authorization: ********"),
            ("Authorization \"Basic dXNlcjpwYXNz\"", "Authorization ********"),
            ("a Basic dXNlcjpwYXNz", "a Basic ********"),
            ("mysql -u root -ps3cr3t db", "mysql -u root -p******** db"),
            ("mkdir -p /tmp/a && cp -p a b", "mkdir -p /tmp/a && cp -p a b"),
            ("curl -u user:s3cr3t https://h/", "curl -u user:******** https://h/"),
            ("docker run -u 1000:1000 x", "docker run -u 1000:1000 x"),
            ("oc login -u u -p s3cr3t", "oc login -u u -p ********"),
            ("--docker-password s3cr3t --docker-server h", "--docker-password ******** --docker-server h"),
            (
                "--from-literal=k=s3cr3t --from-literal k='a b' --from-literal 'k=a b' x",
                "--from-literal=k=******** --from-literal k=******** --from-literal 'k=******** x",
            ),
            ("[\"--password\", \"s3cr3t\", \"--user\"]", "[\"--password\", ********, \"--user\"]"),
            ("a:\n- --password\n- s3cr3t\n- b", "a:\n- --password\n- ********\n- b"),
            ("x --password \\\n  s3cr3t", "x --password \\\n  ********"),
            ("x --password\nnext line", "x --password\nnext line"),
            ("echo s3cr3t | docker login --password-stdin", "echo ******** | docker login --password-stdin"),
            (
                "ALTER USER a PASSWORD 's3 c'; -- IDENTIFIED BY 's3'",
                "ALTER USER a PASSWORD ********; -- IDENTIFIED BY ********",
            ),
            (
                "port 1\nrequirepass s3cr3t\nmachine h login u password s3cr3t",
                "port 1\nrequirepass ********\nmachine h login u password ********",
            ),
            (
                "- name: DB_PASSWORD\n  value: s3cr3t\n- name: DB\n  value: a",
                "- name: DB_PASSWORD\n  value: ********\n- name: DB\n  value: a",
            ),
            ("<name>a.password</name><value>s3cr3t</value>", "<name>a.password</name><value>********</value>"),
            ("<password a=\"b\">s3cr3t</password>", "<password a=\"b\">********</password>"),
            ("- op: add\n  path: /data/a\n  value: s3cr3t", "- op: add\n  path: /data/a\n  value: ********"),
            ("{\"auth\": \"dXNlcjpwYXNz\"}", "{\"auth\": ********}"),
            ("export DB_PASS=s3cr3t; dbPass: s3cr3t", "export DB_PASS=********; dbPass: ********"),
            ("password = s3cr3t", "password = ********"),
            ("password:s3cr3t=token:x", "password:********"),
            ("token://u:p@h", "token://********@h"),
            ("https://u:p@h/?token=s3cr3t", "https://********@h/?********"),
            ("passwordFile: a, keys: b", "passwordFile: a, keys: b"),
            ("no assignment", "no assignment"),
            ("# The password is s3cr3t.\nport: 5", "# The password is ********.\nport: 5"),
            ("Password for admin is swordfish", "Password for admin is ********"),
            ("Passwort von root lautet s3cr3t", "Passwort von root lautet ********"),
            ("echo 'password of a: \"s3cr3t\"'", "echo 'password of a: ********'"),
            ("Use admin / s3cr3t to log in", "Use admin / ******** to log in"),
            ("os.Setenv(\"DB_PASSWORD\",\"s3cr3t\")", "os.Setenv(\"DB_PASSWORD\",********)"),
            ("setenv(\"A_TOKEN\", \"s3cr3t\", 1)", "setenv(\"A_TOKEN\", ********, 1)"),
            ("ENV.store(\"PASSWORD\", \"s3cr3t\")", "ENV.store(\"PASSWORD\", ********)"),
            ("config.set('db','password','s3cr3t')", "config.set('db','password',********)"),
            ("ConvertTo-SecureString \"s3cr3t\" -Force", "ConvertTo-SecureString ******** -Force"),
            ("'s3cr3t' | ConvertTo-SecureString", "******** | ConvertTo-SecureString"),
            ("expect \"assword:\"\nsend \"s3cr3t\\r\"", "expect \"assword:\"\nsend ********"),
            ("a\\npass=s3cr3t\\nb", "a\\npass=********\\nb"),
            ("x\\nmysql -ps3cr3t db", "x\\nmysql -p******** db"),
            ("url = \"https://h/\"\nuser = \"admin:s3cr3t\"", "url = \"https://h/\"\nuser = \"admin:********"),
            ("silent\nuser a:s3cr3t\n", "silent\nuser a:********\n"),
            ("silent\nproxy-user a:s3cr3t\n", "silent\nproxy-user a:********\n"),
            ("sed -i s/PASSWORD/s3cr3t/ f", "sed -i s/PASSWORD/********/ f"),
            ("-----BEGIN EC PRIVATE KEY-----\nx", "********"),
        ] {
            assert_eq!(masked(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_speaks_of_a_secret_and_says_none_is_shown() {
        for text in [
            "# the password is in the Secret quay-keys",
            "# The password is required, and the token is optional.",
            "the credentials are read from /run/secrets/db",
            "passwords are compared in constant time; a token is valid for 2h",
            "error: the password is wrong",
            "Log in with GitHub / Google, or see docs / help",
            "os.getenv(\"HOME\", \"/root\")",
            "config.set('db', 'host', 'db1')",
            "redact(\"password\", \"token\")",
            "expect \"yes/no\"\nsend \"yes\\r\"",
            "a\\nhost=h1\\nb",
            "user = \"admin\"\ngroup = \"a:b\"",
            "user nginx;\nworker_processes 2;\n",
            "user = 1000:1000",
            "sed -e s/HOST/h1/ -e 's|@PORT@|80|'",
            "sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))",
            "proxy_set_header Authorization $http_authorization;",
            "log_format main '$remote_addr - $remote_user [$time_local] \"$request\"';",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn what_is_hidden_is_kept_for_comparing() {
        let Tree::Text(text) = shown("a://u:p@h password=x") else { panic!("it hides nothing") };
        assert_eq!(text.hidden, ["u:p", "x"]);
    }
}
