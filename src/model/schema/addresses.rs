//! Hosts that a client looks up exactly as written.

use super::tables::field;
use super::types::Type;
use crate::yaml::Node;
use std::net::Ipv6Addr;

/// The IPv6 address inside a bracketed one, as written in URLs: Quay's Redis client accepts it only without brackets
/// (measured). `path` is that of field and members.
#[must_use]
pub fn address_meant<'n>(path: &[&str], node: &'n Node) -> Option<&'n str> {
    let [name, "host"] = path else { return None };
    let is_redis = field(name).is_some_and(|fact| fact.kind == Type::Members("redis"));
    let address = node.as_str().filter(|_| is_redis)?.strip_prefix('[')?.strip_suffix(']')?;
    address.parse::<Ipv6Addr>().is_ok().then_some(address)
}
