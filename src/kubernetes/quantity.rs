//! Quantities: numbers with a unit.

use crate::object::Value;

const UNITS: [(&str, f64); 16] = [
    ("Ki", 1_024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("", 1.0),
];

/// The size of a quantity: a number, and a unit or an exponent. `None` if the text is not one.
#[must_use]
pub fn quantity(text: &str) -> Option<f64> {
    UNITS.iter().find_map(|(unit, factor)| {
        let number = text.strip_suffix(unit)?;
        // This excludes `inf` and the like.
        let is_number = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'));
        number.parse::<f64>().ok().filter(|_| is_number).map(|number| number * factor)
    })
}

/// The size of a value that is a quantity, however YAML reads it. `None` if it is not one.
#[must_use]
pub fn size(value: &Value) -> Option<f64> {
    match value {
        Value::Str(text) | Value::Int(text) => quantity(text),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Whether a text is a quantity that is not negative.
#[must_use]
pub fn is_quantity(text: &str) -> bool {
    quantity(text).is_some_and(|size| size >= 0.0) && !text.starts_with('-')
}
