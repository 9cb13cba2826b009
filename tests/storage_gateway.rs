//! The storage gateway: what its pools may become, who renders it in a fleet, and its page of `docs/`, followed.

use crate::support::fleet::{Ran, World, config};
use crate::support::page::{Computer, blocks};
use crate::support::quay_render;
use quay_render::diagnostic::Diagnostics;
use quay_render::yaml::{self, Origin};
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
        Ran::of(command.args(["build", "in", "--out", "out"]).current_dir(self.0.path()).output().unwrap())
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

/// What installs the operator is one whole, in the namespace of the gateway.
#[test]
fn the_page_has_what_installs_the_operator() {
    let page = fs::read_to_string("docs/storage-gateway.md").unwrap();
    let block = page.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
    let documents = yaml::parse_own(block, &Origin { file: "", within: None }, &mut Diagnostics::new());
    let documents: Vec<_> = documents.iter().map(|document| document.root.to_value()).collect();
    let text = |index: usize, path: &[&str]| documents[index].str_at(path).to_owned();
    assert_eq!([0, 1, 2].map(|index| text(index, &["kind"])), ["Namespace", "OperatorGroup", "Subscription"]);
    let home = text(0, &["metadata", "name"]);
    let watched = documents[1].at(&["spec", "targetNamespaces"]).unwrap().as_seq().unwrap();
    assert_eq!(watched.iter().filter_map(|name| name.as_str()).collect::<Vec<_>>(), [home.as_str()]);
    for index in [1, 2] {
        assert_eq!(text(index, &["metadata", "namespace"]), home);
    }
    assert_eq!(text(2, &["spec", "name"]), "odf-operator");
}

/// kubectl notes what it is asked, and knows two claims.
const KUBECTL: &str = "echo \"$*\" >>~/../asked\ncase \"$*\" in *'get pvc'*) echo persistentvolumeclaim/one; echo persistentvolumeclaim/two ;; esac\n";

#[test]
fn the_page_is_followed_to_its_end() {
    let computer = Computer::with_registry(KUBECTL, "");
    let page = blocks("storage-gateway.md");
    assert_eq!(page.len(), 6);
    let calls: Vec<String> = page.iter().flat_map(|block| computer.run(block)).collect();
    assert!(calls.len() == 4 && calls.iter().all(|call| call.starts_with("0 ")), "{calls:#?}");
    let asked = fs::read_to_string(computer.at("asked")).unwrap();
    for claim in ["one", "two"] {
        assert!(asked.contains(&format!("patch persistentvolumeclaim/{claim} -p")), "{asked}");
    }
    let pool = |name: &str| {
        fs::read_to_string(computer.at(&format!("work/deploy/my-registry/storagegateway/backingstore-{name}.yaml")))
            .unwrap()
    };
    let first = pool("noobaa-pv-backing-store");
    assert!(first.contains("numVolumes: 2") && first.contains("storage: \"100Gi\""), "{first}");
    assert!(pool("second-pool").contains("storageClass: fast"));
    computer.run("git diff --exit-code\ntest -z \"$(git status --porcelain)\"");
}
