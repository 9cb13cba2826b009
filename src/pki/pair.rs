//! Whether a certificate, a private key and the hosts of a registry belong together.

use super::chain::{self, Chain, Link};
use super::host::{Names, shown};
use super::key::{PublicKey, Unusable};
use super::label::Content;
use super::pem;
use super::purpose::Purpose;
use super::{PairFile, Problem, ProblemKind};
use crate::host::Host;

/// Checks that `cert` and `key` (the bytes of `ssl.cert` and `ssl.key`) belong together and are valid for every host of
/// `hosts` (guide 7.1.2.1).
///
/// Returns all problems at once: those of each file, then those of both together and of each host; none means that all
/// is well. Like every server, it ignores keys in `cert` and certificates in `key`. The reasons are those of Go's x509,
/// as in the operator, and as there, dates and signatures are not checked. The port, case and final dot of a host are
/// ignored.
#[must_use]
pub fn check_pair(cert: &[u8], key: &[u8], hosts: &[Host]) -> Vec<Problem> {
    pair([cert, key], [&Purpose::SERVER_CERT, &Purpose::SERVER_KEY], hosts)
}

/// The same for `clair-ssl.crt` and `clair-ssl.key`, which Clair serves to Quay.
#[must_use]
pub fn check_clair_pair(cert: &[u8], key: &[u8], hosts: &[Host]) -> Vec<Problem> {
    pair([cert, key], [&Purpose::CLAIR_CERT, &Purpose::CLAIR_KEY], hosts)
}

/// Checks that `cert` and `key` are a pair that a client can show to a server. Problems are those of [`check_pair`];
/// hints name the files `CERTIFICATE` and `KEY`.
#[must_use]
pub fn check_client_pair(cert: &[u8], key: &[u8]) -> Vec<Problem> {
    pair([cert, key], [&Purpose::CLIENT_CERT, &Purpose::CLIENT_KEY], &[])
}

fn pair([cert, key]: [&[u8]; 2], [of_cert, of_key]: [&Purpose; 2], hosts: &[Host]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let chain = chain::read(cert, of_cert, &mut problems);
    let key = private_key(key, of_key, &mut problems);
    if chain.whole {
        let leaf = leaf(&chain, key.as_ref(), [of_cert, of_key], &mut problems);
        if let Some(leaf) = chain.links.get(leaf) {
            check_hosts(leaf, hosts, &mut problems);
        }
    }
    problems
}

/// Checks a file of certificates to trust, such as `extra_ca_cert_*` (guide 7.1.2.1): at least one, and all of them
/// readable. Text around the blocks is allowed, as everywhere.
///
/// Returns all problems at once, with [`PairFile::Cert`] as the file; hints name it `FILE`. A private key among the
/// certificates is [`ProblemKind::StrayKey`], which does not make the file unusable.
#[must_use]
pub fn check_certificates(pem: &[u8]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let chain = chain::read(pem, &Purpose::TRUSTED, &mut problems);
    if chain.key > 0 && !chain.links.is_empty() {
        problems.push(Problem {
            kind: ProblemKind::StrayKey,
            file: PairFile::Cert,
            line: chain.key,
            message: "has a private key beside its certificates, and every trust store that it goes into gets the key"
                .to_owned(),
            hint: Some("remove the private key from this file; whoever could read it may have it".to_owned()),
        });
    }
    problems
}

/// Checks the private key that signs URLs for CloudFront (guide 7.1.6): readable, not encrypted, RSA.
///
/// Returns all problems at once, with [`PairFile::Key`] as the file; hints name it `FILE`. Certificates in the file are
/// ignored.
#[must_use]
pub fn check_private_key(pem: &[u8]) -> Vec<Problem> {
    let mut problems = Vec::new();
    match private_key(pem, &Purpose::SIGNING_KEY, &mut problems) {
        None | Some(PublicKey::Rsa { .. }) => {}
        Some(other) => problems.push(Problem {
            kind: ProblemKind::UnsupportedKey,
            file: PairFile::Key,
            line: 0,
            message: format!("holds a key for {}; {}", other.algorithm(), Purpose::SIGNING_KEY.takes),
            hint: Some(Purpose::SIGNING_KEY.renew.to_owned()),
        }),
    }
    problems
}

/// The public half of the first private key in `bytes`, which is the one that every reader uses.
pub(super) fn private_key(bytes: &[u8], purpose: &Purpose, problems: &mut Vec<Problem>) -> Option<PublicKey> {
    let reading = pem::read(bytes);
    let known = problems.len();
    problems.extend(chain::faults(&reading, PairFile::Key));
    let Some(block) = reading.blocks.iter().find(|block| block.content.is_key()) else {
        let found = problems.get(known..).unwrap_or_default();
        if found.iter().all(|problem| problem.kind == ProblemKind::ByteOrderMark) {
            problems.extend(chain::wrong_content(&reading, purpose));
        }
        return None;
    };
    let mut refuse = |unusable: Unusable| {
        let Unusable { kind, message } = unusable;
        let (message, hint) = advice(kind, message, purpose);
        problems.push(Problem { kind, file: PairFile::Key, line: block.line, message, hint: Some(hint) });
        None
    };
    match (block.content, &block.der) {
        (Content::EncryptedKey, _) | (_, None) if block.encrypted || block.content == Content::EncryptedKey => {
            let message = "has a private key that is encrypted, and Quay has no password for it".to_owned();
            refuse(Unusable { kind: ProblemKind::EncryptedKey, message })
        }
        (Content::Key(form), Some(der)) => PublicKey::of_private_key(form, der).map_or_else(refuse, Some),
        (Content::ForeignKey, _) => {
            refuse(Unusable { kind: ProblemKind::UnsupportedKey, message: format!("holds {}", block.words) })
        }
        // The body is not base64, which has been reported.
        _ => None,
    }
}

/// The message and the hint for a private key that cannot be used.
fn advice(kind: ProblemKind, message: String, purpose: &Purpose) -> (String, String) {
    let name = purpose.name;
    match kind {
        ProblemKind::EncryptedKey => (message, format!("decrypt it: openssl pkey -in {name} -out {name}.new")),
        ProblemKind::UnsupportedKey => (format!("{message}; {}", purpose.takes), purpose.renew.to_owned()),
        _ => {
            let hint = format!(
                "see what OpenSSL makes of it: openssl pkey -in {name} -noout; it writes any key as PKCS#8: openssl pkey -in OLD -out {name}"
            );
            (message, hint)
        }
    }
}

/// The index of the certificate of whoever shows it, which should be 0; reports it when it is not, and when the key is not
/// its.
fn leaf(
    chain: &Chain,
    key: Option<&PublicKey>,
    [of_cert, of_key]: [&Purpose; 2],
    problems: &mut Vec<Problem>,
) -> usize {
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
            message: format!(
                "has the {0}'s own certificate not first, so {0}s take another one as theirs",
                of_cert.shown_by
            ),
            hint: Some(format!("put the certificates in this order: {}, then {last}", order.join(", then "))),
        });
    }
    match (public.get(leaf), key) {
        (Some(Err(Unusable { kind, message })), _) => {
            let Purpose { takes, renew, .. } = of_cert;
            let message = match kind {
                ProblemKind::UnsupportedKey => format!("{message}; {takes}"),
                _ => message.clone(),
            };
            problems.push(Problem {
                kind: *kind,
                file: PairFile::Cert,
                line,
                message,
                hint: Some((*renew).to_owned()),
            });
        }
        (Some(Ok(public)), Some(key)) if owner.is_none() => {
            problems.push(mismatch(public, key, [of_cert.name, of_key.name]))
        }
        _ => {}
    }
    leaf
}

fn mismatch(public: &PublicKey, key: &PublicKey, [of_cert, of_key]: [&str; 2]) -> Problem {
    let message = if public.algorithm() == key.algorithm() {
        format!("tls: private key does not match public key of the certificate in {of_cert}")
    } else {
        format!(
            "tls: private key type does not match public key type: the key is {}, the certificate in {of_cert} is for {}",
            key.algorithm(),
            public.algorithm()
        )
    };
    let hint = format!(
        "the two commands print the same for a pair: openssl pkey -in {of_key} -pubout; openssl x509 -in {of_cert} -noout -pubkey"
    );
    Problem { kind: ProblemKind::KeyMismatch, file: PairFile::Key, line: 0, message, hint: Some(hint) }
}

fn check_hosts(leaf: &Link, hosts: &[Host], problems: &mut Vec<Problem>) {
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
        let hosts: Vec<_> = hosts.iter().map(|host| shown(host.text())).collect();
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
    for peer in hosts.iter().map(Host::peer) {
        if !names.cover(&peer) && !done.contains(&peer) {
            let (message, hint) = names.reason(&peer);
            refuse(ProblemKind::HostMismatch, message, hint);
            done.push(peer);
        }
    }
}
