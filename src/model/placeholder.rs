//! Values that another program fills in before they reach a cluster: templates, substitutions, references to a store,
//! and values encrypted by SOPS. The compiler runs before such a program and cannot read any of them. Those that `init`
//! wrote are filled in by a person.

use super::document::Document;
use super::fill_in;
use super::schema::{self, Secrecy, Type};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, Severity, codes};
use crate::yaml::{Data, Node, Pos};
use std::collections::BTreeSet;

/// What fills a value in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filler {
    /// `<path:secret/data/quay#key>` of argocd-vault-plugin, `ref+vault://…` of vals, `vault:…#key` of bank-vaults.
    Store,
    /// `${NAME}` of envsubst, Flux and OpenShift's Template, `$(NAME)` of kustomize.
    Substitution,
    /// `{{ … }}` and `{% … %}` of Helm, Jinja and Ansible.
    Template,
    /// `ENC[…]` of SOPS.
    Sops,
    /// What `init` wrote for a person to replace: its name, and what to write there.
    Person(&'static str, &'static str),
}

impl Filler {
    /// The code under which it is reported.
    #[must_use]
    pub fn code(self) -> Code {
        if self == Self::Sops { codes::SOPS } else { codes::PLACEHOLDER }
    }

    /// What the value is, for a message.
    fn what(self) -> String {
        let what = match self {
            Self::Store => "is a placeholder, which a store of secrets fills in later",
            Self::Substitution => "is a placeholder, for which a substitution puts in a value later",
            Self::Template => "is a placeholder of a template (Helm, Jinja, Ansible), which has not been rendered",
            Self::Sops => "is encrypted by SOPS",
            Self::Person(name, _) => return format!("still has {name}, a placeholder that init wrote"),
        };
        what.to_owned()
    }

    /// The hint.
    fn hint(self) -> &'static str {
        match self {
            Self::Store => {
                "quay-render runs before the store is asked: write the value; a secret may be left out, or be named: {fromSecret: {name: my-secret, key: password}}"
            }
            Self::Substitution => {
                "fill it in first (envsubst < in.yaml > out.yaml), or write the value; a secret may be left out where spec.secrets.mode is not inline"
            }
            Self::Template => {
                "render it first (helm template, ansible) and give quay-render the result, or write the value; a secret may be left out where spec.secrets.mode is not inline"
            }
            Self::Sops => {
                "decrypt it for the build (sops decrypt FILE > …), or leave secrets out of the input: spec.secrets.mode: referenced, external or sealed"
            }
            Self::Person(_, hint) => hint,
        }
    }
}

/// The beginning and the end of each kind of marker.
const PAIRS: &[(&str, &str, Filler)] = &[
    ("ENC[AES256_GCM,", "]", Filler::Sops),
    ("<path:", ">", Filler::Store),
    ("{{", "}}", Filler::Template),
    ("{%", "%}", Filler::Template),
    ("${", "}", Filler::Substitution),
];

/// The program that fills in a part of a text, if any.
#[must_use]
pub fn find(text: &str) -> Option<Filler> {
    for (begin, end, filler) in PAIRS {
        if text.split_once(begin).is_some_and(|(_, rest)| rest.contains(end) && is_filled(*filler, rest)) {
            return Some(*filler);
        }
    }
    whole(text)
}

/// Whether a marker that continues like this can be filled in: that of a substitution holds just a name.
fn is_filled(filler: Filler, rest: &str) -> bool {
    filler != Filler::Substitution || rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// The program that fills in a text as a whole; a marker within other text may be part of a password.
#[must_use]
pub fn whole(text: &str) -> Option<Filler> {
    if let Some((name, hint)) = fill_in::find(text) {
        return Some(Filler::Person(name, hint));
    }
    let text = text.trim();
    for (begin, end, filler) in PAIRS {
        let inner = text.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
        let is_one = |inner: &str| *begin == "{%" || !inner.contains(end);
        if inner.is_some_and(|inner| is_one(inner) && is_filled(*filler, inner)) {
            return Some(*filler);
        }
    }
    let is_reference = text.starts_with("ref+") && text.contains("://");
    let is_path = text.strip_prefix("vault:").is_some_and(|path| path.contains('/') && path.contains('#'));
    if is_reference || is_path {
        return Some(Filler::Store);
    }
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c));
    let inside = |begin: &str, end: &str| text.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
    if inside("$(", ")").is_some_and(is_name) {
        return Some(Filler::Substitution);
    }
    // `<password>` of argocd-vault-plugin, also used by people for what is still missing.
    inside("<", ">").is_some_and(is_name).then_some(Filler::Store)
}

/// The first template marker in a file that is not YAML because it is a template.
#[must_use]
pub fn template_line(text: &str) -> Option<Pos> {
    text.lines().zip(1u32..).find_map(|(line, number)| {
        let at = [("{{", "}}"), ("{%", "%}")].iter().filter_map(|(begin, end)| {
            let at = line.find(begin)?;
            line.get(at..)?.contains(end).then_some(at)
        });
        let column = line.get(..at.min()?)?.chars().count() + 1;
        Some(Pos { line: number, column: u32::try_from(column).unwrap_or(u32::MAX) })
    })
}

/// The diagnostic for a file that is a template.
#[must_use]
pub fn template(at: Location) -> Diagnostic {
    let message = "is a template (Helm, Jinja, Ansible) and no YAML before it is rendered";
    let hint = "render it first, and give quay-render the result: helm template CHART > input/all.yaml";
    Diagnostic::new(codes::PLACEHOLDER, message).at(at).hint(hint)
}

/// The diagnostic for a document encrypted by SOPS.
pub(super) fn encrypted(document: &Document) -> Diagnostic {
    let message = format!("{} is encrypted by SOPS", document.kind());
    Diagnostic::new(codes::SOPS, message).at(document.place()).hint(Filler::Sops.hint())
}

/// The diagnostic for a value.
#[must_use]
pub fn problem(filler: Filler, at: Location, field: &str) -> Diagnostic {
    Diagnostic::new(filler.code(), filler.what()).at(at).field(field).hint(filler.hint())
}

/// Reports every text of a document that another program fills in.
pub fn refuse(root: &Node, locate: &dyn Fn(Pos) -> Location, diagnostics: &mut Diagnostics) {
    walk(root, &mut String::new(), &mut |node, path| {
        if let Some(filler) = node.as_str().and_then(find) {
            diagnostics.push(problem(filler, locate(node.pos), path));
        }
    });
}

/// Reports the placeholders in config.yaml. Where secrets are left to the cluster, a placeholder for a secret counts as
/// left out, as nothing of it is rendered.
pub fn check_config(
    root: &Node,
    referenced: bool,
    declared: &[String],
    locate: &dyn Fn(Pos) -> Location,
    diagnostics: &mut Diagnostics,
) {
    let mut values = Values { referenced, locate, diagnostics, secret: BTreeSet::new(), public: Vec::new() };
    for entry in root.as_map().unwrap_or_default() {
        let fact = schema::field(&entry.key);
        let secrecy = match fact {
            Some(fact) => fact.secrecy(),
            None if schema::may_show_unknown(&entry.key, &entry.value.to_value(), declared.contains(&entry.key)) => {
                Secrecy::Public
            }
            None => Secrecy::Secret,
        };
        values.check(&entry.value, fact.map(|fact| &fact.kind), secrecy, &mut entry.key.clone());
    }
    values.refuse_shared();
}

struct Values<'a> {
    referenced: bool,
    locate: &'a dyn Fn(Pos) -> Location,
    diagnostics: &'a mut Diagnostics,
    /// The positions of secret texts.
    secret: BTreeSet<Pos>,
    /// The positions and paths of public texts. An alias has the position of what it repeats.
    public: Vec<(Pos, String)>,
}

impl Values<'_> {
    /// Refuses a public text that is an alias of a secret one: it would be rendered publicly. Inline, all of
    /// config.yaml is in a Secret.
    fn refuse_shared(self) {
        for (pos, path) in self.public.iter().filter(|(pos, _)| self.referenced && self.secret.contains(pos)) {
            let problem =
                Diagnostic::new(codes::SECRET_EXPOSED, "repeats a secret by an alias, where everybody can read it");
            self.diagnostics.push(problem.at((self.locate)(*pos)).field(path).hint("write the public value out"));
        }
    }

    fn check(&mut self, node: &Node, kind: Option<&Type>, secrecy: Secrecy, path: &mut String) {
        match &node.data {
            Data::Str(text) => self.text(node, &text.value, secrecy, path),
            Data::Seq(items) => {
                for item in items {
                    let inner = match kind {
                        Some(Type::List(inner)) => inner.as_deref(),
                        other => other,
                    };
                    self.check(item, inner, secrecy, path);
                }
            }
            Data::Map(entries) => {
                for entry in entries {
                    let length = path.len();
                    path.push('.');
                    path.push_str(&entry.key);
                    let (inner, inside) = match kind {
                        Some(Type::Members(map) | Type::Pair(map)) => {
                            let fact = schema::member(map, &entry.key);
                            (fact.map(|fact| &fact.kind), schema::member_secrecy(fact))
                        }
                        Some(Type::Map(inner)) => (inner.as_deref(), secrecy),
                        _ => (None, secrecy),
                    };
                    self.check(&entry.value, inner, inside, path);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, node: &Node, text: &str, secrecy: Secrecy, path: &str) {
        let is_public = secrecy != Secrecy::Secret;
        if is_public {
            self.public.push((node.pos, path.to_owned()));
        } else {
            self.secret.insert(node.pos);
        }
        let Some(filler) = (if is_public { find(text) } else { whole(text) }) else { return };
        let mut problem = problem(filler, (self.locate)(node.pos), path);
        // A value that SOPS encrypted is meant to be decrypted by whoever has the key, and one of `init` to be written.
        if !is_public && self.referenced && !matches!(filler, Filler::Sops | Filler::Person(..)) {
            problem.severity = Severity::Note;
            problem.message.push_str("; it counts as a secret that is left to the cluster");
            problem.hint = Some("leave it out: nothing of it is rendered".to_owned());
        }
        self.diagnostics.push(problem);
    }
}

/// Calls `visit` with every value that is neither a map nor a list, and its path.
fn walk(node: &Node, path: &mut String, visit: &mut dyn FnMut(&Node, &str)) {
    match &node.data {
        Data::Map(entries) => {
            for entry in entries {
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(&entry.key);
                walk(&entry.value, path, visit);
                path.truncate(length);
            }
        }
        Data::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                let length = path.len();
                path.push_str(&format!("[{index}]"));
                walk(item, path, visit);
                path.truncate(length);
            }
        }
        _ => visit(node, path),
    }
}

/// Drops other diagnostics at the location of a placeholder: they would be redundant and misleading.
pub fn drop_consequences(diagnostics: &mut Diagnostics) {
    diagnostics.drop_beside(|code| matches!(code, codes::PLACEHOLDER | codes::SOPS));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_syntax_is_known_and_ordinary_values_are_none() {
        for (text, filler) in [
            ("<path:secret/data/quay#host>", Filler::Store),
            ("postgresql://quay:<path:kv/data/db#pw>@db/quay", Filler::Store),
            ("<hostname>", Filler::Store),
            ("ref+vault://secret/quay#/host", Filler::Store),
            ("ref+awssecrets://quay/host", Filler::Store),
            ("vault:secret/data/quay#host", Filler::Store),
            ("${BUCKET}", Filler::Substitution),
            ("${BUCKET:-quay}", Filler::Substitution),
            ("quay-${ENVIRONMENT}.example.com", Filler::Substitution),
            ("${{PARAMETER}}", Filler::Template),
            ("$(HOSTNAME)", Filler::Substitution),
            ("{{ .Values.bucket }}", Filler::Template),
            ("{{- .Values.bucket -}}", Filler::Template),
            ("quay.{{ domain }}", Filler::Template),
            ("{% if tls %}https{% endif %}", Filler::Template),
            ("ENC[AES256_GCM,data:abc,iv:abc,tag:abc,type:str]", Filler::Sops),
        ] {
            assert_eq!(find(text), Some(filler), "{text}");
        }
        for text in [
            "",
            "quay.example.com",
            "(&(objectClass=person)(memberOf=cn=quay,dc=example))",
            "pa$$word",
            "a{b}c",
            "${ x }",
            "<b>bold</b>",
            "<1.6.0",
            "https://vault.example.com/#/path",
            "100%",
            "ENC",
            "Quay <quay@example.com>",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_password_may_hold_what_looks_like_a_marker() {
        for text in ["ab${cd}", "x{{y}}z", "a<b>c", "${a}${b}"] {
            assert_eq!(whole(text), None, "{text}");
        }
        for text in ["${PASSWORD}", " {{ password }} ", "<password>", "<path:a/b#c>"] {
            assert!(whole(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_template_is_found_where_it_begins() {
        assert_eq!(template_line("a: 1\n  {{- range .x }}\n"), Some(Pos { line: 2, column: 3 }));
        assert_eq!(template_line("a: {{ b }}\n"), Some(Pos { line: 1, column: 4 }));
        assert_eq!(template_line("a: {b: {c: 1}}\n"), None);
        assert_eq!(template_line("a: {{b: 1}: 2}\n"), None);
    }
}
