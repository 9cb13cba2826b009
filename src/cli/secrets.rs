//! `quay-render show secrets`: the Secrets that the pods read, and how to make them.

use super::map::map;
use crate::Rendered;
use crate::catalog::Layer;
use crate::check::access::{Certificate, Maker};
use crate::cluster_secrets::plain::made_here;
use crate::cluster_secrets::{Made, RequiredKey, RequiredSecret, facts, readers};
use crate::model::secrets::Mode;
use crate::object::labels::RELOADED_SECRETS;
use crate::object::{Object, Value};
use crate::report::visible;
use std::fmt::Write as _;

/// One row for each required key.
pub fn rows(rendered: &Rendered) -> Value {
    let row = |wanted: &RequiredSecret, entry: &RequiredKey| {
        map([
            ("secret", wanted.name.as_str().into()),
            ("key", entry.key.as_str().into()),
            ("contract", wanted.id.as_deref().map_or(Value::Null, Into::into)),
            ("entry", entry.id.as_str().into()),
            ("readers", read_by(rendered, wanted, entry).into()),
            ("made", facts::made(entry.made).into()),
            ("rotation", rotation(rendered, wanted, entry).into()),
            ("restart", Value::Seq(restarts(rendered, &wanted.name).concat().into_iter().map(Into::into).collect())),
        ])
    };
    let secrets = rendered.cluster_secrets.secrets.iter();
    Value::Seq(secrets.flat_map(|wanted| wanted.entries.iter().map(move |entry| row(wanted, entry))).collect())
}

/// The rows as text: each Secret with its logical name, and its keys below.
pub fn text(rendered: &Rendered) -> String {
    let mut out = String::new();
    for wanted in &rendered.cluster_secrets.secrets {
        match &wanted.id {
            Some(id) => _ = writeln!(out, "{} ({id})", visible(&wanted.name)),
            None => _ = writeln!(out, "{} (named in the input)", visible(&wanted.name)),
        }
        for entry in &wanted.entries {
            let own = if entry.key == entry.id { String::new() } else { format!(" ({})", visible(&entry.id)) };
            _ = writeln!(out, "  {}{own}", visible(&entry.key));
            _ = writeln!(out, "    made:     {}", facts::made(entry.made));
            _ = writeln!(out, "    read by:  {}", read_by(rendered, wanted, entry));
            _ = writeln!(out, "    rotation: {}", rotation(rendered, wanted, entry));
        }
        let steps = restarts(rendered, &wanted.name);
        for (index, step) in steps.iter().enumerate() {
            let label = if index == 0 { "restart:" } else { "then:   " };
            _ = writeln!(out, "  {label} {}", restart(&rendered.resolved.namespace, step, index + 1 < steps.len()));
        }
    }
    if out.is_empty() {
        out.push_str("no Secret is left to the cluster: all are in the output\n");
    }
    out
}

fn rotation<'a>(rendered: &'a Rendered, wanted: &RequiredSecret, entry: &RequiredKey) -> &'a str {
    facts::rotation(&rendered.resolved.release, wanted.id.as_deref(), &entry.id, entry.made)
}

/// The workloads that read an entry, in words.
fn read_by(rendered: &Rendered, wanted: &RequiredSecret, entry: &RequiredKey) -> String {
    let (release, registry) = (&rendered.resolved.release, &rendered.resolved.name);
    let found = readers::readers(release, registry, &rendered.objects, &wanted.name, &entry.key);
    if found.is_empty() { "nothing that is rendered".to_owned() } else { found.join(", ") }
}

/// The Deployments to restart when a Secret has changed, in layers: a database sets its password when it starts, and
/// its clients may get the new one only after that. They are the Deployments that a reloader restarts.
fn restarts<'a>(rendered: &'a Rendered, secret: &str) -> Vec<Vec<&'a str>> {
    let watches = |object: &&Object| {
        let watched = object.value.at(&["metadata", "annotations", RELOADED_SECRETS]).and_then(Value::as_str);
        watched.is_some_and(|names| names.split(',').any(|name| name == secret))
    };
    let of = |layer: &Layer| {
        let readers = rendered.objects.iter().filter(watches).filter(|object| object.layer == layer.name);
        readers.map(Object::name).collect::<Vec<_>>()
    };
    rendered.resolved.release.layers.iter().map(of).filter(|names| !names.is_empty()).collect()
}

/// The command that restarts Deployments, and waits for their pods if another layer follows.
fn restart(namespace: &str, names: &[&str], waits: bool) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("deployment/{name}")).collect();
    let mut command = format!("kubectl --namespace {namespace} rollout restart {}", names.join(" "));
    for name in names.iter().filter(|_| waits) {
        _ = write!(command, " && kubectl --namespace {namespace} rollout status {name}");
    }
    command
}

/// The commands that create the Secrets in the cluster, or put their values into the store of External Secrets: they make
/// random values themselves, and have placeholders for the rest.
///
/// Everybody on a machine may read the command lines of all programs, so no value stands on one: a random one goes into
/// a file that only its owner can read, in a folder that is removed at the end. The parentheses keep what is set here
/// from the shell that the commands are pasted into.
pub fn commands(rendered: &Rendered) -> String {
    let stored = stored(rendered);
    let is_stored = |secret: &RequiredSecret| stored.iter().any(|(_, other)| std::ptr::eq(*other, secret));
    let rest = rendered.cluster_secrets.secrets.iter().filter(|secret| !is_stored(secret));
    let secrets = by_name(rest);
    let is_random = |entry: &&RequiredKey| matches!(entry.made, Made::Random(_));
    let any_random = |entries: &[&RequiredKey]| entries.iter().any(is_random);
    let of_store = stored.iter().any(|(_, secret)| any_random(&secret.entries.iter().collect::<Vec<_>>()));
    let mut out =
        format!("# Secrets of registry {} that must be there before its pods start.\n", rendered.resolved.name);
    out.push_str("# A FILE holds the value alone, without a line break at its end.\n");
    out.push_str(if stored.is_empty() { "" } else { STORE });
    out.push_str("(\nfailed=0\n");
    let namespace = &rendered.resolved.namespace;
    if !secrets.is_empty() && renders_namespace(rendered) {
        // Only where it is missing: what is applied later has labels that must stay.
        _ = writeln!(out, "kubectl get namespace {namespace} > /dev/null 2>&1 || kubectl create namespace {namespace}");
    }
    if of_store || secrets.iter().any(|(_, entries)| any_random(entries)) {
        out.push_str(RANDOM);
    }
    for (item, secret) in &stored {
        put(&mut out, item, &secret.entries);
    }
    for (name, entries) in &secrets {
        command(&mut out, name, namespace, entries, served(rendered).any(|served| served == *name));
    }
    out.push_str("\nexit $failed\n)\n");
    out
}

/// What the commands of a store begin with. With `-cas=0` Vault writes nothing over what is there.
const STORE: &str = "\
# put ITEM KEY=@FILE … writes an item of your store, unless it is there. This one is for Vault, and a KV engine mounted at
# secret; with another store write its command here.
put() { vault kv put -mount=secret -cas=0 \"$@\"; }
";

/// The Secrets whose values are in a store, each by its item there.
fn stored(rendered: &Rendered) -> Vec<(String, &RequiredSecret)> {
    let Mode::External(external) = &rendered.model.config.secrets.mode else { return Vec::new() };
    let item = |id: &str| external.item(&rendered.resolved.name, &rendered.resolved.namespace, id);
    made_here(&rendered.cluster_secrets).map(|(id, secret)| (item(id), secret)).collect()
}

/// The command for one item of a store.
fn put(out: &mut String, item: &str, entries: &[RequiredKey]) {
    out.push('\n');
    random(out, entries.iter().map(|entry| (entry, entry.id.as_str())));
    _ = write!(out, "put {}", quoted(item));
    for RequiredKey { id, made, .. } in entries {
        _ = match made {
            Made::Random(_) => write!(out, " \\\n  {id}=@\"$made/{id}\""),
            _ => write!(out, " \\\n  {id}=@FILE_WITH_{}", placeholder(id)),
        };
    }
    out.push_str(" ||\n  failed=1\n");
}

/// A word of a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Makes the random values among some entries, each in a file.
fn random<'a>(out: &mut String, entries: impl Iterator<Item = (&'a RequiredKey, &'a str)>) {
    for (entry, file) in entries {
        // At least 128 bits.
        if let Made::Random(length) = entry.made {
            _ = writeln!(out, "random {file} {} &&", (length / 2).max(16));
        }
    }
}

/// The Secrets of the user with a certificate that clients or a proxy meet. Of such a Secret pods may read the CA alone.
fn served(rendered: &Rendered) -> impl Iterator<Item = &str> {
    let access = &rendered.resolved.access;
    [&access.front, &access.serving].into_iter().flatten().filter_map(|certificate| match certificate {
        Certificate::Secret { name, maker: Maker::User, .. } => Some(name.as_str()),
        _ => None,
    })
}

/// Whether the namespace is part of the output, and not somebody else's.
fn renders_namespace(rendered: &Rendered) -> bool {
    rendered.objects.iter().any(|object| object.kind() == "Namespace")
}

/// Writes a random value of so many bytes, two hexadecimal digits each, without a line break, to a file of that name.
const RANDOM: &str = r#"umask 077
made=$(mktemp -d) || exit
trap 'rm -rf "$made"' EXIT
trap 'exit 1' HUP INT TERM
random() { openssl rand -hex "$2" | tr -d '\n' > "$made/$1" && test -s "$made/$1"; }
"#;

/// The command for one Secret. If it fails, the next one still runs: a Secret that already exists is no reason to make
/// none of the others.
fn command(out: &mut String, name: &str, namespace: &str, entries: &[&RequiredKey], is_served: bool) {
    out.push('\n');
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    random(out, entries.iter().map(|entry| (*entry, entry.key.as_str())));
    _ = write!(out, "kubectl create secret generic {name} --namespace {namespace}");
    if is_served || has("tls.key") {
        out.push_str(" --type kubernetes.io/tls");
    }
    for key in ["tls.crt", "tls.key"].into_iter().filter(|key| is_served && !has(key)) {
        _ = write!(out, " \\\n  --from-file={key}=FILE_WITH_{}", placeholder(key));
    }
    for entry in entries {
        let key = &entry.key;
        _ = match entry.made {
            Made::Random(_) => write!(out, " \\\n  --from-file={key}=\"$made/{key}\""),
            _ => write!(out, " \\\n  --from-file={key}=FILE_WITH_{}", placeholder(&entry.id)),
        };
    }
    out.push_str(" ||\n  failed=1\n");
}

/// The Secrets that the user must make, each with all of its entries: several may have been given the same name.
fn by_name<'a>(cluster_secrets: impl Iterator<Item = &'a RequiredSecret>) -> Vec<(&'a str, Vec<&'a RequiredKey>)> {
    let mut secrets: Vec<(&'a str, Vec<&'a RequiredKey>)> = Vec::new();
    let is_made = |entry: &RequiredKey| matches!(entry.made, Made::Claim | Made::CertManager | Made::ServiceCa);
    let made_by_others = |wanted: &&RequiredSecret| wanted.entries.iter().all(is_made);
    for wanted in cluster_secrets.filter(|wanted| !made_by_others(wanted)) {
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
