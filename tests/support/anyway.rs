//! Objects of inputs that rules refuse.

use quay_render::cluster_secrets::{self, ClusterSecrets};
use quay_render::diagnostic::Diagnostics;
use quay_render::input::Inputs;
use quay_render::object::Object;
use quay_render::{check, model, plan, render, transform};

/// The output for an input, even if rules refuse it; nothing if there is nothing to render.
pub fn rendered(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<(Vec<Object>, ClusterSecrets)> {
    let mut model = model::read(inputs, diagnostics)?;
    model::render_config::add_given(&mut model.config, inputs);
    let resolved = check::resolve(&model, inputs, diagnostics)?;
    let cluster_secrets = cluster_secrets::collect(&model, &resolved, &[]);
    let objects =
        render::render(&resolved.release, &plan::plan(&model, &resolved, &cluster_secrets), model.config.delivery())
            .unwrap();
    let settings = transform::Settings {
        registry: "registry",
        namespace: "quay",
        protect_data: true,
        stable_names: false,
        digest_key: None,
    };
    Some((transform::transform(objects, &resolved.release, &settings).ok()?, cluster_secrets))
}
