//! ResourceQuotas and LimitRanges of a namespace.

use super::Amounts;
use crate::kubernetes::size;
use crate::object::{Map, Value};

/// The limits for the pods and PersistentVolumeClaims of a namespace.
#[derive(Default)]
pub struct Bounds {
    pub(super) quotas: Vec<Quota>,
    pub(super) ranges: Vec<Range>,
}

/// A ResourceQuota.
pub(super) struct Quota {
    pub name: String,
    /// The limits, by their names in `hard`.
    pub hard: Amounts,
    /// Whether it is limited to some of the pods.
    pub is_scoped: bool,
}

/// An item of a LimitRange.
pub(super) struct Range {
    pub name: String,
    /// Container, Pod or PersistentVolumeClaim.
    pub of: String,
    pub min: Amounts,
    pub max: Amounts,
    /// The default limit of a container.
    pub default: Amounts,
    /// The default request of a container.
    pub default_request: Amounts,
    /// The largest allowed ratio of limit to request.
    pub ratio: Amounts,
}

/// Why documents cannot be read as bounds.
#[derive(Debug)]
pub struct Unread(pub String);

impl Bounds {
    /// Reads ResourceQuotas and LimitRanges, or lists of them.
    ///
    /// # Errors
    /// When there is no document, one is of another kind, or a quantity is invalid.
    pub fn of(documents: &[Value]) -> Result<Self, Unread> {
        let mut found = Self::default();
        for document in documents {
            found.add(document)?;
        }
        if found.quotas.is_empty() && found.ranges.is_empty() {
            return Err(Unread("holds no ResourceQuota and no LimitRange".to_owned()));
        }
        Ok(found)
    }

    fn add(&mut self, document: &Value) -> Result<(), Unread> {
        let name = document.str_at(&["metadata", "name"]).to_owned();
        match document.str_at(&["kind"]) {
            "ResourceQuota" => {
                let scopes = ["scopes", "scopeSelector"];
                let is_scoped = scopes.iter().any(|field| document.at(&["spec", field]).is_some());
                self.quotas.push(Quota { hard: amounts(document.at(&["spec"]), "hard")?, name, is_scoped });
            }
            "LimitRange" => {
                for item in document.at(&["spec", "limits"]).and_then(Value::as_seq).unwrap_or_default() {
                    self.ranges.push(Range::of(&name, item)?);
                }
            }
            kind if kind.ends_with("List") => {
                for item in document.at(&["items"]).and_then(Value::as_seq).unwrap_or_default() {
                    self.add(item)?;
                }
            }
            _ => return Err(Unread("holds something else than ResourceQuotas and LimitRanges".to_owned())),
        }
        Ok(())
    }

    /// The items of LimitRanges for containers, for pods or for PersistentVolumeClaims.
    pub(super) fn ranges_of<'a>(&'a self, of: &'a str) -> impl Iterator<Item = &'a Range> {
        self.ranges.iter().filter(move |range| range.of == of)
    }
}

impl Range {
    fn of(name: &str, item: &Value) -> Result<Self, Unread> {
        let part = |field| amounts(Some(item), field);
        let mut range = Self {
            name: name.to_owned(),
            of: item.str_at(&["type"]).to_owned(),
            min: part("min")?,
            max: part("max")?,
            default: part("default")?,
            default_request: part("defaultRequest")?,
            ratio: part("maxLimitRequestRatio")?,
        };
        // As the API server does.
        if range.of == "Container" {
            for (name, amount) in range.max.iter() {
                range.default.fill(name, amount);
            }
            for (name, amount) in range.default.iter().chain(range.min.iter()) {
                range.default_request.fill(name, amount);
            }
        }
        Ok(range)
    }
}

fn amounts(value: Option<&Value>, field: &str) -> Result<Amounts, Unread> {
    let map = value.and_then(|value| value.at(&[field]));
    let entries = map.and_then(Value::as_map).into_iter().flat_map(Map::iter);
    match entries.into_iter().find(|(_, value)| size(value).is_none()) {
        Some(_) => Err(Unread(format!("has a value in {field} that is not a quantity"))),
        None => Ok(Amounts::of(map)),
    }
}
