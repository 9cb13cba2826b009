//! The CA at the end of a chain, which a client must trust.

use super::chain;
use super::purpose::Purpose;
use der::EncodePem as _;
use der::pem::LineEnding;
use x509_cert::Certificate;
use x509_cert::ext::pkix::BasicConstraints;

/// The CA's own certificates at the end of the chain of the server's certificate in `cert`, as PEM: searched in `cert`
/// itself and in `others`, by the names of issuers and subjects; a self-signed certificate is its own. `None` if no
/// file holds it, as with the chain of a public CA, which servers send without its root.
#[must_use]
pub fn anchors(cert: &[u8], others: &[&[u8]]) -> Option<String> {
    let read = |bytes| chain::read(bytes, &Purpose::TRUSTED, &mut Vec::new()).links;
    let served = read(cert);
    let mut name = served.get(chain::leaf(&served))?.certificate.tbs_certificate().issuer().clone();
    let known: Vec<Certificate> =
        served.into_iter().chain(others.iter().flat_map(|bytes| read(bytes))).map(|link| link.certificate).collect();
    // Each step leads to another issuer; the number of steps is limited, as names may form a circle.
    for _ in 0..known.len() {
        let named = || known.iter().filter(|certificate| *certificate.tbs_certificate().subject() == name);
        let roots: Vec<String> = named()
            .filter(|certificate| certificate.tbs_certificate().issuer() == certificate.tbs_certificate().subject())
            .filter_map(|certificate| certificate.to_pem(LineEnding::LF).ok())
            .collect();
        if !roots.is_empty() {
            let distinct: std::collections::BTreeSet<String> = roots.into_iter().collect();
            return Some(distinct.into_iter().collect());
        }
        let above = named().next()?.tbs_certificate().issuer().clone();
        name = above;
    }
    None
}

/// The certificate blocks of a file and nothing else, as PEM: the server's own, and the rest.
#[must_use]
pub fn certificates(cert: &[u8]) -> Option<(String, String)> {
    let mut links = chain::read(cert, &Purpose::SERVER_CERT, &mut Vec::new()).links;
    let leaf = chain::leaf(&links);
    let own = (leaf < links.len()).then(|| links.remove(leaf))?;
    let pem = |certificate: &Certificate| certificate.to_pem(LineEnding::LF).ok();
    Some((pem(&own.certificate)?, links.iter().filter_map(|link| pem(&link.certificate)).collect()))
}

/// Whether a file holds a certificate that clients can use as a trust anchor: that of a CA, or a self-signed one.
#[must_use]
pub fn holds_anchor(bytes: &[u8]) -> bool {
    chain::read(bytes, &Purpose::TRUSTED, &mut Vec::new()).links.iter().any(|link| {
        let tbs = link.certificate.tbs_certificate();
        let constraints = tbs.get_extension::<BasicConstraints>().ok().flatten();
        tbs.issuer() == tbs.subject() || constraints.is_some_and(|(_, constraints)| constraints.ca)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{issue_ca, issue_leaf};
    use super::{anchors, certificates, holds_anchor};

    use crate::host::Host;
    #[test]
    fn the_ca_is_found_in_the_chain_or_beside_it() {
        let ca = issue_ca("registry", 1_700_000_000).unwrap();
        let leaf = issue_leaf(&ca, &[Host::read("registry.example.com")], 1_700_000_000).unwrap();
        let (own, issuer) = leaf.cert.split_at(leaf.cert.rfind("-----BEGIN").unwrap());
        assert_eq!(issuer, ca.cert);
        assert_eq!(anchors(leaf.cert.as_bytes(), &[]), Some(ca.cert.clone()));
        assert_eq!(anchors(own.as_bytes(), &[]), None);
        assert_eq!(anchors(own.as_bytes(), &[ca.cert.as_bytes()]), Some(ca.cert.clone()));
        let stranger = issue_ca("stranger", 1_700_000_000).unwrap();
        assert_eq!(anchors(own.as_bytes(), &[stranger.cert.as_bytes()]), None);
        assert_eq!(anchors(ca.cert.as_bytes(), &[ca.cert.as_bytes()]), Some(ca.cert.clone()));
        assert_eq!(anchors(b"nothing", &[]), None);
        assert!(holds_anchor(ca.cert.as_bytes()) && holds_anchor(leaf.cert.as_bytes()));
        assert!(!holds_anchor(own.as_bytes()) && !holds_anchor(b"nothing"));
        let noisy = format!("subject: a\n{}{}", leaf.cert, leaf.key.expose());
        assert_eq!(certificates(noisy.as_bytes()), Some((own.to_owned(), ca.cert.clone())));
    }
}
