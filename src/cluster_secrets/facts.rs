//! What users must know about each required key.

use super::Made;
use crate::catalog::Release;
use crate::catalog::secret::CONFIG;

/// What it takes to change a value, by its maker. Secrets that the input names itself have the facts of those of
/// config.yaml.
#[must_use]
pub fn rotation<'a>(release: &'a Release, secret: Option<&str>, entry: &str, made: Made) -> &'a str {
    match made {
        Made::CertManager => "cert-manager renews it; restart what reads it then, or let a reloader do so",
        Made::ServiceCa => "OpenShift renews it; restart what reads it then, or let a reloader do so",
        _ => release.secret(secret.unwrap_or(CONFIG)).map_or("", |secret| secret.rotation_of(entry)),
    }
}

/// How a value is made, in words.
#[must_use]
pub fn made(made: Made) -> String {
    match made {
        Made::Random(length) => format!("random, {length} letters and digits"),
        Made::Given => "from you".to_owned(),
        Made::Pair => "a certificate and its key".to_owned(),
        Made::Claim => "from the bucket claim".to_owned(),
        Made::CertManager => "by cert-manager".to_owned(),
        Made::ServiceCa => "by OpenShift's service CA".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn an_entry_has_its_own_facts_or_those_of_its_secret() {
        let release = Catalog::embedded().standard().unwrap();
        let rotation = |secret, entry| rotation(&release, secret, entry, Made::Given);
        assert!(rotation(Some("keys"), "DATABASE_SECRET_KEY").starts_with("never"));
        assert!(rotation(Some("keys"), "SECRET_KEY").contains("logs in"));
        assert_eq!(rotation(None, "password"), rotation(Some("config"), "MAIL_PASSWORD"));
        for secret in &release.secrets {
            assert!(!rotation(Some(&secret.name), "").is_empty(), "{}", secret.name);
        }
    }
}
