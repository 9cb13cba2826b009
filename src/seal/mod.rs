//! Sealed Secrets: a value encrypted for the controller in the cluster, which alone can open it.
//!
//! The controller (bitnami-labs/sealed-secrets) makes an RSA key pair and hands out the public half as a certificate;
//! `kubeseal --fetch-cert` prints it. What is sealed with it may be committed: the controller makes a Secret of it, but
//! only under the namespace and name that the [`Scope`] binds it to. [`seal`] writes what `kubeseal --raw` writes, and
//! [`digest()`] what the committed file knows a plain value again by, since a sealed value is another one each time.
//!
//! Only [`seal`] takes random bytes from the system; nothing here reads a clock. kubeseal refuses a certificate that
//! has ended: who has a clock compares [`ControllerCertificate::ends`].

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
/// The message has the certificate or the value as its subject: `holds a private key`. It never holds a word of either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealError {
    /// The text is not a sound PEM, or not that of an X.509 certificate.
    Pem {
        /// What kind of problem.
        kind: ProblemKind,
        /// The line of the text, from 1; 0 for the text as a whole.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// A private key stands in the certificate's place or beside it.
    PrivateKey {
        /// Whether it is encrypted.
        encrypted: bool,
    },
    /// There is something else beside the one certificate.
    NotAlone,
    /// The certificate is for a key that is not RSA.
    OtherAlgorithm,
    /// The RSA key is too short to be safe.
    ShortKey,
    /// The RSA key is longer than anything that is in use.
    LongKey,
    /// The RSA key's numbers are none that one can encrypt with.
    BadKey,
    /// The scope binds to a namespace or name that is empty or no name of an object.
    Unnamed(Scope),
    /// The value has more than [`LONGEST`] bytes.
    TooLong,
    /// The system gave no random bytes.
    Random,
}

const FETCH: &str = "give the certificate that kubeseal --fetch-cert prints";

impl SealError {
    /// What is wrong and what to do about it.
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
