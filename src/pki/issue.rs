//! Issues the registry's CA and its server certificate.

use super::Pair;
use super::label::{Content, KeyForm};
use super::pem;
use super::renewal::first;
use crate::host::{Host, Peer};
use crate::secret::Secret;
use der::asn1::{Any, Ia5String, OctetString, SetOfVec};
use der::oid::db::{rfc4519::COMMON_NAME, rfc5280::ID_KP_SERVER_AUTH};
use der::pem::LineEnding;
use der::{DateTime, Decode as _, Encode as _, EncodePem as _, Tag};
use p256::SecretKey;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder as _, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// Ten years, with their leap days.
const CA_LIFE: u64 = 3652 * DAY;
/// Two years; Apple's clients refuse more than 825 days, also of private CAs.
const LEAF_LIFE: u64 = 730 * DAY;
/// RFC 5280, appendix A: ub-common-name.
const LONGEST_COMMON_NAME: usize = 64;

/// Why a certificate could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueError {
    /// The system gave no random bytes.
    Random,
    /// There is no host to make a certificate for.
    NoHost,
    /// A host that cannot be named in a certificate.
    Host(String),
    /// The CA's certificate and key are not of the kind that this program makes; the text says why.
    Ca(&'static str),
    /// The time cannot be represented in a certificate, or is after the CA's end.
    Time,
    /// The certificate could not be encoded.
    Encoding,
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("the system gives no random bytes"),
            Self::NoHost => f.write_str("there is no host to make a certificate for"),
            // The host itself is not shown: a secret may have been typed in its place.
            Self::Host(_) => f.write_str("no certificate can name a host of the registry: check the host names"),
            Self::Ca(why) => write!(f, "the CA cannot issue certificates: {why}"),
            Self::Time => f.write_str("the time is after the CA's end, or no certificate can say it"),
            Self::Encoding => f.write_str("the certificate cannot be encoded"),
        }
    }
}

impl std::error::Error for IssueError {}

impl From<der::Error> for IssueError {
    fn from(_: der::Error) -> Self {
        Self::Encoding
    }
}

/// Makes the CA of a registry: a new P-256 key and a self-signed certificate, valid for ten years, which may issue
/// server certificates but no further CAs.
///
/// `registry` is the registry's name, truncated if the common name would exceed 64 characters. `now` is in seconds
/// since 1970; the certificate is valid from an hour before, for clocks that are slow.
///
/// # Errors
/// [`IssueError::Random`], [`IssueError::Time`] for a time after the year 9999, [`IssueError::Encoding`].
pub fn issue_ca(registry: &str, now: u64) -> Result<Pair, IssueError> {
    const SUFFIX: &str = " quay-render CA";
    let registry: String = registry.chars().take(LONGEST_COMMON_NAME - SUFFIX.len()).collect();
    let subject = name(&format!("{registry}{SUFFIX}"))?;
    let key = new_key()?;
    let public = public_key(&key)?;
    let plan = Plan {
        issuer: subject.clone(),
        subject,
        extensions: Extensions(vec![])
            .with(&BasicConstraints { ca: true, path_len_constraint: Some(0) }, true)?
            .with(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign), true)?
            .with(&SubjectKeyIdentifier(key_identifier(&public)?), false)?,
    };
    let certificate = sign(plan, validity(now, now.saturating_add(CA_LIFE))?, public, &key)?;
    Ok(Pair { cert: certificate.to_pem(LineEnding::LF)?, key: key_pem(&key)? })
}

/// Makes a server's certificate and key: a new P-256 key and a certificate issued by `ca` for `hosts` (names, wildcards
/// or addresses; ports are ignored), for two years or to the CA's end. The CA's certificate follows it, as servers send
/// them.
///
/// `now` is in seconds since 1970; the certificate is valid from an hour before.
///
/// # Errors
/// [`IssueError::NoHost`] and [`IssueError::Host`] for hosts that cannot be named, [`IssueError::Ca`] when `ca` is not
/// a P-256 CA with its key, [`IssueError::Time`] when `now` is after its end; [`IssueError::Random`] and
/// [`IssueError::Encoding`].
pub fn issue_leaf(ca: &Pair, hosts: &[Host], now: u64) -> Result<Pair, IssueError> {
    let ca = Issuer::read(ca)?;
    let mut named: Vec<Peer> = Vec::new();
    for host in hosts {
        let peer = host.peer();
        if !nameable(&peer) {
            return Err(IssueError::Host(host.to_string()));
        }
        if !named.contains(&peer) {
            named.push(peer);
        }
    }
    let first = named.first().ok_or(IssueError::NoHost)?.to_string();
    let subject = if first.len() <= LONGEST_COMMON_NAME { name(&first)? } else { Name::default() };
    let end = now.saturating_add(LEAF_LIFE).min(ca.ends);
    if end <= now {
        return Err(IssueError::Time);
    }
    let key = new_key()?;
    let public = public_key(&key)?;
    let authority = AuthorityKeyIdentifier { key_identifier: Some(ca.identifier), ..Default::default() };
    let plan = Plan {
        issuer: ca.certificate.tbs_certificate().subject().clone(),
        extensions: Extensions(vec![])
            .with(&BasicConstraints { ca: false, path_len_constraint: None }, true)?
            .with(&KeyUsage(KeyUsages::DigitalSignature.into()), true)?
            .with(&ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH]), false)?
            .with(&SubjectKeyIdentifier(key_identifier(&public)?), false)?
            .with(&authority, false)?
            // RFC 5280, 4.2.1.6: critical if there is no subject.
            .with(&SubjectAltName(named.iter().map(general_name).collect::<Result<_, _>>()?), subject.is_empty())?,
        subject,
    };
    let certificate = sign(plan, validity(now, end)?, public, &ca.key)?;
    let mut cert = certificate.to_pem(LineEnding::LF)?;
    cert.push_str(&ca.certificate.to_pem(LineEnding::LF)?);
    Ok(Pair { cert, key: key_pem(&key)? })
}

/// A CA that can sign.
struct Issuer {
    certificate: Certificate,
    key: SecretKey,
    identifier: OctetString,
    ends: u64,
}

impl Issuer {
    fn read(pair: &Pair) -> Result<Self, IssueError> {
        let certificate = first(pair.cert.as_bytes()).ok_or(IssueError::Ca("its certificate is not readable"))?;
        let reading = pem::read(pair.key.expose().as_bytes());
        let block = reading.blocks.iter().find(|block| block.content == Content::Key(KeyForm::Pkcs8));
        let der = block.and_then(|block| block.der.as_ref()).ok_or(IssueError::Ca("its key is not a PKCS#8 key"))?;
        let key = SecretKey::from_pkcs8_der(der).map_err(|_| IssueError::Ca("its key is not a P-256 key"))?;
        let tbs = certificate.tbs_certificate();
        if *tbs.subject_public_key_info() != public_key(&key)? {
            return Err(IssueError::Ca("its key belongs to another certificate"));
        }
        match tbs.get_extension::<BasicConstraints>() {
            Ok(Some((_, constraints))) if constraints.ca => {}
            _ => return Err(IssueError::Ca("its certificate is not one of a CA")),
        }
        let identifier = match tbs.get_extension::<SubjectKeyIdentifier>() {
            Ok(Some((_, identifier))) => identifier.0,
            _ => return Err(IssueError::Ca("its certificate has no subject key identifier")),
        };
        let ends = tbs.validity().not_after.to_unix_duration().as_secs();
        Ok(Self { certificate, key, identifier, ends })
    }
}

/// The content of a certificate except its key, validity and serial number.
struct Plan {
    issuer: Name,
    subject: Name,
    extensions: Extensions,
}

impl BuilderProfile for Plan {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        Ok(self.extensions.0.clone())
    }
}

struct Extensions(Vec<Extension>);

impl Extensions {
    fn with<'a, E>(mut self, extension: &'a E, critical: bool) -> Result<Self, IssueError>
    where
        (bool, &'a E): ToExtension<Error = der::Error>,
    {
        self.0.push((critical, extension).to_extension(&Name::default(), &[])?);
        Ok(self)
    }
}

fn sign(
    plan: Plan,
    validity: Validity,
    public: SubjectPublicKeyInfoOwned,
    key: &SecretKey,
) -> Result<Certificate, IssueError> {
    let builder = CertificateBuilder::new(plan, serial()?, validity, public).map_err(|_| IssueError::Encoding)?;
    builder.build::<_, DerSignature>(&SigningKey::from(key)).map_err(|_| IssueError::Encoding)
}

fn new_key() -> Result<SecretKey, IssueError> {
    // Once in 2^32 times a random number is no key: it must be below the order of the curve (FIPS 186-5, A.2.2).
    for _ in 0..8 {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| IssueError::Random)?;
        if let Ok(key) = SecretKey::from_slice(bytes.as_slice()) {
            return Ok(key);
        }
    }
    Err(IssueError::Random)
}

/// 126 random bits after a leading one bit: positive, never zero, always of the same length (RFC 5280, 4.1.2.2).
fn serial() -> Result<SerialNumber, IssueError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| IssueError::Random)?;
    let [first, ..] = &mut bytes;
    *first = *first & 0x3f | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}

/// From an hour before `now` to `end`.
fn validity(now: u64, end: u64) -> Result<Validity, IssueError> {
    let time = |seconds| DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(|_| IssueError::Time);
    Ok(Validity::new(Time::from(time(now.saturating_sub(HOUR))?), Time::from(time(end)?)))
}

fn public_key(key: &SecretKey) -> Result<SubjectPublicKeyInfoOwned, IssueError> {
    SubjectPublicKeyInfoOwned::from_key(&key.public_key()).map_err(|_| IssueError::Encoding)
}

/// The leftmost 160 bits of the SHA-256 of the public key (RFC 7093, 2, method 1).
fn key_identifier(public: &SubjectPublicKeyInfoOwned) -> Result<OctetString, IssueError> {
    let hash = Sha256::digest(public.subject_public_key.raw_bytes());
    Ok(OctetString::new(hash.iter().copied().take(20).collect::<Vec<_>>())?)
}

fn key_pem(key: &SecretKey) -> Result<Secret, IssueError> {
    let document = key.to_pkcs8_der().map_err(|_| IssueError::Encoding)?;
    Ok(document.to_pem("PRIVATE KEY", LineEnding::LF)?.into())
}

/// A name with one attribute, the common name. Built from parts, as `,` and `+` have a meaning in the string form.
fn name(common_name: &str) -> Result<Name, IssueError> {
    let value = Any::new(Tag::Utf8String, common_name.as_bytes())?;
    let attribute = AttributeTypeAndValue { oid: COMMON_NAME, value };
    let mut names = RdnSequence::default();
    names.push(RelativeDistinguishedName::from(SetOfVec::from_iter([attribute])?));
    Ok(Name::from_der(&names.to_der()?)?)
}

fn general_name(peer: &Peer) -> Result<GeneralName, IssueError> {
    match peer {
        Peer::Ip(ip) => Ok(GeneralName::from(*ip)),
        Peer::Dns(name) => Ok(GeneralName::DnsName(Ia5String::new(name)?)),
    }
}

/// Whether a certificate can name `peer` in a way that clients match: RFC 1123, with the underscore used in practice in
/// DNS, and a wildcard as the leftmost label.
fn nameable(peer: &Peer) -> bool {
    let Peer::Dns(name) = peer else { return true };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= 253 && name.strip_prefix("*.").unwrap_or(name).split('.').all(label)
}
