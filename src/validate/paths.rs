//! Paths in config.yaml that lead to files beside it.

use super::{Field, Subject, tls};
use crate::diagnostic::{Code, Diagnostics, Severity, codes};
use crate::kubernetes_names::is_data_key;
use crate::model::bundle::BundleFile;
use crate::model::stack::{self, STACK};
use crate::pki;

/// Where the image has its own files, the CAs that everybody trusts among them.
const OF_THE_IMAGE: &str = "/etc/";

/// What a path leads to.
pub(super) enum Found<'a> {
    /// A file of the bundle.
    File(&'a BundleFile),
    /// What is not seen here, and may well be there.
    Unseen,
    /// Nothing, which has been said.
    Nothing,
}

/// What the path that is a member's value leads to; nothing where it has none. A path to no file of the bundle is refused.
pub(super) fn find<'a>(
    subject: &Subject<'a>,
    member: &Field<'_>,
    code: Code,
    out: &mut Diagnostics,
) -> Option<Found<'a>> {
    let path = member.filled_text()?;
    let Some(name) = stack::file(path) else {
        return Some(elsewhere(subject, member, path, code, out));
    };
    let key = stack::key(name);
    if let Some(file) = subject.file(&key) {
        return Some(Found::File(file));
    }
    if subject.is_late_file(&key) {
        out.push(member.left_to_secret(codes::SECRET_REFERENCE));
        return Some(Found::Unseen);
    }
    if subject.options.cluster_files.contains(&name) {
        return Some(Found::Unseen);
    }
    if !is_data_key(&key) {
        let message = "leads to no file of the bundle: it has letters, digits and -_. alone in its name";
        out.push(member.problem(code, message).hint(format!("a file of the bundle is below {STACK}: {}", at("FILE"))));
        return Some(Found::Nothing);
    }
    let message = format!("leads to the file {key} of the bundle, which has none of that name");
    let others: Vec<String> =
        subject.bundle.files.iter().filter(|file| is_pem(file)).map(|file| at(&file.key)).collect();
    let hint = match others.as_slice() {
        [] => format!("put it into the bundle as {key}, in PEM form"),
        others => format!("put it into the bundle as {key}, or name one that is there: {}", others.join(", ")),
    };
    out.push(member.problem(code, message).hint(hint));
    Some(Found::Nothing)
}

fn elsewhere<'a>(
    subject: &Subject<'a>,
    member: &Field<'_>,
    path: &str,
    code: Code,
    out: &mut Diagnostics,
) -> Found<'a> {
    if path.starts_with(OF_THE_IMAGE)
        || subject.options.mounted.iter().any(|folder| path.starts_with(&format!("{folder}/")))
    {
        return Found::Unseen;
    }
    let name = path.rsplit('/').next().filter(|name| is_data_key(name)).unwrap_or("FILE");
    let hint = format!("a file of the bundle is below {STACK}: {}", at(name));
    if !path.starts_with('/') {
        let message = "leads to no file: the programs of Quay have none of their own below their folder";
        out.push(member.problem(code, message).hint(hint));
        return Found::Nothing;
    }
    let message = "leads out of the configuration: pods have that file where a volume of your own brings it";
    let mut problem = member.problem(code, message).hint(hint);
    problem.severity = Severity::Note;
    out.push(problem);
    Found::Unseen
}

/// The path to a file of the bundle, as it is written.
fn at(key: &str) -> String {
    format!("conf/stack/{key}")
}

fn is_pem(file: &BundleFile) -> bool {
    file.bytes.starts_with(b"-----BEGIN ") && ![tls::CERT, tls::KEY].contains(&file.key.as_str())
}

/// Reports what is wrong with certificates to compare with.
pub(super) fn check_authority(found: &Found<'_>, out: &mut Diagnostics) {
    if let Found::File(file) = found {
        pki::check_certificates(&file.bytes).iter().for_each(|problem| out.push(tls::report(problem, file)));
    }
}

/// The certificate that a client shows, and its key: both, or neither, and made for each other.
pub(super) fn check_pair(
    subject: &Subject<'_>,
    [certificate, key]: [&Field<'_>; 2],
    code: Code,
    out: &mut Diagnostics,
) {
    let found = [certificate, key].map(|member| find(subject, member, code, out));
    match &found {
        [Some(Found::File(cert)), Some(Found::File(key))] => {
            for problem in pki::check_client_pair(&cert.bytes, &key.bytes) {
                let file = if problem.file == pki::PairFile::Cert { cert } else { key };
                out.push(tls::report(&problem, file));
            }
        }
        [Some(_), None] => out.push(half(certificate, key, code)),
        [None, Some(_)] => out.push(half(key, certificate, code)),
        _ => {}
    }
}

fn half(given: &Field<'_>, missing: &Field<'_>, code: Code) -> crate::diagnostic::Diagnostic {
    let name = missing.path().rsplit('.').next().unwrap_or_default();
    given.problem(code, format!("is one half of a pair; {name} is missing")).hint(format!("{name}: conf/stack/FILE"))
}
