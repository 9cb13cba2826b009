//! Sealed Secrets: values encrypted for the controller in the cluster, which alone can decrypt them.
//!
//! The controller (bitnami-labs/sealed-secrets) makes an RSA key pair and publishes the public half as a certificate;
//! `kubeseal --fetch-cert` prints it. Values sealed with it may be committed: the controller makes a Secret of them,
//! but only under the namespace and name that the [`Scope`] binds them to. [`seal`] writes what `kubeseal --raw`
//! writes. [`digest()`] lets the committed file recognize a plain value, because each sealing gives a different text.
//!
//! Only [`seal`] takes random bytes from the system; nothing here reads a clock. kubeseal refuses a certificate that
//! has ended: a caller with a clock compares [`ControllerCertificate::ends`].

mod certificate;
mod digest;
mod hybrid;
mod scope;

pub use certificate::ControllerCertificate;
pub use digest::{DigestKey, digest};
pub use hybrid::{LONGEST, seal};
pub use scope::Scope;

use crate::pki::ProblemKind;
use std::fmt;

/// Why a certificate cannot be used or a value cannot be sealed.
///
/// The message is about the certificate or the value: `holds a private key`. It never repeats a word of either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealError {
    /// The text is not a valid PEM, or not that of an X.509 certificate.
    Pem {
        /// The kind of problem.
        kind: ProblemKind,
        /// The line of the text, from 1; 0 for the text as a whole.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// There is a private key in place of the certificate or next to it.
    PrivateKey {
        /// Whether it is encrypted.
        encrypted: bool,
    },
    /// There is something else next to the one certificate.
    NotAlone,
    /// The certificate is for a key that is not RSA.
    OtherAlgorithm,
    /// The RSA key is too short to be safe.
    ShortKey,
    /// The RSA key is longer than any key in use.
    LongKey,
    /// The RSA key's numbers cannot be used to encrypt.
    BadKey,
    /// The scope binds to a namespace or name that is empty or not valid for an object.
    Unnamed(Scope),
    /// The value has more than [`LONGEST`] bytes.
    TooLong,
    /// The system gave no random bytes.
    Random,
}

const FETCH: &str = "give the certificate that kubeseal --fetch-cert prints";

impl SealError {
    /// The message and the hint.
    fn texts(&self) -> (&str, &'static str) {
        match self {
            Self::Pem { kind: ProblemKind::ByteOrderMark, message, .. } => {
                (message, "save the text as UTF-8 without a byte order mark")
            }
            Self::Pem { kind: ProblemKind::Malformed | ProblemKind::Truncated, message, .. } => (
                message,
                "give what kubeseal --fetch-cert prints, every line on its own: in YAML as a block, certificate: |",
            ),
            Self::Pem { message, .. } => (message, FETCH),
            Self::PrivateKey { encrypted: false } => (
                "holds a private key",
                "take it out, and replace the key if anybody has seen it; kubeseal --fetch-cert prints the certificate",
            ),
            Self::PrivateKey { encrypted: true } => {
                ("holds an encrypted private key", "take it out; kubeseal --fetch-cert prints the certificate")
            }
            Self::NotAlone => ("holds more than one certificate", "leave only the controller's own certificate there"),
            Self::OtherAlgorithm => ("is for a key that is not RSA, and values are sealed with RSA", FETCH),
            Self::ShortKey => {
                ("is for an RSA key of less than 2048 bits", "give the controller a key of 4096 bits, its own default")
            }
            Self::LongKey => {
                ("is for an RSA key of more than 8192 bits", "give the controller a key of 4096 bits, its own default")
            }
            Self::BadKey => ("is for an RSA key that nothing can be encrypted with", FETCH),
            Self::Unnamed(Scope::Strict) => {
                ("is to be sealed for one Secret, but its namespace or name is missing or has a slash", NAME)
            }
            Self::Unnamed(_) => ("is to be sealed for one namespace, but that is missing or has a slash", NAME),
            Self::TooLong => ("is longer than a Secret may be (1 MiB)", "shorten it"),
            Self::Random => ("cannot be sealed: the system gives no random bytes", "run it where getrandom(2) works"),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.texts().1
    }
}

const NAME: &str = "name the namespace and the Secret as they are in the cluster";

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts().0)
    }
}

impl std::error::Error for SealError {}
