//! The documentation: README.md is short and shows what the program says, every link leads somewhere, `docs/SUMMARY.md` names
//! every page and `examples/README.md` every example; and the pages by task are followed, block by block.

use crate::support::page::{Computer, blocks};
use crate::support::repository;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use walkdir::WalkDir;

/// The most lines that README.md may have.
const MOST: usize = 200;
/// The pages that stand outside of `docs/`.
const OTHERS: [&str; 6] =
    ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "components/README.md", "examples/README.md"];
/// The pages whose blocks of shell are followed by a test of their own.
const ELSEWHERE: [&str; 11] = [
    "backup-and-restore.md",
    "clair-configuration.md",
    "coming-from-quay-ecosystem.md",
    "coming-from-the-operator.md",
    "deleting.md",
    "going-back.md",
    "keeping-the-operator.md",
    "mirrored-images.md",
    "postgresql-majors.md",
    "storage-gateway.md",
    "upgrading.md",
];

/// A page that is followed here.
struct Page {
    name: &'static str,
    /// Whether the reader has the input and the output of `my-registry` committed already.
    has_registry: bool,
    /// How the calls of quay-render in each block end.
    codes: &'static [&'static [i32]],
}

const FOLLOWED: [Page; 13] = [
    Page { name: "argo-cd.md", has_registry: false, codes: &[&[0, 0], &[0]] },
    Page { name: "comparing-with-the-cluster.md", has_registry: true, codes: &[&[1]] },
    Page { name: "editors.md", has_registry: false, codes: &[&[0, 0, 0, 0]] },
    Page { name: "first-registry.md", has_registry: false, codes: &[&[0, 0], &[0], &[0], &[], &[1, 0]] },
    Page { name: "fleet.md", has_registry: false, codes: &[&[0, 0, 0], &[0, 0], &[0, 0]] },
    Page { name: "flux.md", has_registry: false, codes: &[&[0, 0], &[]] },
    Page { name: "kubernetes.md", has_registry: false, codes: &[&[0], &[0], &[1, 0, 0, 0], &[0, 0]] },
    Page { name: "own-certificate.md", has_registry: false, codes: &[&[0, 0], &[0, 0, 0], &[0, 0]] },
    Page { name: "own-database-and-storage.md", has_registry: false, codes: &[&[0], &[0, 0], &[0]] },
    Page { name: "reviewing-changes.md", has_registry: true, codes: &[&[1, 0, 1]] },
    Page { name: "rights.md", has_registry: true, codes: &[&[0]] },
    Page { name: "secrets-in-the-cluster.md", has_registry: false, codes: &[&[0, 0, 0], &[0, 0, 0, 0]] },
    Page { name: "validation.md", has_registry: true, codes: &[&[0, 1]] },
];

/// A kubectl that exports what was applied, in a cluster where nothing has become ready yet.
const KUBECTL: &str = "case \"$*\" in\n*openshift-config-managed*) echo '{apiVersion: v1, kind: List, items: []}' ;;\n\
                       get*) for file in deploy/my-registry/*/*.yaml; do echo ---; cat \"$file\"; done ;;\nesac\n";

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The pages of `docs/`, by their paths in the repository.
fn pages() -> BTreeSet<String> {
    let files = WalkDir::new(repository().join("docs")).into_iter().map(|entry| entry.unwrap().into_path());
    let pages = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.map(|path| path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned()).collect()
}

/// The lines of a page outside of its blocks.
fn prose(text: &str) -> Vec<&str> {
    let mut is_block = false;
    let is_prose = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        is_block ^= is_fence;
        !is_block && !is_fence
    };
    text.lines().filter(is_prose).collect()
}

/// Where the links of a page lead.
fn links(text: &str) -> Vec<String> {
    let text = prose(text).join("\n");
    let mut links = Vec::new();
    for paragraph in text.split("\n\n") {
        // What stands between backticks is no link.
        let plain: String = paragraph.split('`').step_by(2).collect();
        links
            .extend(plain.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link.to_owned()));
    }
    links
}

/// The anchors of a page's headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for line in prose(text) {
        let Some(heading) = line.starts_with('#').then(|| line.trim_start_matches('#')) else { continue };
        let kept = heading.trim().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        let anchor = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let before = seen.entry(anchor.clone()).or_default();
        anchors.insert(if *before == 0 { anchor } else { format!("{anchor}-{before}") });
        *before += 1;
    }
    anchors
}

/// What is wrong with a link of a page, which is named by its path in the repository.
fn objection(page: &str, link: &str) -> Option<String> {
    if link.starts_with("https://") || link.starts_with("http://") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let root = repository().canonicalize().unwrap();
    let own = root.join(page);
    let target = if file.is_empty() { own } else { own.parent().unwrap().join(file) };
    let Ok(target) = target.canonicalize() else { return Some(format!("{page}: {link}: there is no such file")) };
    if page.starts_with("docs/") && !target.starts_with(root.join("docs")) {
        return Some(format!("{page}: {link}: leads out of the book"));
    }
    let has_anchor = || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor);
    (!anchor.is_empty() && !has_anchor()).then(|| format!("{page}: {link}: there is no such heading"))
}

/// A block of a page by its language and its number.
fn block<'a>(text: &'a str, language: &str, number: usize) -> &'a str {
    text.split(&format!("```{language}\n")).nth(number + 1).unwrap().split_once("```").unwrap().0
}

/// Follows a page; each block must end as it says.
fn follow(page: &Page) {
    let computer = if page.has_registry { Computer::with_registry(KUBECTL, "") } else { Computer::new(KUBECTL) };
    let blocks = blocks(page.name);
    assert_eq!(blocks.len(), page.codes.len(), "{}", page.name);
    for (block, codes) in blocks.iter().zip(page.codes) {
        let calls = computer.run(block);
        let found: Vec<i32> = calls.iter().map(|call| call.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(found, *codes, "{}: {calls:#?}", page.name);
    }
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= MOST, "README.md has {lines} lines, and may have {MOST}: details belong below docs/");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let (mut count, mut objections) = (0, Vec::new());
    for page in OTHERS.map(str::to_owned).into_iter().chain(pages()) {
        let links = links(&read(&page));
        count += links.len();
        objections.extend(links.iter().filter_map(|link| objection(&page, link)));
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
    assert!(count > 200, "{count}");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let text =
        "# A `b`, c\n\n[x](gone.md) and `[y](z.md)`\n\n```text\n[u](v.md)\n```\n\n## a b c\n[`code`](#a-b-c-1)\n";
    assert_eq!(links(text), ["gone.md", "#a-b-c-1"]);
    assert!(anchors(text).iter().eq(["a-b-c", "a-b-c-1"]));
    let said = |page: &str, link: &str| objection(page, link).unwrap_or_default();
    assert!(said("README.md", "docs/gone.md").ends_with("there is no such file"));
    assert!(said("README.md", "docs/upgrading.md#gone").ends_with("there is no such heading"));
    assert!(said("docs/upgrading.md", "#gone").ends_with("there is no such heading"));
    assert!(said("docs/upgrading.md", "../README.md").ends_with("leads out of the book"));
    assert_eq!(said("README.md", "docs/upgrading.md#look-first"), "");
}

#[test]
fn the_summary_names_every_page_once() {
    let mut named = links(&read("docs/SUMMARY.md"));
    named.sort();
    let mut pages = pages();
    assert!(pages.remove("docs/SUMMARY.md"));
    let pages: BTreeSet<&str> = pages.iter().map(|page| page.strip_prefix("docs/").unwrap()).collect();
    assert!(named.iter().eq(&pages), "{named:#?}\n{pages:#?}");
}

#[test]
fn the_index_of_examples_names_every_example_once() {
    let index = read("examples/README.md");
    let rows = index.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let mut named: Vec<&str> = rows.map(|(name, _)| name).collect();
    named.sort_unstable();
    let entries = fs::read_dir(repository().join("examples")).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap());
    let folders: BTreeSet<String> = folders.filter(|name| !name.starts_with('.')).collect();
    assert!(named.iter().eq(&folders), "{named:#?}\n{folders:#?}");
}

#[test]
fn no_page_has_blocks_of_shell_that_nobody_follows() {
    let is_followed = |page: &String| read(page).contains("```sh\n");
    let found: BTreeSet<String> = pages().into_iter().filter(is_followed).collect();
    let here = FOLLOWED.map(|page| page.name);
    let known: BTreeSet<String> = here.into_iter().chain(ELSEWHERE).map(|name| format!("docs/{name}")).collect();
    assert_eq!(found, known);
}

#[test]
fn the_pages_by_task_are_followed_to_their_end() {
    for page in FOLLOWED {
        follow(&page);
    }
}

#[test]
fn the_readme_shows_what_the_program_says() {
    let readme = read("README.md");
    let shows = |number: usize, said: &Path| {
        let said = fs::read_to_string(said).unwrap();
        let shown = block(&readme, "text", number).lines().filter(|line| *line != "…");
        let missing: Vec<&str> = shown.filter(|shown| !said.lines().any(|line| line == *shown)).collect();
        assert!(missing.is_empty(), "{missing:#?} is not in\n{said}");
    };
    let computer = Computer::new(KUBECTL);
    let calls = computer.run(block(&readme, "sh", 1));
    assert!(calls.len() == 2 && calls.iter().all(|call| call.starts_with("0 ")), "{calls:?}");
    let calls = computer.run(
        "cp -r my-registry changed\n\
         echo 'FEATURE_ANONYMOUS_ACCESS: false' >>changed/config-bundle/config.yaml\n\
         printf '  components:\\n    postgres: {storageClassName: fast}\\n' >>changed/render-config.yaml\n\
         quay-render diff deploy/my-registry changed --format markdown >said",
    );
    assert!(calls.len() == 1 && calls[0].starts_with("1 "), "{calls:?}");
    shows(1, &computer.at("work/said"));
    let calls = computer.run(
        "echo 'FEATURE_PROXY_CASHE: true' >>my-registry/config-bundle/config.yaml\n\
         echo '    - {kind: storge, managed: false}' >>my-registry/quayregistry.yaml\n\
         quay-render validate my-registry >said",
    );
    assert!(calls.len() == 1 && calls[0].starts_with("1 "), "{calls:?}");
    shows(0, &computer.at("work/said"));
}
