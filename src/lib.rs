//! Compile a QuayRegistry and its config bundle into the manifests that the Quay operator would create.
//!
//! [`compile`] is the whole product as one pure function: bytes in, bytes out. It has no disk, clock, network,
//! environment or randomness, so the same input gives the same output on any machine on any day.
//!
//! ```text
//! disk ─ input ─> Inputs ─ model ─> Model ─ check ─> Resolved ─ plan ─> Plan
//!      ─ render ─> objects ─ transform ─> objects ─ emit ─> FileSet ─ output ─> disk
//! ```
//!
//! Each stage sees the types of the stages before it and never a later one. `input` and `output` alone touch the disk,
//! and only [`cli`] calls them. A stage that finds something wrong says so in [`diagnostic::Diagnostics`] and goes on
//! as far as it can, so that one run names every problem of an input.
//!
//! - [`input`] reads files, confined to their root.
//! - [`model`] makes typed data of them, strictly.
//! - [`check`] holds the rules, and merges config.yaml in the operator's order.
//! - [`plan`] builds every string a template needs.
//! - [`render`] fills the templates of `components/`; a component is a folder there.
//! - [`transform`] adds what all objects have in common, and names that follow content.
//! - [`emit`] gives each object its file.
//! - [`output`] compares, writes and prunes, all or nothing.
//!
//! The leaves are [`diagnostic`], [`object`], [`yaml`] (the only user of the YAML libraries), [`pki`] (certificates),
//! [`seal`] (values that only the cluster can open), [`components`] (the embedded files) and [`release`] (what a release
//! consists of).

pub mod check;
pub mod cli;
pub mod components;
pub mod diagnostic;
pub mod emit;
pub mod input;
pub mod model;
pub mod object;
pub mod output;
pub mod pki;
pub mod plan;
pub mod release;
pub mod render;
pub mod seal;
pub mod transform;
pub mod yaml;

use check::Resolved;
use diagnostic::{Diagnostic, Diagnostics, codes};
use input::Inputs;
use model::Model;
use object::Object;
use output::{FileSet, LockKey};

/// What became of an input.
pub struct Compiled {
    /// The registry, unless an error refused it.
    pub registry: Option<Rendered>,
    /// Everything that there is to say, in the order of the files.
    pub diagnostics: Diagnostics,
}

/// A registry, rendered.
pub struct Rendered {
    /// What was read.
    pub model: Model,
    /// What was decided.
    pub resolved: Resolved,
    /// The objects in order.
    pub objects: Vec<Object>,
}

impl Rendered {
    /// The files of the output directory.
    #[must_use]
    pub fn files(&self) -> FileSet {
        emit::directory(&self.objects, &self.resolved.release.name)
    }

    /// What files with a secret are known again by: derived from values of the keys Secret that never change. Nothing
    /// where there are none.
    #[must_use]
    pub fn lock_key(&self) -> Option<LockKey> {
        let parts: Vec<&[u8]> = ["SECRET_KEY", "DATABASE_SECRET_KEY", "CONFIG_EDITOR_PW"]
            .iter()
            .filter_map(|name| self.model.keys.get(name))
            .map(str::as_bytes)
            .collect();
        (!parts.is_empty()).then(|| LockKey::derive(&parts))
    }
}

/// Compiles an input.
#[must_use]
pub fn compile(inputs: &Inputs) -> Compiled {
    let mut diagnostics = inputs.problems.clone();
    let registry = model::read(inputs, &mut diagnostics).and_then(|mut model| {
        model::render_config::add_images(&mut model.config, &inputs.images);
        model::render_config::warn_of_inline_secrets(&model.config, &mut diagnostics);
        let resolved = check::resolve(&model, &inputs.name, &mut diagnostics)?;
        if diagnostics.has_errors() {
            return None;
        }
        let objects = objects(&model, &resolved, &mut diagnostics)?;
        Some(Rendered { model, resolved, objects })
    });
    diagnostics.sort();
    Compiled { registry, diagnostics }
}

fn objects(model: &Model, resolved: &Resolved, diagnostics: &mut Diagnostics) -> Option<Vec<Object>> {
    match render::render(&plan::plan(model, resolved)) {
        Ok(objects) => {
            let settings = transform::Settings {
                registry: &resolved.name,
                namespace: &resolved.namespace,
                protect_data: model.config.protect_data,
            };
            Some(transform::transform(objects, &settings))
        }
        Err(broken) => {
            diagnostics.push(
                Diagnostic::new(codes::INTERNAL, broken.to_string())
                    .hint("this is a mistake of quay-render; please report it"),
            );
            None
        }
    }
}
