//! Whether a certificate, a private key and the hosts of a registry belong together.

use super::chain::{self, Chain, Link};
use super::host::{Host, Names, shown};
use super::key::{PublicKey, Unusable};
use super::label::Content;
use super::pem;
use super::{PairFile, Problem, ProblemKind};

/// Checks that `cert` and `key` (the bytes of `ssl.cert` and `ssl.key`) are a TLS pair that is valid for every host of
/// `hosts` (guide 7.1.2.1).
///
/// Returns all problems at once, the files' own before those of the pair and of each host; none means that the pair is
/// good. As every server does, it passes over a key beside the certificates and certificates beside the key.
/// Reasons are those of Go's x509, as the operator gives them. As there, dates and signatures are not looked at. Of a
/// host, a port, its case and a final dot do not count.
#[must_use]
pub fn check_pair(cert: &[u8], key: &[u8], hosts: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let chain = chain::read(cert, &mut problems);
    let key = private_key(key, &mut problems);
    if chain.whole {
        let leaf = leaf(&chain, key.as_ref(), &mut problems);
        if let Some(leaf) = chain.links.get(leaf) {
            check_hosts(leaf, hosts, &mut problems);
        }
    }
    problems
}

/// Checks a file of certificates such as `extra_ca_cert_*` (guide 7.1.2.1): at least one, and all of them readable.
///
/// Returns all problems at once, with [`PairFile::Cert`] as the file.
#[must_use]
pub fn check_certificates(pem: &[u8]) -> Vec<Problem> {
    let mut problems = Vec::new();
    chain::read(pem, &mut problems);
    problems
}

/// The public half of the first private key in `bytes`, which is the one that every server takes.
pub(super) fn private_key(bytes: &[u8], problems: &mut Vec<Problem>) -> Option<PublicKey> {
    let reading = pem::read(bytes);
    let known = problems.len();
    problems.extend(chain::faults(&reading, PairFile::Key));
    let block = reading
        .blocks
        .iter()
        .find(|block| matches!(block.content, Content::Key(_) | Content::EncryptedKey | Content::ForeignKey));
    let Some(block) = block else {
        let found = problems.get(known..).unwrap_or_default();
        if found.iter().all(|problem| problem.kind == ProblemKind::ByteOrderMark) {
            problems.extend(chain::wrong_content(&reading, PairFile::Key));
        }
        return None;
    };
    let mut refuse = |kind, message: String, hint: &str| {
        let hint = Some(hint.to_owned());
        problems.push(Problem { kind, file: PairFile::Key, line: block.line, message, hint });
        None
    };
    match (block.content, &block.der) {
        (Content::EncryptedKey, _) | (_, None) if block.encrypted || block.content == Content::EncryptedKey => refuse(
            ProblemKind::EncryptedKey,
            "has a private key that is encrypted, and Quay has no password for it".to_owned(),
            "decrypt it: openssl pkey -in ssl.key -out ssl.key.new",
        ),
        (Content::Key(form), Some(der)) => match PublicKey::of_private_key(form, der) {
            Ok(public) => Some(public),
            Err(Unusable { kind, message }) => refuse(kind, message, key_hint(kind)),
        },
        (Content::ForeignKey, _) => {
            refuse(ProblemKind::UnsupportedKey, format!("holds {}", block.words), key_hint(ProblemKind::UnsupportedKey))
        }
        // The body is not base64, which is reported.
        _ => None,
    }
}

fn key_hint(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::UnsupportedKey => "make a new key and have a certificate issued for it",
        _ => {
            "see what OpenSSL makes of it: openssl pkey -in ssl.key -noout; it writes any key as PKCS#8: openssl pkey -in OLD -out ssl.key"
        }
    }
}

/// The index of the server's own certificate, which should be 0; reports it when it is not, and when the key is not its.
fn leaf(chain: &Chain, key: Option<&PublicKey>, problems: &mut Vec<Problem>) -> usize {
    let links = &chain.links;
    let public: Vec<_> = links
        .iter()
        .map(|link| PublicKey::of_certificate(link.certificate.tbs_certificate().subject_public_key_info()))
        .collect();
    let owner = key.and_then(|key| public.iter().position(|public| public.as_ref() == Ok(key)));
    let leaf = owner.unwrap_or_else(|| chain::leaf(links));
    let line = links.get(leaf).map_or(0, |link| link.line);
    if leaf != 0 {
        let mut order = chain::right_order(links, leaf);
        let last = order.pop().unwrap_or_default();
        problems.push(Problem {
            kind: ProblemKind::ChainOrder,
            file: PairFile::Cert,
            line,
            message: "has the server's own certificate not first, so servers take another one as theirs".to_owned(),
            hint: Some(format!("put the certificates in this order: {}, then {last}", order.join(", then "))),
        });
    }
    match (public.get(leaf), key) {
        (Some(Err(Unusable { kind, message })), _) => problems.push(Problem {
            kind: *kind,
            file: PairFile::Cert,
            line,
            message: message.clone(),
            hint: Some("make a new key and have a certificate issued for it".to_owned()),
        }),
        (Some(Ok(public)), Some(key)) if owner.is_none() => problems.push(mismatch(public, key)),
        _ => {}
    }
    leaf
}

fn mismatch(public: &PublicKey, key: &PublicKey) -> Problem {
    let message = if public.algorithm() == key.algorithm() {
        "tls: private key does not match public key of the certificate in ssl.cert".to_owned()
    } else {
        format!(
            "tls: private key type does not match public key type: the key is {}, the certificate in ssl.cert is for {}",
            key.algorithm(),
            public.algorithm()
        )
    };
    let hint = "the two commands print the same for a pair: openssl pkey -in ssl.key -pubout; openssl x509 -in ssl.cert -noout -pubkey";
    Problem { kind: ProblemKind::KeyMismatch, file: PairFile::Key, line: 0, message, hint: Some(hint.to_owned()) }
}

fn check_hosts(leaf: &Link, hosts: &[&str], problems: &mut Vec<Problem>) {
    let mut refuse = |kind, message: String, hint: String| {
        problems.push(Problem { kind, file: PairFile::Cert, line: leaf.line, message, hint: Some(hint) });
    };
    let names = match Names::of(&leaf.certificate) {
        Ok(names) => names,
        Err(message) => {
            let hint = "get a certificate with one readable list of subject alternative names".to_owned();
            return refuse(ProblemKind::BadCertificate, message.to_owned(), hint);
        }
    };
    if hosts.is_empty() {
        return;
    }
    if let Some(common_name) = names.common_name.as_ref().filter(|_| names.is_empty()) {
        let hosts: Vec<_> = hosts.iter().map(|host| shown(host)).collect();
        return refuse(
            ProblemKind::NoAlternativeName,
            format!(
                "x509: certificate relies on legacy Common Name field, use SANs instead: it has only the common name {}",
                shown(common_name)
            ),
            format!("get a certificate that has {} among its subject alternative names", hosts.join(", ")),
        );
    }
    let mut done = Vec::new();
    for asked in hosts {
        let host = Host::parse(asked);
        if !names.cover(&host) && !done.contains(&host) {
            let (message, hint) = names.reason(&host);
            refuse(ProblemKind::HostMismatch, message, hint);
            done.push(host);
        }
    }
}
