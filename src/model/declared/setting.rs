//! A place inside a setting, where Kubernetes' own types declare the fields.

use crate::kubernetes::settings::Setting;
use crate::kubernetes::{Form as Written, Kind};
use crate::object::Value;
use crate::quote::{FLAGS, Form};
use crate::sensitive::name;

/// A place inside a setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner {
    kind: Kind,
    words: &'static [&'static str],
    /// Whether it may be a secret, whatever its form.
    is_hidden: bool,
    /// Whether it is a setting that `false` removes.
    takes_false: bool,
}

impl Inner {
    pub(super) fn of(setting: &'static Setting) -> Self {
        let Setting { kind, words, takes_false, .. } = *setting;
        Self { kind, words, is_hidden: false, takes_false }
    }

    /// The place of field or member `key`.
    pub(super) fn field(self, key: &str) -> Option<Self> {
        match self.kind.field(key) {
            Some(field) => {
                let is_hidden = self.is_hidden || field.may_be_secret();
                Some(Self { kind: field.kind, words: &field.words, is_hidden, takes_false: false })
            }
            None => self.item().filter(|_| self.takes_any_key()),
        }
    }

    pub(super) fn item(self) -> Option<Self> {
        Some(Self { kind: self.kind.inner()?, words: &[], takes_false: false, ..self })
    }

    pub(super) fn takes_any_key(self) -> bool {
        matches!(self.kind.form(), Written::Map | Written::Names)
    }

    /// Whether a member of that name holds a secret. Labels and annotations are often named after other things, so they
    /// are judged differently from options of volume drivers.
    pub(super) fn names_secret(self, key: &str) -> bool {
        match self.kind.form() {
            Written::Names => name::is_secret(key),
            Written::Map => name::is_secret_of_value(key),
            _ => false,
        }
    }

    /// The form of its texts.
    pub(super) fn form(self) -> Form<'static> {
        match self.kind.form() {
            Written::Boolean => Form::OneOf(FLAGS.to_vec()),
            Written::Integer | Written::Number | Written::Quantity => Form::Number,
            _ if !self.words.is_empty() => Form::OneOf(self.words.to_vec()),
            _ => Form::Text,
        }
    }

    /// Whether the value here may be shown, judged by the place alone.
    pub(super) fn is_public(self) -> bool {
        self.kind.is_scalar() && !self.is_hidden
    }

    /// Whether a list is expected here.
    pub(super) fn takes_items(self) -> bool {
        self.kind.form() == Written::List && !self.is_hidden
    }

    /// Whether a map is expected here.
    pub(super) fn takes_fields(self) -> bool {
        matches!(self.kind.form(), Written::Fields | Written::Map | Written::Names) && !self.is_hidden
    }

    /// Whether a value removes the setting.
    pub(super) fn is_off(self, value: &Value) -> bool {
        self.takes_false && *value == Value::Bool(false)
    }

    /// Whether a value has the type expected here; a text must also satisfy `may_quote`.
    pub(super) fn fits(self, value: &Value, may_quote: impl Fn(&str) -> bool) -> bool {
        match (self.kind.form(), value) {
            (_, Value::Null) | (Written::Boolean, Value::Bool(_)) => true,
            (Written::Integer | Written::Number | Written::Quantity | Written::IntegerOrText, value) => {
                matches!(value, Value::Int(_) | Value::Float(_)) || value.as_str().is_some_and(may_quote)
            }
            (Written::Text, Value::Str(text)) => may_quote(text),
            _ => false,
        }
    }
}
