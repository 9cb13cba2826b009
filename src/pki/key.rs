//! The public key of a certificate or of a private key, in a comparable form.

use super::ProblemKind;
use super::label::KeyForm;
use der::Decode as _;
use der::asn1::ObjectIdentifier;
use der::oid::db::{rfc5912, rfc8410};
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, SecretKey};
use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef};
use pkcs8::PrivateKeyInfoRef;
use sec1::EcPrivateKey;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use zeroize::Zeroizing;

/// A public key of a kind that TLS servers accept.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    /// The point, uncompressed (SEC 1, 2.3.3).
    Ec { curve: Curve, point: Vec<u8> },
    /// RFC 8032.
    Ed25519([u8; 32]),
}

/// The curves that Go, OpenSSL and FIPS 186 have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// Curve, object identifier, length of a private key in bytes, name.
const CURVES: &[(Curve, ObjectIdentifier, usize, &str)] = &[
    (Curve::P256, rfc5912::SECP_256_R_1, 32, "ECDSA P-256"),
    (Curve::P384, rfc5912::SECP_384_R_1, 48, "ECDSA P-384"),
    (Curve::P521, rfc5912::SECP_521_R_1, 66, "ECDSA P-521"),
];

/// Why a key cannot be used, without key material. The hint depends on the file, so the caller adds it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    pub kind: ProblemKind,
    pub message: String,
}

impl Unusable {
    fn unsupported(message: impl Into<String>) -> Self {
        Self { kind: ProblemKind::UnsupportedKey, message: message.into() }
    }

    fn broken(message: &str) -> Self {
        Self { kind: ProblemKind::BadKey, message: message.to_owned() }
    }
}

impl PublicKey {
    /// The algorithm, for a message: `RSA`, `ECDSA P-256`.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RSA",
            Self::Ec { curve, .. } => CURVES.iter().find(|row| row.0 == *curve).map_or("ECDSA", |row| row.3),
            Self::Ed25519(_) => "Ed25519",
        }
    }

    /// The public key in a certificate (RFC 5280, 4.1.2.7).
    pub fn of_certificate(info: &SubjectPublicKeyInfoOwned) -> Result<Self, Unusable> {
        let unreadable = || Unusable {
            kind: ProblemKind::BadCertificate,
            message: "has a certificate whose public key is not readable".to_owned(),
        };
        let bits = info.subject_public_key.as_bytes().ok_or_else(unreadable)?;
        match info.algorithm.oid {
            rfc5912::RSA_ENCRYPTION => RsaPublicKeyRef::from_der(bits).map(rsa).map_err(|_| unreadable()),
            rfc5912::ID_EC_PUBLIC_KEY => {
                let named = info.algorithm.parameters.as_ref().and_then(|any| any.decode_as().ok());
                let (curve, _) = known_curve(named, "has a certificate")?;
                if bits.first() != Some(&4) {
                    return Err(Unusable::unsupported("has a certificate whose public key is a compressed point"));
                }
                Ok(Self::Ec { curve, point: bits.to_vec() })
            }
            rfc8410::ID_ED_25519 => bits.try_into().map(Self::Ed25519).map_err(|_| unreadable()),
            other => Err(Unusable::unsupported(format!("has a certificate for a key of algorithm {other}"))),
        }
    }

    /// The public key of the private key `der`, whose label gives its `form`.
    pub fn of_private_key(form: KeyForm, der: &[u8]) -> Result<Self, Unusable> {
        match form {
            KeyForm::Pkcs1 => of_pkcs1(der),
            KeyForm::Sec1 => of_sec1(der, None),
            KeyForm::Pkcs8 => of_pkcs8(der),
            KeyForm::Dsa => Err(Unusable::unsupported("holds a DSA private key")),
        }
    }
}

fn of_pkcs1(der: &[u8]) -> Result<PublicKey, Unusable> {
    let key = RsaPrivateKeyRef::from_der(der);
    let key = key.map_err(|_| Unusable::broken("has an RSA private key block that holds no RSA key (PKCS#1)"))?;
    Ok(rsa(key.public_key()))
}

fn of_pkcs8(der: &[u8]) -> Result<PublicKey, Unusable> {
    let broken = || Unusable::broken("has a private key block that holds no key (PKCS#8)");
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| broken())?;
    let inner = info.private_key.as_bytes();
    match info.algorithm.oid {
        rfc5912::RSA_ENCRYPTION => of_pkcs1(inner),
        rfc5912::ID_EC_PUBLIC_KEY => of_sec1(inner, Some(info.algorithm.parameters_oid().ok())),
        rfc8410::ID_ED_25519 => {
            // RFC 8410, 7: the seed is an OCTET STRING of its own inside the outer one.
            let seed = <&der::asn1::OctetStringRef>::from_der(inner).map_err(|_| broken())?;
            let seed = Zeroizing::new(<[u8; 32]>::try_from(seed.as_bytes()).map_err(|_| broken())?);
            Ok(PublicKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes()))
        }
        other => Err(Unusable::unsupported(format!("has a private key of algorithm {other}"))),
    }
}

/// `outer` is the curve named by PKCS#8, which takes precedence; without PKCS#8 the key names it.
fn of_sec1(der: &[u8], outer: Option<Option<ObjectIdentifier>>) -> Result<PublicKey, Unusable> {
    let broken = || Unusable::broken("has an EC private key block that holds no EC key (SEC 1)");
    // This also refuses explicit parameters: RFC 5480 forbids them, and Go and this parser only know named curves.
    let key = EcPrivateKey::from_der(der).map_err(|_| broken())?;
    let named = outer.unwrap_or_else(|| key.parameters.and_then(sec1::EcParameters::named_curve));
    let (curve, length) = known_curve(named, "has a private key")?;
    let scalar = padded(key.private_key, length).ok_or_else(broken)?;
    // The point is derived even if the key contains one, like in Go: the one it contains proves nothing.
    let point = match curve {
        Curve::P256 => point::<p256::NistP256>(&scalar),
        Curve::P384 => point::<p384::NistP384>(&scalar),
        Curve::P521 => point::<p521::NistP521>(&scalar),
    };
    Ok(PublicKey::Ec { curve, point: point.ok_or_else(broken)? })
}

fn known_curve(named: Option<ObjectIdentifier>, subject: &str) -> Result<(Curve, usize), Unusable> {
    let Some(oid) = named else {
        return Err(Unusable::unsupported(format!("{subject} on an elliptic curve that is not named")));
    };
    let row = CURVES.iter().find(|row| row.1 == oid);
    row.map(|&(curve, _, length, _)| (curve, length))
        .ok_or_else(|| Unusable::unsupported(format!("{subject} on the elliptic curve {oid}")))
}

/// Whether the curve is P-256, P-384 or P-521.
pub(super) fn is_common_curve(oid: ObjectIdentifier) -> bool {
    CURVES.iter().any(|row| row.1 == oid)
}

/// `scalar` padded to the length of the curve: some writers drop leading zeros, others add them.
fn padded(scalar: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let zeros = scalar.iter().take_while(|&&byte| byte == 0).count();
    let digits = scalar.get(zeros..)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(length));
    padded.resize(length.checked_sub(digits.len())?, 0);
    padded.extend_from_slice(digits);
    Some(padded)
}

fn point<C>(scalar: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    let key = SecretKey::<C>::from_slice(scalar).ok()?;
    Some(key.public_key().to_sec1_point(false).as_bytes().to_vec())
}

fn rsa(key: RsaPublicKeyRef<'_>) -> PublicKey {
    PublicKey::Rsa { modulus: key.modulus.as_bytes().to_vec(), exponent: key.public_exponent.as_bytes().to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_has_the_length_of_its_curve() {
        for (scalar, wanted) in [
            (&[1, 2][..], Some(vec![0, 0, 1, 2])),
            (&[0, 0, 0, 1, 2], Some(vec![0, 0, 1, 2])),
            (&[1, 2, 3, 4], Some(vec![1, 2, 3, 4])),
            (&[], Some(vec![0; 4])),
            (&[1, 2, 3, 4, 5], None),
        ] {
            assert_eq!(padded(scalar, 4).map(|padded| padded.to_vec()), wanted, "{scalar:?}");
        }
    }

    #[test]
    fn zero_and_too_great_a_scalar_are_no_keys() {
        assert!(point::<p256::NistP256>(&[0; 32]).is_none());
        assert!(point::<p256::NistP256>(&[0xff; 32]).is_none());
        assert!(point::<p521::NistP521>(&[0xff; 66]).is_none());
    }
}
