//! `docs/coming-from-quay-ecosystem.md`, followed: kubectl is a stand-in that exports the case `route` and notes what it is
//! told.

use super::{Case, assert_tight};
use crate::support::page::{Computer, blocks};
use crate::support::repository;
use std::fs;

const KUBECTL: &str = "case \" $* \" in\n*' get quayecosystem '*) cat ~/../ecosystem ;;\n*' get secrets '*) cat ~/../secrets ;;\n\
                       *' get job '*) echo Complete ;;\n*' create -f - '*) cat >~/../created ;;\nesac\necho \"$*\" >>~/../told\n";

/// Follows a block: the exit codes of quay-render.
fn follow(computer: &Computer, block: &str) -> Vec<i32> {
    let calls = computer.run(block);
    calls.iter().map(|call| call.split(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn coming_from_quay_ecosystem_is_followed_to_its_end() {
    let page = blocks("coming-from-quay-ecosystem.md");
    assert_eq!(page.len(), 13);
    let case = Case::read(repository().join("tests/migrate/cases/route"));
    let computer = Computer::new(KUBECTL);
    fs::copy(case.folder.join("ecosystem.yaml"), computer.at("ecosystem")).unwrap();
    fs::write(computer.at("secrets"), case.secrets()).unwrap();
    computer.run("git init --quiet");
    let expected: [&[i32]; 11] = [&[], &[0], &[0, 0, 0], &[], &[], &[0], &[0], &[], &[0], &[0], &[]];
    let config = || fs::read_to_string(computer.at("work/my-registry/render-config.yaml")).unwrap();
    for (number, (block, codes)) in page.iter().zip(expected).enumerate() {
        let found = follow(&computer, block);
        // A pipe's first program is not at the start of its line.
        assert_eq!(found, *codes, "block {number}: {block}");
        match number {
            2 => {
                let by_hand = fs::read_to_string(computer.at("work/by-hand.md")).unwrap();
                assert_tight("by-hand.md", &by_hand);
                assert!(config().contains("  paused: true\n  restoreFrom:\n"), "{}", config());
            }
            // Nothing secret of the input is committed.
            4 => drop(computer.run("test -z \"$(git ls-files my-registry/keys.yaml my-registry/config-bundle)\"")),
            6 => {
                let job = fs::read_to_string(computer.at("created")).unwrap();
                assert!(job.contains("name: dump") && job.contains("value: my-registry-quay-postgresql"), "{job}");
            }
            7 => {
                // Both at once are refused, and nothing is written.
                let early = "cp my-registry/render-config.yaml ~/kept\nsed -i -e '/^  paused: true$/d' -e \
                             '/^  restoreFrom:$/,/^  [a-z]/{/^  restoreFrom:$/d;/^    /d}' my-registry/render-config.yaml\n\
                             quay-render build my-registry --out deploy/my-registry || true\ncp ~/kept \
                             my-registry/render-config.yaml\n";
                assert_eq!(follow(&computer, early), [1]);
            }
            8 => assert!(!config().contains("paused") && config().contains("restoreFrom"), "{}", config()),
            9 => assert!(!config().contains("restoreFrom"), "{}", config()),
            _ => {}
        }
    }
    let app = computer.at("work/deploy/my-registry/quay/deployment-my-registry-quay-app.yaml");
    assert!(!fs::read_to_string(app).unwrap().contains("replicas: 0"), "the registry is started");
    assert!(!computer.at("home/secrets.yaml").exists(), "the exported secrets are deleted");
    // The way back.
    for block in &page[11..] {
        assert!(follow(&computer, block).is_empty());
    }
    let told = fs::read_to_string(computer.at("told")).unwrap();
    assert!(told.contains("-n quay set selector service my-registry-quay app=quay-operator,"), "{told}");
    assert!(
        told.contains(r#"patch route my-registry-quay --type merge -p {"spec":{"to":{"name":"my-registry-quay"}"#),
        "{told}"
    );
}
