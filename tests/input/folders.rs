//! The files of a folder, and where the config bundle comes from.

use super::{BUNDLE, CONFIG, Input, REGISTRY, coded, of};
use quay_render::compile;
use quay_render::diagnostic::Severity;

/// Documents for other programs, and the name of each in the note.
const FOREIGN: &[(&str, &str)] = &[
    ("apiVersion: v1\nkind: Namespace\nmetadata: {name: quay}\n", "Namespace"),
    ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n", "ConfigMap"),
    ("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n", "PersistentVolumeClaim"),
    (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: pull-secret}\ntype: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: e30=}\n",
        "Secret",
    ),
    (
        "apiVersion: operators.coreos.com/v1alpha1\nkind: Subscription\nmetadata: {name: quay-operator}\n",
        "Subscription",
    ),
    ("apiVersion: operators.coreos.com/v1\nkind: OperatorGroup\nmetadata: {name: quay}\n", "OperatorGroup"),
    ("apiVersion: noobaa.io/v1alpha1\nkind: NooBaa\nmetadata: {name: noobaa}\n", "NooBaa"),
    ("apiVersion: objectbucket.io/v1alpha1\nkind: ObjectBucketClaim\nmetadata: {name: claim}\n", "ObjectBucketClaim"),
    ("apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: registry}\n", "Certificate"),
    ("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: quay}\n", "Application"),
    ("apiVersion: quay.redhat.com/v1\nkind: QuayIntegration\nmetadata: {name: quay}\n", "QuayIntegration"),
    ("apiVersion: cloud.google.com/v1\nkind: BackendConfig\nmetadata: {name: quay}\n", "BackendConfig"),
    ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n", "Kustomization"),
    ("replicaCount: 3\nimage: {tag: v1}\n", "document without a kind"),
    ("#!/bin/sh\noc apply -f .\n", "script"),
];

#[test]
fn what_other_programs_read_is_left_out_and_counted_once() {
    for (text, kind) in FOREIGN {
        let input = Input::of(&[
            ("registry.yaml", REGISTRY),
            ("render.yaml", CONFIG),
            ("bundle.yaml", BUNDLE),
            ("other.yaml", text),
        ]);
        let notes = coded(&input.rendered().0.diagnostics, "input-skipped");
        assert_eq!(notes.len(), 1, "{kind}: {notes:?}");
        assert!(notes[0].contains(&format!("1 {kind}")), "{notes:?}");
        let mut inputs = input.read();
        inputs.options.strict_input = true;
        assert!(compile(&inputs).registry.is_none(), "{kind}");
    }
    let all: Vec<String> =
        FOREIGN.iter().filter(|(text, _)| !text.starts_with('#')).map(|(text, _)| (*text).to_owned()).collect();
    let input = Input::of(&[
        ("registry.yaml", REGISTRY),
        ("render.yaml", CONFIG),
        ("bundle.yaml", BUNDLE),
        ("all.yaml", &all.join("---\n")),
    ]);
    let notes = coded(&input.rendered().0.diagnostics, "input-skipped");
    assert_eq!(notes.len(), 1, "{notes:?}");
}

#[test]
fn a_slip_of_the_pen_is_no_document_of_others() {
    for (text, part) in [
        ("apiVersion: quay.redhat.com/v1alpha1\nkind: QuayRegistry\nmetadata: {name: a}\n", "quay.redhat.com/v1alpha1"),
        ("apiVersion: quay.redhat.com/v1\nkind: QuayRegistri\nmetadata: {name: a}\n", "QuayRegistri"),
        ("apiVersion: quay-render.dev/v1alpha1\nkind: Renderconfig\nspec: {}\n", "Renderconfig"),
        ("apiVersion: quay-render.dev/v1\nkind: RenderConfig\nspec: {}\n", "quay-render.dev/v1"),
        ("kind: RenderConfig\nspec: {}\n", "has no apiVersion"),
        ("kind: Namespace\nmetadata: {name: a}\n", "has no apiVersion"),
        ("REGISTRY_TITLE: Example\nSUPER_USERS: [admin]\n", "config.yaml"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: bundel}\nstringData: {a: b}\n", "belongs to nothing here"),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: bundle-5kt2h94bf7}\nstringData: {a: b}\n",
            "belongs to nothing here",
        ),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: other}\nstringData: {config.yaml: 'A: b'}\n",
            "belongs to nothing here",
        ),
    ] {
        let input = Input::of(&[("registry.yaml", REGISTRY), ("render.yaml", CONFIG), ("other.yaml", text)]);
        let errors = of(&input.compile().diagnostics, Severity::Error);
        assert!(
            errors.iter().any(|error| error.starts_with("input-document") && error.contains(part)),
            "{text}: {errors:?}"
        );
    }
}

#[test]
fn lists_are_read_as_the_documents_in_them() {
    let documents = [REGISTRY, CONFIG, BUNDLE];
    let items: String =
        documents.iter().map(|document| format!("- {}\n", document.trim().replace('\n', "\n  "))).collect();
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{items}");
    let one = format!(
        "apiVersion: quay.redhat.com/v1\nkind: QuayRegistryList\nitems:\n- metadata: {{name: registry, namespace: quay}}\n  spec: {{configBundleSecret: bundle}}\n---\n{CONFIG}---\n{BUNDLE}"
    );
    let plain: String = documents.map(|document| format!("---{document}")).concat();
    let wanted = Input::of(&[("all.yaml", &plain)]).rendered().1;
    for text in [list, items, one] {
        assert_eq!(Input::of(&[("all.yaml", &text)]).rendered().1, wanted, "{text}");
    }
}

#[test]
fn the_bundle_comes_from_where_a_generator_has_it() {
    let wanted = Input::of(&[("a.yaml", REGISTRY), ("b.yaml", CONFIG), ("c.yaml", BUNDLE)]).rendered().1;
    let title = "REGISTRY_TITLE: Example";
    for (generator, files) in [
        ("files: [files/config.yaml]", vec![("files/config.yaml", title)]),
        ("files: [config.yaml=deep/er/any.txt]", vec![("deep/er/any.txt", title)]),
        ("files: [config.yaml=./any.txt]", vec![("any.txt", title)]),
        ("literals: ['config.yaml=REGISTRY_TITLE: Example']", vec![]),
        ("literals: ['config.yaml=\"REGISTRY_TITLE: Example\"']", vec![]),
        ("envs: [bundle.env]", vec![("bundle.env", "# comment\n\nconfig.yaml=REGISTRY_TITLE: Example\n")]),
        ("env: bundle.env", vec![("bundle.env", "config.yaml=REGISTRY_TITLE: Example\n")]),
    ] {
        let kustomization = format!(
            "resources: [a.yaml]\nsecretGenerator:\n- name: other\n  files: [nowhere]\n- name: bundle\n  {generator}\n"
        );
        let input = Input::of(&[("a.yaml", REGISTRY), ("b.yaml", CONFIG), ("kustomization.yaml", &kustomization)]);
        files.iter().for_each(|(name, text)| input.write(name, text));
        assert_eq!(input.rendered().1, wanted, "{generator}");
        input.write("config-bundle/config.yaml", title);
        assert_eq!(coded(&input.compile().diagnostics, "input-duplicate").len(), 1, "{generator}");
    }
}

#[test]
fn a_generator_reads_nothing_outside_of_the_input() {
    for (generator, part) in [
        ("files: [config.yaml=../outside/config.yaml]", "leads out"),
        ("files: [config.yaml=/etc/hostname]", "leads out"),
        ("files: [config.yaml=missing.yaml]", "not there"),
        ("literals: [config.yaml]", "KEY=VALUE"),
    ] {
        let kustomization = format!("secretGenerator:\n- name: bundle\n  {generator}\n");
        let outer = Input::of(&[
            ("outside/config.yaml", "REGISTRY_TITLE: Outside"),
            ("in/a.yaml", REGISTRY),
            ("in/b.yaml", CONFIG),
        ]);
        outer.write("in/kustomization.yaml", &kustomization);
        let inputs =
            quay_render::input::read(outer.path().join("in").to_str().unwrap(), None).unwrap_or_else(|_| panic!());
        let compiled = compile(&inputs);
        assert!(compiled.registry.is_none(), "{generator}");
        let errors = of(&compiled.diagnostics, Severity::Error);
        assert!(errors.iter().any(|error| error.contains(part)), "{generator}: {errors:?}");
    }
}

#[test]
fn a_folder_holds_what_people_leave_in_it() {
    let wanted = Input::of(&[
        ("a.yaml", REGISTRY),
        ("b.yaml", CONFIG),
        ("config-bundle/config.yaml", "REGISTRY_TITLE: Example"),
    ]);
    let wanted = wanted.rendered().1;
    let input = Input::of(&[
        ("a.yaml", REGISTRY),
        ("b.yaml", CONFIG),
        ("config-bundle/config.yaml", "REGISTRY_TITLE: Example"),
        ("config-bundle/config.yaml.bak", "DB_URI: hidden"),
        ("config-bundle/config.yaml~", "DB_URI: hidden"),
        ("config-bundle/README.md", "how to"),
        ("config-bundle/.config.yaml.swp", "hidden"),
        ("config-bundle/old/config.yaml", "DB_URI: hidden"),
    ]);
    let (compiled, found) = input.rendered();
    assert_eq!(found, wanted);
    let notes = coded(&compiled.diagnostics, "input-skipped").concat();
    for name in ["config.yaml.bak", "config.yaml~", "README.md", "old/"] {
        assert!(notes.contains(name), "{name}: {notes}");
    }
}

#[test]
fn authorities_in_a_folder_are_trusted() {
    let authority = include_str!("../rules/files/ca.cert");
    let files = |name: &str| {
        let input = Input::of(&[
            ("a.yaml", REGISTRY),
            ("b.yaml", CONFIG),
            ("config-bundle/config.yaml", "REGISTRY_TITLE: Example"),
        ]);
        input.write(name, authority);
        input.rendered().1
    };
    let wanted = files("config-bundle/extra_ca_cert_company.crt");
    assert!(wanted.contains("extra_ca_cert_company.crt"));
    assert_eq!(files("config-bundle/extra_ca_certs/company.crt"), wanted);
    assert_eq!(files("config-bundle/extra_ca_certs/extra_ca_cert_company.crt"), wanted);
}

#[test]
fn a_bundle_elsewhere_is_named_with_the_way_on() {
    for (name, text, part) in [
        ("configbundle/config.yaml", "REGISTRY_TITLE: Example", "rename it to config-bundle"),
        ("config_bundle/config.yaml", "REGISTRY_TITLE: Example", "rename it to config-bundle"),
        ("config.yaml", "REGISTRY_TITLE: Example\n", "config-bundle/config.yaml"),
        (
            "sealed.yaml",
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: bundle}\n",
            "without its secrets",
        ),
        (
            "external.yaml",
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x}\nspec: {target: {name: bundle}}\n",
            "without its secrets",
        ),
    ] {
        let input = Input::of(&[("a.yaml", REGISTRY), ("b.yaml", CONFIG), (name, text)]);
        let diagnostics = input.compile().diagnostics;
        let all: String = diagnostics.iter().map(|problem| problem.to_string()).collect();
        assert!(all.contains(part), "{name}: {all}");
        assert!(all.contains("the input holds no Secret"), "{name}: {all}");
    }
}

#[test]
fn one_problem_hides_no_other() {
    let broken = "REGISTRY_TITLE: [no]\nFEATURE_MAILING: maybe\n";
    let bundle =
        BUNDLE.replace("'REGISTRY_TITLE: Example'", &format!("|\n    {}", broken.trim().replace('\n', "\n    ")));
    for (name, registry, config) in [
        ("complete", REGISTRY.to_owned(), CONFIG.to_owned()),
        ("no RenderConfig", REGISTRY.to_owned(), String::new()),
        ("no release", REGISTRY.to_owned(), CONFIG.replace("release: '3.5'", "fips: true")),
        ("an unknown release", REGISTRY.to_owned(), CONFIG.replace("3.5", "2.0")),
        ("no platform", REGISTRY.to_owned(), CONFIG.replace("platform: openshift, ", "")),
        ("no namespace", REGISTRY.replace(", namespace: quay", ""), CONFIG.to_owned()),
        ("no name", REGISTRY.replace("name: registry, ", ""), CONFIG.to_owned()),
    ] {
        let input = Input::of(&[("a.yaml", &registry), ("b.yaml", &config), ("c.yaml", &bundle)]);
        let errors = of(&input.compile().diagnostics, Severity::Error);
        for field in ["is a list, not a text", "not true or false"] {
            assert!(errors.iter().any(|error| error.contains(field)), "{name}: {field}: {errors:?}");
        }
    }
}

#[test]
fn fragments_are_no_more_than_a_secret_holds() {
    let long = format!("REGISTRY_TITLE: {}\n", "x".repeat(600_000));
    let input = Input::of(&[("a.yaml", REGISTRY), ("b.yaml", CONFIG), ("config-bundle/config.yaml", "TESTING: false")]);
    for name in ["a", "b", "c", "d"] {
        input.write(&format!("config-bundle/{name}.config.yaml"), &long);
    }
    let said = coded(&input.compile().diagnostics, "object-size");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("b.config.yaml"), "{said:?}");
}
