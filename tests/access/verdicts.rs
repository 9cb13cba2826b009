//! The verdict on every combination.

use super::cases::{Case, EXTERNAL, PAIRS, SCHEMES, SOURCES, TLS, WAYS};
use super::invariants;
use quay_render::diagnostic::{Diagnostics, Severity};
use quay_render::input::Inputs;
use quay_render::model::{self, Model};
use quay_render::object::Value;
use quay_render::{Rendered, analyze, check, compile};
use std::mem;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// An error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    pub code: &'static str,
    pub field: String,
    pub message: String,
}

/// What a working combination results in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// EXTERNAL_TLS_TERMINATION in the merged config.yaml.
    pub external: String,
    /// PREFERRED_URL_SCHEME there.
    pub scheme: String,
    /// The ports of the Service, and where each leads.
    pub ports: String,
}

/// The verdict on one combination.
#[derive(Clone)]
pub enum Verdict {
    Works(Written),
    Refused(Vec<Refusal>),
}

/// A combination and its verdict.
pub struct Told {
    pub case: Case,
    pub verdict: Verdict,
    /// What is wrong with the output, if it works.
    pub broken: Vec<String>,
}

/// Every combination with its secrets in the input.
pub fn inline() -> &'static [Told] {
    static ALL: LazyLock<Vec<Told>> = LazyLock::new(|| all("inline", &EXTERNAL, &SCHEMES));
    &ALL
}

/// The combinations with secrets left to the cluster; config.yaml says nothing about TLS there.
pub fn referenced() -> &'static [Told] {
    static ALL: LazyLock<Vec<Told>> = LazyLock::new(|| all("referenced", &EXTERNAL[..1], &SCHEMES[..1]));
    &ALL
}

fn all(mode: &'static str, external: &'static [&str], schemes: &'static [&str]) -> Vec<Told> {
    let next = AtomicUsize::new(0);
    let mut told: Vec<Told> = thread::scope(|scope| {
        let work = || {
            let mut told = Vec::new();
            loop {
                let way = next.fetch_add(1, Ordering::Relaxed);
                if way >= WAYS.len() {
                    return told;
                }
                told.extend(Judge::new(mode, external, schemes).way(way));
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    told.sort_by_key(|told| told.case.way);
    told
}

/// Judges the combinations of an access type. Reading a bundle takes longer than judging it, so each is read once, and
/// so is each RenderConfig.
struct Judge {
    mode: &'static str,
    bundles: Vec<(Case, Model)>,
    /// Working cases, with the merged configuration on which the rest depends.
    built: Vec<(Case, String, Written)>,
}

impl Judge {
    fn new(mode: &'static str, external: &[&'static str], schemes: &[&'static str]) -> Self {
        let mut bundles = Vec::new();
        for pair in PAIRS {
            for external in external {
                for scheme in schemes {
                    let any = Case {
                        way: 0,
                        tls: TLS[0],
                        certificate: SOURCES[0],
                        backend: SOURCES[0],
                        pair,
                        external,
                        scheme,
                    };
                    bundles.push((any, read(&any.inputs(mode))));
                }
            }
        }
        Self { mode, bundles, built: Vec::new() }
    }

    fn way(mut self, way: usize) -> Vec<Told> {
        let mut told = Vec::new();
        for tls in WAYS[way].tls.iter().copied() {
            for certificate in SOURCES {
                for backend in SOURCES {
                    let settings = Case { way, tls, certificate, backend, ..self.bundles[0].0 };
                    let mut settings_model = read(&settings.inputs(self.mode));
                    for at in 0..self.bundles.len() {
                        let case = Case { way, tls, certificate, backend, ..self.bundles[at].0 };
                        let found = resolve(&mut self.bundles[at].1, &mut settings_model);
                        let refused = found.has_errors().then(|| (Verdict::Refused(refusals(&found)), Vec::new()));
                        let (verdict, broken) = refused.unwrap_or_else(|| self.build(case));
                        told.push(Told { case, verdict, broken });
                    }
                }
            }
        }
        told
    }

    /// Builds a case completely. A case with the same `spec.access` and the same merged config.yaml as an earlier one
    /// has the same result.
    fn build(&mut self, case: Case) -> (Verdict, Vec<String>) {
        let refused = |found: &Diagnostics| (Verdict::Refused(refusals(found)), Vec::new());
        let inputs = case.inputs(self.mode);
        let mut found = Diagnostics::new();
        let (Some(analysis), _) = analyze(&inputs, &mut found) else { return refused(&found) };
        let fields = analysis.resolved.config.0.iter();
        let merged: String =
            fields.map(|it| format!("{}: {}\n", it.name, serde_json::to_string(&it.value).unwrap())).collect();
        let like = Case { external: EXTERNAL[0], scheme: SCHEMES[0], ..case };
        let known = self.built.iter().find(|(case, config, _)| *case == like && *config == merged);
        if let Some((_, _, written)) = known {
            return (Verdict::Works(written.clone()), Vec::new());
        }
        let compiled = compile(&inputs);
        let Some(rendered) = compiled.registry else { return refused(&compiled.diagnostics) };
        let written = written(&rendered);
        self.built.push((like, merged, written.clone()));
        (Verdict::Works(written), invariants::broken(&case, &rendered, false))
    }
}

/// The diagnostics of a bundle with the settings of another input.
fn resolve(bundle: &mut Model, settings: &mut Model) -> Diagnostics {
    let mut found = Diagnostics::new();
    mem::swap(&mut bundle.config, &mut settings.config);
    let resolved = check::resolve(bundle, &Inputs::default(), &mut found);
    mem::swap(&mut bundle.config, &mut settings.config);
    assert!(resolved.is_some() || found.has_errors(), "nothing, and no error");
    found
}

fn read(inputs: &Inputs) -> Model {
    let mut found = Diagnostics::new();
    let model = model::read(inputs, &mut found);
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(!found.has_errors(), "{}", said.join("\n"));
    model.unwrap()
}

fn refusals(found: &Diagnostics) -> Vec<Refusal> {
    let errors = found.iter().filter(|problem| problem.severity == Severity::Error);
    let refusal = |code: &'static str, field: &Option<String>, message: &str| Refusal {
        code,
        field: field.clone().unwrap_or_default(),
        message: message.to_owned(),
    };
    let mut refusals: Vec<Refusal> = errors.map(|it| refusal(it.code.as_str(), &it.field, &it.message)).collect();
    assert!(!refusals.is_empty(), "refused without an error");
    refusals.sort();
    refusals
}

fn written(rendered: &Rendered) -> Written {
    let field = |name: &str| {
        let field = rendered.resolved.config.0.iter().find(|field| field.name == name);
        field.map(|field| serde_json::to_string(&field.value).unwrap().replace('"', "")).unwrap_or_default()
    };
    let service = rendered.objects.iter().find(|it| it.kind() == "Service" && it.base_name == "registry-quay-app");
    let ports = service.and_then(|service| service.value.at(&["spec", "ports"])).and_then(Value::as_seq);
    let number = |port: &Value, field: &str| serde_json::to_string(port.at(&[field]).unwrap()).unwrap();
    let port = |port: &Value| format!("{} → {}", number(port, "port"), number(port, "targetPort"));
    Written {
        external: field("EXTERNAL_TLS_TERMINATION"),
        scheme: field("PREFERRED_URL_SCHEME"),
        ports: ports.unwrap_or_default().iter().map(port).collect::<Vec<_>>().join(", "),
    }
}
