//! The random values of a registry, as the cluster has them.

use crate::catalog::Release;
use crate::database_uri::around;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::live::export::Live;
use crate::live::registry::{Registry, missing, missing_deployment};
use crate::model::clair_config::arguments;
use crate::model::keys::{Keys, TLS_CERT, TLS_KEY};
use crate::model::registry::kind;
use crate::object::base_names::{CONFIG_SECRET, KEYS_SECRET, TLS_SECRET};
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{POD_SPEC, Value};
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Quay's own keys: without them nobody can read what the database holds.
const OWN: [&str; 2] = ["SECRET_KEY", "DATABASE_SECRET_KEY"];

/// A value, and the place in the export that has it.
struct Found {
    value: Secret,
    place: String,
}

impl Found {
    fn new(value: Option<String>, place: &str) -> Option<Self> {
        let value = value.filter(|value| !value.is_empty())?;
        Some(Self { value: Secret::new(value), place: place.to_owned() })
    }
}

/// What looks for a value.
type Candidates<'a> = fn(&Places<'a>) -> Vec<Option<Found>>;

/// Where the values are.
struct Places<'a> {
    registry: &'a Registry<'a>,
    /// The keys Secret in all its generations.
    keys: Vec<&'a Live>,
    /// config.yaml as it runs.
    config: Option<&'a Value>,
    /// Clair's configuration as it runs.
    clair: Option<Value>,
}

/// The values of the keys file, by their names there.
pub(super) fn find(
    registry: &Registry<'_>,
    release: &Release,
    bundle: Option<&[(String, Vec<u8>)]>,
    config: Option<&Value>,
    problems: &mut Diagnostics,
) -> Keys {
    let places = Places {
        registry,
        keys: registry.generations("Secret", KEYS_SECRET),
        config,
        clair: registry.current("Secret", "clair-config-secret").and_then(|secret| secret.document("config.yaml")),
    };
    let secrets =
        format!("kubectl get secrets -n {} -l {REGISTRY_LABEL}={} -o yaml", registry.namespace, registry.name);
    if places.keys.is_empty() {
        problems.push(missing("the Secret with the operator's keys is not in the export", &secrets));
    }
    if places.config.is_none() {
        problems.push(missing("the Secret with the config.yaml that runs is not in the export", &secrets));
    }
    refuse_disagreement(&places, problems);
    let mut keys = Keys::default();
    for name in OWN {
        if let Some(value) = own(&places, name, bundle, release.rules.bundle_keys_first, problems) {
            keys.set(name, value);
        }
    }
    // Where there are no keys at all, each of them would be reported as missing.
    let is_complete = !places.keys.is_empty() && places.config.is_some();
    for (name, ..) in release.keys().filter(|(name, key, _)| !OWN.contains(name) && !key.when_asked) {
        let Some((deployment, what, candidates)) = places.candidates(name) else { continue };
        match agreed(name, candidates) {
            Ok(Some(value)) => keys.set(name, value),
            Ok(None) if registry.find("Deployment", deployment).is_none() => {
                let problem = missing_deployment(registry, &registry.named(deployment));
                if !problems.iter().any(|known| known.message == problem.message) {
                    problems.push(problem);
                }
            }
            Ok(None) if is_complete => problems.push(missing(&format!("{what} is not in the export"), &secrets)),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if let Some((cert, key)) = pair(registry, bundle) {
        keys.set(TLS_CERT, cert);
        keys.set(TLS_KEY, key);
    }
    keys
}

/// Refuses generations of the keys Secret that differ in a value.
fn refuse_disagreement(places: &Places<'_>, problems: &mut Diagnostics) {
    let Some((first, others)) = places.keys.split_first() else { return };
    for other in others {
        let differs = |key: &&str| matches!((first.text(key), other.text(key)), (Some(one), Some(two)) if one != two);
        let names: Vec<&str> = first.keys().into_iter().filter(differs).collect();
        if !names.is_empty() {
            let message = format!("{} and {} differ in {}", first.name(), other.name(), names.join(", "));
            let problem = Diagnostic::new(codes::ADOPT_CONTRADICTION, message).at(other.at.clone());
            let hint = "leave out the file with the one that does not belong to the config.yaml that runs; its SECRET_KEY and \
                        DATABASE_SECRET_KEY tell";
            problems.push(problem.hint(hint));
        }
    }
}

/// One of Quay's own keys: that of the keys Secret; nothing if the bundle alone has it. It has to be the one that runs.
fn own(
    places: &Places<'_>,
    name: &str,
    bundle: Option<&[(String, Vec<u8>)]>,
    bundle_first: bool,
    problems: &mut Diagnostics,
) -> Option<Secret> {
    let kept = places.keys.iter().find_map(|secret| secret.text(name));
    let given = bundle.and_then(|files| in_bundle(files, name));
    let effective = if bundle_first { given.as_ref().or(kept.as_ref()) } else { kept.as_ref().or(given.as_ref()) };
    let runs = places.config.map(|config| config.str_at(&[name]).to_owned()).filter(|value| !value.is_empty());
    match (effective, runs) {
        (None, _) if !places.keys.is_empty() => {
            let secret = places.keys.first().map(|secret| secret.name()).unwrap_or_default();
            let message = format!(
                "{name} is neither in {secret} nor in the config bundle: the database cannot be read without it"
            );
            let command = format!("kubectl get secret {secret} -n {} -o yaml", places.registry.namespace);
            problems.push(missing(&message, &command));
        }
        (Some(one), Some(runs)) if *one != runs => {
            let message = format!(
                "{name} of the config.yaml that runs is neither that of the keys Secret nor that of the bundle"
            );
            let problem = Diagnostic::new(codes::ADOPT_CONTRADICTION, message).at(places.registry.at());
            problems.push(problem.hint("export everything again in one go, from one cluster"));
        }
        _ => {}
    }
    kept.map(Secret::new)
}

/// A key in config.yaml of the bundle.
fn in_bundle(files: &[(String, Vec<u8>)], name: &str) -> Option<String> {
    let (_, bytes) = files.iter().find(|(key, _)| key == "config.yaml")?;
    let text = std::str::from_utf8(bytes).ok()?;
    let origin = crate::yaml::Origin { file: "", within: None };
    let root = crate::yaml::parse_one(text, &origin, crate::yaml::Dialect::Python, &mut Diagnostics::new())?;
    root.get(name).and_then(crate::yaml::Node::as_str).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// The value on which all places agree; nothing if no place has one.
fn agreed(name: &str, candidates: Vec<Option<Found>>) -> Result<Option<Secret>, Diagnostic> {
    let found: Vec<Found> = candidates.into_iter().flatten().collect();
    let Some(first) = found.first() else { return Ok(None) };
    if let Some(other) = found.iter().find(|other| other.value != first.value) {
        let message = format!("{name}: {} and {} differ", first.place, other.place);
        let hint = "export everything again in one go, while the operator is at rest; if they still differ, the pods use one and \
                    the operator keeps another: restart the operator and wait until it is at rest";
        return Err(Diagnostic::new(codes::ADOPT_CONTRADICTION, message).hint(hint));
    }
    Ok(Some(first.value.clone()))
}

impl<'a> Places<'a> {
    /// The Deployment that needs a value, what to call the value and where it may be. Nothing if that Deployment neither runs
    /// nor is missing: of a component that is managed it is, for an export may lack it where the cluster has it.
    fn candidates(&self, name: &str) -> Option<(&'static str, &'static str, Vec<Option<Found>>)> {
        let (deployment, what, components, candidates): (_, _, &[&str], Candidates<'a>) = match name {
            "DB_PASSWORD" => {
                ("quay-database", "the password of the registry's database", &[kind::POSTGRES], Self::database)
            }
            "DB_ROOT_PW" => {
                let what = "the superuser's password of the registry's database";
                ("quay-database", what, &[kind::POSTGRES], Self::superuser)
            }
            "CLAIR_DB_PASSWORD" => {
                let components = &[kind::CLAIR, kind::CLAIR_DATABASE];
                ("clair-postgres", "the password of Clair's database", components, Self::clair_database)
            }
            "SECURITY_SCANNER_V4_PSK" => {
                ("clair-app", "the key that Quay and Clair share", &[kind::CLAIR], Self::shared_key)
            }
            // An operator may run without it, so it is no component of the registry's.
            "CONFIG_EDITOR_PW" => ("quay-config-editor", "the config editor's password", &[], Self::editor),
            _ => return None,
        };
        let is_managed = |component: &&str| self.registry.is_managed(component) != Some(false);
        let runs = self.registry.find("Deployment", deployment).is_some();
        (runs || (!components.is_empty() && components.iter().all(is_managed)))
            .then(|| (deployment, what, candidates(self)))
    }

    fn kept(&self, key: &str) -> Option<String> {
        self.keys.iter().find_map(|secret| secret.text(key))
    }

    fn of_secret(&self, base: &str, key: &str) -> Option<Found> {
        let secret = self.registry.current("Secret", base)?;
        Found::new(secret.text(key), &format!("{key} of {}", secret.name()))
    }

    fn database(&self) -> Vec<Option<Found>> {
        let config = self.config.map(|config| config.str_at(&["DB_URI"]));
        vec![
            Found::new(config.and_then(password_of_uri), "DB_URI of the config.yaml that runs"),
            Found::new(self.kept("DB_URI").as_deref().and_then(password_of_uri), "DB_URI of the keys Secret"),
            self.of_secret("postgres-config-secret", "database-password"),
        ]
    }

    fn superuser(&self) -> Vec<Option<Found>> {
        vec![
            self.of_secret("postgres-config-secret", "database-root-password"),
            Found::new(self.kept("DB_ROOT_PW"), "DB_ROOT_PW of the keys Secret"),
        ]
    }

    fn clair_database(&self) -> Vec<Option<Found>> {
        let connection = self.clair.as_ref().map(|config| config.str_at(&["indexer", "connstring"]).to_owned());
        let kept = self.kept("CLAIR_DB_PASSWORD");
        let written = if kept.is_none() { self.variable("clair-postgres", "POSTGRESQL_ADMIN_PASSWORD") } else { None };
        vec![
            Found::new(connection.as_deref().and_then(password_of_connection), "connstring of Clair's configuration"),
            Found::new(kept, "CLAIR_DB_PASSWORD of the keys Secret"),
            Found::new(written, "POSTGRESQL_ADMIN_PASSWORD of the Deployment clair-postgres"),
        ]
    }

    fn shared_key(&self) -> Vec<Option<Found>> {
        let text = |value: Option<&Value>, path: &[&str]| value.map(|value| value.str_at(path).to_owned());
        let decoded = |value: Option<String>| String::from_utf8(STANDARD.decode(value?).ok()?).ok();
        vec![
            Found::new(
                decoded(text(self.config, &["SECURITY_SCANNER_V4_PSK"])),
                "SECURITY_SCANNER_V4_PSK of the config.yaml that runs",
            ),
            Found::new(
                decoded(text(self.clair.as_ref(), &["auth", "psk", "key"])),
                "auth.psk.key of Clair's configuration",
            ),
            Found::new(decoded(self.kept("SECURITY_SCANNER_V4_PSK")), "SECURITY_SCANNER_V4_PSK of the keys Secret"),
        ]
    }

    fn editor(&self) -> Vec<Option<Found>> {
        vec![
            self.of_secret("quay-config-editor-credentials", "password"),
            Found::new(self.kept("CONFIG_EDITOR_PW"), "CONFIG_EDITOR_PW of the keys Secret"),
        ]
    }

    /// A variable that is written into the first container of a Deployment.
    fn variable(&self, deployment: &str, name: &str) -> Option<String> {
        let pod = self.registry.find("Deployment", deployment)?.value.at(POD_SPEC)?;
        let variables = pod.at(&["containers"])?.as_seq()?.first()?.at(&["env"])?.as_seq()?;
        let variable = variables.iter().find(|variable| variable.str_at(&["name"]) == name)?;
        Some(variable.str_at(&["value"]).to_owned())
    }
}

/// The password of a URI as the operator writes it.
fn password_of_uri(uri: &str) -> Option<String> {
    String::from_utf8(around(uri)?.password()?.to_vec()).ok()
}

/// The password of a connection string of key=value.
fn password_of_connection(text: &str) -> Option<String> {
    arguments(text).into_iter().find(|(name, _)| name == "password").map(|(_, password)| password)
}

/// The pair that the operator made: the bundle has none, and Quay serves one.
fn pair(registry: &Registry<'_>, bundle: Option<&[(String, Vec<u8>)]>) -> Option<(Secret, Secret)> {
    if bundle.is_some_and(|files| files.iter().any(|(key, _)| key == TLS_CERT)) {
        return None;
    }
    let secrets = [CONFIG_SECRET, TLS_SECRET].map(|base| registry.current("Secret", base));
    let found = secrets.into_iter().flatten().find_map(|secret| Some((secret.text(TLS_CERT)?, secret.text(TLS_KEY)?)));
    found.map(|(cert, key)| (Secret::new(cert), Secret::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_in_what_the_operator_writes() {
        assert_eq!(password_of_uri("postgresql://u:p-w@h:5432/d").as_deref(), Some("p-w"));
        assert_eq!(password_of_uri("postgresql://u@h/d"), None);
        assert_eq!(password_of_connection("host=h user=u password=p sslmode=disable").as_deref(), Some("p"));
        assert_eq!(password_of_connection("host=h"), None);
    }
}
