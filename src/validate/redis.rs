//! Redis, for build logs, for user events, and for counting pulls.

use super::{Field, Subject};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::model::schema;
use crate::quote::nearest_hint;
use std::net::Ipv6Addr;

/// The fields, with the arguments that Quay itself gives its client, where a second value ends in an error.
const FIELDS: [(&str, &[&str]); 3] =
    [("BUILDLOGS_REDIS", &[]), ("USER_EVENTS_REDIS", &["socket_connect_timeout", "socket_timeout"]), (PULLS, &[])];

/// The field of later releases that may be left out.
const PULLS: &str = "PULL_METRICS_REDIS";

/// Arguments of the client that nobody needs to set and the tables leave out: in all forms that redis-py 3.3 takes.
const OTHERS: [&str; 6] =
    ["charset", "decode_responses", "encoding", "encoding_errors", "errors", "single_connection_client"];

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
        }
    }
}

/// Quay hands its client the whole map, which takes nothing that it does not know.
fn report_unknown(subject: &Subject<'_>, redis: &Field<'_>, refused: &[&str], out: &mut Diagnostics) {
    let code = if subject.options.is_compiled { codes::REDIS } else { codes::CONFIG_UNKNOWN };
    let known: Vec<&str> = schema::members("redis").map(|fact| fact.name).collect();
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
