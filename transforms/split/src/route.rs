//! The routes of a batch: which rows can be routed, by which values, and where to.

use sluicegate_sdk::images::{self, Known, Rule};
use sluicegate_sdk::{Batch, Column, Failure, Rejects, kernels};

use crate::config::{Hash, Unmatched, Value};
use crate::gather::{NOWHERE, Routed};
use crate::keys::Keys;
use crate::lookup::Lookup;
use crate::method::{Method, Plan};
use crate::targets::Target;

/// Where the rows of a batch go.
#[derive(Debug)]
pub enum Routes {
    /// Every row to the target of its number in a column that stays in the host.
    Numbers(Column),
    /// As worked out here.
    Rows(Routed),
}

/// Routes rows. It keeps the bounds and lists in the type of the column that it saw last.
#[derive(Debug, Default)]
pub struct Router {
    lookup: Option<(String, Lookup)>,
}

impl Router {
    /// Answers a batch of no rows: whether rows like these could be routed.
    ///
    /// # Errors
    /// A column that is not there, bounds that are none of its type.
    pub fn ask(&mut self, plan: &Plan, batch: &Batch) -> Result<(), Failure> {
        if batch.fields().is_empty() {
            // The source cannot say what its rows will hold.
            return Ok(());
        }
        let columns = plan.by.iter().map(|name| batch.require(name));
        let columns: Vec<Column> = columns.collect::<Result<_, _>>()?;
        self.routes(plan, batch, &columns).map(|_| ())
    }

    /// The routes of the rows of a batch.
    ///
    /// # Errors
    /// The host's, and bounds that are none of the column's type.
    pub fn route(&mut self, plan: &Plan, batch: &Batch, targets: &[Target]) -> Result<Routes, Failure> {
        let columns: Option<Vec<Column>> = plan.by.iter().map(|name| batch.find(name)).collect();
        let Some(columns) = columns else { return Ok(Routes::Rows(lacking(plan, batch))) };
        let known = known(plan, batch, &columns)?;
        let mut routed = match (known, &plan.method) {
            (None, Method::Hash(hash)) if each_its_own(targets) => {
                return buckets(*hash, &columns, targets.len() as u32).map(Routes::Numbers);
            }
            (None, _) => Routed { routes: self.routes(plan, batch, &columns)?, ..Routed::default() },
            (Some(Known { rows, sources, rejects }), _) => {
                let columns = columns.iter().zip(&sources).map(|(column, rows)| kernels::take(column, rows));
                let columns: Vec<Column> = columns.collect::<Result<_, _>>()?;
                Routed { routes: self.routes(plan, batch, &columns)?, rows: Some(rows), rejects }
            }
        };
        if plan.unmatched == Unmatched::Reject && !matches!(plan.method, Method::Hash(_)) {
            reject_unmatched(plan, &mut routed);
        }
        Ok(Routes::Rows(routed))
    }

    fn routes(&mut self, plan: &Plan, batch: &Batch, columns: &[Column]) -> Result<Vec<u32>, Failure> {
        match (&plan.method, columns) {
            (Method::Hash(hash), columns) => by_hash(*hash, columns, plan.outputs.len() as u32),
            (Method::Ranges(_) | Method::Values(_), [column]) => {
                self.by_lookup(plan, batch, column).map_err(|failure| failure.in_column(&plan.by[0]))
            }
            // The plan allows one column for these, and copies are not routed.
            _ => Ok(vec![NOWHERE; batch.len() as usize]),
        }
    }

    fn by_lookup(&mut self, plan: &Plan, batch: &Batch, column: &Column) -> Result<Vec<u32>, Failure> {
        let data_type = column.data_type();
        if data_type == "utf8" && matches!(plan.method, Method::Ranges(_)) {
            refuse_untyped_numbers(batch, &plan.by[0])?;
        }
        if self.lookup.as_ref().is_none_or(|(known, _)| *known != data_type) {
            self.lookup = Some((data_type.clone(), lookup(&plan.method, &data_type)?));
        }
        let keys = keys(column, &data_type)?;
        let routes = self.lookup.as_ref().and_then(|(_, lookup)| lookup.routes(&keys));
        routes.ok_or_else(|| Failure::stop(format!("a {data_type} cannot be compared here")))
    }
}

/// Rows that lack a column altogether are partial images, each of them.
fn lacking(plan: &Plan, batch: &Batch) -> Routed {
    let name = plan.by.iter().find(|name| batch.find(name).is_none()).map_or("", String::as_str);
    let mut rejects = Rejects::new();
    for row in 0..batch.len() {
        rejects.add(row, format!("column {name}, by which rows are split, is missing in the row"));
    }
    Routed { rows: Some(Vec::new()), routes: Vec::new(), rejects }
}

/// Which rows can be routed and by which values; none: all by their own.
fn known(plan: &Plan, batch: &Batch, columns: &[Column]) -> Result<Option<Known>, Failure> {
    let primary_key = batch.primary_key();
    let inside_key = plan.by.iter().all(|name| primary_key.contains(name));
    let masks: Vec<Option<Vec<u8>>> = columns.iter().map(Column::missing).collect::<Result<_, _>>()?;
    if masks.iter().all(Option::is_none) && (inside_key || plan.assume_unchanged) {
        return Ok(None);
    }
    let masks: Vec<Option<&[u8]>> = masks.iter().map(Option::as_deref).collect();
    let rule = Rule { columns: &plan.by, inside_key, assume_unchanged: plan.assume_unchanged };
    Ok(images::resolve(&batch.kinds()?, &masks, rule))
}

/// Whether each output is one target, so that a row's number says its target.
fn each_its_own(targets: &[Target]) -> bool {
    (0..).zip(targets).all(|(place, target)| target.routes == [place])
}

fn by_hash(hash: Hash, columns: &[Column], outputs: u32) -> Result<Vec<u32>, Failure> {
    let numbers = buckets(hash, columns, outputs)?.numbers::<u64>()?;
    Ok(numbers.values().iter().map(|&number| number as u32).collect())
}

/// The number of each row's output, in the host.
fn buckets(hash: Hash, columns: &[Column], outputs: u32) -> Result<Column, Failure> {
    let columns: Vec<&Column> = columns.iter().collect();
    let options = [("buckets", &*outputs.to_string()), ("algorithm", hash.algorithm().name())];
    let made = kernels::compute("hash-bucket", &columns, &options)?;
    match made.failed.into_iter().next() {
        // Rows with a missing cell were told apart before.
        Some(failed) => Err(Failure::stop(format!("row {}: {}", failed.row, failed.reason))),
        None => Ok(made.column),
    }
}

fn reject_unmatched(plan: &Plan, routed: &mut Routed) {
    for (place, route) in routed.routes.iter().enumerate() {
        if *route == NOWHERE {
            let row = routed.rows.as_ref().map_or(place as u32, |rows| rows[place]);
            routed.rejects.add(row, format!("no output of split takes this value of column {}", plan.by[0]));
        }
    }
}

/// Bounds or values, cast to the column's type.
fn lookup(method: &Method, data_type: &str) -> Result<Lookup, Failure> {
    let wrong = |message: String| Failure::stop(message).with("code", "config");
    match method {
        Method::Ranges(ranges) => {
            let bounds = typed(&ranges.bounds, data_type)?;
            Lookup::ranges(bounds, ranges.open, ranges.other)
                .map_err(|error| wrong(format!("ranges: {error}")))
        }
        Method::Values(lists) => {
            let (nulls, values): (Vec<_>, Vec<_>) =
                lists.values.iter().cloned().partition(|(value, _)| value.0.is_none());
            let (values, routes): (Vec<Value>, Vec<u32>) = values.into_iter().unzip();
            let null = nulls.first().map(|(_, route)| *route);
            Lookup::values(typed(&values, data_type)?, &routes, null, lists.other)
                .map_err(|error| wrong(format!("values: {error}")))
        }
        Method::Hash(_) | Method::Copy => Err(Failure::stop("nothing to look up")),
    }
}

fn typed(values: &[Value], data_type: &str) -> Result<Keys, Failure> {
    let texts: Vec<Option<String>> = values.iter().map(|value| value.0.clone()).collect();
    let cast = kernels::cast(&Column::of_text(&texts)?, data_type, &[])?;
    if let Some(failed) = cast.failed.first() {
        let message = format!("the column is {data_type}: {}", failed.reason);
        return Err(Failure::stop(message).with("code", "config"));
    }
    keys(&cast.column, data_type)
}

fn keys(column: &Column, data_type: &str) -> Result<Keys, Failure> {
    let decimal = data_type.starts_with("decimal");
    Keys::of(column.len() as usize, column.cells(), decimal)
        .ok_or_else(|| Failure::stop(format!("a {data_type} cannot be compared")))
}

/// The digits of numbers without a type are text here: "9" would be above "10".
fn refuse_untyped_numbers(batch: &Batch, name: &str) -> Result<(), Failure> {
    let place = batch.fields().iter().position(|field| field.name == name);
    let properties = place.map(|place| batch.field_properties(place as u32)).unwrap_or_default();
    if properties.iter().any(|(key, value)| key == "json" && value == "number") {
        return Err(Failure::stop(
            "its numbers have no type, so they have no order: cast it with schema-map before",
        ));
    }
    Ok(())
}
