//! The certificate of the controller.

use super::SealError;
use crate::pki::{self, ProblemKind};
use der::Decode as _;
use der::oid::db::rfc5912::RSA_ENCRYPTION;
use getrandom::SysRng;
use pkcs1::RsaPublicKeyRef;
use rsa::{BoxedUint, Oaep, PublicKey};
use sha2::{Digest as _, Sha256};
use std::fmt;
use x509_cert::Certificate;

/// NIST SP 800-131A: shorter keys must no longer encrypt.
const SHORTEST: usize = 2048;

/// The public key for sealing, as the controller publishes it.
#[derive(Clone)]
pub struct ControllerCertificate {
    key: PublicKey,
    fingerprint: String,
    ends: u64,
}

impl ControllerCertificate {
    /// Reads `pem`, one `CERTIFICATE` block. Text around it is skipped, as by kubeseal. The certificate proves
    /// nothing and its signature is not checked: it is only the form in which the controller publishes its public key.
    ///
    /// # Errors
    /// [`SealError::PrivateKey`] first of all: such a text must not stay where it is. [`SealError::Pem`] for an invalid
    /// text, [`SealError::NotAlone`] for a second block, and for an unsuitable key
    /// [`SealError::OtherAlgorithm`], [`SealError::ShortKey`], [`SealError::LongKey`] or [`SealError::BadKey`].
    pub fn parse(pem: &[u8]) -> Result<Self, SealError> {
        if contains(pem, b"PRIVATE KEY-----") {
            let marks: [&[u8]; 2] = [b"ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];
            return Err(SealError::PrivateKey { encrypted: marks.iter().any(|mark| contains(pem, mark)) });
        }
        if let Some(problem) = pki::check_certificates(pem).into_iter().next() {
            return Err(SealError::Pem { kind: problem.kind, line: problem.line, message: problem.message });
        }
        let der = pki::only_certificate(pem).ok_or(SealError::NotAlone)?;
        let certificate = Certificate::from_der(&der).map_err(|_| unreadable())?;
        let tbs = certificate.tbs_certificate();
        let info = tbs.subject_public_key_info();
        if info.algorithm.oid != RSA_ENCRYPTION {
            return Err(SealError::OtherAlgorithm);
        }
        let bits = info.subject_public_key.as_bytes().ok_or(SealError::BadKey)?;
        let key = RsaPublicKeyRef::from_der(bits).map_err(|_| SealError::BadKey)?;
        Ok(Self {
            key: public_key(key.modulus.as_bytes(), key.public_exponent.as_bytes())?,
            fingerprint: Sha256::digest(&der).iter().map(|byte| format!("{byte:02x}")).collect(),
            ends: tbs.validity().not_after.to_unix_duration().as_secs(),
        })
    }

    /// The SHA-256 of the certificate's DER in 64 lower-case hexadecimal digits, which `openssl x509 -fingerprint
    /// -sha256` prints with colons. Another certificate has another one, even for the same key.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// When the certificate ends, in seconds since 1970. The controller still decrypts what was sealed with it later,
    /// but kubeseal refuses it after that time, since the controller has a newer one by then.
    #[must_use]
    pub fn ends(&self) -> u64 {
        self.ends
    }

    /// RSA-OAEP with SHA-256 for the label and for MGF1, as Go's `rsa.EncryptOAEP` does it.
    pub(super) fn encrypt(&self, session: &[u8; 32], label: String) -> Result<Vec<u8>, SealError> {
        let padding = Oaep::<Sha256>::new_with_label(label.into_bytes());
        self.key.encrypt(&mut SysRng, padding, session).map_err(|error| match error {
            rsa::Error::Rng => SealError::Random,
            _ => SealError::BadKey,
        })
    }
}

/// Prints the fingerprint only: the key's digits are of no use to a reader.
impl fmt::Debug for ControllerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControllerCertificate").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// A key from the two numbers, big-endian.
fn public_key(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, SealError> {
    let [modulus, exponent] = [modulus, exponent].map(BoxedUint::from_be_slice_vartime);
    PublicKey::new_with_size_limits(modulus, exponent, SHORTEST..=PublicKey::MAX_SIZE).map_err(|error| match error {
        rsa::Error::ModulusTooSmall => SealError::ShortKey,
        rsa::Error::ModulusTooLarge => SealError::LongKey,
        _ => SealError::BadKey,
    })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn unreadable() -> SealError {
    let message = "has a certificate block that holds no X.509 certificate".to_owned();
    SealError::Pem { kind: ProblemKind::BadCertificate, line: 0, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An odd number of so many bits.
    fn number(bits: usize) -> Vec<u8> {
        let mut bytes = vec![0xff; bits.div_ceil(8)];
        bytes[0] >>= bytes.len() * 8 - bits;
        bytes
    }

    #[test]
    fn keys_of_usual_length_are_taken() {
        let made = |bits, exponent: &[u8]| public_key(&number(bits), exponent).map(|_| ());
        for bits in [2048, 2049, 3072, 4096, 8192] {
            assert_eq!(made(bits, &[1, 0, 1]), Ok(()), "{bits}");
        }
        assert_eq!(made(4096, &[3]), Ok(()));
        for (bits, wanted) in [
            (1, SealError::ShortKey),
            (1024, SealError::ShortKey),
            (2047, SealError::ShortKey),
            (8193, SealError::LongKey),
            (65_536, SealError::LongKey),
        ] {
            assert_eq!(made(bits, &[1, 0, 1]), Err(wanted), "{bits}");
        }
    }

    #[test]
    fn numbers_that_cannot_encrypt_are_refused() {
        for exponent in [&[0][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &number(2048)] {
            assert_eq!(public_key(&number(2048), exponent).map(|_| ()), Err(SealError::BadKey), "{exponent:?}");
        }
        let mut even = number(2048);
        even.pop();
        even.push(0xfe);
        assert_eq!(public_key(&even, &[1, 0, 1]).map(|_| ()), Err(SealError::BadKey));
    }

    #[test]
    fn a_private_key_is_told_before_all_else() {
        for (text, encrypted) in [
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", false),
            ("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", false),
            ("\u{feff}-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", false),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n", false),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", true),
            ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n", true),
        ] {
            let error = ControllerCertificate::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error, SealError::PrivateKey { encrypted }, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_named() {
        let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        for (text, wanted) in [
            (String::new(), ProblemKind::Empty),
            ("hello\n".to_owned(), ProblemKind::NoBlock),
            (format!("\u{feff}{}", block("CERTIFICATE")), ProblemKind::ByteOrderMark),
            ("-\0-\0-\0".to_owned(), ProblemKind::ByteOrderMark),
            ("0\u{1}\0".to_owned(), ProblemKind::Der),
            (block("CERTIFICATE"), ProblemKind::BadCertificate),
            (block("PUBLIC KEY"), ProblemKind::WrongContent),
            (block("CERTIFICATE REQUEST"), ProblemKind::WrongContent),
            (block("TRUSTED CERTIFICATE"), ProblemKind::TrustedCertificate),
            (block("CERTIFICATE").replace('\n', " "), ProblemKind::Malformed),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n".to_owned(), ProblemKind::Truncated),
        ] {
            match ControllerCertificate::parse(text.as_bytes()) {
                Err(SealError::Pem { kind, .. }) => assert_eq!(kind, wanted, "{text:?}"),
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }
}
