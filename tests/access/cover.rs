//! Covers a set of points with few boxes: a list of values for each axis, which means every combination of them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// One combination: the number of a value on each axis.
pub type Point = Vec<usize>;

/// The values of each axis.
pub type Cells = Vec<BTreeSet<usize>>;

/// Boxes that contain all of these points, each once if `once`, and no other point of `universe`. Points outside
/// `universe` do not matter.
pub fn cover(points: &BTreeSet<Point>, universe: &BTreeSet<Point>, once: bool) -> Vec<Cells> {
    let axes = points.first().map_or(0, Vec::len);
    let free = |axis: &usize| {
        // Along this axis it is all or nothing, so that it need not be looked at.
        let all = values(universe, *axis);
        let along = |point: &Point| all.iter().map(|value| with(point, *axis, *value)).collect::<Vec<_>>();
        points.iter().all(|point| along(point).iter().all(|other| points.contains(other) || !universe.contains(other)))
    };
    let bound: Vec<usize> = (0..axes).filter(|axis| !free(axis)).collect();
    let of = |point: &Point| bound.iter().map(|axis| point[*axis]).collect::<Point>();
    let others: BTreeSet<Point> = universe.difference(points).map(of).collect();
    let mut left: BTreeSet<Point> = points.iter().map(of).collect();
    let mut taken = others;
    let mut boxes = Vec::new();
    while !left.is_empty() {
        let all: Vec<BTreeSet<usize>> = bound.iter().map(|axis| values(universe, *axis)).collect();
        let candidates = left.iter().map(|seed| widened(seed, &all, &taken));
        let best = candidates.max_by_key(|cells| {
            let sizes: Vec<usize> = cells.iter().map(BTreeSet::len).collect();
            (inside(cells).iter().filter(|point| left.contains(*point)).count(), Reverse(sizes))
        });
        let best = best.unwrap();
        for point in inside(&best) {
            left.remove(&point);
            if once {
                taken.insert(point);
            }
        }
        boxes.push(best);
    }
    let whole = |cells: Cells| {
        let mut all: Cells = (0..axes).map(|axis| values(universe, axis)).collect();
        for (axis, values) in bound.iter().zip(cells) {
            all[*axis] = values;
        }
        all
    };
    let mut boxes: Vec<Cells> = boxes.into_iter().map(whole).collect();
    boxes.sort();
    boxes
}

/// The widest box around a point without a taken point; widened from the last axis to the first.
fn widened(seed: &Point, all: &[BTreeSet<usize>], taken: &BTreeSet<Point>) -> Cells {
    let mut cells: Cells = seed.iter().map(|value| BTreeSet::from([*value])).collect();
    for axis in (0..cells.len()).rev() {
        for value in &all[axis] {
            let mut added = cells.clone();
            added[axis] = BTreeSet::from([*value]);
            if inside(&added).iter().all(|point| !taken.contains(point)) {
                cells[axis].insert(*value);
            }
        }
    }
    cells
}

fn values(points: &BTreeSet<Point>, axis: usize) -> BTreeSet<usize> {
    points.iter().map(|point| point[axis]).collect()
}

fn with(point: &Point, axis: usize, value: usize) -> Point {
    let mut point = point.clone();
    point[axis] = value;
    point
}

/// The values of a box on one axis that occur in `universe` with the rest of the box, and whether no others do.
pub fn shown(cells: &Cells, axis: usize, universe: &BTreeSet<Point>) -> (bool, BTreeSet<usize>) {
    let beside = |point: &&Point| (0..cells.len()).all(|at| at == axis || cells[at].contains(&point[at]));
    let there: BTreeSet<usize> = universe.iter().filter(beside).map(|point| point[axis]).collect();
    let inside: BTreeSet<usize> = there.intersection(&cells[axis]).copied().collect();
    (inside == there, inside)
}

/// The points of a box.
fn inside(cells: &Cells) -> Vec<Point> {
    let mut points = vec![Vec::new()];
    for values in cells {
        points = points
            .iter()
            .flat_map(|point: &Point| values.iter().map(|value| [point.as_slice(), &[*value]].concat()))
            .collect();
    }
    points
}

#[test]
fn boxes_hold_each_point_once_and_no_other() {
    let all: Cells = vec![[0, 1, 2].into(), [0, 1].into(), [0, 1].into(), [0, 1].into()];
    let universe: BTreeSet<Point> = inside(&all).into_iter().filter(|point| point[0] < 2 || point[1] == 1).collect();
    assert_eq!(cover(&universe, &universe, true), [all]);
    let mut some = universe.clone();
    some.retain(|point| point[2] == 0 || point[3] == 1);
    for once in [true, false] {
        let boxes = cover(&some, &universe, once);
        let points: Vec<Point> = boxes.iter().flat_map(inside).filter(|point| universe.contains(point)).collect();
        assert_eq!((boxes.len(), points.len() == some.len()), (2, once));
        assert_eq!(points.into_iter().collect::<BTreeSet<_>>(), some);
    }
}
