//! Amounts of CPU, memory and other resources.

use crate::kubernetes::size;
use crate::object::{Map, Value};
use std::collections::BTreeMap;

/// Amounts by the names of resources, in CPUs and bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Amounts(BTreeMap<String, f64>);

impl Amounts {
    /// The amounts in a map of quantities.
    #[must_use]
    pub fn of(value: Option<&Value>) -> Self {
        let entries = value.and_then(Value::as_map).into_iter().flat_map(Map::iter);
        Self(entries.filter_map(|(name, value)| Some((name.to_owned(), size(value)?))).collect())
    }

    /// The amount of one resource.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    /// The amount, or zero.
    #[must_use]
    pub fn or_none(&self, name: &str) -> f64 {
        self.get(name).unwrap_or_default()
    }

    /// All amounts, by resource name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, amount)| (name.as_str(), *amount))
    }

    /// Sets an amount that is missing.
    pub fn fill(&mut self, name: &str, amount: f64) {
        self.0.entry(name.to_owned()).or_insert(amount);
    }

    /// Adds other amounts, multiplied.
    pub fn add(&mut self, other: &Self, times: u32) {
        for (name, amount) in other.iter().filter(|_| times > 0) {
            *self.0.entry(name.to_owned()).or_default() += amount * f64::from(times);
        }
    }

    /// Takes the larger amount of each resource.
    pub fn raise(&mut self, other: &Self) {
        for (name, amount) in other.iter() {
            let own = self.0.entry(name.to_owned()).or_default();
            *own = own.max(amount);
        }
    }

    /// An amount of a resource as text: `10.5`, `26Gi`.
    #[must_use]
    pub fn shown(name: &str, amount: f64) -> String {
        let in_bytes = name == "memory" || name.ends_with("storage");
        let units = [("Ti", 1_099_511_627_776.0), ("Gi", 1_073_741_824.0), ("Mi", 1_048_576.0), ("Ki", 1024.0)];
        let unit = units.iter().find(|(_, size)| in_bytes && amount >= *size);
        let (number, unit) = unit.map_or((amount, ""), |(unit, size)| (amount / size, *unit));
        let text = format!("{number:.3}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        format!("{text}{unit}")
    }
}
