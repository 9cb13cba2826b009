//! Which certificates and keys are not allowed on a cluster in FIPS mode (guide 6.3).
//!
//! There, validated modules do the cryptography (FIPS 140-3). Only what all of these accept is allowed:
//!
//! - SP 800-131A Rev. 2, 3 and 9: RSA from 2048 bits on; no signature with SHA-1 or an older hash.
//! - FIPS 186-5: no DSA, and no curves but those of SP 800-186. It has Ed25519 and Ed448; FIPS 186-4
//!   before it has not, and RHEL 8 and 9 leave them out.
//! - The system-wide policy `FIPS` of RHEL: RSA from 2048 bits on, no SHA-1, no DSA, no EdDSA, P-256, P-384 and P-521.
//! - Go's TLS in FIPS mode: RSA from 2048 bits on, P-256, P-384 and P-521. Ed25519 passes with Go's own module, not with
//!   OpenSSL's, which Red Hat's Go uses.

use super::chain::{self, Chain, Link};
use super::key::is_common_curve;
use super::label::{Content, KeyForm};
use super::pem;
use super::purpose::Role;
use super::{PairFile, Problem, ProblemKind};
use der::asn1::ObjectIdentifier;
use der::oid::db::{rfc5639, rfc5912, rfc8410};
use der::{Any, Decode as _, Encode as _};
use pkcs1::{RsaPrivateKeyRef, RsaPssParams, RsaPublicKeyRef};
use pkcs8::PrivateKeyInfoRef;
use sec1::{EcParameters, EcPrivateKey};
use x509_cert::TbsCertificate;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// SP 800-131A Rev. 2, table 2: 112 bits of strength.
const LEAST_RSA_BITS: usize = 2048;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// The hashes allowed in a signature: SHA-2 and SHA-3, without the truncated SHA-512 that no certificate uses.
const HASHES: &[ObjectIdentifier] = &[
    rfc5912::ID_SHA_224,
    rfc5912::ID_SHA_256,
    rfc5912::ID_SHA_384,
    rfc5912::ID_SHA_512,
    oid("2.16.840.1.101.3.4.2.7"),  // SHA3-224
    oid("2.16.840.1.101.3.4.2.8"),  // SHA3-256
    oid("2.16.840.1.101.3.4.2.9"),  // SHA3-384
    oid("2.16.840.1.101.3.4.2.10"), // SHA3-512
];

/// The allowed signature algorithms; RSA-PSS is allowed with an allowed hash.
const SIGNATURES: &[ObjectIdentifier] = &[
    rfc5912::SHA_224_WITH_RSA_ENCRYPTION,
    rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
    rfc5912::SHA_384_WITH_RSA_ENCRYPTION,
    rfc5912::SHA_512_WITH_RSA_ENCRYPTION,
    rfc5912::ECDSA_WITH_SHA_224,
    rfc5912::ECDSA_WITH_SHA_256,
    rfc5912::ECDSA_WITH_SHA_384,
    rfc5912::ECDSA_WITH_SHA_512,
    oid("2.16.840.1.101.3.4.3.9"),  // ECDSA with SHA3-224
    oid("2.16.840.1.101.3.4.3.10"), // ECDSA with SHA3-256
    oid("2.16.840.1.101.3.4.3.11"), // ECDSA with SHA3-384
    oid("2.16.840.1.101.3.4.3.12"), // ECDSA with SHA3-512
    oid("2.16.840.1.101.3.4.3.13"), // RSA with SHA3-224
    oid("2.16.840.1.101.3.4.3.14"), // RSA with SHA3-256
    oid("2.16.840.1.101.3.4.3.15"), // RSA with SHA3-384
    oid("2.16.840.1.101.3.4.3.16"), // RSA with SHA3-512
];

/// Names for messages, of algorithms that are not allowed; others are named by their object identifier.
const NAMES: &[(ObjectIdentifier, &str)] = &[
    // Signatures and hashes.
    (rfc5912::MD_2_WITH_RSA_ENCRYPTION, "MD2 with RSA"),
    (oid("1.2.840.113549.1.1.3"), "MD4 with RSA"),
    (oid("1.3.14.3.2.2"), "MD4 with RSA"),
    (oid("1.3.14.3.2.4"), "MD4 with RSA"),
    (rfc5912::MD_5_WITH_RSA_ENCRYPTION, "MD5 with RSA"),
    (oid("1.3.14.3.2.3"), "MD5 with RSA"),
    (rfc5912::SHA_1_WITH_RSA_ENCRYPTION, "SHA-1 with RSA"),
    (oid("1.3.14.3.2.29"), "SHA-1 with RSA"),
    (oid("1.2.840.10045.4.1"), "SHA-1 with ECDSA"),
    (rfc5912::DSA_WITH_SHA_1, "SHA-1 with DSA"),
    (oid("1.3.14.3.2.27"), "SHA-1 with DSA"),
    (rfc5912::DSA_WITH_SHA_224, "SHA-224 with DSA"),
    (rfc5912::DSA_WITH_SHA_256, "SHA-256 with DSA"),
    (rfc5912::ID_SHA_1, "SHA-1"),
    (rfc5912::ID_MD_5, "MD5"),
    // Key algorithms, whose identifiers also name signatures if they have only one.
    (rfc5912::ID_DSA, "DSA"),
    (rfc8410::ID_ED_25519, "Ed25519"),
    (rfc8410::ID_ED_448, "Ed448"),
    (rfc8410::ID_X_25519, "X25519"),
    (rfc8410::ID_X_448, "X448"),
    // Curves.
    (oid("1.2.840.10045.3.1.1"), "P-192"),
    (rfc5912::SECP_224_R_1, "P-224"),
    (oid("1.3.132.0.10"), "secp256k1"),
    (rfc5639::BRAINPOOL_P_256_R_1, "brainpoolP256r1"),
    (rfc5639::BRAINPOOL_P_384_R_1, "brainpoolP384r1"),
    (rfc5639::BRAINPOOL_P_512_R_1, "brainpoolP512r1"),
];

fn name(oid: ObjectIdentifier) -> String {
    NAMES.iter().find(|row| row.0 == oid).map_or_else(|| oid.to_string(), |row| row.1.to_owned())
}

/// The problems of the certificates in `pem`, a file of that role, in FIPS mode: signatures
/// ([`ProblemKind::FipsSignature`]) and public keys ([`ProblemKind::FipsKey`]) of every certificate.
///
/// The signature of a self-signed certificate is exempt: as a trust anchor it is trusted as such, and neither OpenSSL
/// (`ssl_security_cert_sig` and `internal_verify` skip it) nor Go verifies its signature. The server's own certificate
/// is no anchor, even if self-signed: SP 800-52 Rev. 2, 3.2, requires 112 bits for its signature.
///
/// An unreadable file gives no problems here; [`check_pair`](super::check_pair) and
/// [`check_certificates`](super::check_certificates) report it. The file of all problems is [`PairFile::Cert`].
#[must_use]
pub fn fips_certificates(pem: &[u8], role: Role) -> Vec<Problem> {
    let chain = chain::read(pem, role.purpose(), &mut Vec::new());
    let own = (role == Role::Server).then(|| chain::leaf(&chain.links));
    let mut problems = Vec::new();
    for (index, link) in chain.links.iter().enumerate() {
        let tbs = link.certificate.tbs_certificate();
        if (own == Some(index) || !signs_itself(tbs))
            && let Some(what) = weak_signature(link.certificate.signature_algorithm())
        {
            problems.push(weak_certificate(
                ProblemKind::FipsSignature,
                link,
                &chain,
                &format!("is signed with {what}"),
            ));
        }
        if let Some(what) = Kind::of_certificate(tbs.subject_public_key_info()).and_then(Kind::weakness) {
            problems.push(weak_certificate(ProblemKind::FipsKey, link, &chain, &format!("has {what}")));
        }
    }
    problems
}

/// A [`ProblemKind::FipsKey`] if the first private key of `pem` is not allowed in FIPS mode.
///
/// An encrypted or unreadable key gives no problem here; [`check_pair`](super::check_pair) and
/// [`check_private_key`](super::check_private_key) report it. The file of the problem is [`PairFile::Key`].
#[must_use]
pub fn fips_private_key(pem: &[u8]) -> Option<Problem> {
    let reading = pem::read(pem);
    let block = reading.blocks.iter().find(|block| block.content.is_key())?;
    let (Content::Key(form), Some(der)) = (block.content, &block.der) else { return None };
    let what = Kind::of_private_key(form, der)?.weakness()?;
    Some(Problem {
        kind: ProblemKind::FipsKey,
        file: PairFile::Key,
        line: block.line,
        message: format!("holds {what}, which does not pass in FIPS mode"),
        hint: Some(hint(ProblemKind::FipsKey).to_owned()),
    })
}

fn weak_certificate(kind: ProblemKind, link: &Link, chain: &Chain, what: &str) -> Problem {
    let message = format!("{} {what}, which does not pass in FIPS mode", chain.name(link));
    Problem { kind, file: PairFile::Cert, line: link.line, message, hint: Some(hint(kind).to_owned()) }
}

fn hint(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::FipsSignature => "have it issued anew, signed with SHA-256 or better by an RSA or ECDSA key",
        _ => "what passes is RSA from 2048 bits on, and ECDSA on P-256, P-384 or P-521; make such a key",
    }
}

/// Whether it is self-signed, by OpenSSL's criteria: the names, and the key identifiers if it has both (a CA that
/// changes its key may issue a certificate to its own name).
fn signs_itself(tbs: &TbsCertificate) -> bool {
    let own = tbs.get_extension::<SubjectKeyIdentifier>().ok().flatten().map(|(_, own)| own.0);
    let issuer = tbs.get_extension::<AuthorityKeyIdentifier>().ok().flatten().and_then(|(_, id)| id.key_identifier);
    tbs.subject() == tbs.issuer() && own.zip(issuer).is_none_or(|(own, issuer)| own == issuer)
}

/// The name of a signature algorithm that is not allowed.
fn weak_signature(algorithm: &AlgorithmIdentifierOwned) -> Option<String> {
    if algorithm.oid != rfc5912::ID_RSASSA_PSS {
        return (!SIGNATURES.contains(&algorithm.oid)).then(|| name(algorithm.oid));
    }
    // Without parameters, or without a hash among them, RSA-PSS uses SHA-1 (RFC 8017, A.2.3).
    let parameters = algorithm.parameters.as_ref().and_then(|any| any.to_der().ok());
    let hash = parameters.map(|der| RsaPssParams::<Any>::from_der(&der).map(|parameters| parameters.hash.oid));
    match hash.unwrap_or(Ok(rfc5912::ID_SHA_1)) {
        Ok(hash) => (!HASHES.contains(&hash)).then(|| format!("{} with RSA-PSS", name(hash))),
        Err(_) => Some("RSA-PSS with parameters that are not readable".to_owned()),
    }
}

/// The kind of a key, including those that TLS does not support.
enum Kind {
    /// The bits of the modulus.
    Rsa(usize),
    /// The curve, if it is a named one.
    Ec(Option<ObjectIdentifier>),
    Other(ObjectIdentifier),
}

impl Kind {
    fn of_certificate(info: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        let bits = info.subject_public_key.as_bytes()?;
        Some(match info.algorithm.oid {
            rfc5912::RSA_ENCRYPTION | rfc5912::ID_RSASSA_PSS => Self::rsa(&RsaPublicKeyRef::from_der(bits).ok()?),
            rfc5912::ID_EC_PUBLIC_KEY => {
                Self::Ec(info.algorithm.parameters.as_ref().and_then(|any| any.decode_as().ok()))
            }
            other => Self::Other(other),
        })
    }

    fn of_private_key(form: KeyForm, der: &[u8]) -> Option<Self> {
        Some(match form {
            KeyForm::Pkcs1 => Self::rsa(&RsaPrivateKeyRef::from_der(der).ok()?.public_key()),
            KeyForm::Sec1 => Self::Ec(EcPrivateKey::from_der(der).ok()?.parameters.and_then(EcParameters::named_curve)),
            KeyForm::Dsa => Self::Other(rfc5912::ID_DSA),
            KeyForm::Pkcs8 => {
                let info = PrivateKeyInfoRef::from_der(der).ok()?;
                match info.algorithm.oid {
                    rfc5912::RSA_ENCRYPTION | rfc5912::ID_RSASSA_PSS => {
                        return Self::of_private_key(KeyForm::Pkcs1, info.private_key.as_bytes());
                    }
                    rfc5912::ID_EC_PUBLIC_KEY => Self::Ec(info.algorithm.parameters_oid().ok()),
                    other => Self::Other(other),
                }
            }
        })
    }

    fn rsa(key: &RsaPublicKeyRef<'_>) -> Self {
        let modulus = key.modulus.as_bytes();
        let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        Self::Rsa((modulus.len() * 8).saturating_sub(unused))
    }

    /// A description of the key if it is not allowed: `an RSA key of 1024 bits`.
    fn weakness(self) -> Option<String> {
        match self {
            Self::Rsa(bits) => (bits < LEAST_RSA_BITS).then(|| format!("an RSA key of {bits} bits")),
            Self::Ec(None) => Some("a key on an elliptic curve that is not named".to_owned()),
            Self::Ec(Some(curve)) => (!is_common_curve(curve)).then(|| format!("a key on the curve {}", name(curve))),
            Self::Other(algorithm) => Some(format!("a key of the algorithm {}", name(algorithm))),
        }
    }
}
