//! What a file of certificates or a key is for, which decides the wording of its problems.

use super::PairFile;

/// What a file of certificates is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Served by Quay, `ssl.cert`: its own certificate first, then those that issued it.
    Server,
    /// Trusted by Quay, such as `extra_ca_cert_*`, `ldap.crt` and `database.pem`: any number, in any order.
    Trusted,
}

impl Role {
    /// The purpose of a file of that role.
    pub(super) fn purpose(self) -> &'static Purpose {
        match self {
            Self::Server => &Purpose::SERVER_CERT,
            Self::Trusted => &Purpose::TRUSTED,
        }
    }
}

/// What messages about a file depend on.
#[derive(Debug)]
pub(super) struct Purpose {
    /// The file named in its problems.
    pub file: PairFile,
    /// What it must hold.
    pub wanted: &'static str,
    /// The hint if there is a certificate instead of a key, or the reverse.
    pub swapped: &'static str,
    /// The file name to use in commands.
    pub name: &'static str,
    /// Who shows it.
    pub shown_by: &'static str,
    /// Why a key of another kind does not do.
    pub takes: &'static str,
    /// How to get a key that can be used.
    pub renew: &'static str,
}

const SWAPPED: &str =
    "the certificate belongs into ssl.cert, its private key into ssl.key; perhaps the two are swapped";
const TLS_TAKES: &str = "TLS servers take RSA, ECDSA on P-256, P-384 or P-521, and Ed25519";
const REISSUE: &str = "make a new key and have a certificate issued for it";

impl Purpose {
    /// `ssl.cert`.
    pub const SERVER_CERT: Self = Self {
        file: PairFile::Cert,
        wanted: "certificate",
        swapped: SWAPPED,
        name: "ssl.cert",
        shown_by: "server",
        takes: TLS_TAKES,
        renew: REISSUE,
    };
    /// `ssl.key`.
    pub const SERVER_KEY: Self =
        Self { file: PairFile::Key, wanted: "private key", name: "ssl.key", ..Self::SERVER_CERT };
    /// `clair-ssl.crt`.
    pub const CLAIR_CERT: Self = Self {
        swapped: "the certificate belongs into clair-ssl.crt, its private key into clair-ssl.key; perhaps the two are swapped",
        name: "clair-ssl.crt",
        ..Self::SERVER_CERT
    };
    /// `clair-ssl.key`.
    pub const CLAIR_KEY: Self =
        Self { file: PairFile::Key, wanted: "private key", name: "clair-ssl.key", ..Self::CLAIR_CERT };
    /// The certificate that Quay shows to a server, such as its database.
    pub const CLIENT_CERT: Self = Self {
        swapped: "the certificate and its private key are two files; perhaps the two are swapped",
        name: "CERTIFICATE",
        shown_by: "client",
        ..Self::SERVER_CERT
    };
    /// Its key.
    pub const CLIENT_KEY: Self = Self { file: PairFile::Key, wanted: "private key", name: "KEY", ..Self::CLIENT_CERT };
    /// Certificates to trust.
    pub const TRUSTED: Self = Self {
        swapped: "put the certificate of the CA there; a private key must not be in this file, it goes into every trust store",
        name: "FILE",
        ..Self::SERVER_CERT
    };
    /// The key that signs URLs for CloudFront (guide 7.1.6). Quay signs them with RSA and SHA-1, even though CloudFront
    /// accepts other keys.
    pub const SIGNING_KEY: Self = Self {
        file: PairFile::Key,
        wanted: "private key",
        swapped: "put the private key there whose public key CloudFront has; it needs no certificate",
        name: "FILE",
        shown_by: "",
        takes: "Quay signs URLs for CloudFront with RSA",
        renew: "make an RSA key (openssl genrsa -out FILE 2048) and give CloudFront its public key (openssl rsa -in FILE -pubout)",
    };
}
