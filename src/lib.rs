//! Compile a QuayRegistry and its config bundle into the manifests that the Quay operator would create.
//!
//! [`compile`] is the whole product as one pure function: bytes in, bytes out. It has no disk, clock, network,
//! environment or randomness, so the same input gives the same output on any machine on any day.
//!
//! ```text
//! disk ─ input ─> Inputs ─ model ─> Model ─ check ─> Resolved ─ plan ─> Plan
//!      ─ render ─> objects ─ hardening, settings ─> objects ─ transform ─> objects ─ emit ─> FileSet ─ output ─> disk
//! ```
//!
//! Each stage sees the types of the stages before it and never a later one; `tests/structure.rs` enforces the order.
//! Only `input` and `output` touch the disk, and only [`cli`] calls them. A stage that finds a problem adds it to
//! [`diagnostic::Diagnostics`] and goes on as far as it can, so that one run reports every problem of an input.
//!
//! - [`input`] reads files, confined to their root.
//! - [`model`] turns them into typed data, strictly.
//! - [`check`] makes all decisions, and merges config.yaml in the operator's order.
//! - [`plan`] builds every string a template needs.
//! - [`render`] fills the templates of `components/`; a component is a folder there.
//! - [`alerting`] completes the rules of alerts.
//! - [`hardening`] restricts what pods may do.
//! - [`settings`] applies the settings of components to their objects.
//! - [`transform`] adds what all objects have in common, and names that depend on content.
//! - [`emit`] gives each object its file.
//! - [`output`] compares, writes and prunes, all or nothing.
//!
//! [`immutable`] reports before writing what a cluster would refuse to change, [`limits`] which objects are too large
//! for one, [`resources`] how many nodes the pods need. [`report`] prints diagnostics for people and programs;
//! [`compare`](mod@compare) finds the differences between two sets of objects, and their consequences; [`fleet`] checks
//! whether several registries can be in one cluster. [`krm`] is the same compiler for kustomize and kpt.
//!
//! These modules depend on no stage: [`diagnostic`], [`host`] (host names), [`kubernetes_names`], `files` (opening
//! other people's files), [`object`], [`file_set`] (objects as files), [`yaml`] (the only user of the YAML libraries),
//! [`pki`] (certificates), [`keyed_digest`] (digests of secrets), [`secret`] (a text that is secret), [`sensitive`]
//! (finds secrets in a text), [`database_uri`], [`seal`] (values that only the cluster can decrypt), [`kubernetes`]
//! (its types, and how their values are merged), [`dashboard`] (one definition in several forms), [`catalog`] (the components and releases of `components/`) and
//! [`template`] (the engine). [`schemas`] describes the input to editors.
//!
//! # As a library
//!
//! An input consists of named texts; diagnostics repeat the names. [`input::read`] reads them from disk; here they come
//! from the program itself:
//!
//! ```
//! use quay_render::compile;
//! use quay_render::input::{Inputs, Source};
//!
//! let document = |name: &str, text: &str| Source { name: name.to_owned(), bytes: text.into() };
//! let registry = "
//! apiVersion: quay.redhat.com/v1
//! kind: QuayRegistry
//! metadata: {name: my-registry, namespace: quay}
//! ";
//! let facts = "
//! apiVersion: quay-render.dev/v1alpha1
//! kind: RenderConfig
//! spec:
//!   release: '3.5'
//!   cluster: {platform: openshift, appsDomain: apps.example.com}
//!   secrets: {mode: referenced}
//! ";
//! let inputs = Inputs {
//!     name: "my-registry".to_owned(),
//!     sources: vec![document("quayregistry.yaml", registry), document("render-config.yaml", facts)],
//!     ..Inputs::default()
//! };
//!
//! let compiled = compile(&inputs);
//! for diagnostic in compiled.diagnostics.iter() {
//!     eprintln!("{diagnostic}"); // error[component-unknown]: quayregistry.yaml:9:13: ...
//! }
//! let rendered = compiled.registry.ok_or("an error refuses the input")?;
//! for (path, file) in rendered.files().iter() {
//!     println!("{path}: {} bytes", file.bytes.len()); // quay/deployment-my-registry-quay-app.yaml: ...
//! }
//! assert!(rendered.files().get("quay/deployment-my-registry-quay-app.yaml").is_some());
//! assert!(rendered.objects.iter().all(|object| object.kind() != "Secret"));
//! # Ok::<(), &str>(())
//! ```
//!
//! [`output::write`](output::write()) writes the files as the program does. [`report::Report`] prints the diagnostics
//! in one of its forms, [`compare`](mod@compare) compares two sets of objects, [`krm::respond`] answers kustomize and
//! kpt. That is the interface; the modules that this page does not list are there for the program and its tests, and
//! change with them.

pub mod catalog;
pub mod compare;
pub mod diagnostic;
pub mod file_set;
pub mod input;
pub mod krm;
pub mod object;
pub mod output;
pub mod report;

mod broken;
mod files;
mod table;

// The program and modules that its tests use: not part of the interface.
#[doc(hidden)]
pub mod alerting;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod cluster_secrets;
#[doc(hidden)]
pub mod dashboard;
#[doc(hidden)]
pub mod database_uri;
#[doc(hidden)]
pub mod emit;
#[doc(hidden)]
pub mod fleet;
#[doc(hidden)]
pub mod hardening;
#[doc(hidden)]
pub mod host;
#[doc(hidden)]
pub mod immutable;
#[doc(hidden)]
pub mod keyed_digest;
#[doc(hidden)]
pub mod kubernetes;
#[doc(hidden)]
pub mod kubernetes_names;
#[doc(hidden)]
pub mod limits;
#[doc(hidden)]
pub mod live;
#[doc(hidden)]
pub mod migrate;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod patches;
#[doc(hidden)]
pub mod pki;
#[doc(hidden)]
pub mod plan;
#[doc(hidden)]
pub mod quote;
#[doc(hidden)]
pub mod render;
#[doc(hidden)]
pub mod resources;
#[doc(hidden)]
pub mod schemas;
#[doc(hidden)]
pub mod seal;
#[doc(hidden)]
pub mod secret;
#[doc(hidden)]
pub mod sensitive;
#[doc(hidden)]
pub mod settings;
#[doc(hidden)]
pub mod template;
#[doc(hidden)]
pub mod transform;
#[doc(hidden)]
pub mod upgrade;
#[doc(hidden)]
pub mod validate;
#[doc(hidden)]
pub mod yaml;

use alerting::Alerting;
use catalog::{Broken, Delivery};
use check::Resolved;
use cluster_secrets::ClusterSecrets;
use diagnostic::{Allowed, Diagnostics, codes};
use file_set::FileSet;
use hardening::Hardening;
use input::Inputs;
use model::Model;
use model::flux::Form;
use model::placeholder;
use model::severities;
use object::{Object, base_names};
use output::LockKey;
use validate::Subject;

/// The result of compiling an input.
pub struct Compiled {
    /// The registry, unless an error refused it.
    pub registry: Option<Rendered>,
    /// All diagnostics, in the order of the files.
    pub diagnostics: Diagnostics,
    /// The rules that the user switched off.
    pub allowed: Vec<Allowed>,
}

/// A rendered registry.
pub struct Rendered {
    /// What was read.
    pub model: Model,
    /// What was decided.
    pub resolved: Resolved,
    /// What is left to the cluster.
    pub cluster_secrets: ClusterSecrets,
    /// The objects in order.
    pub objects: Vec<Object>,
    /// Those of them that a fleet renders once for several registries; none of a registry alone.
    pub shared: Vec<Object>,
    /// Those that are not in the output, but printed for kubectl.
    pub by_hand: Vec<Object>,
    /// The Kustomizations with which Flux applies the layers; none if the output is one directory.
    pub kustomizations: Vec<Object>,
}

impl Rendered {
    /// The files of the output directory.
    #[must_use]
    pub fn files(&self) -> FileSet {
        let release = &self.resolved.release.name;
        match self.model.config.output {
            Form::Directory if self.resolved.operator.is_some() => emit::in_turn(&self.objects, release),
            Form::Directory => emit::directory(&self.objects, release),
            Form::Layers(_) => emit::layers(&self.objects, &self.kustomizations, release),
        }
    }

    /// Moves the objects that a fleet renders once for several registries to [`Self::shared`].
    pub fn share(&mut self, is_shared: impl Fn(&Object) -> bool) {
        (self.shared, self.objects) = std::mem::take(&mut self.objects).into_iter().partition(is_shared);
        // A layer may have lost all of its objects. What was rendered once can be rendered again.
        if !self.shared.is_empty()
            && let Ok(rest) = kustomizations(&self.model, &self.resolved, &self.objects)
        {
            self.kustomizations = rest;
        }
    }

    /// The object of a kind and a name without the registry's in front and without a content suffix; nothing if there is none in the
    /// output.
    #[must_use]
    pub fn object(&self, kind: &str, base: &str) -> Option<&Object> {
        find(&self.objects, kind, &base_names::named(&self.resolved.name, base))
    }

    /// The same of those that are printed for kubectl.
    #[must_use]
    pub fn by_hand(&self, kind: &str, base: &str) -> Option<&Object> {
        find(&self.by_hand, kind, &base_names::named(&self.resolved.name, base))
    }

    /// The key to recognize files with a secret: DIGEST_KEY, and for locks that are older than it the values used in
    /// its place. Nothing if the keys Secret has none of them.
    #[must_use]
    pub fn lock_key(&self) -> Option<LockKey> {
        let keys = &self.model.keys;
        let former = ["SECRET_KEY", "DATABASE_SECRET_KEY", "CONFIG_EDITOR_PW"];
        let former: Vec<&[u8]> = former.iter().filter_map(|name| keys.get(name)).map(str::as_bytes).collect();
        LockKey::of(keys.digest_key().map(str::as_bytes), &former)
    }
}

fn find<'a>(objects: &'a [Object], kind: &str, name: &str) -> Option<&'a Object> {
    objects.iter().find(|object| object.kind() == kind && object.base_name == name)
}

/// Everything that is decided before rendering.
pub struct Analysis {
    /// What was read.
    pub model: Model,
    /// What was decided.
    pub resolved: Resolved,
    /// What is left to the cluster.
    pub cluster_secrets: ClusterSecrets,
}

/// Compiles an input that [`input::read`] read, or that the caller assembled.
///
/// It does not fail. A refused input has an error among its diagnostics, and then there is no registry; with only
/// warnings and notes there is one. The same input gives the same bytes, whatever the environment.
#[must_use]
pub fn compile(inputs: &Inputs) -> Compiled {
    let mut diagnostics = inputs.problems.clone();
    let (analysis, allowed) = analyze(inputs, &mut diagnostics);
    let registry = analysis.and_then(|Analysis { model, resolved, cluster_secrets }| {
        cluster_secrets::sealed::check(&model, &resolved, &cluster_secrets, inputs.argument(), &mut diagnostics);
        let rendered = objects(&model, &resolved, &cluster_secrets, &mut diagnostics);
        if let Ok(objects) = &rendered {
            limits::check(objects, &model, &mut diagnostics);
        }
        severities::apply(&[], inputs.options.deny_warnings, &mut diagnostics);
        let rendered = rendered.map(|objects: Vec<Object>| {
            let is_by_hand = |object: &Object| resolved.release.layers.by_hand.contains(&object.component);
            objects.into_iter().partition::<Vec<_>, _>(is_by_hand)
        });
        let rendered = rendered
            .and_then(|(by_hand, objects)| Ok((kustomizations(&model, &resolved, &objects)?, by_hand, objects)));
        let (kustomizations, by_hand, objects) =
            rendered.map_err(|broken| diagnostics.push(model::broken_diagnostic(&broken))).ok()?;
        let shared = Vec::new();
        let rendered = Rendered { model, resolved, cluster_secrets, objects, shared, by_hand, kustomizations };
        (!diagnostics.has_errors()).then_some(rendered)
    });
    diagnostics.sort();
    Compiled { registry, diagnostics, allowed }
}

/// Everything before rendering: reads an input, makes all decisions, and collects the required Secrets. Nothing if an
/// error refuses it. Also returns the rules that the user switched off.
#[must_use]
pub fn analyze(inputs: &Inputs, diagnostics: &mut Diagnostics) -> (Option<Analysis>, Vec<Allowed>) {
    let deny_warnings = inputs.options.deny_warnings;
    let Some(mut model) = model::read(inputs, diagnostics) else {
        placeholder::drop_consequences(diagnostics);
        return (None, severities::apply(&[], deny_warnings, diagnostics));
    };
    if model.is_partial {
        let mut found = Diagnostics::new();
        let _ = check::resolve(&model, inputs, &mut found);
        // Problems of the stand-in would mean nothing to the user.
        found.retain(check::needs_no_config);
        diagnostics.extend(found);
        placeholder::drop_consequences(diagnostics);
        return (None, severities::apply(&model.config.levels, deny_warnings, diagnostics));
    }
    model::render_config::add_given(&mut model.config, inputs);
    model::render_config::warn_of_secrets(&model.config, diagnostics);
    if let Some(proxy) = &model.config.proxy {
        model::proxy::check(proxy, diagnostics);
    }
    let resolved = check::resolve(&model, inputs, diagnostics);
    placeholder::drop_consequences(diagnostics);
    let mut allowed = severities::apply(&model.config.levels, deny_warnings, diagnostics);
    let Some(resolved) = resolved.filter(|_| !diagnostics.has_errors()) else { return (None, allowed) };
    check::note_digest_key(&model, inputs, diagnostics);
    let absent = diagnostics.iter().filter(|note| note.code == codes::SECRET_ABSENT);
    let absent: Vec<String> = absent.filter_map(|note| note.field.clone()).collect();
    let mut cluster_secrets = cluster_secrets::collect(&model, &resolved, &absent);
    let mut late = Diagnostics::new();
    limits::check_cluster_secrets(&cluster_secrets, &model, &mut late);
    cluster_secrets::check(&model, &cluster_secrets, &mut late);
    cluster_secrets::exposed::check(&model, &resolved, &cluster_secrets, &mut late);
    if resolved.operator.is_some() {
        cluster_secrets = cluster_secrets::bundle::collect(&model, &resolved, &cluster_secrets);
    } else {
        cluster_secrets::kept::note(&model, &cluster_secrets, &mut late);
    }
    let more = severities::apply(&model.config.levels, deny_warnings, &mut late);
    diagnostics.extend(late);
    allowed.iter_mut().zip(more).for_each(|(known, more)| known.count += more.count);
    let analysis = Analysis { model, resolved, cluster_secrets };
    (Some(analysis).filter(|_| !diagnostics.has_errors()), allowed)
}

/// Checks a config bundle alone, without a QuayRegistry: no component is managed, so it must be complete.
#[must_use]
pub fn validate_bundle(inputs: &Inputs) -> Diagnostics {
    let mut diagnostics = inputs.problems.clone();
    if let Some(folder) = &inputs.bundle {
        let bundle = model::bundle::alone(folder, &mut diagnostics);
        if !folder.files.iter().any(|(key, _)| key == "config.yaml") {
            bundle.require_config(false, &mut diagnostics);
        }
        if let Some(file) = &bundle.config {
            let options = validate::Options {
                fips: inputs.options.fips,
                as_of: inputs.options.as_of,
                ..validate::Options::default()
            };
            let release = inputs.release.as_deref().and_then(catalog::number);
            let mut config = validate::Config::of(file);
            if let Some(release) = release {
                config = config.of_release(release);
            }
            let subject = Subject { config, bundle: &bundle, options };
            validate::validate(&subject, &mut diagnostics);
        }
        // Without a RenderConfig, nothing says where secrets are.
        bundle.check_placeholders(true, &[], &mut diagnostics);
    }
    placeholder::drop_consequences(&mut diagnostics);
    severities::apply(&[], inputs.options.deny_warnings, &mut diagnostics);
    diagnostics.sort();
    diagnostics
}

/// The objects of a registry, ready to be written.
fn objects(
    model: &Model,
    resolved: &Resolved,
    cluster_secrets: &ClusterSecrets,
    diagnostics: &mut Diagnostics,
) -> Result<Vec<Object>, Broken> {
    let facts = transform::Settings {
        registry: &resolved.name,
        namespace: &resolved.namespace,
        protect_data: model.config.protect_data,
        // Flux prunes a layer before it checks the health of what it applied, and a QuayRegistry names its bundle.
        stable_names: matches!(model.config.output, Form::Layers(_)) || resolved.operator.is_some(),
        digest_key: model.keys.digest_key(),
    };
    let config = &model.config;
    if let Some(operator) = &resolved.operator {
        check_overrides(model, resolved, operator, diagnostics)?;
    }
    let plan = plan::plan(model, resolved, cluster_secrets);
    let mut objects = render::render(&resolved.release, &plan, config.delivery())?;
    if resolved.operator.is_some() {
        settings::apply_to_rendered(&mut objects, &resolved.release, &resolved.name, &config.settings, diagnostics);
        return transform::transform(objects, &resolved.release, &facts);
    }
    let monitoring = config.is_production().then_some(&config.monitoring);
    Alerting::new(&resolved.release, &resolved.name, &resolved.namespace, monitoring).lay(&mut objects);
    let mut hardening = config
        .is_production()
        .then(|| Hardening::new(&resolved.release, &resolved.name, resolved.named_images(), &config.cluster));
    if let Some(hardening) = &mut hardening {
        hardening.lay(&mut objects);
    }
    settings::apply(&mut objects, &resolved.release, &resolved.name, &config.shape, &config.settings, diagnostics);
    let (release, components) = (&resolved.release, &model.registry.components);
    settings::apply_overrides(&mut objects, release, &resolved.name, components, config.paused, diagnostics);
    // Restricts containers that the user added.
    if let Some(hardening) = &mut hardening {
        hardening.lay(&mut objects);
    }
    patches::apply(&mut objects, &resolved.release, &resolved.name, &config.patches, diagnostics);
    if resolved.moves.all().next().is_some() {
        transform::moves::like_their_servers(&mut objects, &resolved.name, resolved.moves.claims());
    }
    transform::transform(objects, &resolved.release, &facts)
}

/// Reports what the operator of a release makes of overrides: they are laid over the objects that it would make, and these
/// are dropped.
fn check_overrides(
    model: &Model,
    resolved: &Resolved,
    operator: &check::operator::Installed,
    diagnostics: &mut Diagnostics,
) -> Result<(), Broken> {
    let release = &resolved.release;
    let plan = plan::plan(model, resolved, &cluster_secrets::collect(model, resolved, &[]));
    let mut objects = render::render(release, &plan, Delivery::Manifests)?;
    for components in [&operator.overrides, &model.registry.components] {
        settings::apply_overrides(&mut objects, release, &resolved.name, components, false, diagnostics);
    }
    Ok(())
}

/// The Flux Kustomizations of the layers, if there are any.
fn kustomizations(model: &Model, resolved: &Resolved, objects: &[Object]) -> Result<Vec<Object>, Broken> {
    let Form::Layers(flux) = &model.config.output else { return Ok(Vec::new()) };
    let release = &resolved.release;
    let context = emit::flux::context(flux, release, &resolved.name, &resolved.namespace, objects);
    render::render_one(release, "delivery/kustomization.yaml", &context)
}
