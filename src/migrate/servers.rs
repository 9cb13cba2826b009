//! Whether config.yaml leads where the QuayEcosystem says. The old operator wrote both once, at the setup; afterwards its
//! config app changes config.yaml alone, so that the data may be on another server than the one that would be migrated.

use super::rows::{OLD_DATABASE, OLD_REDIS};
use super::secrets::Secrets;
use crate::database_uri::{self, DatabaseUri, POSTGRES};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::live::export::Live;
use crate::model::ecosystem::Ecosystem;
use crate::object::{Map, Value, base_names};
use crate::quote;

/// Reports servers of config.yaml that are others than those of the QuayEcosystem. `account` is the Secret with which the
/// old database is read; without one it is not compared.
pub(super) fn check(
    config: &Map,
    ecosystem: &Ecosystem,
    has_own_database: bool,
    secrets: &Secrets<'_>,
    account: &str,
    at: &Location,
    problems: &mut Diagnostics,
) {
    let mut refuse = |field: &str, message: &str, hint: String| {
        let problem = Diagnostic::new(codes::MIGRATE_MISSING, message).at(at.clone());
        problems.push(problem.field(format!("data[\"config.yaml\"].{field}")).hint(hint));
    };
    let uri = config.get("DB_URI").and_then(Value::as_str).and_then(|uri| database_uri::parse(uri).ok());
    let is_of_operator = uri.as_ref().is_some_and(|uri| is_old(ecosystem, OLD_DATABASE, &uri.host));
    let (field, setting) = ("DB_URI", "spec.quay.database.server");
    match uri {
        None if has_own_database => {
            let hint = format!("where is the data? {setting} of the file says whether the server is one of yours");
            refuse(field, "it is not there, or no URI of a database, and says not where the data is", hint);
        }
        Some(uri) if has_own_database && !(is_of_operator && uri.scheme == POSTGRES) => {
            let message = "it leads to another server than the operator's, which would be migrated";
            refuse(field, message, format!("write {setting} into the file, as this field has it"));
        }
        Some(uri) if has_own_database && secrets.find(account).is_some_and(|it| !is_account_of(it, &uri)) => {
            let message = "its user or its database are others than those of the Secret with which the data is read";
            refuse(field, message, format!("which of them is right? The Secret is {}", quote::name(account)));
        }
        Some(_) if !has_own_database && is_of_operator => {
            let message = "it leads to the operator's server, which goes with the QuayEcosystem";
            refuse(field, message, format!("take {setting} out of the file, or correct this field"));
        }
        _ => {}
    }
    for field in ["BUILDLOGS_REDIS", "USER_EVENTS_REDIS"] {
        let host = config.get(field).and_then(|redis| redis.at(&["host"])).and_then(Value::as_str);
        let Some(host) = host else { continue };
        let setting = "spec.redis.hostname";
        match (ecosystem.redis.is_some(), is_old(ecosystem, OLD_REDIS, host)) {
            (true, true) => {
                let message = "its host is the operator's Redis, which goes with the QuayEcosystem";
                refuse(field, message, format!("take {setting} out of the file, or correct this field"));
            }
            (false, false) => {
                let message = "its host is another than the operator's Redis";
                refuse(field, message, format!("write {setting} into the file, as this field has it"));
            }
            _ => {}
        }
    }
}

/// Whether a host is a Service of the old operator, by one of the names that Services have.
fn is_old(ecosystem: &Ecosystem, base: &str, host: &str) -> bool {
    let name = base_names::named(&ecosystem.name, base);
    let Some(rest) = host.strip_prefix(&name) else { return false };
    let namespace = format!(".{}", ecosystem.namespace);
    rest.is_empty()
        || rest.strip_prefix(&namespace).is_some_and(|rest| ["", ".svc", ".svc.cluster.local"].contains(&rest))
}

fn is_account_of(secret: &Live, uri: &DatabaseUri) -> bool {
    let is = |key: &str, value: &str| secret.text(key).is_none_or(|own| own == value);
    is("database-username", &uri.user) && is("database-name", &uri.database)
}
