//! Sizes of nodes: the rows of `components/kubernetes/nodes.tsv`.

use super::quantity;
use crate::broken::Broken;
use crate::table::{NO_ROW, Table};
use std::sync::LazyLock;

/// A size of nodes.
#[derive(Debug)]
pub struct Node {
    /// Its name in texts for people.
    pub name: &'static str,
    /// The CPUs available to pods.
    pub cpu: f64,
    /// The bytes of memory available to pods.
    pub memory: f64,
}

const TABLE: &str = include_str!("../../components/kubernetes/nodes.tsv");

static NODES: LazyLock<Table<Node>> = LazyLock::new(|| {
    Table::read("kubernetes/nodes.tsv", TABLE, |row| {
        let size = |text: &str| quantity(text).ok_or_else(|| format!("{text:?} is not a quantity"));
        match *row {
            [name, cpu, memory, free_cpu, free_memory] => {
                let (cpu, memory) = (size(cpu)? - size(free_cpu)?, size(memory)? - size(free_memory)?);
                if cpu < 0.0 || memory < 0.0 {
                    return Err("more is free than there is".to_owned());
                }
                Ok(Node { name, cpu: size(free_cpu)?, memory: size(free_memory)? })
            }
            _ => Err(NO_ROW.to_owned()),
        }
    })
});

/// Checks the table.
pub(super) fn check() -> Result<(), Broken> {
    NODES.check()
}

/// All sizes, the smallest first.
#[must_use]
pub fn nodes() -> &'static [Node] {
    &NODES.rows
}
