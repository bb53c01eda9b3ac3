//! Routes turned into the rows of each output.

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

/// The rows of one output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gathered {
    /// None.
    Nothing,
    /// All of the batch.
    Everything,
    /// These, ascending.
    Rows(Vec<u32>),
}

/// The rows of each target. A row keeps its place before those that come after it.
pub fn gather(routed: &Routed, targets: &[Target]) -> Vec<Gathered> {
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

    let mut counts = vec![0_usize; targets.len() + 1];
    for &route in &routed.routes {
        counts[of(route)] += 1;
    }
    if routed.rows.is_none() {
        if let Some(all) = counts[..nowhere].iter().position(|&count| count == routed.routes.len()) {
            let everything = |place| if place == all { Gathered::Everything } else { Gathered::Nothing };
            return (0..targets.len()).map(everything).collect();
        }
    }
    // One run of memory for all outputs: each has its part, filled from its start.
    let mut next = Vec::with_capacity(counts.len());
    let mut start = 0;
    for &count in &counts {
        next.push(start);
        start += count;
    }
    let mut gathered = vec![0_u32; start];
    let mut put = |row: u32, route: u32| {
        let place = &mut next[of(route)];
        gathered[*place] = row;
        *place += 1;
    };
    match &routed.rows {
        None => (0..).zip(&routed.routes).for_each(|(row, &route)| put(row, route)),
        Some(rows) => rows.iter().zip(&routed.routes).for_each(|(&row, &route)| put(row, route)),
    }
    let mut rest = &gathered[..];
    let parts = counts[..nowhere].iter().map(|&count| {
        let (part, after) = rest.split_at(count);
        rest = after;
        if part.is_empty() { Gathered::Nothing } else { Gathered::Rows(part.to_vec()) }
    });
    parts.collect()
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
        assert_eq!(gather(&routed, &targets(&[&[0], &[1]])), [Gathered::Nothing, Gathered::Everything]);
    }

    #[test]
    fn a_part_of_the_rows_is_never_everything() {
        let routed = Routed { rows: Some(vec![2, 5]), routes: vec![0, 0], ..Routed::default() };
        assert_eq!(gather(&routed, &targets(&[&[0]])), [Gathered::Rows(vec![2, 5])]);
    }

    #[test]
    fn shared_routes_and_nowhere() {
        let routed = Routed { routes: vec![0, 1, NOWHERE, 2, 0], ..Routed::default() };
        let gathered = gather(&routed, &targets(&[&[0, 2], &[1]]));
        assert_eq!(gathered, [Gathered::Rows(vec![0, 3, 4]), Gathered::Rows(vec![1])]);
    }

    proptest! {
        #[test]
        fn each_row_is_where_its_route_leads(routes in proptest::collection::vec(0u32..5, 0..100)) {
            let targets = targets(&[&[3], &[0, 2], &[1]]);
            let routed = Routed { routes: routes.clone(), ..Routed::default() };
            for (target, gathered) in targets.iter().zip(gather(&routed, &targets)) {
                let rows = match gathered {
                    Gathered::Nothing => Vec::new(),
                    Gathered::Everything => (0..routes.len() as u32).collect(),
                    Gathered::Rows(rows) => rows,
                };
                let expected: Vec<u32> = (0..routes.len() as u32)
                    .filter(|&row| target.routes.contains(&routes[row as usize]))
                    .collect();
                prop_assert_eq!(rows, expected);
            }
        }
    }
}
