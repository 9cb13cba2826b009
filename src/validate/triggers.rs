//! Builds started by a push to Bitbucket, GitHub or GitLab.

use super::{Subject, logins};
use crate::diagnostic::{Code, Diagnostics, codes};

const CODE: Code = codes::BUILD_TRIGGER;

/// Checks every trigger that is switched on, if builds are.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if !subject.is_on("FEATURE_BUILD_SUPPORT") {
        return;
    }
    if subject.is_on("FEATURE_BITBUCKET_BUILD") {
        let config = subject.field("BITBUCKET_TRIGGER_CONFIG");
        let hint = "BITBUCKET_TRIGGER_CONFIG:\n  CONSUMER_KEY: …\n  CONSUMER_SECRET: …";
        if config.require(CODE, "FEATURE_BITBUCKET_BUILD is on", hint, out) && config.is_map() {
            for member in ["CONSUMER_KEY", "CONSUMER_SECRET"] {
                config.member(member).require(CODE, "Bitbucket knows Quay by it", &format!("{member}: …"), out);
            }
        }
    }
    if subject.is_on("FEATURE_GITHUB_BUILD") {
        let config = subject.field("GITHUB_TRIGGER_CONFIG");
        let hint = "GITHUB_TRIGGER_CONFIG:\n  GITHUB_ENDPOINT: https://github.com/\n  CLIENT_ID: …\n  CLIENT_SECRET: …";
        if logins::client(&config, CODE, "FEATURE_GITHUB_BUILD is on", hint, out) {
            logins::github(&config, CODE, out);
        }
    }
    if subject.is_on("FEATURE_GITLAB_BUILD") {
        let config = subject.field("GITLAB_TRIGGER_CONFIG");
        let hint = "GITLAB_TRIGGER_CONFIG:\n  GITLAB_ENDPOINT: https://gitlab.com/\n  CLIENT_ID: …\n  CLIENT_SECRET: …";
        if logins::client(&config, CODE, "FEATURE_GITLAB_BUILD is on", hint, out) {
            let endpoint = config.member("GITLAB_ENDPOINT");
            if let Some(url) = endpoint.text() {
                logins::endpoint_url(&endpoint, url, CODE, out);
            }
        }
    }
}
