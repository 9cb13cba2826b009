//! The storage gateway: what its pools may become, who renders it in a fleet, and its page of `docs/`, followed.

use crate::support::fleet::{Ran, World, config};
use crate::support::page::{Computer, blocks};
use crate::support::quay_render;
use serde_json::{Value as Json, json};
use std::fs;

const REGISTRY: &str = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: r, namespace: quay}\n";
const FRONT: &str = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.5\"\n  cluster: {platform: openshift, \
                     appsDomain: apps.example.com}\n  secrets: {mode: referenced}\n";

/// A folder with an input, and what is built of it.
struct Alone(tempfile::TempDir);

impl Alone {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(folder.path().join("in/registry.yaml"), REGISTRY).unwrap();
        Self(folder)
    }

    /// Builds it with this below `gateway`, and more documents.
    fn build(&self, gateway: &str, more: &str) -> Ran {
        let gateway =
            if gateway.is_empty() { String::new() } else { format!("  objectStorage: {{gateway: {gateway}}}\n") };
        fs::write(self.0.path().join("in/config.yaml"), format!("{FRONT}{gateway}{more}")).unwrap();
        let mut command = quay_render();
        Ran::of(command.args(["build", "in", "--out", "out", "--verbose"]).current_dir(self.0.path()).output().unwrap())
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join("out").join(path)).unwrap()
    }
}

const POOL: &str = "out/storagegateway/backingstore-noobaa-pv-backing-store.yaml";

#[test]
fn a_gateway_without_pools_has_that_of_the_guide() {
    let alone = Alone::new();
    let said = alone.build("{}", "").well().stderr;
    assert!(said.contains("note[gateway-alone]: in/config.yaml:7:"), "{said}");
    let pool = alone.text("storagegateway/backingstore-noobaa-pv-backing-store.yaml");
    assert!(
        pool.contains("    numVolumes: 1\n") && pool.contains("storage: \"50Gi\"") && !pool.contains("storageClass"),
        "{pool}"
    );
    let class = alone.text("storagegateway/bucketclass-noobaa-default-bucket-class.yaml");
    assert!(class.ends_with("    - backingStores:\n      - noobaa-pv-backing-store\n"), "{class}");
    let lists = alone.text("kustomization.yaml");
    assert!(lists.contains("storagegateway/noobaa-noobaa.yaml"), "{lists}");
}

#[test]
fn pools_grow_and_never_shrink() {
    let alone = Alone::new();
    let pools = |volumes: u8, size: &str| {
        format!("{{pools: [{{name: noobaa-pv-backing-store, numVolumes: {volumes}, size: {size}}}]}}")
    };
    alone.build(&pools(2, "100Gi"), "").well();
    let said = alone.build(&pools(3, "1Ti"), "").well().stderr;
    let told =
        format!("note[pool-volumes]: {POOL}:21:18: spec.pvPool.resources.requests.storage: was 100Gi and is now 1Ti");
    assert!(said.contains(&told), "{said}");
    assert!(said.contains("kubectl get pvc -n openshift-storage -l pool=noobaa-pv-backing-store"), "{said}");
    for (volumes, size, refused) in [
        (2, "1Ti", "spec.pvPool.numVolumes: was 3 and is now 2: it only grows"),
        (3, "1000Gi", "spec.pvPool.resources.requests.storage: was 1Ti and is now 1000Gi: it only grows"),
    ] {
        alone.build(&pools(volumes, size), "").refused(&["error[output-immutable]: ", POOL, refused]);
    }
    alone.build(&pools(3, "1Ti"), "").well();
}

#[test]
fn a_pool_is_not_left_out() {
    let alone = Alone::new();
    let two = "{pools: [{name: noobaa-pv-backing-store}, {name: second}]}";
    alone.build(two, "").well();
    let gone = "is no longer rendered, and the data in it is nowhere else";
    alone
        .build("{pools: [{name: second}]}", "")
        .refused(&[&format!("{POOL}:1:1: BackingStore noobaa-pv-backing-store {gone}")]);
    alone.build("", "").refused(&["BackingStore noobaa-pv-backing-store", "BackingStore second", gone]);
    alone.build("{namespace: noobaa, pools: [{name: second}]}", "").refused(&["BackingStore second", gone]);
    // Where it was deleted in the cluster, its file goes, and then the pool may.
    fs::remove_file(alone.0.path().join("out/storagegateway/backingstore-second.yaml")).unwrap();
    alone.build("{}", "").well();
}

#[test]
fn what_cannot_be_is_refused_with_every_place() {
    let alone = Alone::new();
    let pools =
        "[{name: a, numVolumes: 21, size: 15Gi}, {name: a, size: 100G}, {numVolumes: 0}, {name: A_b, colour: red}]";
    alone.build(&format!("{{placement: Mirrored, pools: {pools}}}"), "").refused(&[
        "spec.objectStorage.gateway.placement: unknown placement",
        "spec.objectStorage.gateway.pools[0].numVolumes: a pool has 1 to 20 volumes",
        "spec.objectStorage.gateway.pools[0].size: \"15Gi\" is not the size of such a volume",
        "spec.objectStorage.gateway.pools[1].name: pool \"a\" is there twice",
        "spec.objectStorage.gateway.pools[1].size: \"100G\" is not the size of such a volume",
        "spec.objectStorage.gateway.pools[2].name: is required and missing",
        "spec.objectStorage.gateway.pools[2].numVolumes: a pool has 1 to 20 volumes",
        "spec.objectStorage.gateway.pools[3].name: \"A_b\" is not the name of a pool",
        "spec.objectStorage.gateway.pools[3].colour: unknown field \"colour\"",
    ]);
    alone.build("{placement: Mirror}", "").refused(&["placement: Mirror needs two pools, and there is one"]);
}

#[test]
fn a_storage_cluster_and_an_unmanaged_storage_are_said() {
    let alone = Alone::new();
    let cluster = "---\napiVersion: ocs.openshift.io/v1\nkind: StorageCluster\nmetadata: {name: ocs-storagecluster}\n";
    let said = alone.build("{}", cluster).well().stderr;
    assert!(
        said.contains(
            "warning[gateway-alone]: in/config.yaml:9:1: spec.objectStorage.gateway: the input has a StorageCluster"
        ),
        "{said}"
    );
    let alone = Alone::new();
    let unmanaged = REGISTRY.to_owned()
        + "spec:\n  configBundleSecret: c\n  components: [{kind: objectstorage, managed: false}]\n---\napiVersion: v1\nkind: Secret\n\
           metadata: {name: c, namespace: quay}\nstringData:\n  config.yaml: |\n    DISTRIBUTED_STORAGE_CONFIG:\n      default: [S3Storage, \
           {host: s3.example.com, s3_bucket: quay, storage_path: /registry}]\n    DISTRIBUTED_STORAGE_PREFERENCE: [default]\n";
    fs::write(alone.0.path().join("in/registry.yaml"), unmanaged).unwrap();
    let said = alone.build("{}", "").well().stderr;
    assert!(said.contains("warning[setting-unused]: in/config.yaml:7:") && !said.contains("gateway-alone"), "{said}");
    assert!(!alone.0.path().join("out/storagegateway").exists());
}

#[test]
fn the_claim_asks_the_gateway_of_its_namespace_unless_a_setting_says_another() {
    let claim = |gateway: &str, more: &str| {
        let alone = Alone::new();
        alone.build(gateway, more).well();
        alone.text("objectstorage/objectbucketclaim-r-quay-datastore.yaml")
    };
    assert!(claim("", "").contains("  storageClassName: openshift-storage.noobaa.io\n"));
    assert!(claim("{}", "").contains("  storageClassName: openshift-storage.noobaa.io\n"));
    assert!(claim("{namespace: noobaa}", "").contains("  storageClassName: noobaa.noobaa.io\n"));
    let own = "  components:\n    objectstorage: {storageClassName: ceph-bucket, additionalConfig: {bucketclass: null, maxSize: 10Gi}}\n";
    let claim = claim("{}", own);
    assert!(claim.contains("  storageClassName: ceph-bucket\n  additionalConfig:\n    maxSize: \"10Gi\"\n"), "{claim}");
}

const SHARED: &str = "deploy/namespaces/storagegateway/noobaa-noobaa.yaml";
const GATEWAY: &str = "  objectStorage: {gateway: {pools: [{name: pool, size: 100Gi}]}}\n";

/// The RenderConfig of the whole fleet with a gateway.
fn give_all(world: &World, gateway: &str) {
    let path = "registries/render-config.yaml";
    let own = world.text(path);
    let own = own.split("  objectStorage:").next().unwrap().to_owned();
    world.put(path, &(own + gateway));
}

#[test]
fn a_fleet_renders_the_gateway_once() {
    let world = World::new();
    give_all(&world, GATEWAY);
    world.build(&[]).well();
    let shared = world.text(SHARED);
    assert!(shared.contains("Prune=false,Delete=false") && !shared.contains("quay-operator/quayregistry"), "{shared}");
    for name in ["team-a/prod", "team-a/stage", "team-b"] {
        assert!(!world.has(&format!("deploy/{name}/storagegateway")), "{name}");
        assert!(!world.text(&format!("deploy/{name}/kustomization.yaml")).contains("storagegateway"), "{name}");
    }
    assert_eq!(world.check().code, 0);
    // What all share is held to the same rules.
    give_all(&world, &GATEWAY.replace("100Gi", "50Gi"));
    world.build(&[]).refused(&["deploy/namespaces/storagegateway/backingstore-pool.yaml", "was 100Gi and is now 50Gi"]);
    give_all(&world, &GATEWAY.replace("name: pool", "name: other"));
    world.build(&[]).refused(&["BackingStore pool is no longer rendered"]);
}

#[test]
fn a_gateway_moves_as_it_is_shared() {
    let world = World::new();
    let of_b = |gateway: &str| world.put("registries/team-b/render-config.yaml", &config(gateway));
    of_b(GATEWAY);
    world.build(&[]).well();
    assert!(world.has("deploy/team-b/storagegateway/noobaa-noobaa.yaml") && !world.has(SHARED));
    give_all(&world, GATEWAY);
    of_b("  paused: false\n");
    world.build(&[]).well();
    assert!(!world.has("deploy/team-b/storagegateway") && world.has(SHARED));
}

#[test]
fn gateways_that_differ_are_refused() {
    let world = World::new();
    give_all(&world, GATEWAY);
    world.put("registries/team-b/render-config.yaml", &config(&GATEWAY.replace("100Gi", "50Gi")));
    world.build(&[]).refused(&[
        "error[fleet-collision]",
        "BackingStore pool is rendered otherwise by the registry in the folder team-a/prod",
    ]);
}

#[test]
fn layers_without_a_gateway_of_their_own_do_not_wait_for_it() {
    let world = World::new();
    let layers = "  output: layers\n  flux: {path: ./deploy, sourceRef: {name: repository}}\n";
    give_all(&world, &(GATEWAY.to_owned() + layers));
    world.build(&[]).well();
    let text = world.text("deploy/team-b/flux/kustomization-team-b-registry-data.yaml");
    assert!(!text.contains("-storage"), "{text}");
    assert!(!world.has("deploy/team-b/flux/kustomization-team-b-registry-storage.yaml"));
}

const OPERATOR: &str = "{operator: {channel: stable-4.18}, pools: [{name: pool}]}";

/// The gateway's kinds come with its operator, so that is applied before it: by kubectl, Argo CD and Flux.
#[test]
fn an_operator_is_installed_before_the_gateway() {
    let alone = Alone::new();
    alone.build(OPERATOR, "").well();
    let lists = alone.text("kustomization.yaml");
    assert!(lists.contains("- operator\n- ") && lists.contains("- storagegateway/noobaa-noobaa.yaml"), "{lists}");
    assert!(!lists.contains("storageoperator"), "{lists}");
    let first = alone.text("operator/kustomization.yaml");
    for kind in ["namespace-openshift-storage", "operatorgroup-odf-operator", "subscription-odf-operator"] {
        assert!(first.contains(&format!("- storageoperator/{kind}.yaml\n")), "{first}");
    }
    let object = |path: &str| -> Json { serde_yaml::from_str(&alone.text(path)).unwrap() };
    let [namespace, group, subscription] =
        ["namespace-openshift-storage", "operatorgroup-odf-operator", "subscription-odf-operator"]
            .map(|name| object(&format!("operator/storageoperator/{name}.yaml")));
    assert_eq!(namespace["metadata"]["labels"]["openshift.io/cluster-monitoring"], "true");
    assert_eq!(group["spec"], json!({"targetNamespaces": ["openshift-storage"]}));
    assert_eq!(
        subscription["spec"],
        json!({"channel": "stable-4.18", "installPlanApproval": "Automatic", "name": "odf-operator", "source": "redhat-operators",
               "sourceNamespace": "openshift-marketplace"})
    );
    let annotation =
        |object: &Json, name: &str| object["metadata"]["annotations"][format!("argocd.argoproj.io/{name}")].clone();
    for object in [&namespace, &group, &subscription] {
        assert_eq!(annotation(object, "sync-wave"), "-2");
    }
    assert_eq!(annotation(&namespace, "sync-options"), "Prune=false,Delete=false");
    for kind in ["noobaa-noobaa", "backingstore-pool", "bucketclass-noobaa-default-bucket-class"] {
        let object = object(&format!("storagegateway/{kind}.yaml"));
        assert_eq!(annotation(&object, "sync-wave"), "-1");
        let options = "Prune=false,Delete=false,SkipDryRunOnMissingResource=true";
        assert_eq!(annotation(&object, "sync-options"), options);
    }
    let layers = "  output: layers\n  flux: {path: ./deploy, sourceRef: {name: repository}}\n";
    let alone = Alone::new();
    alone.build(OPERATOR, layers).well();
    let layer = |name: &str| -> Json {
        serde_yaml::from_str(&alone.text(&format!("flux/kustomization-quay-r-{name}.yaml"))).unwrap()
    };
    let definition =
        |name: &str| json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "name": name});
    assert_eq!(
        layer("provider")["spec"]["healthChecks"],
        json!(["backingstores.noobaa.io", "bucketclasses.noobaa.io", "noobaas.noobaa.io"].map(definition))
    );
    assert_eq!(layer("storage")["spec"]["dependsOn"], json!([{"name": "quay-r-provider"}]));
    assert!(alone.text("provider/kustomization.yaml").contains("storageoperator/subscription-odf-operator.yaml"));
}

/// Beside an operator of the registry both are in the first of the two directories, and each brings its own kinds.
#[test]
fn it_is_installed_beside_the_operator_of_the_registry() {
    let alone = Alone::new();
    let own = "  delivery: operator\n";
    alone.build(OPERATOR, own).well();
    let first = alone.text("operator/kustomization.yaml");
    assert!(first.contains("storageoperator/subscription-") && first.contains("olm/subscription-"), "{first}");
    assert!(alone.text("registry/kustomization.yaml").contains("storagegateway/noobaa-noobaa.yaml"));
    let alone = Alone::new();
    let layers = "  output: layers\n  flux: {path: ./deploy, sourceRef: {name: repository}}\n";
    alone.build(OPERATOR, &format!("{own}{layers}")).well();
    let checks = alone.text("flux/kustomization-quay-r-operator.yaml");
    assert!(checks.contains("quayregistries.quay.redhat.com") && !checks.contains("noobaa"), "{checks}");
    let after = alone.text("flux/kustomization-quay-r-registry.yaml");
    assert!(after.contains("- name: quay-r-storage\n") && after.contains("- name: quay-r-operator\n"), "{after}");
    let beside = format!("{own}  operator: {{namespace: openshift-storage}}\n");
    alone.build(OPERATOR, &beside).refused(&[
        "error[operator-groups]: in/config.yaml:7:39: spec.objectStorage.gateway.operator: that of the registry's operator is in this \
         namespace, and beside a second OperatorGroup nothing is installed there any more",
    ]);
}

#[test]
fn what_is_said_of_the_operator_is_what_is_rendered() {
    let alone = Alone::new();
    let all = "{namespace: storage, operator: {channel: fast, package: a, source: b, sourceNamespace: c, startingCSV: a.v1, installPlanApproval: Manual, \
               operatorGroup: external}}";
    let said = alone.build(all, "").well().stderr;
    assert!(
        said.contains("note[operator-approval]: in/config.yaml:7:")
            && said.contains("kubectl --namespace storage get installplans"),
        "{said}"
    );
    let subscription: Json = serde_yaml::from_str(&alone.text("operator/storageoperator/subscription-a.yaml")).unwrap();
    assert_eq!(subscription["metadata"]["namespace"], "storage");
    assert_eq!(
        subscription["spec"],
        json!({"channel": "fast", "installPlanApproval": "Manual", "name": "a", "source": "b", "sourceNamespace": "c", "startingCSV": "a.v1"})
    );
    let first = alone.text("operator/kustomization.yaml");
    assert!(!first.contains("namespace-") && !first.contains("operatorgroup-"), "{first}");
    for (gateway, refused) in [
        (
            "{operator: {}}",
            "error[field-missing]: in/config.yaml:7:39: spec.objectStorage.gateway.operator.channel: is required and missing",
        ),
        ("{operator: {channel: a, approval: Manual}}", "spec.objectStorage.gateway.operator.approval: unknown field"),
        (
            "{namespace: quay, operator: {channel: a}}",
            "error[gateway-namespace]: in/config.yaml:7:28: spec.objectStorage.gateway.namespace: is the registry's own",
        ),
        (
            "{namespace: openshift-operators, operator: {channel: a}}",
            "error[operator-groups]: in/config.yaml:7:71: spec.objectStorage.gateway.operator: this namespace has one already",
        ),
    ] {
        alone.build(gateway, "").refused(&[refused]);
    }
}

#[test]
fn a_fleet_installs_the_operator_of_its_gateway_once() {
    let world = World::new();
    give_all(&world, "  objectStorage: {gateway: {operator: {channel: stable-4.18}, pools: [{name: pool}]}}\n");
    world.build(&[]).well();
    let lists = world.text("deploy/namespaces/kustomization.yaml");
    assert!(lists.contains("- operator\n") && lists.contains("- storagegateway/noobaa-noobaa.yaml\n"), "{lists}");
    let shared = world.text("deploy/namespaces/operator/storageoperator/subscription-odf-operator.yaml");
    assert!(!shared.contains("quay-operator/quayregistry"), "{shared}");
    for name in ["team-a/prod", "team-a/stage", "team-b"] {
        assert!(!world.has(&format!("deploy/{name}/operator")), "{name}");
    }
    assert_eq!(world.check().code, 0);
    // One that says it otherwise is refused; one that does not install it finds it.
    let otherwise = "  objectStorage: {gateway: {operator: {channel: stable-4.19}}}\n";
    world.put("registries/team-b/render-config.yaml", &config(otherwise));
    world.build(&[]).refused(&[
        "error[fleet-collision]",
        "Subscription odf-operator is rendered otherwise by the registry in the folder team-a/prod",
        "one gateway serves all",
    ]);
    world.put("registries/team-b/render-config.yaml", &config("  objectStorage: {gateway: {operator: null}}\n"));
    world.build(&[]).well();
    assert!(world.has("deploy/namespaces/operator/storageoperator/subscription-odf-operator.yaml"));
}

/// kubectl notes what it is asked, knows two claims, and the kinds of the gateway at the third try.
const KUBECTL: &str = "echo \"$*\" >>~/../asked\ncase \"$*\" in *'get crd'*) n=$(cat ~/../tries 2>/dev/null || echo 0); echo $((n + 1)) >~/../tries; \
                       [[ $n -ge 2 ]] ;;\n*'get pvc'*) echo persistentvolumeclaim/one; echo persistentvolumeclaim/two ;; esac\n";

#[test]
fn the_page_is_followed_to_its_end() {
    let computer = Computer::with_registry(KUBECTL, "");
    let page = blocks("storage-gateway.md");
    assert_eq!(page.len(), 6);
    let calls: Vec<String> = page.iter().flat_map(|block| computer.run(&block.replace("sleep 5", "true"))).collect();
    assert!(calls.len() == 4 && calls.iter().all(|call| call.starts_with("0 ")), "{calls:#?}");
    let asked = fs::read_to_string(computer.at("asked")).unwrap();
    for claim in ["one", "two"] {
        assert!(asked.contains(&format!("patch persistentvolumeclaim/{claim} -p")), "{asked}");
    }
    let applied: Vec<&str> =
        asked.lines().filter(|line| line.starts_with("apply") || line.contains("get crd")).collect();
    let known = "get crd noobaas.noobaa.io backingstores.noobaa.io bucketclasses.noobaa.io";
    let expected = ["apply -k deploy/my-registry/operator", known, known, known, "apply -k deploy/my-registry"];
    assert_eq!(applied, expected);
    let pool = |name: &str| {
        fs::read_to_string(computer.at(&format!("work/deploy/my-registry/storagegateway/backingstore-{name}.yaml")))
            .unwrap()
    };
    let first = pool("noobaa-pv-backing-store");
    assert!(first.contains("numVolumes: 2") && first.contains("storage: \"100Gi\""), "{first}");
    assert!(pool("second-pool").contains("storageClass: fast"));
    computer.run("git diff --exit-code\ntest -z \"$(git status --porcelain)\"");
}
