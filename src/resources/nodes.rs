//! How many nodes of each size are needed for all pods.

use super::{Moment, Needs};
use crate::kubernetes::nodes::{Node, nodes};

/// How many nodes of one size are needed.
pub struct Count {
    /// The name of the size.
    pub node: &'static str,
    /// The number; or the kind and name of the owner of a pod that fits on none.
    pub number: Result<usize, String>,
}

/// Counts the nodes of each size, the largest pods placed first, each on the first node with room.
pub(super) fn count(needs: &Needs, moment: Moment) -> Vec<Count> {
    nodes().iter().map(|node| Count { node: node.name, number: on(needs, moment, node) }).collect()
}

fn on(needs: &Needs, moment: Moment, node: &Node) -> Result<usize, String> {
    let share = |(cpu, memory): (f64, f64)| (cpu / node.cpu).max(memory / node.memory);
    let mut pods = Vec::new();
    for it in &needs.pods {
        let pod = (it.requests.or_none("cpu"), it.requests.or_none("memory"));
        let number = it.number(moment);
        if number > 0 && share(pod) > 1.0 {
            return Err(it.owner.clone());
        }
        pods.extend((0..number).map(|_| pod));
    }
    pods.sort_by(|one, other| share(*other).total_cmp(&share(*one)));
    let mut free: Vec<(f64, f64)> = Vec::new();
    for (cpu, memory) in pods {
        // Sums of fractions are inexact.
        let fits = |(free_cpu, free_memory): &&mut (f64, f64)| cpu <= *free_cpu + 1e-9 && memory <= *free_memory;
        match free.iter_mut().find(fits) {
            Some((free_cpu, free_memory)) => {
                *free_cpu -= cpu;
                *free_memory -= memory;
            }
            None => free.push((node.cpu - cpu, node.memory - memory)),
        }
    }
    Ok(free.len())
}
