//! What a person must know of each Secret of the contract.

use super::Made;

/// What is known of an entry.
pub struct Fact {
    /// The contract's Secret.
    pub secret: &'static str,
    /// The entry; empty for every other one of the Secret.
    pub entry: &'static str,
    /// What changing it takes.
    pub rotation: &'static str,
}

/// The Secrets of the contract in its order; the facts of one entry stand before those of all others.
pub const FACTS: &[Fact] = &[
    Fact {
        secret: "keys",
        entry: "DATABASE_SECRET_KEY",
        rotation: "never: what the database holds encrypted could not be read any more",
    },
    Fact {
        secret: "keys",
        entry: "",
        rotation: "change it and restart Quay; everybody logs in again, and encrypted passwords made for docker login are void",
    },
    Fact {
        secret: "database",
        entry: "DB_ROOT_PW",
        rotation: "change it and restart the database, which sets it at its start",
    },
    Fact {
        secret: "database",
        entry: "",
        rotation: "change it, restart the database, which sets it at its start, then Quay",
    },
    Fact {
        secret: "clair",
        entry: "CLAIR_DB_PASSWORD",
        rotation: "change it, restart the database, which sets it at its start, then Clair",
    },
    Fact { secret: "clair", entry: "SECURITY_SCANNER_V4_PSK", rotation: "change it and restart Quay and Clair" },
    Fact { secret: "clair", entry: "", rotation: "change it where it comes from, then here, and restart Clair" },
    Fact {
        secret: "editor",
        entry: "",
        rotation: "change it and restart the config editor; letters, digits and - alone",
    },
    Fact { secret: "tls", entry: "", rotation: "replace certificate and key together and restart what reads them" },
    Fact { secret: "config", entry: "", rotation: "change it where it comes from, then here, and restart Quay" },
    Fact { secret: "files", entry: "", rotation: "replace it and restart Quay" },
    Fact { secret: "bucket", entry: "", rotation: "the provisioner's to change; restart Quay then" },
];

/// The facts of an entry; of a Secret that the input names itself, those of `config`.
#[must_use]
pub fn fact(secret: Option<&str>, entry: &str) -> &'static Fact {
    let secret = secret.unwrap_or("config");
    let of = |entry: &str| FACTS.iter().find(|fact| fact.secret == secret && fact.entry == entry);
    const OTHER: Fact = Fact { secret: "", entry: "", rotation: "" };
    of(entry).or_else(|| of("")).unwrap_or(&OTHER)
}

/// What changing a value takes, given how it comes to be.
#[must_use]
pub fn rotation(fact: &Fact, made: Made) -> &'static str {
    match made {
        Made::CertManager => "cert-manager renews it; restart what reads it then, or let a reloader do so",
        Made::ServiceCa => "OpenShift renews it; restart what reads it then, or let a reloader do so",
        _ => fact.rotation,
    }
}

/// How a value comes to be, for people.
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

    #[test]
    fn every_secret_that_can_be_named_has_facts() {
        let mut known: Vec<&str> = FACTS.iter().map(|fact| fact.secret).collect();
        known.dedup();
        let nameable: Vec<&str> = known.into_iter().filter(|id| *id != "bucket").collect();
        assert_eq!(nameable, crate::model::declared::CONTRACT);
    }

    #[test]
    fn an_entry_has_its_own_facts_or_those_of_its_secret() {
        assert!(fact(Some("keys"), "DATABASE_SECRET_KEY").rotation.starts_with("never"));
        assert!(fact(Some("keys"), "SECRET_KEY").rotation.contains("logs in"));
        assert_eq!(fact(None, "password").secret, "config");
    }
}
