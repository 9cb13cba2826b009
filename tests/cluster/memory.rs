//! Volumes in memory: each has a limit that fits everything joined there, and leaves room in its container.

use super::combinations::Output;
use super::rules::{items, text, what};
use crate::support::template;
use serde_json::Value as Json;

const MIB: u64 = 1 << 20;
/// The largest Secret or ConfigMap that an API server accepts.
const LARGEST_PIECE: u64 = MIB;
/// The memory that Python needs.
const PROGRAM: u64 = 64 * MIB;

/// Volumes that may take all memory of a node, or less than their content needs.
pub fn unlimited(output: &Output) -> Vec<String> {
    let mut problems = Vec::new();
    for owner in output.values().filter(|object| template(object).is_object()) {
        let pod = &template(owner)["spec"];
        let in_memory = items(&pod["volumes"]).iter().filter(|volume| volume["emptyDir"]["medium"] == "Memory");
        let volumes: Vec<&Json> = in_memory.collect();
        if volumes.is_empty() {
            continue;
        }
        let limits: Vec<Option<u64>> = volumes.iter().map(|it| bytes(&it["emptyDir"]["sizeLimit"])).collect();
        let Some(limits) = limits.into_iter().collect::<Option<Vec<u64>>>() else {
            problems.push(format!("{} has a volume in memory without a limit", what(owner)));
            continue;
        };
        let pieces = items(&pod["volumes"]).iter().filter(|it| text(&it["name"]).starts_with("late-")).count();
        if pieces == 0 || limits.iter().any(|limit| *limit < pieces as u64 * LARGEST_PIECE) {
            problems.push(format!("{}: {pieces} pieces may not fit into {limits:?}", what(owner)));
        }
        let writes =
            |it: &&Json| items(&it["volumeMounts"]).iter().any(|it| volumes.iter().any(|v| v["name"] == it["name"]));
        let containers = ["initContainers", "containers"].into_iter().flat_map(|field| items(&pod[field]));
        for container in containers.filter(writes) {
            let memory = &container["resources"]["limits"]["memory"];
            if !memory.is_null() && bytes(memory).is_none_or(|memory| memory < limits.iter().sum::<u64>() + PROGRAM) {
                problems.push(format!("{}: {limits:?} do not fit into {memory}", what(owner)));
            }
        }
    }
    problems
}

fn bytes(quantity: &Json) -> Option<u64> {
    let quantity = quantity.as_str()?;
    let (number, unit) = quantity.split_at(quantity.find("Mi").or_else(|| quantity.find("Gi"))?);
    Some(number.parse::<u64>().ok()? * if unit == "Mi" { MIB } else { 1024 * MIB })
}
