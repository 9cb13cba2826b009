//! Checks values against their Kubernetes type, and for secrets in public places.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, codes};
use crate::kubernetes::settings::Setting;
use crate::kubernetes::{Field, Form, Kind, is_quantity};
use crate::kubernetes_names::{is_label_value, is_qualified};
use crate::model::fields::{flag_hint, unquotable};
use crate::model::notations::range_problem;
use crate::quote::{self, listed, nearest, nearest_hint};
use crate::sensitive::{self, name};
use crate::yaml::{self, Data, Dialect, Entry, Node, Origin, Pos};
use std::collections::BTreeSet;

/// The resources a container may request, besides names with a domain and `hugepages-…`.
const RESOURCES: &[&str] = &["cpu", "memory", "ephemeral-storage"];
/// The fields that hold port numbers.
const PORTS: &[&str] = &["port", "endPort", "containerPort"];
/// An annotation of a Namespace.
const DEFAULT_TOLERATIONS: &str = "scheduler.alpha.kubernetes.io/defaultTolerations";
const NAME_HINT: &str = "letters, digits, `-`, `_` and `.`, at most 63; a domain and `/` may stand in front";

/// Checks one setting.
pub(super) struct Check<'a> {
    pub locate: &'a dyn Fn(Pos) -> Location,
    /// The cluster's version of Kubernetes.
    pub version: (u32, u32),
    pub diagnostics: &'a mut Diagnostics,
    /// Whether no problem has been found yet.
    pub is_right: bool,
}

impl Check<'_> {
    /// Checks the value of a setting; returns whether it may be used.
    pub fn setting(&mut self, node: &Node, setting: &'static Setting, path: &str) -> bool {
        match (&node.data, setting.name) {
            (Data::Bool(false), _) if setting.takes_false => {}
            (Data::Bool(true), _) if setting.takes_false => {
                let names: Vec<&str> = setting.kind.fields().iter().map(|field| field.name).collect();
                let hint = format!("write {}, or take it out: there is one unless you take it away", listed(&names));
                self.problem(codes::FIELD_VALUE, node.pos, path, "takes false, or a map", &hint);
            }
            (Data::Int(digits), "replicas" | "terminationGracePeriodSeconds") if digits.starts_with('-') => {
                self.problem(codes::FIELD_VALUE, node.pos, path, "must not be negative", "");
            }
            // A map that is merged over the rendered value may be incomplete.
            (Data::Map(entries), _) if setting.kind.form() == Form::Fields => {
                self.fields(entries, setting.kind, path);
            }
            _ => self.value(node, setting.kind, setting.words, path),
        }
        self.is_right
    }

    fn value(&mut self, node: &Node, kind: Kind, words: &[&'static str], path: &str) {
        match (kind.form(), &node.data) {
            (_, Data::Null) => {}
            (Form::Text, Data::Str(text)) => self.text(node, &text.value, words, path),
            (Form::Boolean, Data::Bool(_)) | (Form::Number, Data::Int(_) | Data::Float(_)) => {}
            (Form::Integer | Form::IntegerOrText, Data::Int(digits)) => {
                if digits.parse::<i64>().is_err() {
                    self.problem(codes::FIELD_VALUE, node.pos, path, "is too large a number", "");
                }
            }
            (Form::IntegerOrText, Data::Str(text)) => self.text(node, &text.value, &[], path),
            (Form::Quantity, Data::Str(_) | Data::Int(_) | Data::Float(_)) => self.quantity(node, path),
            (Form::List, Data::Seq(items)) => {
                let Some(inner) = kind.inner() else { return };
                for (index, item) in items.iter().enumerate() {
                    self.item(item, inner, &format!("{path}[{index}]"));
                }
                self.keys(items, kind, path);
            }
            (Form::Map, Data::Map(entries)) => {
                for entry in entries {
                    let path = format!("{path}.{}", entry.key);
                    if let Some(inner) = kind.inner() {
                        self.value(&entry.value, inner, &[], &path);
                    }
                }
            }
            (Form::Names, Data::Map(entries)) => entries.iter().for_each(|entry| self.name(entry, kind, path)),
            (Form::Fields, Data::Map(entries)) => {
                self.fields(entries, kind, path);
                self.required(node, entries, kind, path);
                if kind.as_str() == "NetworkPolicyPeer" {
                    self.peer(node, entries, path);
                }
            }
            (form, _) => self.mistyped(node, form, path),
        }
    }

    /// Checks an item of a list, which must not be null.
    fn item(&mut self, node: &Node, kind: Kind, path: &str) {
        if node.is_null() {
            self.mistyped(node, kind.form(), path);
        } else {
            self.value(node, kind, &[], path);
        }
    }

    fn fields(&mut self, entries: &[Entry], kind: Kind, path: &str) {
        for entry in entries {
            match kind.field(&entry.key) {
                Some(field) => self.field(entry, field, entries, &format!("{path}.{}", entry.key)),
                None => self.unknown(entry, &kind.fields().iter().map(|it| it.name).collect::<Vec<_>>(), path),
            }
        }
    }

    fn field(&mut self, entry: &Entry, field: &'static Field, beside: &[Entry], path: &str) {
        if let Some(lack) = field.lack(self.version) {
            let hint = "take it out, or correct spec.cluster.kubernetesVersion";
            return self.problem(codes::FIELD_VALUE, entry.key_pos, path, &lack, hint);
        }
        self.value(&entry.value, field.kind, &field.words, path);
        if field.owner == "ResourceRequirements" && field.kind.as_str() == "map of quantity" {
            for entry in entry.value.as_map().unwrap_or_default() {
                let name = entry.key.as_str();
                if !RESOURCES.contains(&name) && !name.contains('/') && !name.starts_with("hugepages-") {
                    self.unknown(entry, RESOURCES, path);
                }
            }
        }
        if PORTS.contains(&field.name) {
            self.port(&entry.value, path);
        }
        if field.owner == "IPBlock" {
            self.ranges(&entry.value, path);
        }
        if field.may_be_secret() {
            self.secret(&entry.value, beside, path);
        }
    }

    /// Refuses a public value that may be a secret by its name or its form.
    fn secret(&mut self, node: &Node, beside: &[Entry], path: &str) {
        let name = beside.iter().find(|entry| entry.key == "name").and_then(|entry| entry.value.as_str());
        let is_named = name.is_some_and(|name| name::is_secret_variable(name) || name::is_secret(name));
        let texts: Vec<&Node> = node.as_seq().map_or_else(|| vec![node], |items| items.iter().collect());
        let words: Vec<&str> = texts.iter().filter_map(|node| node.as_str()).collect();
        let is_open = words.iter().any(|text| !sensitive::is_harmless(text, true));
        let is_given = words.iter().any(|text| !text.is_empty());
        if (is_named && is_given) || is_open || !sensitive::command::arguments(&words).is_empty() {
            let message = "holds what counts as a secret, where everybody can read it";
            let hint = "take it from a Secret: valueFrom: {secretKeyRef: {name: my-secret, key: password}}";
            self.problem(codes::SECRET_EXPOSED, node.pos, path, message, hint);
        }
    }

    fn required(&mut self, node: &Node, entries: &[Entry], kind: Kind, path: &str) {
        for field in kind.fields().iter().filter(|field| field.is_required) {
            let given = entries.iter().find(|entry| entry.key == field.name);
            if given.is_none_or(|entry| entry.value.is_null()) {
                let hint = format!("add {}: …, a {}", field.name, field.kind.as_str());
                let path = format!("{path}.{}", field.name);
                self.problem(codes::FIELD_MISSING, node.pos, &path, "is required and missing", &hint);
            }
        }
    }

    /// Refuses two items of a list with the same key.
    fn keys(&mut self, items: &[Node], kind: Kind, path: &str) {
        let Some(key) = kind.key() else { return };
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let Some(name) = item.get(key).and_then(Node::as_str) else { continue };
            // Several constraints with the same key are allowed if another field differs.
            if !seen.insert(name) && key != "topologyKey" {
                let message = format!("has the {key} of an item further up");
                self.problem(codes::FIELD_VALUE, item.pos, &format!("{path}[{index}]"), &message, "keep one of them");
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, known: &[&str], path: &str) {
        let at = (self.locate)(entry.key_pos);
        let Some(key) = entry.quotable_key() else {
            self.is_right = false;
            return self.diagnostics.push(unquotable(entry, path).at(at));
        };
        self.is_right = false;
        let problem = Diagnostic::new(codes::FIELD_UNKNOWN, format!("unknown field {key:?}"));
        let hint = match nearest(key, known) {
            Some(name) => format!("the nearest is {name:?}"),
            None => format!("the fields here are {}", listed(known)),
        };
        self.diagnostics.push(problem.at(at).field(format!("{path}.{key}")).hint(hint));
    }

    fn name(&mut self, entry: &Entry, kind: Kind, path: &str) {
        let path = format!("{path}.{}", entry.key);
        if !is_qualified(&entry.key) {
            let message = format!("is not a name for {}", kind.as_str());
            return self.problem(codes::FIELD_VALUE, entry.key_pos, &path, &message, NAME_HINT);
        }
        match &entry.value.data {
            Data::Str(text) if kind.as_str() == "labels" && !is_label_value(&text.value) => {
                let hint =
                    "letters, digits, `-`, `_` and `.`, at most 63, a letter or digit first and last; or nothing";
                self.problem(codes::FIELD_VALUE, entry.value.pos, &path, "is not a value of a label", hint);
            }
            Data::Str(text) if entry.key == DEFAULT_TOLERATIONS => self.tolerations(entry, &text.value, &path),
            Data::Str(_) | Data::Null => {}
            _ => self.mistyped(&entry.value, Form::Text, &path),
        }
    }

    /// Checks the tolerations for all pods of a Namespace, JSON in a text (guide 4.2.2).
    fn tolerations(&mut self, entry: &Entry, text: &str, path: &str) {
        let at = (self.locate)(entry.value.pos);
        let origin = Origin { file: "", within: None };
        let mut found = Diagnostics::new();
        let parsed = yaml::parse_one(text, &origin, Dialect::Kubernetes, &mut found);
        let locate = |_| at.clone();
        let mut inner =
            Check { locate: &locate, version: self.version, diagnostics: &mut *self.diagnostics, is_right: true };
        match parsed.filter(|_| !found.has_errors()) {
            Some(list) => inner.value(&list, Kind::new("list of Toleration"), &[], path),
            None => {
                let message = "is not a JSON list of tolerations";
                inner.problem(codes::FIELD_VALUE, entry.value.pos, path, message, "[{\"operator\": \"Exists\", \"effect\": \"NoSchedule\", \"key\": \"node-role.kubernetes.io/infra\"}]");
            }
        }
        self.is_right &= inner.is_right;
        let message = "has an effect only where the API servers run the admission plugin PodTolerationRestriction";
        let note = Diagnostic::new(codes::SETTING_ADMISSION, message).at(at.clone()).field(path);
        self.diagnostics.push(note.hint("spec.pods.tolerations says it of the pods themselves"));
    }

    fn text(&mut self, node: &Node, text: &str, words: &[&'static str], path: &str) {
        if !words.is_empty() && !words.contains(&text) {
            let hint = format!("{}{}", nearest_hint(text, words), words.join(", "));
            let message = format!("{} is none of the words here", quote::word(text, words));
            self.problem(codes::FIELD_VALUE, node.pos, path, &message, &hint);
        }
    }

    /// Checks that a peer is either an address range or a selection of pods.
    fn peer(&mut self, node: &Node, entries: &[Entry], path: &str) {
        let is_said = |name: &str| entries.iter().any(|entry| entry.key == name && !entry.value.is_null());
        match (is_said("ipBlock"), is_said("namespaceSelector") || is_said("podSelector")) {
            (false, false) => {
                let hint = "podSelector: {} is every pod of the namespace, namespaceSelector: {} of all namespaces";
                self.problem(codes::FIELD_VALUE, node.pos, path, "names no one to grant access to", hint);
            }
            (true, true) => {
                let hint = "make two items of it: one is a range, or pods";
                self.problem(codes::FIELD_VALUE, node.pos, path, "has an ipBlock and a selector", hint);
            }
            _ => {}
        }
    }

    fn port(&mut self, node: &Node, path: &str) {
        let Data::Int(digits) = &node.data else { return };
        if !digits.parse().is_ok_and(|port: u32| (1..=65535).contains(&port)) {
            self.problem(codes::FIELD_VALUE, node.pos, path, "is not a port", "a number from 1 to 65535");
        }
    }

    /// Checks an address range, or a list of them.
    fn ranges(&mut self, node: &Node, path: &str) {
        for (item, text) in
            node.as_seq().unwrap_or(std::slice::from_ref(node)).iter().filter_map(|it| Some((it, it.as_str()?)))
        {
            if let Some(problem) = range_problem(text) {
                let message = format!("{} {}", quote::number(text), problem.why);
                self.problem(codes::FIELD_VALUE, item.pos, path, &message, &problem.hint(str::to_owned));
            }
        }
    }

    fn quantity(&mut self, node: &Node, path: &str) {
        let text = node.as_str().or(node.raw.as_deref()).unwrap_or_default();
        if !is_quantity(text) {
            let message = format!("{} is not a quantity", quote::number(text));
            self.problem(codes::FIELD_VALUE, node.pos, path, &message, "a number, or one with a unit: 500m, 8Gi");
        }
    }

    fn mistyped(&mut self, node: &Node, form: Form, path: &str) {
        let wanted = match form {
            Form::Text => "a text",
            Form::Boolean => "true or false",
            Form::Integer => "a whole number",
            Form::Number => "a number",
            Form::Quantity => "a quantity",
            Form::IntegerOrText => "a whole number or a text",
            Form::List => "a list",
            Form::Map | Form::Names | Form::Fields => "a map",
        };
        let hint = match form {
            Form::Text if node.raw.is_some() => "put the value in quotes",
            Form::Boolean => flag_hint(node),
            Form::Integer if node.as_str().is_some_and(|text| text.parse::<i64>().is_ok()) => "take the quotes away",
            _ => "",
        };
        self.problem(codes::FIELD_TYPE, node.pos, path, &format!("is {}, not {wanted}", node.kind_name()), hint);
    }

    fn problem(&mut self, code: Code, pos: Pos, path: &str, message: &str, hint: &str) {
        self.is_right = false;
        let problem = Diagnostic::new(code, message).at((self.locate)(pos)).field(path);
        self.diagnostics.push(if hint.is_empty() { problem } else { problem.hint(hint) });
    }
}
