//! Redis, for build logs, for user events, and for counting pulls.

use super::{Field, Subject, forms, paths};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::model::schema;
use crate::quote::{self, nearest_hint};
use std::net::Ipv6Addr;

/// The fields, with the arguments that Quay itself gives its client, where a second value ends in an error.
const FIELDS: [(&str, &[&str]); 3] =
    [(LOGS, &[]), (EVENTS, &["socket_connect_timeout", "socket_timeout"]), (PULLS, &[])];

const LOGS: &str = "BUILDLOGS_REDIS";
const EVENTS: &str = "USER_EVENTS_REDIS";

/// The field of later releases that may be left out.
const PULLS: &str = "PULL_METRICS_REDIS";

/// Arguments of the client that nobody needs to set and the tables leave out: in all forms that redis-py takes.
const OTHERS: [&str; 4] = ["decode_responses", "encoding", "encoding_errors", "single_connection_client"];

/// How the client compares the server's certificate.
const COMPARED: [&str; 3] = ["required", "optional", "none"];

/// Time-outs that Quay overwrites or refuses.
const TIMEOUTS: [&str; 2] = ["socket_connect_timeout", "socket_timeout"];

/// Quay does not start without either (guide 3.4.3).
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    for (name, refused) in FIELDS {
        let redis = subject.field(name);
        let is_left_out = !redis.is_given() && (name == PULLS || subject.is_reported(name));
        if is_left_out || redis.fact().is_none() {
            continue;
        }
        let hint = format!("{name}:\n  host: redis.example.com\n  port: 6379");
        if redis.require(codes::REDIS, "Quay keeps build logs and events in Redis", &hint, out) && redis.is_map() {
            let host = redis.member("host");
            host.require(codes::REDIS, "it names the Redis server", "host: redis.example.com", out);
            if let Some(address) = host.filled_text().and_then(address) {
                out.push(unfound(&host, address));
            } else if let Some(reason) = host.filled_text().and_then(host_objection) {
                let hint = "the name or address alone, the port in `port`:\nhost: redis.example.com\nport: 6379";
                out.push(host.problem(codes::REDIS, reason).hint(hint));
            }
            redis.member("port").check_port(codes::REDIS, out);
            report_unknown(subject, &redis, refused, out);
            check_tls(subject, &redis, out);
            check_start(subject, &redis, out);
        }
    }
}

/// What the client is told of TLS.
fn check_tls(subject: &Subject<'_>, redis: &Field<'_>, out: &mut Diagnostics) {
    let compared = redis.member("ssl_cert_reqs");
    if let Some(word) = compared.filled_text().filter(|word| !COMPARED.contains(word)) {
        let message = format!("{} is not a way to compare a certificate", quote::word(word, &COMPARED));
        out.push(compared.problem(codes::REDIS, message).hint(format!("one of {}", COMPARED.join(", "))));
    }
    let authority = redis.member("ssl_ca_certs");
    if let Some(found) = paths::find(subject, &authority, codes::REDIS, out) {
        paths::check_authority(&found, out);
    }
    let pair = ["ssl_certfile", "ssl_keyfile"].map(|name| redis.member(name));
    paths::check_pair(subject, pair.each_ref(), codes::REDIS, out);
    let named = pair.iter().chain([&authority]).find(|member| member.is_filled());
    if let Some(member) = named.filter(|_| redis.member("ssl").flag() != Some(true)) {
        let message = "is of no use without `ssl: true`: the client talks to Redis in the clear";
        out.push(warning(member, message, "ssl: true"));
    }
}

/// What the check that Quay starts with makes of it: it asks each server, and Quay stops where none answers.
fn check_start(subject: &Subject<'_>, redis: &Field<'_>, out: &mut Diagnostics) {
    let is_port = |field: &Field<'_>| field.number_in(forms::PORTS) == Some(true);
    let port = redis.member("port");
    let logs = subject.field(LOGS).member("port");
    if !port.is_given() && redis.member("host").is_filled() {
        let message = "is missing: Quay's client takes 6379, and the check that Quay starts with none, so Quay stops";
        out.push(warning(&port, message, "port: 6379"));
    } else if redis.path() == EVENTS && is_port(&port) && is_port(&logs) && port.integer() != logs.integer() {
        let message = format!("differs from that of {LOGS}, at which the check that Quay starts with looks for both");
        out.push(warning(&port, message, "let both servers listen on one port"));
    }
    let certificate = redis.member("ssl_certfile");
    if certificate.is_filled() {
        let message = "is not shown by the check that Quay starts with, so Quay stops where the server demands one";
        out.push(warning(
            &certificate,
            message,
            "tls-auth-clients optional   # in redis.conf; a password keeps others out",
        ));
    }
    let tls = redis.member("ssl");
    if redis.path() == PULLS && tls.flag() == Some(true) {
        let message = "is not for the worker that brings counts from Redis into the database: they stay where they are";
        out.push(warning(&tls, message, "a Redis of its own that talks plainly, near the registry"));
    }
}

fn warning(member: &Field<'_>, message: impl Into<String>, hint: &str) -> Diagnostic {
    let mut problem = member.problem(codes::REDIS, message).hint(hint);
    problem.severity = Severity::Warning;
    problem
}

/// Quay hands its client the whole map, which takes nothing that it does not know.
fn report_unknown(subject: &Subject<'_>, redis: &Field<'_>, refused: &[&str], out: &mut Diagnostics) {
    let code = if subject.options.is_compiled { codes::REDIS } else { codes::CONFIG_UNKNOWN };
    let known = schema::members("redis").filter(|fact| fact.is_in(redis.release()));
    let known: Vec<&str> = known.map(|fact| fact.name).collect();
    let is_known = |name: &&str| known.contains(name) || OTHERS.contains(name) || TIMEOUTS.contains(name);
    for (name, member) in redis.members() {
        if refused.contains(&name) {
            let message = "is set by Quay itself, whose client takes no second value";
            out.push(member.problem(code, message).hint("leave it out"));
        } else if !is_known(&name) {
            let near = nearest_hint(name, &known);
            let hint = format!("{near}the client of Redis takes {}, and fails with others", known.join(", "));
            out.push(member.problem(code, format!("unknown member {name:?}")).hint(hint));
        }
    }
}

/// The IPv6 address that a text is, in brackets or not.
fn address(host: &str) -> Option<Ipv6Addr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

/// An IPv6 address: the validator puts the port behind it as it stands, and Quay's client looks it up as it stands.
fn unfound(host: &Field<'_>, address: Ipv6Addr) -> Diagnostic {
    let message = "is an IPv6 address: the validator that Quay starts with reaches none of Redis, and Quay stops";
    let mut problem = host.problem(codes::REDIS, message);
    problem.severity = Severity::Warning;
    problem.hint(format!(
        "give the server a name:\nhost: redis.example.com\nor let Quay start without its validator, by the variable \
         IGNORE_VALIDATION; the address is {address} then, without brackets, and is written so"
    ))
}

/// Why a text is not a host that Quay's client of Redis could look up: it takes it as it is, whatever stands around.
fn host_objection(host: &str) -> Option<&'static str> {
    if host.contains("://") {
        return Some("is a URL, and the client of Redis takes a host");
    }
    if host.starts_with('[') {
        return Some("has brackets, with which the client of Redis looks for no host");
    }
    if host.chars().any(char::is_whitespace) {
        return Some("has a space in it");
    }
    if host.contains('/') {
        return Some("has a path");
    }
    host.contains(':').then_some("has a port, which belongs in `port`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_stands_alone() {
        for host in ["redis", "redis.example.com", "10.0.0.5", "redis_1"] {
            assert_eq!((host_objection(host), address(host)), (None, None), "{host}");
        }
        for host in ["fd00::10", "[fd00::10]"] {
            assert_eq!(address(host).map(|it| it.to_string()).as_deref(), Some("fd00::10"), "{host}");
        }
        for (host, part) in [
            ("redis.example.com:6379", "port"),
            ("10.0.0.5:6379", "port"),
            ("[redis.example.com]", "brackets"),
            ("[fd00::10]:6379", "brackets"),
            ("redis://redis.example.com", "URL"),
            ("rediss://:x@redis.example.com:6379/0", "URL"),
            (":secret@redis.example.com", "port"),
            ("redis.example.com/0", "path"),
            (" redis.example.com", "space"),
        ] {
            assert!(host_objection(host).is_some_and(|reason| reason.contains(part)), "{host}");
        }
    }
}
