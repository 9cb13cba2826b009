//! Reads files of certificates, and determines the order in which a server must send them.

use super::host::shown;
use super::label::Content;
use super::pem::{self, Reading};
use super::purpose::Purpose;
use super::{PairFile, Problem, ProblemKind};
use der::Decode as _;
use x509_cert::Certificate;

/// One certificate of a file.
pub(super) struct Link {
    /// The line of its BEGIN marker.
    pub line: u32,
    /// The parsed certificate.
    pub certificate: Certificate,
}

/// The certificates of a file.
pub(super) struct Chain {
    /// The readable ones, in the order of the file.
    pub links: Vec<Link>,
    /// Whether the first of them is the first in the file; else checks of the server's own certificate are meaningless.
    pub whole: bool,
    /// The line of the first private key in the file, 0 if there is none.
    pub key: u32,
}

impl Chain {
    /// `its certificate`, with the subject if there are others.
    pub fn name(&self, link: &Link) -> String {
        match self.links.len() {
            1 => "its certificate".to_owned(),
            _ => format!("its certificate {}", subject(&link.certificate)),
        }
    }
}

/// Reads the certificates of `bytes`; all problems of the file go to `problems`.
pub(super) fn read(bytes: &[u8], purpose: &Purpose, problems: &mut Vec<Problem>) -> Chain {
    let reading = pem::read(bytes);
    let known = problems.len();
    problems.extend(faults(&reading, PairFile::Cert));
    let mut links = Vec::new();
    for block in &reading.blocks {
        let mut refuse = |kind, message: &str, hint: &str| {
            let (message, hint) = (message.to_owned(), Some(hint.to_owned()));
            problems.push(Problem { kind, file: PairFile::Cert, line: block.line, message, hint });
        };
        match (block.content, &block.der) {
            (Content::Certificate, Some(der)) => match Certificate::from_der(der) {
                Ok(certificate) => links.push(Link { line: block.line, certificate }),
                Err(_) => refuse(
                    ProblemKind::BadCertificate,
                    "has a certificate block that holds no X.509 certificate",
                    "see what is in it: openssl asn1parse -in FILE",
                ),
            },
            (Content::Certificate, None) if block.encrypted => refuse(
                ProblemKind::BadCertificate,
                "has an encrypted certificate block",
                "put the certificate there as it is; it is public",
            ),
            // Refused even among others: OpenSSL would take it for the server's own, Go would ignore it.
            (Content::TrustedCertificate, _) => refuse(
                ProblemKind::TrustedCertificate,
                "has a TRUSTED CERTIFICATE block, which only OpenSSL reads",
                "write it as an ordinary certificate: openssl x509 -in FILE",
            ),
            _ => {}
        }
    }
    let first = links.first().map_or(0, |link| link.line);
    let found = problems.get(known..).unwrap_or_default();
    let whole = found.iter().all(|problem| problem.kind == ProblemKind::ByteOrderMark || problem.line > first);
    if links.is_empty() && found.iter().all(|problem| problem.kind == ProblemKind::ByteOrderMark) {
        problems.extend(wrong_content(&reading, purpose));
    }
    let key = reading.blocks.iter().find(|block| block.content.is_key()).map_or(0, |block| block.line);
    Chain { links, whole, key }
}

/// Whether a file holds certificates and nothing else, so that it may be public.
#[must_use]
pub fn is_certificates_only(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        match line {
            "-----BEGIN CERTIFICATE-----" if !inside => inside = true,
            "-----END CERTIFICATE-----" if inside => inside = false,
            "" if !inside => {}
            _ if inside && line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) => {}
            _ => return false,
        }
    }
    let mut problems = Vec::new();
    let chain = read(bytes, &Purpose::TRUSTED, &mut problems);
    !inside && problems.is_empty() && !chain.links.is_empty()
}

/// The DER of the only certificate in a file that [`check_certificates`](super::check_certificates) accepted; `None` if
/// there are other blocks.
#[must_use]
pub fn only_certificate(bytes: &[u8]) -> Option<Vec<u8>> {
    match pem::read(bytes).blocks.as_slice() {
        [block] if block.content == Content::Certificate => block.der.as_ref().map(|der| der.to_vec()),
        _ => None,
    }
}

/// The maximum number of faults reported for a text; a file of nothing but markers would have one per line.
const MOST_FAULTS: usize = 100;

/// The faults of the text as problems of `file`.
pub(super) fn faults(reading: &Reading, file: PairFile) -> impl Iterator<Item = Problem> {
    reading.faults.iter().take(MOST_FAULTS).map(move |fault| Problem {
        kind: fault.kind,
        file,
        line: fault.line,
        message: fault.message.to_owned(),
        hint: Some(fault.hint.to_owned()),
    })
}

/// The problem of a valid file without a block of the expected kind: what it holds instead.
pub(super) fn wrong_content(reading: &Reading, purpose: &Purpose) -> Option<Problem> {
    let block = reading.blocks.iter().find(|block| block.content != Content::Parameters).or(reading.blocks.first())?;
    let swapped = match purpose.file {
        PairFile::Cert => block.content.is_key(),
        PairFile::Key => matches!(block.content, Content::Certificate | Content::TrustedCertificate),
    };
    let wanted = purpose.wanted;
    let hint =
        if swapped { purpose.swapped.to_owned() } else { format!("put a {wanted} there, in a block of that label") };
    let message = format!("holds {} and no {wanted}", block.words);
    let (kind, file, line) = (ProblemKind::WrongContent, purpose.file, block.line);
    Some(Problem { kind, file, line, message, hint: Some(hint) })
}

/// The index of the server's own certificate, judged by the names: the first, unless it issued another one in the file;
/// then the first that issued none.
pub(super) fn leaf(links: &[Link]) -> usize {
    let issued_another = |issuer: &Link| {
        let subject = issuer.certificate.tbs_certificate().subject();
        links.iter().any(|link| {
            let tbs = link.certificate.tbs_certificate();
            tbs.issuer() == subject && tbs.subject() != subject
        })
    };
    links.iter().position(|link| !issued_another(link)).unwrap_or(0)
}

/// The subjects in the order in which a server sends them (RFC 5246, 7.4.2), starting with the certificate at `leaf`:
/// each was issued by the next; certificates outside that chain come last.
pub(super) fn right_order(links: &[Link], leaf: usize) -> Vec<String> {
    let mut rest: Vec<&Certificate> = links.iter().map(|link| &link.certificate).collect();
    let mut subjects = Vec::new();
    let mut next = (leaf < rest.len()).then(|| rest.remove(leaf));
    while let Some(certificate) = next {
        let tbs = certificate.tbs_certificate();
        subjects.push(subject(certificate));
        let issuer = rest.iter().position(|other| other.tbs_certificate().subject() == tbs.issuer());
        next = issuer.map(|index| rest.remove(index));
    }
    subjects.extend(rest.into_iter().map(subject));
    subjects
}

fn subject(certificate: &Certificate) -> String {
    let name = certificate.tbs_certificate().subject();
    if name.is_empty() { "the one without a subject".to_owned() } else { shown(&name.to_string()) }
}
