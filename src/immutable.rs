//! What a cluster would refuse to change: the objects of the output against the files that they replace. A sync that
//! meets such a change stops, whoever tries it again.

use crate::components;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::object::{Map, Object, Value};
use crate::yaml::{self, Node, Origin, Pos};

/// How a field may change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Not at all.
    Fixed,
    /// A quantity, upwards.
    Growing,
    /// Freely, but people should know of it.
    Told,
}

/// The rules by their names in the table `components/delivery/immutable.yaml`, which has paths by kind for each.
const RULES: &[(&str, Rule)] = &[("fixed", Rule::Fixed), ("growing", Rule::Growing), ("told", Rule::Told)];

/// Compares objects with the old content of files, each under the name that messages give it. Errors for what a cluster
/// refuses (`output-immutable`), notes for what it takes and people should know of (`service-type`). What cannot be read
/// is no object of ours, and no problem.
#[must_use]
pub fn review<'a>(old: impl IntoIterator<Item = (String, &'a [u8])>, objects: &[Object]) -> Diagnostics {
    let table = components::map("delivery/immutable.yaml").unwrap_or_default();
    let mut diagnostics = Diagnostics::new();
    for (file, bytes) in old {
        let origin = Origin { file: &file, within: None };
        let text = String::from_utf8_lossy(bytes);
        for document in yaml::parse_own(&text, &origin, &mut Diagnostics::new()) {
            let was = document.root.to_value();
            let same = |object: &&Object| identity(&object.value) == identity(&was);
            let Some(now) = objects.iter().find(same) else { continue };
            for change in changes(&table, now.kind(), &was, &now.value) {
                let Pos { line, column } = position(&document.root, &change.path);
                diagnostics.push(change.diagnostic(now.kind()).at(Location { file: file.clone(), line, column }));
            }
        }
    }
    diagnostics
}

fn identity(object: &Value) -> [Option<&str>; 3] {
    let text = |path: &[&str]| object.at(path).and_then(Value::as_str);
    [text(&["kind"]), text(&["metadata", "namespace"]), text(&["metadata", "name"])]
}

/// Where a field stands, or what of the way to it is there.
fn position(root: &Node, path: &str) -> Pos {
    let way = path.split('.').scan(root, |node, name| {
        *node = node.get(name)?;
        Some(node.pos)
    });
    way.last().unwrap_or(root.pos)
}

/// A field of an object that is not what it was.
struct Change {
    rule: Rule,
    path: String,
    was: Option<Value>,
    now: Option<Value>,
}

/// What is against a rule in an object, or worth knowing.
fn changes(table: &Map, kind: &str, was: &Value, now: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    for (name, rule) in RULES {
        let paths = table.get(name).and_then(|kinds| kinds.at(&[kind])).and_then(Value::as_seq).unwrap_or_default();
        for path in paths.iter().filter_map(Value::as_str) {
            let way: Vec<&str> = path.split('.').collect();
            let (was, now) = (was.at(&way).cloned(), now.at(&way).cloned());
            if was != now && !(*rule == Rule::Growing && is_growth(was.as_ref(), now.as_ref())) {
                found.push(Change { rule: *rule, path: path.to_owned(), was, now });
            }
        }
    }
    found
}

impl Change {
    fn diagnostic(&self, kind: &str) -> Diagnostic {
        let message = format!("was {} and is now {}", shown(self.was.as_ref()), shown(self.now.as_ref()));
        let refused = |why: &str| {
            let back = self.was.as_ref().map_or("leave it out".to_owned(), |was| format!("keep {}", shown(Some(was))));
            let hint =
                format!("{back}; where the {kind} in the cluster was made anew, delete this file and build again");
            Diagnostic::new(codes::OUTPUT_IMMUTABLE, format!("{message}: {why}")).hint(hint)
        };
        let diagnostic = match self.rule {
            Rule::Fixed => refused("a cluster refuses that change"),
            Rule::Growing => refused("it only grows"),
            Rule::Told => Diagnostic::new(codes::SERVICE_TYPE, message)
                .hint("clients that use its address or the port of a node may have to use another"),
        };
        diagnostic.field(&self.path)
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "not there".to_owned(),
        Some(Value::Str(text)) => text.clone(),
        Some(other) => yaml::flow(other),
    }
}

/// Whether a quantity is at least what it was.
fn is_growth(was: Option<&Value>, now: Option<&Value>) -> bool {
    let size = |value: Option<&Value>| match value? {
        Value::Str(text) | Value::Int(text) => quantity(text),
        _ => None,
    };
    matches!((size(was), size(now)), (Some(was), Some(now)) if was <= now)
}

/// The size of a quantity of Kubernetes: a number, and a unit or an exponent.
pub(crate) fn quantity(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 14] = [
        ("Ki", 1_024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
        ("", 1.0),
    ];
    UNITS.iter().find_map(|(unit, factor)| {
        let number = text.strip_suffix(unit)?;
        // Not `inf` and the like.
        let is_number = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'));
        number.parse::<f64>().ok().filter(|_| is_number).map(|number| number * factor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: &str = "kind: PersistentVolumeClaim\nmetadata: {name: c, namespace: n}\nspec:\n  accessModes: [ReadWriteOnce]\n  resources:\n    requests:\n      storage: 50Gi\n";
    const SERVICE: &str = "kind: Service\nmetadata: {name: s, namespace: n}\nspec:\n  type: ClusterIP\n";

    fn said(was: &str, now: &str) -> Vec<String> {
        let origin = Origin { file: "", within: None };
        let now = yaml::parse_own(now, &origin, &mut Diagnostics::new())[0].root.to_value();
        let found = review([("out/a.yaml".to_owned(), was.as_bytes())], &[Object::new("postgres", now)]);
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
