//! Facts about the fields of config.yaml: types, defaults, allowed values, and which are secret.
//!
//! They come from the tables in `components/config/`; rules, masking, the JSON Schema and the documentation use them.

mod addresses;
mod fact;
mod integers;
mod tables;
mod types;
mod unknown;

pub use addresses::address_meant;
pub use fact::Fact;
pub use integers::{integer_meant, intended_integer, wants_integer};
pub use tables::{
    Argument, What, all_members, arguments, check, ended, field, field_in, fields, later, member, member_secrecy,
    members, secrecy,
};
pub use types::{Allowed, Secrecy, Type};
pub use unknown::{may_show_unknown, nearest};
