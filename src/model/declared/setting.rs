//! A place inside of a setting, where Kubernetes' own types say what stands there.

use crate::kubernetes::settings::Setting;
use crate::kubernetes::{Form as Written, Kind};
use crate::object::Value;
use crate::quote::{FLAGS, Form};
use crate::sensitive::name;

/// A place inside of a setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner {
    kind: Kind,
    words: &'static [&'static str],
    /// Whether it may be a secret, whatever it looks like.
    is_hidden: bool,
    /// Whether it is a setting that `false` takes away.
    takes_false: bool,
}

impl Inner {
    pub(super) fn of(setting: &'static Setting) -> Self {
        let Setting { kind, words, takes_false, .. } = *setting;
        Self { kind, words, is_hidden: false, takes_false }
    }

    /// The field or member `key`.
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

    /// Whether a member of that name holds a secret. Labels and annotations have names of other things too: what drivers of
    /// volumes are told is what programs are.
    pub(super) fn names_secret(self, key: &str) -> bool {
        match self.kind.form() {
            Written::Names => name::is_secret(key),
            Written::Map => name::is_secret_of_value(key),
            _ => false,
        }
    }

    /// What its texts are.
    pub(super) fn form(self) -> Form<'static> {
        match self.kind.form() {
            Written::Boolean => Form::OneOf(FLAGS.to_vec()),
            Written::Integer | Written::Number | Written::Quantity => Form::Number,
            _ if !self.words.is_empty() => Form::OneOf(self.words.to_vec()),
            _ => Form::Text,
        }
    }

    /// Whether the value here may be shown, as far as the place goes.
    pub(super) fn is_public(self) -> bool {
        self.kind.is_scalar() && !self.is_hidden
    }

    /// Whether a list stands here.
    pub(super) fn takes_items(self) -> bool {
        self.kind.form() == Written::List && !self.is_hidden
    }

    /// Whether a map stands here.
    pub(super) fn takes_fields(self) -> bool {
        matches!(self.kind.form(), Written::Fields | Written::Map | Written::Names) && !self.is_hidden
    }

    /// Whether a value takes the setting away.
    pub(super) fn is_off(self, value: &Value) -> bool {
        self.takes_false && *value == Value::Bool(false)
    }

    /// Whether a value is of the type that stands here; of a text, whether it `may_quote` it.
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
