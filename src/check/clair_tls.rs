//! TLS between Quay and Clair (`spec.clair.tls`): the certificate that Clair serves, and whom Quay trusts for it.
//!
//! Clair reads `tls` of its configuration for its main port, and not for the one of metrics and probes. Quay verifies it with
//! the CAs of its image, those that the cluster fills in, and `extra_ca_cert_*`; the certificate must be for the host of
//! SECURITY_SCANNER_V4_ENDPOINT (Clair 4.4 to 4.9: `cmd/clair`; Quay: `util/secscan/v4`).

use super::Resolved;
use super::access::given_parts::{Objection, is_made_here, objections};
use super::access::{Access, Certificate, Maker, sound_bundle};
use super::components::{Choice, managed};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::host::Host;
use crate::model::Model;
use crate::model::access::CertificateSource;
use crate::model::bundle::BundleFile;
use crate::model::clair::{Tls, serves_tls};
use crate::model::clair_config::{CLAIR_CERT, CLAIR_CONFIG, CLAIR_KEY, CONNSTRING, FOLDER, SECTIONS, arguments};
use crate::model::registry::kind;
use crate::model::secrets::SecretKey;
use crate::object::base_names;
use crate::pki::{self, Date, PairFile, Role};
use crate::quote;
use crate::validate::tls::{is_trusted, report};

/// The file of the bundle for the CAs of Clair's certificate: Quay trusts every file whose name begins so.
pub const CLAIR_CA_FILE: &str = "extra_ca_cert_clair.crt";

/// How Clair serves Quay with TLS.
pub struct ClairTls {
    /// The certificate that it serves: a pair of the bundle's, or one in a Secret.
    pub certificate: Certificate,
    /// CAs in the input that Quay must trust for it, PEM.
    pub known: Option<String>,
    /// A key of a Secret that holds such a CA.
    pub secret: Option<SecretKey>,
}

impl ClairTls {
    /// The files beside Clair's configuration that are in a Secret of the cluster, and where; none with a pair of the bundle's.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, SecretKey)> {
        let secret = self.certificate.secret().map(str::to_owned);
        let files = [(CLAIR_CERT, "tls.crt"), (CLAIR_KEY, "tls.key")].into_iter();
        files.filter_map(move |(file, key)| Some((file, SecretKey { name: secret.clone()?, key: key.to_owned() })))
    }
}

/// Whether a file beside Clair's configuration is what it serves.
#[must_use]
pub fn is_served(resolved: &Resolved, name: &str) -> bool {
    resolved.clair_tls.is_some() && [CLAIR_CERT, CLAIR_KEY].contains(&name)
}

/// The host by which Quay calls Clair.
#[must_use]
pub fn host(registry: &str, namespace: &str) -> String {
    format!("{registry}-clair-app.{namespace}.svc.cluster.local")
}

/// Decides it, and reports everything that cannot work. `host` is the one that the certificate must be for, if it is known.
pub fn resolve(
    model: &Model,
    components: &[Choice],
    access: &Access,
    host: Option<&str>,
    as_of: Option<Date>,
    diagnostics: &mut Diagnostics,
) -> Option<ClairTls> {
    let is_managed = managed(components, kind::CLAIR);
    let Some(settings) = &model.config.clair.tls else {
        if is_managed {
            tell_of_unused_pair(model, diagnostics);
        }
        return None;
    };
    if !is_managed {
        return None;
    }
    let mut checked = Checked { model, settings, access, host, diagnostics };
    checked.parts();
    let certificate = checked.certificate();
    if certificate == Certificate::Pair {
        checked.pair(as_of);
    } else {
        checked.secret(&certificate);
    }
    let (known, secret) = checked.trust(&certificate);
    Some(ClairTls { certificate, known, secret })
}

struct Checked<'a> {
    model: &'a Model,
    settings: &'a Tls,
    access: &'a Access,
    host: Option<&'a str>,
    diagnostics: &'a mut Diagnostics,
}

impl Checked<'_> {
    fn refuse(&mut self, at: &Location, part: &str, message: String, hint: impl Into<String>) {
        let problem = Diagnostic::new(codes::CLAIR_TLS, message).at(at.clone());
        self.diagnostics.push(problem.field(format!("spec.clair.tls{part}")).hint(hint));
    }

    /// What does not go with the origin of the certificate, and what clair-config.yaml says besides.
    fn parts(&mut self) {
        for Objection { at, part, message, hint } in objections(&self.settings.certificate) {
            self.refuse(&at, &format!(".{part}"), message, hint);
        }
        let from = &self.settings.certificate.from;
        if from.value == CertificateSource::ServiceCa && !self.model.config.cluster.is_openshift() {
            let message =
                "serviceCA and spec.cluster.platform: kubernetes disagree: only OpenShift has a service CA".to_owned();
            self.refuse(&from.at.clone(), ".from", message, "from: certManager, secret, or pair");
        }
        if let Some(file) = self.model.bundle.file(CLAIR_CA_FILE) {
            let message = format!("the key {CLAIR_CA_FILE} is where the CA of Clair's certificate goes");
            let problem = Diagnostic::new(codes::BUNDLE_KEY, message).at(file.at.clone());
            self.diagnostics.push(problem.hint("give it another name"));
        }
        let config = self.model.bundle.clair.as_ref();
        let listen = config.and_then(|file| Some((file, file.root.get("introspection_addr")?)));
        let is_moved = |text: &str| !text.is_empty() && !text.ends_with(":8089");
        if let Some((file, node)) = listen.filter(|(_, node)| node.as_str().is_none_or(is_moved)) {
            let message = format!("{CLAIR_CONFIG}: with spec.clair.tls the probes call port 8089, which has no TLS");
            let problem = Diagnostic::new(codes::CLAIR_CONFIG, message).at(file.location(node.pos));
            self.diagnostics.push(problem.field("introspection_addr").hint("remove it, or write \":8089\""));
        }
    }

    fn certificate(&self) -> Certificate {
        let given = &self.settings.certificate;
        let made = base_names::named(&self.model.registry.name.value, base_names::CLAIR_TLS);
        match given.from.value {
            CertificateSource::Pair | CertificateSource::Controller => Certificate::Pair,
            from => Certificate::in_secret(from, Some(given), made),
        }
    }

    /// Refuses a pair that is not there, or that Quay would not take.
    fn pair(&mut self, as_of: Option<Date>) {
        let at = self.settings.certificate.from.at.clone();
        let bundle = &self.model.bundle;
        let [cert, key] = [CLAIR_CERT, CLAIR_KEY].map(|name| bundle.file(name));
        for (name, file) in [(CLAIR_CERT, cert), (CLAIR_KEY, key)] {
            if file.is_none() && !self.is_late(name) && !bundle.is_unread {
                let host = self.host.unwrap_or("Clair's Service");
                let hint = format!("put {CLAIR_CERT} and {CLAIR_KEY} into the bundle, a pair for {host}");
                self.refuse(&at, ".from", format!("from: pair, and the bundle has no {name}"), hint);
            }
        }
        let hosts: Vec<Host> = self.host.map(Host::read).into_iter().collect();
        match (cert, key) {
            (Some(cert), Some(key)) => {
                for problem in pki::check_clair_pair(&cert.bytes, &key.bytes, &hosts) {
                    let file = if problem.file == PairFile::Cert { cert } else { key };
                    self.diagnostics.push(report(&problem, file));
                }
            }
            (Some(cert), None) => {
                let problems = pki::check_certificates(&cert.bytes);
                problems.iter().for_each(|problem| self.diagnostics.push(report(problem, cert)));
            }
            _ => {}
        }
        if let Some(cert) = cert {
            for problem in pki::validity(&cert.bytes, Role::Server, as_of) {
                self.diagnostics.push(report(&problem, cert));
            }
        }
    }

    fn is_late(&self, name: &str) -> bool {
        self.model.config.secrets.are_referenced() && self.model.config.secrets.files.contains_key(name)
    }

    /// Refuses a Secret of something else and a pair that nobody would serve, and notes what is not checked.
    fn secret(&mut self, certificate: &Certificate) {
        let given = &self.settings.certificate;
        for name in [CLAIR_CERT, CLAIR_KEY] {
            let file = self.model.bundle.file(name).map(|file| file.at.clone());
            let at = file.or_else(|| self.is_late(name).then(|| self.model.config.at.clone()));
            if let Some(at) = at {
                let message = format!("{name} and spec.clair.tls.from: {} disagree", given.from.value);
                let hint = format!("remove {name}, or from: pair");
                self.diagnostics.push(Diagnostic::new(codes::CLAIR_TLS, message).at(at).field(name).hint(hint));
            }
        }
        let Some(name) = certificate.secret() else { return };
        let at = given.name.as_ref().map_or(&given.at, |name| &name.at).clone();
        let is_other = |other: &Certificate| {
            let makes = |it: &Certificate| matches!(it, Certificate::Secret { maker, .. } if *maker != Maker::User);
            other.secret() == Some(name) && (makes(other) || makes(certificate))
        };
        let others = [&self.access.front, &self.access.serving];
        if is_made_here(self.model, name, |_| true) || others.into_iter().flatten().any(is_other) {
            let message = format!("{name:?} is the name of a Secret that is made for something else");
            self.refuse(&at, ".name", message, "another name");
        } else if given.from.value == CertificateSource::Secret && given.name.is_some() {
            let message = format!("Secret {name} is not in the input, so its certificate is not checked");
            let host = self.host.unwrap_or("Clair's Service");
            let hint = format!(
                "it must be valid for {host}; look at it: kubectl get secret {name} -o jsonpath='{{.data.tls\\.crt}}' | base64 -d | openssl x509 -noout -text"
            );
            let problem = Diagnostic::new(codes::SECRET_REFERENCE, message).at(at);
            self.diagnostics.push(problem.field("spec.clair.tls.name").hint(hint));
        }
    }

    /// Whom Quay must be told to trust: CAs in the input, and a key of a Secret.
    fn trust(&mut self, certificate: &Certificate) -> (Option<String>, Option<SecretKey>) {
        let settings = self.settings;
        let field = "spec.clair.tls.caBundle";
        let bundle = settings.ca_bundle.as_ref();
        let told = bundle.and_then(|bundle| sound_bundle(bundle, field, self.diagnostics));
        if bundle.is_some() && told.is_none() {
            return (None, None);
        }
        let secret = certificate.authority();
        let trusted: Vec<&BundleFile> = self.model.bundle.files_called(is_trusted).collect();
        let is_late = self.model.config.secrets.files.keys().any(|name| is_trusted(name));
        let cert = self.model.bundle.file(CLAIR_CERT).filter(|_| *certificate == Certificate::Pair);
        let Some(cert) = cert else {
            let is_told = told.is_some() || secret.is_some() || !trusted.is_empty() || is_late;
            // Quay trusts OpenShift's service CA.
            if !is_told && certificate.from() != CertificateSource::ServiceCa {
                self.refuse(&settings.certificate.at.clone(), ".caBundle", self.unknown(certificate), TRUST);
            }
            return (told, secret);
        };
        let others = trusted.iter().map(|file| file.bytes.as_slice()).chain(told.as_ref().map(|told| told.as_bytes()));
        let anchors = pki::anchors(&cert.bytes, &others.collect::<Vec<_>>());
        match (anchors, &told) {
            (None, Some(_)) if !is_late => {
                let at = bundle.map_or(&settings.certificate.at, |bundle| &bundle.at).clone();
                let message = format!("holds no CA that issued {CLAIR_CERT}, so Quay would not trust it");
                self.refuse(&at, ".caBundle", message, "the CA at the end of the chain of the certificate");
            }
            (None, None) if !is_late && !self.is_broken(cert) => {
                self.refuse(&settings.certificate.at.clone(), ".caBundle", self.unknown(certificate), TRUST);
            }
            _ => {}
        }
        // Quay trusts what is in other files of the bundle.
        (told.or_else(|| pki::anchors(&cert.bytes, &[])), secret)
    }

    /// Whether a file holds no certificate, which has been reported.
    fn is_broken(&self, cert: &BundleFile) -> bool {
        pki::certificates(&cert.bytes).is_none()
    }

    fn unknown(&self, certificate: &Certificate) -> String {
        let whose = match certificate.secret() {
            Some(name) => format!("the certificate in Secret {}", quote::bare_name(name)),
            None => format!("{CLAIR_CERT}, which does not hold its CA"),
        };
        format!("nothing says which CA issued {whose}, and Quay would not trust it")
    }
}

/// How to say which CA issued a certificate.
const TRUST: &str = "caBundle: |   # and the CA in PEM; or caKey: ca.crt, where the certificate's Secret holds the CA; or an \
                     extra_ca_cert_* of the bundle";

/// Files of the bundle that look as if Clair served them, and it does not.
fn tell_of_unused_pair(model: &Model, diagnostics: &mut Diagnostics) {
    if !serves_tls(&model.release) {
        return;
    }
    let config = model.bundle.clair.as_ref();
    if config.is_some_and(|file| file.root.get("tls").is_some()) {
        return;
    }
    let connstrings =
        SECTIONS.iter().filter_map(|section| config?.root.get(section)?.get(CONNSTRING)?.as_str().map(arguments));
    let named: Vec<String> = connstrings.flatten().map(|(_, value)| value).collect();
    let is_unused = |name: &&str| !named.contains(&format!("{FOLDER}{name}"));
    let files = [CLAIR_CERT, CLAIR_KEY].into_iter().filter(is_unused).filter_map(|name| model.bundle.file(name));
    let files: Vec<&BundleFile> = files.collect();
    let [cert, _] = files.as_slice() else { return };
    let message = format!("{CLAIR_CERT} and {CLAIR_KEY} are in Clair's pod, and Clair talks plain HTTP all the same");
    let problem = Diagnostic::new(codes::CLAIR_TLS_UNUSED, message).at(cert.at.clone());
    diagnostics.push(problem.field(CLAIR_CERT).hint("clair: {tls: {from: pair}}   # in spec of the RenderConfig"));
}

/// Refuses `tls` in clair-config.yaml: Quay would call Clair without TLS all the same.
pub fn refuse_in_config(model: &Model, diagnostics: &mut Diagnostics) {
    let file = model.bundle.clair.as_ref().filter(|_| serves_tls(&model.release));
    let Some((file, node)) = file.and_then(|file| Some((file, file.root.get("tls")?))) else { return };
    let (message, hint) = match model.config.clair.tls {
        Some(_) => ("spec.clair.tls of the RenderConfig writes it", "remove tls"),
        None => (
            "Clair would serve TLS, and Quay would call it without",
            "remove tls, and write into spec of the RenderConfig: clair: {tls: {from: pair}}",
        ),
    };
    let problem = Diagnostic::new(codes::CLAIR_CONFIG, format!("{CLAIR_CONFIG}: {message}"));
    diagnostics.push(problem.at(file.location(node.pos)).field("tls").hint(hint));
}
