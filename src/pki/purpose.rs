//! What a file of certificates or a key is for, which decides what to say of it.

use super::PairFile;

/// What a file of certificates is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What Quay serves, `ssl.cert`: its own certificate first, then those that issued it.
    Server,
    /// What Quay trusts, such as `extra_ca_cert_*`, `ldap.crt` and `database.pem`: any number, in any order.
    Trusted,
}

impl Role {
    /// What a file of that role is for.
    pub(super) fn purpose(self) -> &'static Purpose {
        match self {
            Self::Server => &Purpose::SERVER_CERT,
            Self::Trusted => &Purpose::TRUSTED,
        }
    }
}

/// What messages about a file need to know of it.
#[derive(Debug)]
pub(super) struct Purpose {
    /// The file that its problems are in.
    pub file: PairFile,
    /// What it must hold.
    pub wanted: &'static str,
    /// What to do when a certificate stands where a key is wanted, or the reverse.
    pub swapped: &'static str,
    /// The name of the file in a command.
    pub name: &'static str,
    /// Who shows it.
    pub shown_by: &'static str,
    /// Why a key of another kind does not do.
    pub takes: &'static str,
    /// How to come by a key that does.
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
    /// The key that signs URLs for CloudFront (guide 7.1.6). Quay signs them with RSA and SHA-1, whatever CloudFront
    /// takes besides.
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
