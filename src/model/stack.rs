//! Quay's configuration folder: which of its files a path in config.yaml leads to.

use super::names::EXTRA_CA;

/// Where pods mount it.
pub const STACK: &str = "/conf/stack";
/// The folder in which Quay's programs run: `conf` in it is the same as `/conf`.
const HOME: &str = "/quay-registry";
/// The folder in which the trusted CAs of the bundle are as well, by their names without `extra_ca_cert_`.
const TRUSTED: &str = "extra_ca_certs/";

/// The file of the folder that a path leads to, by its path below it; nothing for one that leads elsewhere.
#[must_use]
pub fn file(path: &str) -> Option<&str> {
    let path = path.strip_prefix(HOME).unwrap_or(path).trim_start_matches("./").trim_start_matches('/');
    path.strip_prefix("conf/stack/").filter(|file| !file.is_empty())
}

/// The key of the bundle that a file of the folder is made of.
#[must_use]
pub fn key(file: &str) -> String {
    file.strip_prefix(TRUSTED).map_or_else(|| file.to_owned(), |name| format!("{EXTRA_CA}{name}"))
}

/// Where a CA of the bundle is as well, by its key.
#[must_use]
pub fn trusted(key: &str) -> Option<String> {
    key.strip_prefix(EXTRA_CA).map(|name| format!("{TRUSTED}{name}"))
}

/// Whether a file is one of the folder of trusted CAs.
#[must_use]
pub fn is_trusted(file: &str) -> bool {
    file.starts_with(TRUSTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_file_by_every_way_that_pods_have() {
        for path in ["conf/stack/database.pem", "./conf/stack/database.pem", "/conf/stack/database.pem"] {
            assert_eq!(file(path), Some("database.pem"), "{path}");
        }
        assert_eq!(file("/quay-registry/conf/stack/extra_ca_certs/db.crt"), Some("extra_ca_certs/db.crt"));
        for path in ["database.pem", "/database.pem", "/conf/stack/", "/etc/conf/stack/x", "/.postgresql/root.crt", ""]
        {
            assert_eq!(file(path), None, "{path}");
        }
    }

    #[test]
    fn a_trusted_ca_has_its_whole_name_in_the_bundle() {
        assert_eq!(key("extra_ca_certs/db.crt"), "extra_ca_cert_db.crt");
        assert_eq!(trusted("extra_ca_cert_db.crt").as_deref(), Some("extra_ca_certs/db.crt"));
        assert_eq!((key("database.pem").as_str(), trusted("database.pem")), ("database.pem", None));
    }
}
