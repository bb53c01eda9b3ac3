//! Routes turned into the rows of each output.

use std::ops::Range;

use sluicegate_sdk::Rejects;

use crate::targets::Target;

/// The route of a row that no output takes.
pub const NOWHERE: u32 = u32::MAX;

/// Where the rows of a batch go.
#[derive(Debug, Default)]
pub struct Routed {
    /// The rows that are routed, ascending; none: all of the batch.
    pub rows: Option<Vec<u32>>,
    /// The route of each.
    pub routes: Vec<u32>,
    /// Rows that are refused.
    pub rejects: Rejects,
}

/// The rows of each output, in one run of memory.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    lists: Vec<u32>,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Everything,
    List(Range<usize>),
}

/// The rows of one output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows<'a> {
    /// None.
    Nothing,
    /// All of the batch.
    Everything,
    /// These, ascending.
    These(&'a [u32]),
}

impl Gathered {
    /// The rows of each target, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Rows<'_>> {
        self.parts.iter().map(|part| match part {
            Part::Everything => Rows::Everything,
            Part::List(range) if range.is_empty() => Rows::Nothing,
            Part::List(range) => Rows::These(&self.lists[range.clone()]),
        })
    }
}

/// Outputs that get room for all rows each: for 8,192 rows half a megabyte.
const FEW: usize = 15;

/// The rows of each target. A row keeps its place before those that come after it.
pub fn gather(routed: &Routed, targets: &[Target]) -> Gathered {
    // The place behind the last one takes what goes nowhere, so that the loops below have no branch.
    let nowhere = targets.len();
    let routes =
        targets.iter().flat_map(|target| &target.routes).max().map_or(0, |route| *route as usize + 1);
    let mut target_of = vec![nowhere as u32; routes + 1];
    for (place, target) in targets.iter().enumerate() {
        for &route in &target.routes {
            target_of[route as usize] = place as u32;
        }
    }
    let of = |route: u32| target_of[(route as usize).min(routes)] as usize;

    // Each output has its part of the memory, filled from its start. A few outputs get room for all rows each: to count
    // first would cost as much as to fill.
    let all = routed.routes.len();
    let mut starts = Vec::with_capacity(targets.len() + 2);
    if targets.len() <= FEW {
        starts.extend((0..=nowhere + 1).map(|place| place * all));
    } else {
        let mut counts = vec![0_usize; targets.len() + 1];
        for &route in &routed.routes {
            counts[of(route)] += 1;
        }
        starts.push(0);
        starts.extend(counts.iter().scan(0, |end, count| {
            *end += count;
            Some(*end)
        }));
    }
    let mut lists = vec![0_u32; starts.pop().unwrap_or(0)];
    let mut next = starts.clone();
    let mut put = |row: u32, route: u32| {
        let place = &mut next[of(route)];
        lists[*place] = row;
        *place += 1;
    };
    match &routed.rows {
        None => {
            for (row, &route) in (0..).zip(&routed.routes) {
                put(row, route);
            }
        }
        Some(rows) => {
            for (&row, &route) in rows.iter().zip(&routed.routes) {
                put(row, route);
            }
        }
    }
    let part = |(start, end): (usize, usize)| {
        let whole = routed.rows.is_none() && end - start == all;
        if whole { Part::Everything } else { Part::List(start..end) }
    };
    let parts = starts.into_iter().zip(next).take(nowhere).map(part).collect();
    Gathered { lists, parts }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Columns;

    fn targets(routes: &[&[u32]]) -> Vec<Target> {
        let target = |routes: &&[u32]| Target {
            table: None,
            partition: None,
            columns: Columns::default(),
            routes: routes.to_vec(),
        };
        routes.iter().map(target).collect()
    }

    #[test]
    fn one_output_for_all_needs_no_list() {
        let routed = Routed { routes: vec![1, 1], ..Routed::default() };
        let gathered = gather(&routed, &targets(&[&[0], &[1]]));
        assert_eq!(gathered.iter().collect::<Vec<_>>(), [Rows::Nothing, Rows::Everything]);
    }

    #[test]
    fn a_part_of_the_rows_is_never_everything() {
        let routed = Routed { rows: Some(vec![2, 5]), routes: vec![0, 0], ..Routed::default() };
        let gathered = gather(&routed, &targets(&[&[0]]));
        assert_eq!(gathered.iter().collect::<Vec<_>>(), [Rows::These(&[2, 5])]);
    }

    #[test]
    fn shared_routes_and_nowhere() {
        let routed = Routed { routes: vec![0, 1, NOWHERE, 2, 0], ..Routed::default() };
        let gathered = gather(&routed, &targets(&[&[0, 2], &[1]]));
        assert_eq!(gathered.iter().collect::<Vec<_>>(), [Rows::These(&[0, 3, 4]), Rows::These(&[1])]);
    }

    #[test]
    fn many_outputs_share_the_room_of_the_rows() {
        let routes: Vec<u32> = (0..200).map(|row| row * 7 % 20).collect();
        let single: Vec<[u32; 1]> = (0..20).map(|route| [route]).collect();
        let targets = targets(&single.iter().map(<[u32; 1]>::as_slice).collect::<Vec<_>>());
        assert!(targets.len() > FEW);
        let routed = Routed { routes: routes.clone(), ..Routed::default() };
        for (route, rows) in (0..).zip(gather(&routed, &targets).iter()) {
            let expected: Vec<u32> = (0..200).filter(|&row| routes[row as usize] == route).collect();
            assert_eq!(rows, Rows::These(&expected));
        }
    }

    proptest! {
        #[test]
        fn each_row_is_where_its_route_leads(routes in proptest::collection::vec(0u32..5, 0..100)) {
            let targets = targets(&[&[3], &[0, 2], &[1]]);
            let routed = Routed { routes: routes.clone(), ..Routed::default() };
            for (target, rows) in targets.iter().zip(gather(&routed, &targets).iter()) {
                let rows = match rows {
                    Rows::Nothing => Vec::new(),
                    Rows::Everything => (0..routes.len() as u32).collect(),
                    Rows::These(rows) => rows.to_vec(),
                };
                let expected: Vec<u32> = (0..routes.len() as u32)
                    .filter(|&row| target.routes.contains(&routes[row as usize]))
                    .collect();
                prop_assert_eq!(rows, expected);
            }
        }
    }
}
