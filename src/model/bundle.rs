//! The config bundle: the Secret that `spec.configBundleSecret` names, or a folder with the same content (guide 3.5).

use super::clair_config::CLAIR_CONFIG;
use super::document::Document;
use super::fields::Fields;
use super::intake::{Refused, Shape};
pub use super::names::is_config;
use super::names::{CONFIG, SECRET_FIELDS, TLS_CERT, is_fragment};
use super::placeholder;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::Folder;
use crate::kubernetes_names::is_data_key;
use crate::sensitive;
use crate::yaml::{self, Dialect, Node, Origin, Pos};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// The field name of a problem that belongs to no single field of config.yaml.
pub const DOCUMENT: &str = "(document)";

/// A config bundle.
#[derive(Default)]
pub struct Bundle {
    /// Where it is in the input; `None` if the registry has no bundle.
    pub at: Option<Location>,
    /// Its keys, sorted.
    pub files: Vec<BundleFile>,
    /// `config.yaml`, read as Quay reads it.
    pub config: Option<ConfigFile>,
    /// The keys like `postgres.config.yaml`, which are merged on top.
    pub fragments: Vec<ConfigFile>,
    /// The same as files.
    pub fragment_files: Vec<BundleFile>,
    /// `clair-config.yaml`, which is merged into Clair's configuration.
    pub clair: Option<ConfigFile>,
    /// The total size of the fragments.
    fragment_bytes: usize,
    /// Whether config.yaml is there but could not be read, so that its fields are not reported as missing.
    pub is_unread: bool,
}

/// The most that a Secret holds (measured).
const LARGEST: usize = 1 << 20;

/// Common names of files that Quay expects under another name.
const MISNAMED: &[(&str, &str)] = &[
    ("ca-bundle.crt", "extra_ca_cert_bundle.crt"),
    ("ca.crt", "extra_ca_cert_ca.crt, or ldap.crt or database.pem where it is for one of these"),
    ("config.yml", "config.yaml"),
    ("extra_ca_cert.crt", "extra_ca_cert_extra.crt"),
    ("ldap.cert", "ldap.crt"),
    ("ssl.crt", "ssl.cert"),
    ("ssl.pem", "ssl.cert"),
    ("tls.crt", "ssl.cert"),
    ("tls.key", "ssl.key"),
];

/// Whether the content of a file is public.
type IsPublic = fn(&[u8]) -> bool;

/// Files of the bundle that are public if their content is what their names say.
const PUBLIC_FILES: &[(&str, IsPublic)] = &[("robots.txt", is_robots), ("favicon.ico", is_icon)];
/// The directives of a robots.txt (RFC 9309, and extensions of search engines).
const ROBOTS: &[&str] = &["allow", "crawl-delay", "disallow", "host", "sitemap", "user-agent"];
/// The first bytes of images: ICO, PNG, GIF, JPEG.
const IMAGES: &[&[u8]] = &[b"\x00\x00\x01\x00", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"\xff\xd8\xff"];

/// Whether each line of a file belongs in a robots.txt, and none looks like a secret.
fn is_robots(bytes: &[u8]) -> bool {
    let is_known = |line: &str| {
        let name = line.split_once(':').map(|(name, _)| name.trim().to_ascii_lowercase());
        line.trim().is_empty()
            || line.trim_start().starts_with('#')
            || name.is_some_and(|name| ROBOTS.contains(&name.as_str()))
    };
    let is_harmless = |line: &str| {
        // Paths may have wildcards and parameters; a comment starts with `#`.
        line.split('#').all(|part| sensitive::is_harmless(&part.replace('?', " "), false))
    };
    let text = std::str::from_utf8(bytes).map(|text| text.trim_start_matches('\u{feff}'));
    text.is_ok_and(|text| text.lines().all(|line| is_known(line) && is_harmless(line)))
}

/// Whether a file is an image: by its first bytes, or as an SVG in which nothing looks like a secret.
fn is_icon(bytes: &[u8]) -> bool {
    let is_svg = |text: &str| {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        (text.starts_with("<?xml") || text.starts_with("<svg"))
            && text.contains("<svg")
            && sensitive::is_harmless(&text.replace('#', " "), false)
    };
    IMAGES.iter().any(|magic| bytes.starts_with(magic)) || std::str::from_utf8(bytes).is_ok_and(is_svg)
}

/// Refuses a public file that holds a private key.
pub(super) fn refuse_private_key(key: &str, bytes: &[u8], at: &Location, diagnostics: &mut Diagnostics) {
    if sensitive::holds_private_key(bytes) {
        diagnostics.push(
            Diagnostic::new(codes::SECRET_EXPOSED, format!("{key} holds a private key, and is for everybody's eyes"))
                .at(at.clone())
                .hint("leave the certificates in it, and make a new key where this file was given to anybody"),
        );
    }
}

/// One key of the bundle.
pub struct BundleFile {
    /// The key, which becomes a file name below /conf/stack.
    pub key: String,
    pub bytes: Vec<u8>,
    /// Where it is in the input.
    pub at: Location,
}

impl BundleFile {
    /// Whether it is public: by its name and its content.
    #[must_use]
    pub fn is_for_everybody(&self) -> bool {
        PUBLIC_FILES.iter().any(|(name, is_one)| *name == self.key && is_one(&self.bytes))
    }
}

/// A YAML file of the bundle.
pub struct ConfigFile {
    pub key: String,
    /// The file that its positions refer to.
    pub file: String,
    /// The root map.
    pub root: Node,
}

impl ConfigFile {
    /// The location of a position in this file.
    #[must_use]
    pub fn location(&self, pos: Pos) -> Location {
        Location { file: self.file.clone(), line: pos.line, column: pos.column }
    }
}

impl Bundle {
    /// A bundle that cannot be read, which has already been reported.
    #[must_use]
    pub fn unread() -> Self {
        Self { is_unread: true, ..Self::default() }
    }

    /// Reports placeholders in config.yaml that other programs fill in. `referenced`: secrets are left to the cluster;
    /// `declared`: the fields that the user declared.
    pub fn check_placeholders(&self, referenced: bool, declared: &[String], diagnostics: &mut Diagnostics) {
        for file in self.config.iter().chain(&self.fragments).chain(&self.clair) {
            placeholder::check_config(&file.root, referenced, declared, &|pos| file.location(pos), diagnostics);
        }
    }

    /// The file of a key.
    #[must_use]
    pub fn file(&self, key: &str) -> Option<&BundleFile> {
        self.files.iter().find(|file| file.key == key)
    }

    /// Every key of the Secret, as it was written.
    pub fn written(&self) -> impl Iterator<Item = &BundleFile> {
        self.files.iter().chain(&self.fragment_files)
    }

    /// The files with such a key. An empty one counts for none: it has no effect, and pods would wait for it to be filled.
    pub fn files_called<'a>(&'a self, is_one: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = &'a BundleFile> {
        self.files.iter().filter(move |file| is_one(&file.key) && !file.bytes.is_empty())
    }
}

/// An entry of a Secret's `data` or `stringData`.
pub(super) struct Entry<'a> {
    pub key: &'a str,
    pub bytes: Vec<u8>,
    pub at: Location,
    /// The YAML scalar that the value was read from, if it is in the file as plain text and not in base64.
    pub text: Option<&'a yaml::Text>,
}

/// Reads the keys of a Secret.
pub(super) fn entries<'a>(document: &'a Document, diagnostics: &mut Diagnostics) -> Vec<Entry<'a>> {
    let mut found: BTreeMap<&str, Entry<'a>> = BTreeMap::new();
    let Some(root) = Fields::new(&document.files, "", &document.root, diagnostics) else { return Vec::new() };
    root.only(SECRET_FIELDS, diagnostics);
    for (field, encoded) in [("data", true), ("stringData", false)] {
        let Some(map) =
            document.root.get(field).and_then(|node| Fields::new(&document.files, field, node, diagnostics))
        else {
            continue;
        };
        for entry in map.entries() {
            let at = map.location(entry.value.pos);
            let mut refuse = |message: &str, hint: &str| {
                let path = format!("{field}[{:?}]", entry.key);
                diagnostics.push(Diagnostic::new(codes::BUNDLE_KEY, message).at(at.clone()).field(path).hint(hint));
            };
            let yaml::Data::Str(text) = &entry.value.data else {
                refuse("is not text", "quote it; the values of a Secret are text");
                continue;
            };
            if let Some(filler) = placeholder::whole(&text.value) {
                diagnostics.push(placeholder::problem(filler, at, &format!("{field}[{:?}]", entry.key)));
                continue;
            }
            if !is_data_key(&entry.key) {
                refuse("is not a valid name for a Secret's key", "letters, digits, `-`, `_` and `.`, at most 253");
                continue;
            }
            let bytes = if encoded {
                let packed: String = text.value.chars().filter(|c| !c.is_ascii_whitespace()).collect();
                match STANDARD.decode(packed) {
                    Ok(bytes) => bytes,
                    Err(_) => {
                        refuse("is not base64", "write plain text under `stringData`, or encode it: base64 -w0 FILE");
                        continue;
                    }
                }
            } else {
                text.value.clone().into_bytes()
            };
            // Kubernetes lets stringData win over data.
            found.insert(&entry.key, Entry { key: &entry.key, bytes, at, text: (!encoded).then_some(text) });
        }
    }
    found.into_values().collect()
}

/// Reads a bundle from its Secret.
pub(super) fn from_secret(document: &Document, may_be_empty: bool, diagnostics: &mut Diagnostics) -> Bundle {
    let mut bundle = Bundle { at: Some(document.place()), ..Bundle::default() };
    for entry in entries(document, diagnostics) {
        let nested = format!("{}: data[{:?}]", document.file(), entry.key);
        let (file, within) = match entry.text {
            Some(text) => (document.file(), Some(text)),
            None => (nested.as_str(), None),
        };
        bundle.add(entry.key, entry.bytes, entry.at, &Origin { file, within }, diagnostics);
    }
    // If the key is there but its value could not be used, that has already been reported.
    bundle.is_unread |= bundle.file(CONFIG).is_none() && document.has_data(CONFIG);
    bundle.require_config(may_be_empty, diagnostics);
    bundle
}

/// Reads a bundle from its folder.
pub(super) fn from_folder(folder: &Folder, may_be_empty: bool, diagnostics: &mut Diagnostics) -> Bundle {
    let bundle = alone(folder, diagnostics);
    bundle.require_config(may_be_empty, diagnostics);
    bundle
}

/// Reads a folder that is the whole configuration: a config.yaml without fields lacks them all.
#[must_use]
pub fn alone(folder: &Folder, diagnostics: &mut Diagnostics) -> Bundle {
    let mut bundle = Bundle { at: Some(Location::file(&folder.name)), ..Bundle::default() };
    for (key, source) in &folder.files {
        let at = Location::file(&source.name);
        if !is_data_key(key) {
            diagnostics.push(
                Diagnostic::new(codes::BUNDLE_KEY, "its name is not a valid name for a Secret's key")
                    .at(at)
                    .hint("letters, digits, `-`, `_` and `.`, at most 253"),
            );
            continue;
        }
        let origin = Origin { file: &source.name, within: None };
        bundle.add(key, source.bytes.clone(), at, &origin, diagnostics);
    }
    bundle
}

impl Bundle {
    fn add(&mut self, key: &str, bytes: Vec<u8>, at: Location, origin: &Origin<'_>, diagnostics: &mut Diagnostics) {
        if let Some((_, meant)) = MISNAMED.iter().find(|(name, _)| *name == key) {
            diagnostics.push(
                Diagnostic::new(codes::BUNDLE_KEY_NAME, format!("Quay looks for no file {key:?}"))
                    .at(at.clone())
                    .field(key)
                    .hint(format!("rename it to {meant}")),
            );
        }
        if PUBLIC_FILES.iter().any(|(name, _)| *name == key) || key == TLS_CERT {
            refuse_private_key(key, &bytes, &at, diagnostics);
        }
        let fragment = is_fragment(key);
        if fragment {
            // Reported once, for the first fragment over the limit; a parsed fragment takes many times its size.
            let before = self.fragment_bytes;
            self.fragment_bytes += bytes.len();
            if self.fragment_bytes > LARGEST {
                if before <= LARGEST {
                    let message = format!(
                        "{key}: with the files before it more than {LARGEST} bytes are merged into config.yaml"
                    );
                    let problem = Diagnostic::new(codes::OBJECT_SIZE, message).at(at);
                    diagnostics
                        .push(problem.hint("a Secret holds no more than that; put the fields into config.yaml itself"));
                }
                return;
            }
        }
        if is_config(key) {
            let file = config_file(key, &bytes, &at, origin, QUAY, diagnostics);
            if fragment {
                self.fragments.extend(file);
                self.fragment_files.push(BundleFile { key: key.to_owned(), bytes, at });
                return;
            }
            self.is_unread |= file.is_none();
            self.config = file;
        }
        if key == CLAIR_CONFIG {
            self.clair = config_file(key, &bytes, &at, origin, CLAIR, diagnostics);
        }
        self.files.push(BundleFile { key: key.to_owned(), bytes, at });
    }

    /// Reports a missing config.yaml, and YAML files without fields. An empty map, `{}`, is accepted if `may_be_empty`.
    pub fn require_config(&self, may_be_empty: bool, diagnostics: &mut Diagnostics) {
        if self.file(CONFIG).is_none() && !self.is_unread {
            let mut problem = Diagnostic::new(codes::BUNDLE_CONFIG, "the config bundle has no config.yaml")
                .hint("add the key config.yaml; a bundle without one says nothing");
            problem.location.clone_from(&self.at);
            diagnostics.push(problem);
        }
        for file in self.fragments.iter().chain(&self.config).filter(|file| file.root.as_map() == Some(&[])) {
            if may_be_empty && self.file(&file.key).is_some_and(|file| file.bytes.contains(&b'{')) {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(codes::BUNDLE_CONFIG, format!("{}: is empty", file.key))
                    .at(file.location(file.root.pos))
                    .field(DOCUMENT)
                    .hint("write at least one field, or leave the bundle out"),
            );
        }
    }
}

/// How Quay reads its configuration, and how Clair does.
const QUAY: (Dialect, Shape) = (Dialect::Python, Shape::Config);
const CLAIR: (Dialect, Shape) = (Dialect::Kubernetes, Shape::Open);

/// Reads a YAML file of the bundle.
fn config_file(
    key: &str,
    bytes: &[u8],
    at: &Location,
    origin: &Origin<'_>,
    (dialect, shape): (Dialect, Shape),
    diagnostics: &mut Diagnostics,
) -> Option<ConfigFile> {
    let refuse = |message: &str, hint: &str| {
        let problem = Diagnostic::new(codes::BUNDLE_CONFIG, format!("{key}: {message}")).at(at.clone());
        problem.field(DOCUMENT).hint(hint)
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        diagnostics.push(refuse("is not UTF-8 text", "save it as UTF-8"));
        return None;
    };
    let mut problems = Diagnostics::new();
    let root = yaml::parse_one(text, origin, dialect, &mut problems);
    let broken = problems.has_errors();
    if let Some(pos) = placeholder::template_line(text).filter(|_| broken) {
        diagnostics.push(placeholder::template(origin.location(origin.locate(pos))).field(DOCUMENT));
        return None;
    }
    let refused = root.as_ref().map(|root| Refused::of(root, shape, &|pos| origin.location(pos), diagnostics));
    diagnostics.extend(problems.map(|problem| with_field(problem, root.as_ref().zip(refused.as_ref()))));
    let mut root = match root {
        None if broken => return None,
        None => {
            let pos = origin.locate(Pos { line: 1, column: 1 });
            Node { pos, data: yaml::Data::Map(Vec::new()), raw: None }
        }
        Some(root) => root,
    };
    if root.as_map().is_none() {
        let message = format!("is {}, not a map of fields", root.kind_name());
        diagnostics.push(refuse(&message, "FIELD: value, one a line"));
        return None;
    }
    refused.iter().for_each(|refused| refused.remove_from(&mut root));
    Some(ConfigFile { key: key.to_owned(), file: origin.file.to_owned(), root })
}

/// Names the field that contains the problem, else the whole document; never by a key that is refused.
fn with_field(problem: Diagnostic, root: Option<(&Node, &Refused)>) -> Diagnostic {
    let at = problem.location.as_ref().map(|at| Pos { line: at.line, column: at.column });
    let mut path = match (problem.code, root, at) {
        (codes::YAML_SYNTAX | codes::YAML_SECOND_DOCUMENT | codes::YAML_LIMIT, _, _) => Vec::new(),
        (_, Some((root, refused)), Some(at)) => {
            root.path_at(at).into_iter().take_while(|entry| refused.is_quotable(entry)).collect()
        }
        _ => Vec::new(),
    };
    if problem.code == codes::YAML_KEY {
        // The problem has no entry of its own: `path_at` found the entry before it.
        path.pop();
    }
    let path: Vec<&str> = path.iter().map(|entry| entry.key.as_str()).collect();
    problem.field(if path.is_empty() { DOCUMENT.to_owned() } else { path.join(".") })
}
