//! Finds changes that a cluster would refuse, by comparing the objects of the output with the files that they replace.
//! A sync stops at such a change, however often it is retried.
//!
//! [`Table`] holds the rules, for both `build` and `diff`.

use crate::catalog::{Broken, Catalog, Fixed, Immutable, Path, Release, path};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::kubernetes::size;
use crate::object::{Map, Object, Value};
use crate::yaml::{self, Node, Origin, Pos};
use std::sync::Arc;

/// The fields that must not change, by kind.
pub struct Table(Arc<Immutable>);

/// A change that a cluster refuses.
#[derive(Debug)]
pub struct Refusal<'a> {
    pub path: Path,
    /// The old value.
    pub was: Option<&'a Value>,
    /// The new value.
    pub now: Option<&'a Value>,
    /// Whether it is a quantity that may only grow, but shrinks.
    pub shrinks: bool,
    /// What to do about it.
    pub advice: &'a str,
}

/// The hint for a quantity that would shrink.
const KEEP_SIZE: &str = "a claim only grows: keep its size, or move the data to a claim of another name";

impl Table {
    /// The table of the standard release of the program, for objects of any release.
    ///
    /// # Errors
    /// If a file of that release is invalid.
    pub fn newest() -> Result<Self, Broken> {
        Ok(Self::of(&*Catalog::embedded().standard()?))
    }

    /// The table of a release.
    #[must_use]
    pub fn of(release: &Release) -> Self {
        Self(Arc::clone(&release.immutable))
    }

    /// All changes to an object that a cluster refuses.
    #[must_use]
    pub fn refusals<'a>(&'a self, kind: &str, was: &'a Value, now: &'a Value) -> Vec<Refusal<'a>> {
        let rules = self.0.fixed.iter().filter(|rule| rule.applies(kind, was, now));
        rules.flat_map(|rule| rule.refusals(was, now)).collect()
    }
}

impl Fixed {
    fn applies(&self, kind: &str, was: &Value, now: &Value) -> bool {
        let has = |object: &Value, conditions: &Map| {
            conditions.iter().all(|(field, value)| find(object, &path(field)) == Some(value))
        };
        self.kinds.iter().any(|known| known == kind)
            && has(was, &self.when)
            && has(was, &self.during)
            && has(now, &self.during)
    }

    fn refusals<'a>(&'a self, was: &'a Value, now: &'a Value) -> Vec<Refusal<'a>> {
        let mut found = Vec::new();
        for field in &self.fields {
            self.differences(field, find(was, field), find(now, field), &mut found);
        }
        found
    }

    /// Finds differences between two values in fields that must not change.
    fn differences<'a>(
        &'a self,
        path: &[String],
        was: Option<&'a Value>,
        now: Option<&'a Value>,
        found: &mut Vec<Refusal<'a>>,
    ) {
        let is = |paths: &[Path]| paths.iter().any(|known| known == path);
        if is(&self.except) || is_same(was, now) || (is(&self.filled) && now.is_none() && is_address(was)) {
            return;
        }
        // Fields below may be exempt, even if the map around them appears or disappears.
        let is_above = |known: &Path| known.len() > path.len() && known.starts_with(path);
        let opens = self.except.iter().chain(&self.grows).chain(&self.filled).any(is_above);
        let maps = [was, now].map(|value| value.and_then(Value::as_map));
        if maps.iter().all(Option::is_some) || (opens && maps.iter().any(Option::is_some)) {
            let [was, now] = maps.map(|map| map.into_iter().flat_map(Map::iter).collect::<Vec<_>>());
            let new = now.iter().filter(|(key, _)| was.iter().all(|(name, _)| name != key));
            for (key, _) in was.iter().chain(new) {
                let of =
                    |entries: &[(&str, &'a Value)]| entries.iter().find(|(name, _)| name == key).map(|(_, it)| *it);
                self.differences(&[path, &[(*key).to_owned()]].concat(), of(&was), of(&now), found);
            }
            return;
        }
        let shrinks = is(&self.grows);
        if !(shrinks && is_growth(was, now)) {
            let advice = if shrinks { KEEP_SIZE } else { &self.advice };
            found.push(Refusal { path: path.to_vec(), was, now, shrinks, advice });
        }
    }
}

fn find<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    object.at(&path.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Whether two values are equal, ignoring the order of map entries.
#[must_use]
pub fn is_same(was: Option<&Value>, now: Option<&Value>) -> bool {
    match (was, now) {
        (Some(Value::Map(was)), Some(Value::Map(now))) => {
            was.len() == now.len() && was.iter().all(|(key, value)| is_same(Some(value), now.get(key)))
        }
        (Some(Value::Seq(was)), Some(Value::Seq(now))) => {
            was.len() == now.len() && was.iter().zip(now).all(|(was, now)| is_same(Some(was), Some(now)))
        }
        _ => was == now,
    }
}

/// Whether the API server may assign the value anew. A Service without an address stays without one.
fn is_address(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Seq(addresses)) => addresses.iter().all(|address| address.as_str() != Some("None")),
        other => other.and_then(Value::as_str) != Some("None"),
    }
}

/// Compares objects with the old content of files, by the name used in messages. Changes that a cluster refuses are
/// errors (`output-immutable`), those that it accepts but people should know about are notes (`service-type`). Content
/// that cannot be read is not an object of ours, and no problem. Objects of `elsewhere` stand in files of another directory.
#[must_use]
pub fn review<'a>(
    old: impl IntoIterator<Item = (String, &'a [u8])>,
    objects: &[Object],
    elsewhere: &[Object],
    release: &Release,
) -> Diagnostics {
    let table = Table::of(release);
    let mut diagnostics = Diagnostics::new();
    for (file, bytes) in old {
        let origin = Origin { file: &file, within: None };
        let text = String::from_utf8_lossy(bytes);
        for document in yaml::parse_own(&text, &origin, &mut Diagnostics::new()) {
            let was = document.root.to_value();
            let same = |object: &&Object| identity(&object.value) == identity(&was);
            let Some(now) = objects.iter().chain(elsewhere).find(same) else {
                if let Some(problem) = table.left_out(&was) {
                    let Pos { line, column } = document.root.pos;
                    diagnostics.push(problem.at(Location { file: file.clone(), line, column }));
                }
                continue;
            };
            let refused = table.refusals(now.kind(), &was, &now.value);
            let refused = refused.iter().map(|refusal| (&refusal.path, refused_change(refusal, now.kind())));
            let told = table
                .told(now.kind())
                .iter()
                .filter_map(|path| Some((path, told_change(now.kind(), path, &was, &now.value)?)));
            for (path, problem) in refused.chain(told) {
                let Pos { line, column } = position(&document.root, path);
                let problem = problem.field(path.join(".")).at(Location { file: file.clone(), line, column });
                diagnostics.push(problem);
            }
        }
    }
    diagnostics
}

fn identity(object: &Value) -> [Option<&str>; 3] {
    let text = |path: &[&str]| object.at(path).and_then(Value::as_str);
    [text(&["kind"]), text(&["metadata", "namespace"]), text(&["metadata", "name"])]
}

/// The position of a field, or of its deepest existing parent.
fn position(root: &Node, path: &[String]) -> Pos {
    let way = path.iter().scan(root, |node, name| {
        *node = node.get(name)?;
        Some(node.pos)
    });
    way.last().unwrap_or(root.pos)
}

impl Table {
    fn told(&self, kind: &str) -> &[Path] {
        self.0.told.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is wrong with leaving an object out that was rendered; nothing if its kind may go.
    fn left_out(&self, was: &Value) -> Option<Diagnostic> {
        let (kind, name) = (was.str_at(&["kind"]), was.str_at(&["metadata", "name"]));
        self.0.kept.iter().find(|kept| *kept == kind)?;
        let message = format!("{kind} {name} is no longer rendered, and the data in it is nowhere else");
        let hint = "keep it; where its data has been moved, or it was deleted in the cluster, delete this file and build again";
        Some(Diagnostic::new(codes::OUTPUT_IMMUTABLE, message).hint(hint))
    }
}

fn refused_change(refusal: &Refusal<'_>, kind: &str) -> Diagnostic {
    // Values in a Secret are never shown.
    let is_hidden = kind == "Secret" && refusal.path.first().is_some_and(|field| field.ends_with("ata"));
    let anew = format!("where the {kind} in the cluster was made anew, delete this file and build again");
    let (message, back) = match refusal.was {
        _ if is_hidden => ("changes".to_owned(), "keep it".to_owned()),
        was => {
            let back = was.map_or("leave it out".to_owned(), |was| format!("keep {}", shown(Some(was))));
            (format!("was {} and is now {}", shown(was), shown(refusal.now)), back)
        }
    };
    let why = if refusal.shrinks { "it only grows" } else { "a cluster refuses that change" };
    Diagnostic::new(codes::OUTPUT_IMMUTABLE, format!("{message}: {why}")).hint(format!("{back}; {anew}"))
}

fn told_change(kind: &str, path: &[String], old: &Value, now: &Value) -> Option<Diagnostic> {
    let (was, now) = (find(old, path), find(now, path));
    let message = format!("was {} and is now {}", shown(was), shown(now));
    let name = old.str_at(&["metadata", "name"]);
    let (code, hint) = match kind {
        "BackingStore" => {
            let claims = format!("kubectl get pvc -n {} -l pool={name}", old.str_at(&["metadata", "namespace"]));
            (
                codes::POOL_VOLUMES,
                format!("new volumes get it; those that are there stay as they are: `{claims}` lists their claims"),
            )
        }
        _ => {
            let hint = "clients that use its address or the port of a node may have to use another";
            (codes::SERVICE_TYPE, hint.to_owned())
        }
    };
    (was != now).then(|| Diagnostic::new(code, message).hint(hint))
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "not there".to_owned(),
        Some(Value::Str(text)) => text.clone(),
        Some(other) => yaml::flow(other),
    }
}

/// Whether a quantity did not shrink.
fn is_growth(was: Option<&Value>, now: Option<&Value>) -> bool {
    matches!((was.and_then(size), now.and_then(size)), (Some(was), Some(now)) if was <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: &str = "kind: PersistentVolumeClaim\nmetadata: {name: c, namespace: n}\nspec:\n  accessModes: [ReadWriteOnce]\n  resources:\n    requests:\n      storage: 50Gi\n";
    const SERVICE: &str = "kind: Service\nmetadata: {name: s, namespace: n}\nspec:\n  type: ClusterIP\n";

    fn said(was: &str, now: &str) -> Vec<String> {
        let release = Catalog::embedded().standard().unwrap();
        let origin = Origin { file: "", within: None };
        let now = yaml::parse_own(now, &origin, &mut Diagnostics::new())[0].root.to_value();
        let found = review([("out/a.yaml".to_owned(), was.as_bytes())], &[Object::new("postgres", now)], &[], &release);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_claim_only_grows() {
        for size in ["50Gi", "51Gi", "0.06Ti", "60G", "60000000000"] {
            assert_eq!(said(CLAIM, &CLAIM.replace("50Gi", size)), [""; 0], "{size}");
        }
        for size in ["49Gi", "50G", "0.04Ti", "53687091199", "many"] {
            let found = said(CLAIM, &CLAIM.replace("50Gi", size));
            assert_eq!(found.len(), 1, "{size}");
            let begin =
                "error[output-immutable]: out/a.yaml:7:16: spec.resources.requests.storage: was 50Gi and is now";
            assert!(found[0].starts_with(begin), "{}", found[0]);
        }
    }

    #[test]
    fn a_class_stays() {
        let with_class = |class: &str| CLAIM.replace("spec:\n", &format!("spec:\n  storageClassName: {class}\n"));
        assert_eq!(said(&with_class("fast"), &with_class("fast")), [""; 0]);
        for (was, now) in [
            (with_class("fast"), with_class("slow")),
            (CLAIM.to_owned(), with_class("slow")),
            (with_class("fast"), CLAIM.to_owned()),
        ] {
            let found = said(&was, &now);
            assert!(found.len() == 1 && found[0].contains("spec.storageClassName: was"), "{found:?}");
        }
        let found = said(CLAIM, &CLAIM.replace("ReadWriteOnce", "ReadWriteMany"));
        assert!(found[0].contains("spec.accessModes"), "{found:?}");
    }

    #[test]
    fn the_type_of_a_service_is_told() {
        let found = said(SERVICE, &SERVICE.replace("ClusterIP", "LoadBalancer"));
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .starts_with("note[service-type]: out/a.yaml:4:9: spec.type: was ClusterIP and is now LoadBalancer")
        );
    }

    #[test]
    fn another_object_is_no_change() {
        let other = CLAIM.replace("name: c,", "name: d,").replace("50Gi", "1Gi");
        assert_eq!(said(CLAIM, &other), [""; 0]);
        for broken in ["", "a: [", "- 1", "\u{fffd}"] {
            assert_eq!(said(broken, CLAIM), [""; 0], "{broken}");
        }
    }
}
