//! Backups of the databases (`spec.backup`): what is backed up, and what keeps that from working.

use super::access::given_parts::is_made_here;
use super::access::sound_bundle;
use super::components::{Choice, managed};
use super::{Merged, Resolved};
use crate::database_uri::{self, MYSQL};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Model;
use crate::model::Spanned;
use crate::model::backup::Backup;
use crate::model::registry::kind;
use crate::pki::{self, Role};
use crate::validate::tls::located;

/// A database that is backed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// Quay's.
    Quay,
    /// Clair's.
    Clair,
}

impl Database {
    /// The word for it on command lines and in the place of its backups.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Quay => "quay",
            Self::Clair => "clair",
        }
    }

    /// The names of its objects without the registry's: of the backup, and of the restoring Job.
    #[must_use]
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Quay => ["quay-database-backup", "quay-database-restore"],
            Self::Clair => ["clair-postgres-backup", "clair-postgres-restore"],
        }
    }
}

impl Resolved {
    /// The databases that are backed up, if `backup` asks for backups.
    #[must_use]
    pub fn backed_up(&self, backup: Option<&Backup>) -> Vec<Database> {
        let Some(backup) = backup else { return Vec::new() };
        let clair = (backup.clair && self.has_clair_database()).then_some(Database::Clair);
        std::iter::once(Database::Quay).chain(clair).collect()
    }
}

/// Reports what cannot work. `config` is the merged config.yaml, if it could be merged.
pub(super) fn check(
    model: &Model,
    components: &[Choice],
    config: Option<&Merged>,
    as_of: Option<pki::Date>,
    diagnostics: &mut Diagnostics,
) {
    if let Some(source) = model.config.restore_from.as_ref().filter(|_| !managed(components, kind::POSTGRES)) {
        let message = "it restores into the database that is rendered, and that of this registry is one of yours";
        let problem = Diagnostic::new(codes::BACKUP, message).at(source.at.clone()).field("spec.restoreFrom");
        diagnostics.push(problem.hint("take it out, and move the database with PostgreSQL's own programs"));
    }
    if let Some(source) = model.config.restore_from.as_ref().filter(|_| model.config.database_upgrade.is_some()) {
        let message = "a database that spec.databaseUpgrade moves is not restored from another server at the same time";
        let problem = Diagnostic::new(codes::BACKUP, message).at(source.at.clone()).field("spec.restoreFrom");
        diagnostics.push(problem.hint("take one of them out: one follows the other"));
    }
    let Some(backup) = &model.config.backup else { return };
    let mut checked = Checked { diagnostics };
    match (&backup.claim, &backup.s3) {
        (Some(_), Some(_)) => checked.refuse(&backup.at, ".s3", "claim and s3 exclude each other", TO),
        (None, None) if !backup.is_placed => checked.refuse(&backup.at, "", "does not say where backups go", TO),
        _ => {}
    }
    if let Some(config) = config.filter(|_| !managed(components, kind::POSTGRES)) {
        checked.own_database(backup, config);
    }
    if let Some(s3) = &backup.s3 {
        if is_made_here(model, &s3.secret, |_| true) {
            let message = format!("{:?} is the name of a Secret that is made for something else", s3.secret);
            checked.refuse(&backup.at, ".s3.secretName", message, "another name");
        }
        if let Some(bundle) = &s3.ca_bundle {
            let _reported = sound_bundle(bundle, "spec.backup.s3.caBundle", checked.diagnostics);
        }
    }
    if let Some(certificate) = &backup.certificate {
        checked.recipient(certificate, as_of);
    }
}

/// How to say where backups go.
const TO: &str = "claim: {size: 50Gi}, or s3: {bucket: backups, secretName: backup-storage}";

struct Checked<'a> {
    diagnostics: &'a mut Diagnostics,
}

impl Checked<'_> {
    fn refuse(&mut self, at: &Location, part: &str, message: impl Into<String>, hint: &str) {
        let problem = Diagnostic::new(codes::BACKUP, message.into()).at(at.clone());
        self.diagnostics.push(problem.field(format!("spec.backup{part}")).hint(hint));
    }

    /// MySQL has no PostgreSQL client. Where DB_URI is left to the cluster the backup itself says so.
    fn own_database(&mut self, backup: &Backup, config: &Merged) {
        let uri = config.get("DB_URI").and_then(|field| field.value.as_str());
        let parsed = uri.and_then(|uri| database_uri::parse(uri).ok());
        if parsed.is_some_and(|uri| uri.scheme == MYSQL) {
            let message = "DB_URI leads to MySQL, and backups are made of PostgreSQL alone";
            self.refuse(&backup.at, "", message, "take spec.backup out, and back the database up where it is");
        }
    }

    fn recipient(&mut self, certificate: &Spanned<String>, as_of: Option<pki::Date>) {
        let pem = certificate.value.as_bytes();
        let problems = pki::check_certificates(pem);
        if !problems.is_empty() {
            self.report(problems, certificate);
            return;
        }
        if !pki::is_certificates_only(pem) {
            let message = "holds more than a certificate, and it stands in the output for everybody to read";
            self.refuse(&certificate.at, ".certificate", message, ONE);
            return;
        }
        if let Some(problem) = pki::recipient_problem(pem) {
            self.refuse(&certificate.at, ".certificate", problem, ONE);
            return;
        }
        self.report(pki::validity(pem, Role::Trusted, as_of), certificate);
    }

    fn report(&mut self, problems: Vec<pki::Problem>, certificate: &Spanned<String>) {
        for mut problem in problems {
            problem.line = 0;
            self.diagnostics.push(located(&problem, certificate.at.clone()).field("spec.backup.certificate"));
        }
    }
}

const ONE: &str = "one certificate in PEM: openssl req -x509 -newkey rsa:4096 -nodes -subj '/CN=backups' -keyout \
                   backup.key -out backup.crt, and keep backup.key where the backups are not";
