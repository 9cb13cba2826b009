//! Certificates and keys: checks those of a config bundle, makes those that it lacks.
//!
//! Quay serves TLS with `ssl.cert` and `ssl.key` of the config bundle (guide 7.1.2.1). They are read by Go (Quay's
//! validator), OpenSSL (nginx) and Python, so [`check_pair`] refuses what any of the three refuses. If the bundle has
//! none, the operator makes them anew at every reconcile; here [`issue_ca`] and [`issue_leaf`] make them when the user
//! asks, and [`leaf_may_stay`] tells whether existing ones may stay.
//!
//! Nothing here reads a clock: callers pass the seconds since 1970 where needed. Checking is pure; only making
//! certificates takes random bytes from the system.

mod anchor;
mod chain;
mod date;
mod fips;
mod host;
mod issue;
mod key;
mod label;
mod pair;
mod pem;
mod purpose;
mod recipient;
mod renewal;
mod validity;

pub use anchor::{anchors, certificates, holds_anchor};
pub use chain::{is_certificates_only, only_certificate};
pub use date::{Date, DateError};
pub use fips::{fips_certificates, fips_private_key};
pub use issue::{IssueError, issue_ca, issue_leaf};
pub use pair::{check_certificates, check_clair_pair, check_client_pair, check_pair, check_private_key};
pub use purpose::Role;
pub use recipient::recipient_problem;
pub use renewal::{leaf_may_stay, not_after};
pub use validity::validity;

use crate::diagnostic::{Code, codes};
use crate::secret::Secret;

/// The file that has a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairFile {
    /// `ssl.cert`, or the only file if there is just one.
    Cert,
    /// `ssl.key`.
    Key,
}

impl PairFile {
    /// The name that the file has in the config bundle.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cert => "ssl.cert",
            Self::Key => "ssl.key",
        }
    }
}

/// What kind of problem it is; stable, so that callers and tests can rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The file is empty.
    Empty,
    /// The file begins with a byte order mark, or is UTF-16.
    ByteOrderMark,
    /// The file is binary (DER, PKCS#12) instead of PEM.
    Der,
    /// There is no PEM block in the file.
    NoBlock,
    /// A block has no end, or an end has no beginning.
    Truncated,
    /// A block that some readers refuse: a broken marker, indentation, an empty line, a body that is not base64.
    Malformed,
    /// A block holds something other than what the file is for.
    WrongContent,
    /// OpenSSL's `TRUSTED CERTIFICATE`, which only OpenSSL reads.
    TrustedCertificate,
    /// A `CERTIFICATE` block that holds no X.509 certificate.
    BadCertificate,
    /// The private key is encrypted.
    EncryptedKey,
    /// A private key block whose content does not match its label.
    BadKey,
    /// A key of a kind or curve that TLS servers do not accept.
    UnsupportedKey,
    /// The private key belongs to another certificate.
    KeyMismatch,
    /// The server's own certificate is not the first.
    ChainOrder,
    /// The certificate names its host only as common name, which clients no longer check.
    NoAlternativeName,
    /// The certificate is not valid for a host.
    HostMismatch,
    /// A private key in a file of certificates to trust.
    StrayKey,
    /// A certificate that Quay serves has expired on the given date.
    Expired,
    /// A certificate that Quay serves is not valid yet on the given date.
    NotYetValid,
    /// A certificate to trust is no longer or not yet valid on the given date.
    TrustedNotValid,
    /// A certificate ends within 30 days of the given date.
    EndsSoon,
    /// No date was given: how long the certificate is valid.
    ValidUntil,
    /// A signature that is not allowed in FIPS mode.
    FipsSignature,
    /// A key that is not allowed in FIPS mode.
    FipsKey,
}

impl ProblemKind {
    /// The code of the diagnostic, which determines the severity: `tls-pair` for mismatches of certificate, key and
    /// hosts, one for each result about a date, `fips-certificate`, and `tls-pem` for problems of a single file.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::KeyMismatch | Self::ChainOrder | Self::NoAlternativeName | Self::HostMismatch => codes::TLS_PAIR,
            Self::StrayKey => codes::TLS_STRAY_KEY,
            Self::Expired | Self::NotYetValid => codes::TLS_EXPIRED,
            Self::TrustedNotValid => codes::TLS_TRUSTED_EXPIRED,
            Self::EndsSoon => codes::TLS_ENDS_SOON,
            Self::ValidUntil => codes::TLS_VALID_UNTIL,
            Self::FipsSignature | Self::FipsKey => codes::FIPS_CERTIFICATE,
            _ => codes::TLS_PEM,
        }
    }
}

/// One problem of a PEM file. It never holds key material; names in a certificate are public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem.
    pub kind: ProblemKind,
    /// The file with the problem.
    pub file: PairFile,
    /// The line, from 1, of the block or the fault; 0 for the file as a whole.
    pub line: u32,
    /// What is wrong, with the file as its subject: `holds no certificate`.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A certificate (followed by those that issued it) and its private key, both as PEM.
///
/// The key leaves memory when the pair is dropped, and `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct Pair {
    /// `CERTIFICATE` blocks, that of the key first.
    pub cert: String,
    /// One `PRIVATE KEY` block (PKCS#8).
    pub key: Secret,
}
