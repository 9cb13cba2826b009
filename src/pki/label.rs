//! The labels of PEM blocks.

/// What the label of a block says about its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// An X.509 certificate.
    Certificate,
    /// An X.509 certificate followed by OpenSSL's own trust settings.
    TrustedCertificate,
    /// A private key, in the form that the label names.
    Key(KeyForm),
    /// An encrypted private key (PKCS#8).
    EncryptedKey,
    /// A private key in a form that TLS servers do not accept.
    ForeignKey,
    /// Parameters, which every reader skips.
    Parameters,
    /// Anything else.
    Other,
}

impl Content {
    /// Whether it is a private key, in any form.
    pub fn is_key(self) -> bool {
        matches!(self, Self::Key(_) | Self::EncryptedKey | Self::ForeignKey)
    }
}

/// The encoding of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyForm {
    /// RFC 5208 and 5958, any algorithm.
    Pkcs8,
    /// RFC 8017, RSA only.
    Pkcs1,
    /// RFC 5915, elliptic curves only.
    Sec1,
    /// OpenSSL's own, DSA only.
    Dsa,
}

/// The known labels: label, content, and its description in messages.
///
/// A message never quotes a label from the file, so that no text of a key file can reach it.
const LABELS: &[(&str, Content, &str)] = &[
    ("CERTIFICATE", Content::Certificate, "a certificate"),
    ("TRUSTED CERTIFICATE", Content::TrustedCertificate, "an OpenSSL trusted certificate"),
    ("X509 CERTIFICATE", Content::Other, "a certificate under the old label X509 CERTIFICATE"),
    ("PRIVATE KEY", Content::Key(KeyForm::Pkcs8), "a private key"),
    ("RSA PRIVATE KEY", Content::Key(KeyForm::Pkcs1), "an RSA private key"),
    ("EC PRIVATE KEY", Content::Key(KeyForm::Sec1), "an EC private key"),
    ("ENCRYPTED PRIVATE KEY", Content::EncryptedKey, "an encrypted private key"),
    ("OPENSSH PRIVATE KEY", Content::ForeignKey, "an OpenSSH private key"),
    ("DSA PRIVATE KEY", Content::Key(KeyForm::Dsa), "a DSA private key"),
    ("EC PARAMETERS", Content::Parameters, "EC parameters"),
    ("DH PARAMETERS", Content::Parameters, "Diffie-Hellman parameters"),
    ("PUBLIC KEY", Content::Other, "a public key"),
    ("RSA PUBLIC KEY", Content::Other, "an RSA public key"),
    ("CERTIFICATE REQUEST", Content::Other, "a certificate request"),
    ("NEW CERTIFICATE REQUEST", Content::Other, "a certificate request"),
    ("PKCS7", Content::Other, "a PKCS#7 bundle"),
    ("X509 CRL", Content::Other, "a revocation list"),
];

/// The content of a block with that label, and its description.
pub(super) fn meaning(label: &[u8]) -> (Content, &'static str) {
    let known = LABELS.iter().find(|(name, ..)| name.as_bytes() == label);
    known.map_or((Content::Other, "a block of another kind"), |&(_, content, words)| (content, words))
}
