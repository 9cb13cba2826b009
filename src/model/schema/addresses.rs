//! Hosts that a client looks up as they are written.

use super::tables::field;
use super::types::Type;
use crate::yaml::Node;
use std::net::Ipv6Addr;

/// The IPv6 address that was meant by one in brackets, as it stands in a URL, where Quay's client of Redis finds it without
/// them alone (measured). `path` is one of field and members.
#[must_use]
pub fn address_meant<'n>(path: &[&str], node: &'n Node) -> Option<&'n str> {
    let [name, "host"] = path else { return None };
    let is_redis = field(name).is_some_and(|fact| fact.kind == Type::Members("redis"));
    let address = node.as_str().filter(|_| is_redis)?.strip_prefix('[')?.strip_suffix(']')?;
    address.parse::<Ipv6Addr>().is_ok().then_some(address)
}
