//! `show images`: what each form holds, that no form takes what is not there, and the page of `docs/`, followed.

use crate::support::files::make_pipe;
use crate::support::fleet::Ran;
use crate::support::page::{Computer, blocks};
use crate::support::quay_render;
use quay_render::yaml::{self, Origin};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const QUAY: &str = "quay.io/projectquay/quay:3.18.0";
const REDIS: &str =
    "quay.io/sclorg/redis-7-c9s@sha256:d772acab11507231a2b152850f47c8b9b859dedb6652ca624949e97cb28c5e6f";
const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A folder with an input of 3.18 with this in its spec.
fn input(spec: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let registry = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: r, namespace: quay}\n";
    let config = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.18\"\n  cluster: {platform: openshift, \
                  appsDomain: apps.example.com}\n  secrets: {mode: referenced}\n";
    fs::write(folder.path().join("in/registry.yaml"), registry).unwrap();
    fs::write(folder.path().join("in/config.yaml"), format!("{config}{spec}")).unwrap();
    folder
}

fn shown(folder: &Path, arguments: &[&str]) -> Ran {
    let arguments = [&["show", "images", "in"], arguments].concat();
    Ran::of(quay_render().args(arguments).current_dir(folder).output().unwrap())
}

fn form(folder: &Path, form: &str) -> String {
    shown(folder, &["--form", form]).well().stdout
}

fn document(text: &str) -> Json {
    let origin = Origin { file: "", within: None };
    let documents = yaml::parse_own(text, &origin, &mut quay_render::diagnostic::Diagnostics::new());
    assert_eq!(documents.len(), 1, "{text}");
    serde_json::to_value(documents[0].root.to_value()).unwrap()
}

const SET: &str = "  imageMirror:\n    mode: mirrorSet\n    mirrors:\n    - {source: quay.io, mirror: \"m.example.com:5000/q\"}\n    - {source: \
                   quay.io/sclorg, mirror: m.example.com/sclorg}\n";

#[test]
fn the_list_names_copies_users_and_how_to_find_digests() {
    let folder = input(SET);
    let list = form(folder.path(), "list");
    let quay = format!(
        "{QUAY}\n  mirror: m.example.com:5000/q/projectquay/quay:3.18.0\n  by a tag; its digest: skopeo inspect --no-tags --format \
         '{{{{.Digest}}}}' docker://{QUAY}\n  Deployment/"
    );
    assert!(list.contains(&quay), "{list}");
    assert!(list.contains(&format!("{REDIS}\n  mirror: m.example.com/sclorg/redis-7-c9s@sha256:")), "{list}");
    let json = shown(folder.path(), &["--format", "json"]).well().stdout;
    let json: Vec<Json> = serde_json::from_str(&json).unwrap();
    let redis = json.iter().find(|row| row["image"] == REDIS).unwrap();
    assert!(redis["resolve"].is_null() && redis["mirror"].as_str().unwrap().starts_with("m.example.com/sclorg/"));
}

#[test]
fn oc_mirror_gets_every_image_in_both_of_its_versions() {
    let folder = input("");
    for (name, version) in [("imageset-v1alpha2", "v1alpha2"), ("imageset-v2alpha1", "v2alpha1")] {
        let document = document(&form(folder.path(), name));
        let mut keys: Vec<&String> = document.as_object().unwrap().keys().collect();
        keys.sort();
        let storage: &[&str] = if version == "v1alpha2" { &["storageConfig"] } else { &[] };
        assert_eq!(keys, [&["apiVersion", "kind", "mirror"], storage].concat());
        assert_eq!(document["apiVersion"], format!("mirror.openshift.io/{version}"));
        assert_eq!(document["kind"], "ImageSetConfiguration");
        let images = document["mirror"]["additionalImages"].as_array().unwrap();
        assert_eq!(images.len(), 5, "{document}");
        assert!(images.contains(&json!({"name": QUAY})) && images.contains(&json!({"name": REDIS})), "{document}");
    }
}

#[test]
fn skopeo_gets_tags_and_digests_by_host_and_repository() {
    let folder = input("");
    let document = document(&form(folder.path(), "skopeo-sync"));
    let images = &document["quay.io"]["images"];
    assert_eq!(images["projectquay/quay"], json!(["3.18.0"]));
    assert_eq!(images["sclorg/redis-7-c9s"], json!([REDIS.split_once('@').unwrap().1]));
    assert_eq!(document.as_object().unwrap().len(), 1);
}

#[test]
fn commands_copy_each_image_to_its_mirror_under_a_tag() {
    let folder = input(SET);
    for (name, command) in [("crane", "crane copy"), ("oc-image-mirror", "oc image mirror --keep-manifest-list=true")] {
        let text = form(folder.path(), name);
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.contains(&format!("{command} {QUAY} m.example.com:5000/q/projectquay/quay:3.18.0\n")), "{text}");
        let redis = format!("{command} {REDIS} m.example.com/sclorg/redis-7-c9s:mirrored-d772acab1150\n");
        assert!(text.contains(&redis), "{text}");
    }
    let one = input("  imageMirror: {mirrors: [{source: quay.io/sclorg, mirror: m.example.com/sclorg}]}\n");
    let text = form(one.path(), "crane");
    assert!(text.contains(&format!("# no mirror in spec.imageMirror is for {QUAY}\n")), "{text}");
}

#[test]
fn mirror_sets_are_for_tags_or_for_digests() {
    let folder = input(SET);
    for (name, api, kind, field, source, mirror) in [
        (
            "idms",
            "config.openshift.io/v1",
            "ImageDigestMirrorSet",
            "imageDigestMirrors",
            "quay.io/sclorg",
            "m.example.com/sclorg",
        ),
        ("itms", "config.openshift.io/v1", "ImageTagMirrorSet", "imageTagMirrors", "quay.io", "m.example.com:5000/q"),
        (
            "icsp",
            "operator.openshift.io/v1alpha1",
            "ImageContentSourcePolicy",
            "repositoryDigestMirrors",
            "quay.io/sclorg",
            "m.example.com/sclorg",
        ),
    ] {
        let text = form(folder.path(), name);
        let wanted = json!({
            "apiVersion": api,
            "kind": kind,
            "metadata": {"name": "quay.r"},
            "spec": {field: [{"source": source, "mirrors": [mirror]}]},
        });
        assert_eq!(document(&text), wanted, "{name}");
        assert!(text.starts_with("# Not for "), "{text}");
    }
    let text = form(folder.path(), "registries-conf");
    let entry =
        "[[registry]]\nlocation = \"quay.io/sclorg\"\n\n[[registry.mirror]]\nlocation = \"m.example.com/sclorg\"\n";
    assert!(text.contains(entry) && text.matches("[[registry]]").count() == 2, "{text}");
}

#[test]
fn digests_of_a_file_take_the_place_of_tags() {
    let folder = input(SET);
    let commands = form(folder.path(), "resolve");
    let loose: Vec<&str> =
        commands.lines().filter_map(|line| line.strip_prefix("printf '%s %s\\n' ")?.split(' ').next()).collect();
    assert_eq!(loose, ["quay.io/projectquay/clair:4.9.0", QUAY]);
    let at = |text: &str| {
        fs::write(folder.path().join("digests"), text).unwrap();
        |form: &str| shown(folder.path(), &["--resolved", "digests", "--form", form])
    };
    let lines: String = loose.iter().map(|image| format!("{image} {DIGEST}\n")).collect();
    let pinned = at(&lines)("pinned").well().stdout;
    let images = document(&pinned);
    assert_eq!(images["images"]["RELATED_IMAGE_COMPONENT_QUAY"], format!("quay.io/projectquay/quay@{DIGEST}"));
    assert_eq!(images["images"]["RELATED_IMAGE_COMPONENT_REDIS"], REDIS);
    let set = document(&at(&lines)("idms").well().stdout);
    assert_eq!(set["spec"]["imageDigestMirrors"].as_array().unwrap().len(), 2);
    let failed = |text: &str, form: &str| {
        let ran = at(text)(form);
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        ran.stderr
    };
    assert!(
        failed("", "pinned")
            .contains("the digest is not known of quay.io/projectquay/clair:4.9.0, quay.io/projectquay/quay:3.18.0")
    );
    assert!(failed(&lines, "itms").contains("no image that is named by a tag has a mirror"));
    for (text, said) in [
        (format!("# a comment\n\n{QUAY}\n"), "digests:3: no digest behind the image"),
        (format!("{QUAY} hunter2\n"), "digests:1: not an image, a blank, and its digest"),
        (
            format!("{QUAY} {DIGEST}\n{QUAY} {}\n", DIGEST.replace("aaaa", "bbbb")),
            "digests:2: another digest of this image",
        ),
    ] {
        let told = failed(&text, "list");
        assert!(told.contains(said) && !told.contains("hunter2"), "{told}");
    }
}

/// Scripts hold no text that a shell would run.
#[test]
fn what_is_no_name_of_an_image_is_in_no_command() {
    let sidecar = "  components:\n    quay:\n      sidecars: [{name: x, image: \"quay.io/a$(touch ../made):1\\n rm -r x\", resources: {}}]\n";
    let folder = input(&(SET.to_owned() + sidecar));
    for name in ["resolve", "crane", "oc-image-mirror"] {
        let text = form(folder.path(), name);
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("touch") || line.contains("rm -r")).collect();
        assert!(lines.len() == 1 && lines[0].starts_with("# not the name of an image: quay.io/a$(touch"), "{text}");
    }
}

#[test]
fn what_is_no_file_of_digests_ends_the_command() {
    let folder = input("");
    make_pipe(&folder.path().join("pipe"));
    fs::write(folder.path().join("bytes"), [0xff, 0xfe]).unwrap();
    for (path, said) in [
        ("pipe", "pipe"),
        ("bytes", "bytes: not one file of text"),
        ("in", "in: not one file of text"),
        ("none", "none"),
    ] {
        let ran = shown(folder.path(), &["--resolved", path]);
        assert!(ran.code == 2 && ran.stderr.contains(said) && ran.stdout.is_empty(), "{path}: {}", ran.stderr);
    }
}

#[test]
fn the_output_names_the_copies_in_one_mode_and_the_sources_in_the_other() {
    let images = |spec: &str| {
        let folder = input(spec);
        let ran = Ran::of(quay_render().args(["build", "in", "--stdout"]).current_dir(folder.path()).output().unwrap());
        let ran = ran.well();
        let images: BTreeSet<String> =
            ran.stdout.lines().filter_map(|line| Some(line.trim().strip_prefix("image: ")?.to_owned())).collect();
        (images, ran.stderr, folder)
    };
    let (sources, _, _) = images("");
    assert_eq!(images(SET).0, sources);
    let (copies, said, folder) = images(&SET.replace("mirrorSet", "rewrite"));
    assert!(copies.iter().all(|image| image.starts_with("m.example.com")), "{copies:?}");
    assert!(
        copies.contains("m.example.com:5000/q/projectquay/quay:3.18.0") && !said.contains("image-mirror"),
        "{said}"
    );
    // What is listed and copied is the source.
    assert_eq!(form(folder.path(), "crane"), form(input(SET).path(), "crane"));
    let ran = shown(folder.path(), &["--form", "idms"]);
    assert!(ran.code == 2 && ran.stderr.contains("mode is rewrite"), "{}", ran.stderr);
    let ran = shown(input("").path(), &["--form", "crane"]);
    assert!(ran.code == 2 && ran.stderr.contains("this form needs spec.imageMirror"), "{}", ran.stderr);
}

#[test]
fn a_mirror_for_nothing_and_an_image_without_one_are_said() {
    let folder = input(
        "  imageMirror:\n    mirrors:\n    - {source: quay.io/sclorg, mirror: m.example.com/a}\n    - {source: quay.io/project, mirror: m.example.com/b}\n",
    );
    let said = shown(folder.path(), &[]).well().stderr;
    assert!(said.contains("warning[image-mirror]: in/config.yaml:8:5: spec.imageMirror.mirrors: nothing here is for quay.io/projectquay/clair:4.9.0, quay.io/projectquay/quay:3.18.0: nodes fetch it from there"), "{said}");
    assert!(said.contains("warning[image-mirror]: in/config.yaml:10:16: spec.imageMirror.mirrors: no image of this registry begins with quay.io/project\n"), "{said}");
    let wrong = "  imageMirror:\n    mode: rewrit\n    mirrors:\n    - {source: \"https://quay.io\", mirror: mirror}\n    - {source: quay.io, mirror: m.io/a}\n    - {source: quay.io, mirror: m.io/b}\n";
    shown(input(wrong).path(), &[]).refused(&[
        "spec.imageMirror.mode: unknown mode \"rewrit\"",
        "spec.imageMirror.mirrors[0].source: \"https://quay.io\" is not what the name of an image begins with",
        "spec.imageMirror.mirrors[0].mirror: \"mirror\" is not what the name of an image begins with",
        "spec.imageMirror.mirrors[2].source: \"quay.io\" has a mirror already",
    ]);
}

#[test]
fn the_images_of_builders_are_listed_where_builds_are_on() {
    let folder = input("");
    let bundle = |builds: bool| {
        format!(
            "FEATURE_BUILD_SUPPORT: {builds}\nBUILDMAN_HOSTNAME: r-quay-builder-quay.apps.example.com:443\nBUILD_MANAGER:\n- ephemeral\n- \
             ALLOWED_WORKER_COUNT: 1\n  ORCHESTRATOR: {{REDIS_HOST: redis.example.com}}\n  EXECUTORS:\n  - EXECUTOR: kubernetes\n    WORKER_IMAGE: \
             quay.io/projectquay/quay-builder\n    WORKER_TAG: stable\n"
        )
    };
    fs::create_dir(folder.path().join("in/config-bundle")).unwrap();
    for builds in [true, false] {
        fs::write(folder.path().join("in/config-bundle/config.yaml"), bundle(builds)).unwrap();
        let ran = shown(folder.path(), &[]);
        for image in
            ["quay.io/quay/quay-builder-qemu-fedoracoreos:stable\n", "quay.io/projectquay/quay-builder:stable\n"]
        {
            assert_eq!(ran.stdout.contains(image), builds, "{}{}", ran.stdout, ran.stderr);
        }
    }
}

#[test]
fn the_page_is_followed_to_its_end() {
    let computer = Computer::new("exit 1\n");
    for (name, script) in [
        (
            "skopeo",
            "case $1 in inspect) echo sha256:$(echo \"$6\" | sha256sum | cut -c1-64) ;; sync) test -s images.yaml ;; esac",
        ),
        ("crane", "echo \"$*\" >>~/../copied"),
    ] {
        let path = computer.at("bin").join(name);
        fs::write(&path, format!("#!/bin/bash\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    computer.run("git init --quiet\nquay-render init my-registry --apps-domain apps.example.com");
    let page = blocks("mirrored-images.md");
    assert_eq!(page.len(), 7);
    for block in &page {
        let calls = computer.run(block);
        assert!(calls.iter().all(|call| call.starts_with("0 ")), "{calls:#?}");
    }
    let copied = fs::read_to_string(computer.at("copied")).unwrap();
    assert_eq!(copied.lines().count(), 5, "{copied}");
    assert!(
        copied.lines().all(|line| line.contains("@sha256:") && line.contains(" mirror.example.com/quay.io/")),
        "{copied}"
    );
    let committed = computer.at("work/deploy/my-registry/quay/deployment-my-registry-quay-app.yaml");
    let text = fs::read_to_string(committed).unwrap();
    assert!(text.contains("image: quay.io/projectquay/quay@sha256:"), "a mirror set leaves names as they are: {text}");
    computer.run("git diff --exit-code HEAD~0 --stat >/dev/null || true\ngit show HEAD:deploy/my-registry/quay/deployment-my-registry-quay-app.yaml | grep --quiet 'image: mirror.example.com/quay.io/projectquay/quay@sha256:'");
    let set = document(&fs::read_to_string(computer.at("work/mirror-set.yaml")).unwrap());
    assert_eq!(
        set["spec"]["imageDigestMirrors"],
        json!([{"source": "quay.io", "mirrors": ["mirror.example.com/quay.io"]}])
    );
}
