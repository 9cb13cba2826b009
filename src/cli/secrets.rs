//! `quay-render show secrets`: the Secrets that the pods read, and how to make them.

use super::show::map;
use crate::Rendered;
use crate::contract::{Entry, Made, Wanted, facts};
use crate::object::Value;
use crate::report::visible;
use std::fmt::Write as _;

/// One row an entry of the contract.
pub fn rows(rendered: &Rendered) -> Value {
    let row = |wanted: &Wanted, entry: &Entry| {
        let fact = facts::fact(wanted.id, &entry.id);
        map([
            ("secret", wanted.name.as_str().into()),
            ("key", entry.key.as_str().into()),
            ("contract", wanted.id.map_or(Value::Null, Into::into)),
            ("entry", entry.id.as_str().into()),
            ("readers", fact.readers.into()),
            ("made", facts::made(entry.made).into()),
            ("rotation", facts::rotation(fact, entry.made).into()),
        ])
    };
    let secrets = rendered.contract.secrets.iter();
    Value::Seq(secrets.flat_map(|wanted| wanted.entries.iter().map(move |entry| row(wanted, entry))).collect())
}

/// The rows for people: a Secret with its contract name, and its keys below.
pub fn text(rendered: &Rendered) -> String {
    let mut out = String::new();
    for wanted in &rendered.contract.secrets {
        match wanted.id {
            Some(id) => _ = writeln!(out, "{} ({id})", visible(&wanted.name)),
            None => _ = writeln!(out, "{} (named in the input)", visible(&wanted.name)),
        }
        for entry in &wanted.entries {
            let fact = facts::fact(wanted.id, &entry.id);
            let own = if entry.key == entry.id { String::new() } else { format!(" ({})", visible(&entry.id)) };
            _ = writeln!(out, "  {}{own}", visible(&entry.key));
            _ = writeln!(out, "    made:     {}", facts::made(entry.made));
            _ = writeln!(out, "    read by:  {}", fact.readers);
            _ = writeln!(out, "    rotation: {}", facts::rotation(fact, entry.made));
        }
    }
    if out.is_empty() {
        out.push_str("no Secret is left to the cluster: all are in the output\n");
    }
    out
}

/// The commands that make the Secrets in the cluster: what is random is made there and then, for the rest there is a
/// place to fill in.
pub fn commands(rendered: &Rendered) -> String {
    let namespace = &rendered.resolved.namespace;
    let mut out =
        format!("# Secrets of registry {} that must be there before its pods start.\n", rendered.resolved.name);
    out.push_str("# A FILE holds the value alone, without a line break at its end.\n");
    for (name, entries) in by_name(&rendered.contract.secrets) {
        _ = write!(out, "kubectl create secret generic {name} --namespace {namespace}");
        if entries.iter().any(|entry| entry.key == "tls.key") {
            out.push_str(" --type kubernetes.io/tls");
        }
        for entry in entries {
            let key = &entry.key;
            match entry.made {
                // Two hexadecimal digits a byte; never fewer than 128 bits.
                Made::Random(length) => {
                    _ = write!(out, " \\\n  --from-literal={key}=\"$(openssl rand -hex {})\"", (length / 2).max(16));
                }
                _ => _ = write!(out, " \\\n  --from-file={key}=FILE_WITH_{}", placeholder(&entry.id)),
            }
        }
        out.push('\n');
    }
    out
}

/// The Secrets that nothing in the cluster makes, with all of their entries: the user may have given one name to several.
fn by_name(contract: &[Wanted]) -> Vec<(&str, Vec<&Entry>)> {
    let mut secrets: Vec<(&str, Vec<&Entry>)> = Vec::new();
    let is_made = |entry: &Entry| matches!(entry.made, Made::Claim | Made::CertManager | Made::ServiceCa);
    let made_by_others = |wanted: &&Wanted| wanted.entries.iter().all(is_made);
    for wanted in contract.iter().filter(|wanted| !made_by_others(wanted)) {
        match secrets.iter_mut().find(|(name, _)| *name == wanted.name) {
            Some((_, entries)) => entries.extend(&wanted.entries),
            None => secrets.push((&wanted.name, wanted.entries.iter().collect())),
        }
    }
    secrets
}

fn placeholder(entry: &str) -> String {
    entry.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_placeholder_is_one_word_of_the_shell() {
        assert_eq!(super::placeholder("ssl.key"), "SSL_KEY");
        assert_eq!(super::placeholder("A b;c"), "A_B_C");
    }
}
