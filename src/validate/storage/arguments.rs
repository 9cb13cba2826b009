//! The arguments of a storage, each by itself: those that its driver requires, unknown ones, and the formats of others.
//! `components/config/storages.tsv` says which driver takes which.

use super::super::forms as common;
use super::Storage;
use super::forms::{SHORTEST_BUCKET, bucket_objection, host_objection};
use crate::diagnostic::{Diagnostics, Severity, codes};
use crate::model::schema::{self, What};
use crate::quote::nearest_hint;
use crate::validate::Subject;

type Check = fn(&Storage<'_>, &str, &mut Diagnostics);

/// Formats of arguments, for any driver that takes them.
const CHECKS: &[(&str, Check)] = &[
    ("auth_url", check_url),
    ("auth_version", check_version),
    ("azure_account_key", check_base64),
    ("bucket_name", check_bucket),
    ("host", check_host),
    ("hostname", check_host),
    ("port", check_port),
    ("s3_bucket", check_bucket),
];

/// Drivers that must be told whether to use TLS, though Quay's validator does not require it.
const NEED_IS_SECURE: [&str; 2] = ["RHOCSStorage", "RadosGWStorage"];

/// Checks the arguments of a storage.
pub fn check(subject: &Subject<'_>, storage: &Storage<'_>, out: &mut Diagnostics) {
    require(storage, out);
    report_unknown(subject, storage, out);
    for (name, check) in CHECKS {
        if storage.takes(name) {
            check(storage, name, out);
        }
    }
}

fn require(storage: &Storage<'_>, out: &mut Diagnostics) {
    let reason = format!("{} needs it", storage.driver);
    for argument in storage.known().filter(|argument| argument.required && !storage.is_null(argument.name)) {
        let hint = format!("{}: {}", argument.name, example(argument.name));
        storage.argument(argument.name).require(codes::STORAGE_ARGUMENT, &reason, &hint, out);
    }
    let is_secure = storage.argument("is_secure");
    if NEED_IS_SECURE.contains(&storage.driver) && !is_secure.is_given() && !storage.is_null("is_secure") {
        let message = "is missing: Quay's validator does without, and Quay itself does not start";
        let mut problem = is_secure.problem(codes::STORAGE_ARGUMENT, message).hint("is_secure: true");
        problem.severity = Severity::Warning;
        out.push(problem);
    }
}

fn example(argument: &str) -> &'static str {
    match argument {
        "auth_url" => "https://keystone.example.com:5000/v3",
        "auth_version" => "3",
        "cloudfront_distribution_domain" => "d111111abcdef8.cloudfront.net",
        "cloudfront_privatekey_filename" => "cloudfront.pem",
        "hostname" => "s3.example.com",
        "storage_path" => "/datastorage/registry",
        _ => "...",
    }
}

/// Quay passes arguments to a driver by name, and does not start if the driver has no such argument.
fn report_unknown(subject: &Subject<'_>, storage: &Storage<'_>, out: &mut Diagnostics) {
    let code = if subject.options.is_compiled { codes::STORAGE_ARGUMENT } else { codes::CONFIG_UNKNOWN };
    let known: Vec<&str> = storage.known().map(|argument| argument.name).collect();
    for (name, _) in storage.arguments.members().filter(|(name, _)| !known.contains(name)) {
        let driver = storage.driver;
        let message = format!("unknown argument {name:?} of {driver}");
        out.push_with_hint(storage.argument(name).problem(code, message), || {
            let release = storage.arguments.release();
            let later = schema::later(What::Argument(driver, name), release);
            let near = match (later, schema::ended(driver, name, release)) {
                (Some(since), _) => format!("it came with Quay {since}; "),
                (None, Some(last)) => format!("Quay {last} was the last that took it; "),
                (None, None) => nearest_hint(name, &known),
            };
            format!("{near}{driver} takes {}, and Quay does not start with others", known.join(", "))
        });
    }
}

fn check_url(storage: &Storage<'_>, name: &str, out: &mut Diagnostics) {
    let url = storage.argument(name);
    if let Some(Err(reason)) = url.filled_text().map(common::web_url) {
        let hint = "auth_url: https://keystone.example.com:5000/v3";
        out.push(url.problem(codes::STORAGE_ARGUMENT, reason).hint(hint));
    }
}

fn check_version(storage: &Storage<'_>, name: &str, out: &mut Diagnostics) {
    let version = storage.argument(name);
    if version.is_filled() && storage.auth_version().is_some_and(|number| !(1..=3).contains(&number)) {
        out.push(
            version.problem(codes::STORAGE_ARGUMENT, "is not a version of Swift's authentication").hint("1, 2 or 3"),
        );
    }
}

fn check_base64(storage: &Storage<'_>, name: &str, out: &mut Diagnostics) {
    let key = storage.argument(name);
    if key.filled_text().is_some_and(|text| !common::is_base64(text)) {
        let hint = "copy the whole key from the account's page, with the = at its end";
        out.push(key.problem(codes::STORAGE_CREDENTIALS, "is not base64").hint(hint));
    }
}

fn check_bucket(storage: &Storage<'_>, name: &str, out: &mut Diagnostics) {
    let bucket = storage.argument(name);
    // Amazon allows no shorter names; another service with the same driver may, and the operator accepts them.
    if storage.driver == "S3Storage" && bucket.filled_text().is_some_and(|text| text.chars().count() < SHORTEST_BUCKET)
    {
        let problem =
            bucket.problem(codes::STORAGE_BUCKET, "has fewer than three characters: Amazon has no such bucket");
        out.push(problem.hint("check the name; three to 63 characters"));
        return;
    }
    if let Some(reason) = bucket.filled_text().and_then(bucket_objection) {
        let hint = "letters, digits, `-` and `.`, three to 63 of them, from a letter or digit to one";
        out.push(bucket.problem(codes::STORAGE_ARGUMENT, format!("{reason}: no bucket has that name")).hint(hint));
    }
}

fn check_host(storage: &Storage<'_>, name: &str, out: &mut Diagnostics) {
    let host = storage.argument(name);
    let has_port = storage.argument("port").is_filled();
    if let Some(reason) = host.filled_text().and_then(|text| host_objection(text, has_port)) {
        let hint = format!("the name alone, the port in `port`:\n{name}: s3.example.com\nport: 443");
        out.push(host.problem(codes::STORAGE_ARGUMENT, reason).hint(hint));
    }
}

fn check_port(storage: &Storage<'_>, name: &str, out: &mut Diagnostics) {
    storage.argument(name).check_port(codes::STORAGE_ARGUMENT, out);
}
