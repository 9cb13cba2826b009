//! Arguments of a storage that depend on each other, by driver.

use super::Storage;
use crate::diagnostic::{Diagnostics, Severity, codes};
use crate::model::secrets;
use crate::validate::Subject;

/// Checks how the arguments of a storage fit together.
pub fn check(subject: &Subject<'_>, storage: &Storage<'_>, out: &mut Diagnostics) {
    match storage.driver {
        "S3Storage" => check_s3(storage, out),
        "AzureStorage" => check_azure(storage, out),
        "CloudFrontedS3Storage" => check_key(subject, storage, "cloudfront", "CloudFront", out),
        "CloudFlareStorage" => check_key(subject, storage, "cloudflare", "CloudFlare", out),
        "SwiftStorage" => check_swift(storage, out),
        "AkamaiS3Storage" => warn_of_akamai(storage, out),
        _ => {}
    }
}

/// Quay has this driver, but the validator that runs at its start does not know it.
fn warn_of_akamai(storage: &Storage<'_>, out: &mut Diagnostics) {
    let message = "is AkamaiS3Storage, which the validator that Quay starts with does not know, so that Quay stops";
    let mut problem = storage.arguments.problem(codes::STORAGE_DRIVER, message);
    problem.severity = Severity::Warning;
    out.push(problem.hint("let Quay start without its validator, by the variable IGNORE_VALIDATION"));
}

/// Without keys, the role of the machine is used.
fn check_s3(storage: &Storage<'_>, out: &mut Diagnostics) {
    for (name, other) in [("s3_access_key", "s3_secret_key"), ("s3_secret_key", "s3_access_key")] {
        if storage.argument(other).is_filled() && !storage.is_null(name) {
            let hint = format!("{name}: ..., or neither of the two where the machine's role gives access");
            let reason = format!("without it Quay does not use {other}");
            storage.argument(name).require(codes::STORAGE_CREDENTIALS, &reason, &hint, out);
        }
    }
}

fn check_azure(storage: &Storage<'_>, out: &mut Diagnostics) {
    let names = ["azure_account_key", "sas_token"];
    if !names.iter().any(|name| storage.argument(name).is_filled() || storage.is_null(name)) {
        let reason = "AzureStorage needs it, or a sas_token";
        storage.argument("azure_account_key").require(
            codes::STORAGE_CREDENTIALS,
            reason,
            "azure_account_key: ...",
            out,
        );
    }
}

/// Quay signs URLs of the CDN in front of the bucket with the key, a file of the bundle (guide 7.1.6).
fn check_key(subject: &Subject<'_>, storage: &Storage<'_>, prefix: &str, who: &str, out: &mut Diagnostics) {
    let name = format!("{prefix}_privatekey_filename");
    if storage.is_null(&name) {
        return;
    }
    let file = storage.argument(&name);
    let hint = format!("put the key's PEM file into the bundle and name it: {name}: {prefix}.pem");
    let reason = format!("Quay signs {who}'s URLs with it");
    let named = file.require_text(codes::STORAGE_CREDENTIALS, &reason, &hint, out);
    if let Some(key) = named.filter(|key| !subject.has_file(key)) {
        out.push(file.problem(codes::STORAGE_CREDENTIALS, format!("the bundle has no file {key:?}")).hint(hint));
    }
}

/// What Keystone's version 3 requires. The validator knows the first spelling of the domain, Swift's client both.
const DOMAINS: [&str; 2] = ["user_domain_name", "user_domain_id"];

fn check_swift(storage: &Storage<'_>, out: &mut Diagnostics) {
    let options = storage.argument("os_options");
    if storage.auth_version() != Some(3) || storage.is_null("os_options") || (options.is_given() && !options.is_map()) {
        return;
    }
    let hint = "os_options:\n  tenant_id: ...\n  user_domain_name: Default";
    let reason = "version 3 of Swift's authentication needs it";
    if !options.is_given() {
        options.require(codes::STORAGE_ARGUMENT, reason, hint, out);
        return;
    }
    if options.node().is_some_and(secrets::is_reference) {
        return;
    }
    let domain = DOMAINS.iter().find(|name| options.member(name).is_filled()).unwrap_or(&"user_domain_name");
    for name in [domain, "tenant_id"] {
        let option = options.member(name);
        if option.require(codes::STORAGE_ARGUMENT, reason, hint, out) && option.text().is_none() {
            out.push(option.problem(codes::STORAGE_ARGUMENT, "is not text").hint("put the value in quotes"));
        }
    }
}
