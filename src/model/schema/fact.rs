//! A row of the tables of fields and members, and what follows from it.

use super::types::{Allowed, Secrecy, Type};
use crate::catalog::{Number, number};
use crate::object::Value;
use crate::quote::{FLAGS, Form};
use crate::sensitive;

/// One field of config.yaml, or one member of a map in it.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The map that a member belongs to, by its name in the tables; empty for a field.
    pub map: &'static str,
    /// The name; `<NAME>_LOGIN_CONFIG` stands for that of any provider.
    pub name: &'static str,
    pub kind: Type,
    /// Quay's own default, as JSON; empty if there is none.
    pub default: &'static str,
    /// The default as a value.
    pub(super) default_value: Option<Value>,
    /// The field group of Quay's validator that reads it; empty if none does.
    pub group: &'static str,
    /// Which texts are allowed.
    pub allowed: Allowed,
    /// What it is for, in one sentence.
    pub description: &'static str,
    pub(super) secret: &'static str,
    /// The first release that has it; empty for every one.
    pub since: &'static str,
    /// The last release that has it; empty if the newest has it.
    pub until: &'static str,
}

/// Refuses a text in a column of releases that is not a release.
pub(super) fn release_of(text: &str) -> Result<(), String> {
    if text.is_empty() || number(text).is_some() { Ok(()) } else { Err(format!("{text:?} is not a release")) }
}

/// Whether a column names a release earlier than `release`.
pub(super) fn has_ended(column: &str, release: Number) -> bool {
    number(column).is_some_and(|last| last < release)
}

/// Whether a column names a release later than `release`.
pub(super) fn is_after(column: &str, release: Number) -> bool {
    number(column).is_some_and(|number| number > release)
}

impl Fact {
    /// Adds the default as a value; an error if it is not of the type, or a column names no release.
    pub(super) fn checked(mut self) -> Result<Self, String> {
        release_of(self.since)?;
        release_of(self.until)?;
        if !self.default.is_empty() {
            let value = serde_json::from_str::<serde_json::Value>(self.default).ok().map(Value::from);
            let value = value.filter(|value| self.kind.is_whole(value));
            let Some(value) = value else { return Err(format!("the default {:?} is not of its type", self.default)) };
            self.default_value = Some(value);
        }
        Ok(self)
    }

    /// Whether a release has it.
    #[must_use]
    pub fn is_in(&self, release: Number) -> bool {
        !is_after(self.since, release) && !self.has_ended(release)
    }

    /// Whether it was removed before a release.
    #[must_use]
    pub fn has_ended(&self, release: Number) -> bool {
        has_ended(self.until, release)
    }

    /// Whether its value may be shown: what the table says, else what follows from its type.
    #[must_use]
    pub fn secrecy(&self) -> Secrecy {
        self.secrecy_of(&self.kind)
    }

    /// The same for a part of its value with a type of its own.
    #[must_use]
    pub fn secrecy_of(&self, kind: &Type) -> Secrecy {
        if self.is_secret() { Secrecy::Secret } else { kind.secrecy() }
    }

    pub(super) fn is_secret(&self) -> bool {
        matches!(self.secret, "yes" | "uri")
    }

    /// Whether a value of the field, or a part of one with the type `kind`, may be shown entirely: it is public, of
    /// that type, and no text in it looks like a secret.
    #[must_use]
    pub fn may_show(&self, kind: &Type, value: &Value) -> bool {
        self.secrecy_of(kind) == Secrecy::Public && kind.fits(value) && self.is_harmless(value)
    }

    fn is_harmless(&self, value: &Value) -> bool {
        match value {
            Value::Str(text) => sensitive::is_harmless(text, self.takes_at()),
            Value::Seq(items) => items.iter().all(|item| self.is_harmless(item)),
            _ => true,
        }
    }

    /// The form of its text, or of each text in its list.
    #[must_use]
    pub fn form(&self) -> Form<'static> {
        match (&self.allowed, &self.kind) {
            (Allowed::OneOf(words), _) => Form::OneOf(words.clone()),
            (Allowed::Duration | Allowed::Size, _) | (_, Type::Integer | Type::Number | Type::Digits) => Form::Number,
            (_, Type::Flag) => Form::OneOf(FLAGS.to_vec()),
            (Allowed::Any | Allowed::QualifiedHost, _) => Form::Text,
        }
    }

    /// Whether a message may quote a value of the field, or a part of one with the type `kind`: it may be shown, or is
    /// close to one that may.
    #[must_use]
    pub fn may_quote(&self, kind: &Type, value: &Value) -> bool {
        let is_shown = self.may_show(kind, value);
        match value {
            Value::Str(text) => is_shown && self.form().may_quote(text, self.takes_at()),
            _ => is_shown,
        }
    }

    /// Whether an `@` is part of its texts, such as names of people and mail addresses.
    fn takes_at(&self) -> bool {
        self.secret == "at"
    }

    /// The default.
    #[must_use]
    pub fn default_value(&self) -> Option<&Value> {
        self.default_value.as_ref()
    }

    /// The default, if it is a boolean.
    #[must_use]
    pub fn default_flag(&self) -> Option<bool> {
        self.default_value.as_ref().and_then(Value::as_bool)
    }

    /// The default, if it is a list of texts.
    #[must_use]
    pub fn default_texts(&self) -> Vec<String> {
        let items = self.default_value.as_ref().and_then(Value::as_seq).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The default, if it is a text.
    #[must_use]
    pub fn default_text(&self) -> Option<&str> {
        self.default_value.as_ref().and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::super::field;
    use super::*;

    #[test]
    fn a_value_of_another_type_than_its_field_is_not_shown() {
        let shows = |name: &str, value: Value| {
            let fact = field(name).unwrap();
            fact.may_show(&fact.kind, &value)
        };
        assert!(shows("REGISTRY_TITLE", "a@b".into()));
        assert!(shows("SUPER_USERS", vec!["admin"].into()));
        assert!(!shows("SERVER_HOSTNAME", "a@b".into()));
        assert!(!shows("MAIL_PORT", "587".into()));
        assert!(!shows("SUPER_USERS", "admin".into()));
        assert!(!shows("REGISTRY_TITLE", vec!["a"].into()));
        assert!(!shows("TESTING", "false".into()));
        assert!(!shows("SECRET_KEY", "a".into()));
    }
}
