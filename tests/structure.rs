//! The order of stages in the source of the crate: a stage imports only earlier ones, and no two modules of a folder
//! import each other, not even through others.
//!
//! A name belongs to the module that defines it, even if it is imported through a module that re-exports it. What the
//! file of a folder defines belongs to all files of the folder. Unit tests may import anything.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use walkdir::WalkDir;

/// The modules of the crate, each after all modules that it may import. The crate's own file, which calls the stages in
/// turn, has its name among them.
const STAGES: &[&str] = &[
    "kubernetes_names",
    "host",
    "secret",
    "sensitive",
    "database_uri",
    "quote",
    "diagnostic",
    "files",
    "object",
    "broken",
    "table",
    "kubernetes",
    "file_set",
    "yaml",
    "keyed_digest",
    "pki",
    "seal",
    "catalog",
    "dashboard",
    "template",
    "immutable",
    "upgrade",
    "input",
    "model",
    "validate",
    "check",
    "cluster_secrets",
    "plan",
    "render",
    "alerting",
    "hardening",
    "settings",
    "patches",
    "transform",
    "limits",
    "resources",
    "emit",
    "output",
    ROOT,
    "fleet",
    "report",
    "compare",
    "live",
    "migrate",
    "schemas",
    "krm",
    "cli",
];
/// The name of the crate's own file.
const ROOT: &str = "lib";

/// A module, by the names on its path; empty for the crate's own file.
type Module = Vec<String>;

/// The modules of the crate, and the paths that each of them uses.
struct Source {
    /// The paths that each module uses from elsewhere.
    paths: BTreeMap<Module, Vec<Module>>,
    /// What it re-exports, by name.
    passed_on: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl Source {
    fn read(root: &Path) -> Self {
        let mut source = Self { paths: BTreeMap::new(), passed_on: BTreeMap::new() };
        for file in WalkDir::new(root).into_iter().map(|entry| entry.unwrap().into_path()) {
            if file.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let path = file.strip_prefix(root).unwrap().with_extension("");
            let mut module: Module = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            module.pop_if(|last| last == "mod" || last == ROOT);
            if module.iter().any(|part| part == "tests") {
                continue;
            }
            let tokens: TokenStream = std::fs::read_to_string(&file).unwrap().parse().unwrap();
            let mut found = Found::default();
            found.walk(tokens);
            source.paths.insert(module.clone(), found.paths);
            source.passed_on.insert(module, found.passed_on);
        }
        source
    }

    /// The module that a path in another one leads to, and the name there; none if that is outside the crate.
    fn target(&self, from: &Module, path: &[String]) -> Option<Module> {
        let (mut at, mut rest) = (from.clone(), path);
        match rest.first()?.as_str() {
            "crate" => (at, rest) = (Module::new(), &rest[1..]),
            "self" | "super" => {
                while let Some(word) = rest.first().filter(|word| ["self", "super"].contains(&word.as_str())) {
                    if word == "super" {
                        at.pop()?;
                    }
                    rest = &rest[1..];
                }
            }
            name if self.paths.contains_key(&child(&at, name)) => {}
            _ => return None,
        }
        while let Some(name) = rest.first() {
            if self.paths.contains_key(&child(&at, name)) {
                at = child(&at, name);
            } else if let Some(path) = self.passed_on[&at].get(name) {
                let mut path = path.clone();
                path.extend_from_slice(&rest[1..]);
                return self.target(&at, &path).or(Some(at));
            } else {
                break;
            }
            rest = &rest[1..];
        }
        Some(at)
    }

    /// Which module imports which other one.
    fn imports(&self) -> BTreeSet<(Module, Module)> {
        let of = |(from, paths): (&Module, &Vec<Module>)| {
            let targets: Vec<_> = paths.iter().filter_map(|path| self.target(from, path)).collect();
            targets.into_iter().map(|to| (from.clone(), to)).collect::<Vec<_>>()
        };
        self.paths.iter().flat_map(of).filter(|(from, to)| from != to).collect()
    }
}

fn child(module: &Module, name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// The names used in a file.
#[derive(Default)]
struct Found {
    paths: Vec<Module>,
    passed_on: BTreeMap<String, Module>,
}

impl Found {
    fn walk(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (mut at, mut is_passed_on) = (0, false);
        while let Some(token) = tokens.get(at) {
            match token {
                token if is_mark(Some(token), '#') && is_for_tests(tokens.get(at + 1)) => {
                    at = end_of_item(&tokens, at + 2);
                    continue;
                }
                TokenTree::Group(group) if group.delimiter() != Delimiter::Parenthesis || !is_passed_on => {
                    self.walk(group.stream());
                    is_passed_on = false;
                }
                TokenTree::Group(_) => {}
                TokenTree::Ident(word) if word == "pub" => is_passed_on = true,
                // `impl Trait + use<'a>` is none.
                TokenTree::Ident(word) if word == "use" && !is_mark(tokens.get(at + 1), '<') => {
                    let end = at + tokens[at..].iter().position(|token| token.to_string() == ";").unwrap();
                    self.import(&tokens[at + 1..end], &[], is_passed_on);
                    (at, is_passed_on) = (end, false);
                }
                TokenTree::Ident(word) => {
                    is_passed_on = false;
                    let mut path = vec![word.to_string()];
                    while let [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(next), ..] =
                        &tokens[at + 1..]
                    {
                        if one.as_char() != ':' || two.as_char() != ':' {
                            break;
                        }
                        path.push(next.to_string());
                        at += 3;
                    }
                    if path.len() > 1 {
                        self.paths.push(path);
                    }
                }
                _ => is_passed_on = false,
            }
            at += 1;
        }
    }

    /// One tree of a `use`, with the path above it.
    fn import(&mut self, tree: &[TokenTree], above: &[String], is_passed_on: bool) {
        let mut path = above.to_vec();
        let mut name = None;
        for (index, token) in tree.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    name = tree.get(index + 1).map(ToString::to_string);
                    break;
                }
                TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let trees: Vec<TokenTree> = group.stream().into_iter().collect();
                    let trees = trees.split(|token| is_mark(Some(token), ','));
                    trees.filter(|tree| !tree.is_empty()).for_each(|tree| self.import(tree, &path, is_passed_on));
                    return;
                }
                _ => {}
            }
        }
        if let Some(name) = name.or_else(|| path.last().cloned()).filter(|_| is_passed_on) {
            self.passed_on.insert(name, path.clone());
        }
        self.paths.push(path);
    }
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

/// Whether an attribute is `#[cfg(test)]`.
fn is_for_tests(attribute: Option<&TokenTree>) -> bool {
    attribute.is_some_and(|attribute| attribute.to_string().replace(' ', "") == "[cfg(test)]")
}

/// Where the item that starts at a token ends.
fn end_of_item(tokens: &[TokenTree], start: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => token.to_string() == ";",
    };
    tokens[start..].iter().position(is_end).map_or(tokens.len(), |length| start + length + 1)
}

/// The `edges` that are part of a cycle: those from whose end a path leads back to their start.
fn circular<'a>(edges: &BTreeSet<(&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    let leads_back = |start: &str, end: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![end.to_owned()]);
        while let Some(at) = open.pop() {
            if at == start {
                return true;
            }
            if seen.insert(at.clone()) {
                open.extend(edges.iter().filter(|(from, _)| *from == at).map(|(_, to)| (*to).to_owned()));
            }
        }
        false
    };
    edges.iter().filter(|(from, to)| leads_back(from, to)).copied().collect()
}

fn source() -> Source {
    Source::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn a_stage_imports_only_what_stands_before_it() {
    let source = source();
    let stage = |module: &Module| module.first().map_or(ROOT, String::as_str).to_owned();
    let stages: BTreeSet<String> = source.paths.keys().map(stage).filter(|name| name != "main").collect();
    assert_eq!(stages, STAGES.iter().map(|name| (*name).to_owned()).collect(), "the list of stages is not that of src");
    let place = |name: &str| STAGES.iter().position(|stage| *stage == name);
    let imports = source.imports();
    let wrong: Vec<String> = imports
        .iter()
        .filter(|(from, to)| stage(from) != stage(to) && place(&stage(from)) <= place(&stage(to)))
        .filter(|(from, _)| stage(from) != "main")
        .map(|(from, to)| format!("{} imports {}", from.join("::"), to.join("::")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_two_modules_of_a_folder_import_each_other() {
    let imports = source().imports();
    let folders: BTreeSet<&[String]> =
        imports.iter().flat_map(|(from, to)| [from, to]).filter_map(|module| Some(module.split_last()?.1)).collect();
    let mut wrong = Vec::new();
    for folder in folders {
        let below = |module: &Module| module.strip_prefix(folder)?.first().cloned();
        let edges = imports.iter().filter_map(|(from, to)| Some((below(from)?, below(to)?)));
        let edges: BTreeSet<(String, String)> = edges.filter(|(from, to)| from != to).collect();
        let edges = edges.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        let of = |(from, to)| format!("src/{}: {from} imports {to}", folder.join("/"));
        wrong.extend(circular(&edges).into_iter().map(of));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_read_from_the_source() {
    let mut found = Found::default();
    found.walk(
        "pub(crate) use inner::{Name as Other, deep::Deep}; use crate::a::{self, b::C}; fn f() { g!(\"{}\", super::d::E) }
         // crate::comment::X
         #[cfg(test)] mod tests { use crate::tests::Y; } const TEXT: &str = \"crate::text::Z\";"
            .parse()
            .unwrap(),
    );
    let paths: Vec<String> = found.paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["inner::Name", "inner::deep::Deep", "crate::a", "crate::a::b::C", "super::d::E"]);
    assert_eq!(found.passed_on.keys().collect::<Vec<_>>(), ["Deep", "Other"]);
    let edges = BTreeSet::from([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]);
    assert_eq!(circular(&edges), [("a", "b"), ("b", "c"), ("c", "a")]);
}
