//! Everything that is made and reported for an input, without running the program.

use super::Said;
use crate::support::anyway;
use quay_render::compare::{self, report::Format as DiffFormat};
use quay_render::diagnostic::Diagnostics;
use quay_render::immutable::Table;
use quay_render::input::{Inputs, Options};
use quay_render::object::{Object, Value};
use quay_render::report::{Format, Report, Sources};
use quay_render::{compile, emit, krm};

/// All forms of the report, with lines of the files; and everything that is made, even if rules refuse the input: the
/// objects without secrets, the names of what is left to the cluster, the difference to an empty output.
pub fn of(inputs: &Inputs) -> Said {
    let (mut said, _) = reports(inputs);
    said.push(("krm".to_owned(), answer(inputs)));
    let (objects, cluster_secrets) = anyway::rendered(inputs, &mut Diagnostics::new()).unwrap_or_default();
    said.push(("contract".to_owned(), format!("{:?} {:?}", cluster_secrets.secrets, cluster_secrets.quay)));
    let values: Vec<Value> = objects.iter().map(|object| object.value.clone()).collect();
    for (what, old, new) in [("added", &[][..], values.as_slice()), ("removed", &values, &[])] {
        let difference = compare::compare(old, new, &Table::newest().unwrap());
        for format in [DiffFormat::Text, DiffFormat::Markdown, DiffFormat::Json] {
            said.push((format!("diff {what} {format:?}"), difference.render(format, false)));
        }
    }
    let open: Vec<Object> = objects.into_iter().filter(|object| !object.is_secret()).collect();
    said.push(("objects".to_owned(), emit::stream(&open)));
    said
}

/// All forms of the report, with lines of the files, and the diagnostics.
pub fn reports(inputs: &Inputs) -> (Said, Diagnostics) {
    let compiled = compile(inputs);
    let sources = Sources::new(inputs);
    let report = Report { diagnostics: &compiled.diagnostics, allowed: &compiled.allowed };
    let forms = Format::ALL.iter().map(|(name, format)| (*name, report.render(*format, Some(&sources), false)));
    let said = forms.map(|(name, text)| (format!("report {name}"), text)).collect();
    (said, compiled.diagnostics)
}

/// The results of the KRM function with the documents as items. If it refuses them, it returns them unchanged, so only
/// its results are examined.
fn answer(inputs: &Inputs) -> String {
    let mut request = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n");
    for source in &inputs.sources {
        request.push_str(&format!("- {}\n", String::from_utf8_lossy(&source.bytes).trim_end()));
    }
    match krm::respond(request.as_bytes(), Options::default()) {
        Ok(response) => {
            let results = response.text.split("\nresults:").nth(1).unwrap_or_default().to_owned();
            format!("{results}\n{}", Report::new(&response.diagnostics).text(None, false))
        }
        Err(diagnostics) => Report::new(&diagnostics).text(None, false),
    }
}
