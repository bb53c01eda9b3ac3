//! Questions about rows: columns, `COUNT`, `MAX`, `MIN` and `SUM` of one table, with `WHERE`, `ORDER BY` and `LIMIT`.

use std::cmp::Ordering;

use super::tokens::{Word, Words};
use super::{Refused, Rows, cell};
use crate::cluster::{Aggregate, State};
use crate::convert::Cell;

enum Item {
    All,
    Column(String),
    Constant(String, Cell),
    Count(Option<String>, bool),
    Extreme(String, Ordering),
    Sum(String),
}

impl State {
    /// `SELECT`, behind that word.
    pub(super) fn select(&mut self, words: &mut Words, current: &str) -> Result<Rows, Refused> {
        let mut items = vec![item(words)?];
        while words.symbol(',') {
            items.push(item(words)?);
        }
        if !words.take("from") {
            let (columns, row) =
                items.into_iter().map(constant).collect::<Result<(Vec<String>, Vec<Cell>), Refused>>()?;
            let (major, minor) = self.version;
            let told = |(name, value): (&String, Cell)| match name.to_ascii_lowercase().as_str() {
                "current_version" => cell(format!("{major}.{minor}.0-simulated")),
                _ => value,
            };
            let row = columns.iter().zip(row).map(told).collect();
            return Ok(Rows { columns, rows: vec![row] });
        }
        let (database, table) = words.table(current)?;
        let mut found = self.rows_of(&database, &table)?;
        narrow(words, &mut found)?;
        project(&items, found)
    }
}

/// The place of a column by its name.
fn place(columns: &[String], name: &str) -> Result<usize, Refused> {
    let place = columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    place.ok_or_else(|| Refused::of(format!("Column '{name}' cannot be resolved")))
}

/// `WHERE`, `ORDER BY` and `LIMIT`, up to the end.
pub(super) fn narrow(words: &mut Words, found: &mut Rows) -> Result<(), Refused> {
    if words.take("where") {
        loop {
            let column = place(&found.columns, &words.name()?)?;
            let matches = condition(words)?;
            found.rows.retain(|row| matches(&row[column]));
            if !words.take("and") {
                break;
            }
        }
    }
    if words.take_all(&["order", "by"]) {
        let mut orders = Vec::new();
        loop {
            let column = place(&found.columns, &words.name()?)?;
            orders.push((column, words.take("desc")));
            words.take("asc");
            if !words.symbol(',') {
                break;
            }
        }
        found.rows.sort_by(|one, other| {
            let by = |(column, down): &(usize, bool)| {
                let order = compare(&one[*column], &other[*column]);
                if *down { order.reverse() } else { order }
            };
            orders.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
    }
    if words.take("limit")
        && let Some(Word::Number(digits)) = words.next()
    {
        found.rows.truncate(digits.parse().unwrap_or(usize::MAX));
    }
    if !words.is_empty() {
        return Err(words.unexpected("the end"));
    }
    Ok(())
}

fn project(items: &[Item], found: Rows) -> Result<Rows, Refused> {
    let summed = items.iter().any(|item| matches!(item, Item::Count(..) | Item::Extreme(..) | Item::Sum(_)));
    if !summed {
        let mut columns = Vec::new();
        for item in items {
            match item {
                Item::All => columns.extend(0..found.columns.len()),
                Item::Column(name) => columns.push(place(&found.columns, name)?),
                _ => return Err(Refused::of("a constant beside columns is not simulated")),
            }
        }
        let pick = |row: Vec<Cell>| columns.iter().map(|column| row[*column].clone()).collect();
        return Ok(Rows {
            columns: columns.iter().map(|column| found.columns[*column].clone()).collect(),
            rows: found.rows.into_iter().map(pick).collect(),
        });
    }
    let mut row = Vec::new();
    for item in items {
        let values = |name: &str| {
            place(&found.columns, name)
                .map(|column| found.rows.iter().filter_map(move |row| row[column].as_ref()))
        };
        row.push(match item {
            Item::Count(None, _) => cell(found.rows.len().to_string()),
            Item::Count(Some(name), distinct) => {
                let mut values: Vec<_> = values(name)?.collect();
                if *distinct {
                    values.sort();
                    values.dedup();
                }
                cell(values.len().to_string())
            }
            Item::Extreme(name, wanted) => {
                let best = values(name)?
                    .cloned()
                    .map(Some)
                    .reduce(|best, next| if compare(&next, &best) == *wanted { next } else { best });
                best.flatten()
            }
            Item::Sum(name) => {
                let all = values(name)?.cloned().map(Some);
                all.reduce(|sum, next| Aggregate::Sum.of(&sum, &next)).flatten()
            }
            _ => return Err(Refused::of("a column beside what counts rows is not simulated")),
        });
    }
    let columns = (0..row.len()).map(|number| format!("c{number}")).collect();
    Ok(Rows { columns, rows: vec![row] })
}

fn item(words: &mut Words) -> Result<Item, Refused> {
    if words.symbol('*') {
        return Ok(Item::All);
    }
    let item = match words.next() {
        Some(Word::Text(text) | Word::Number(text)) => Item::Constant(text.clone(), cell(text)),
        Some(Word::Name(name)) if words.symbol('(') => {
            let lower = name.to_ascii_lowercase();
            if lower == "count" && words.symbol('*') {
                words.want(')')?;
                Item::Count(None, false)
            } else if words.symbol(')') {
                // `VERSION()` and its like.
                Item::Constant(name, cell("8.0.33"))
            } else {
                let distinct = words.take("distinct");
                let column = words.name()?;
                words.want(')')?;
                match lower.as_str() {
                    "count" => Item::Count(Some(column), distinct),
                    "max" => Item::Extreme(column, Ordering::Greater),
                    "min" => Item::Extreme(column, Ordering::Less),
                    "sum" => Item::Sum(column),
                    _ => return Err(Refused::of(format!("the simulator does not know {name}()"))),
                }
            }
        }
        Some(Word::Name(name)) if name.starts_with("@@") => {
            let value = match name.to_ascii_lowercase().as_str() {
                "@@max_allowed_packet" => "33554432",
                "@@wait_timeout" => "28800",
                "@@version" => "8.0.33",
                _ => "",
            };
            Item::Constant(name.clone(), cell(value))
        }
        Some(Word::Name(name) | Word::Quoted(name)) => Item::Column(name),
        _ => return Err(words.unexpected("a column")),
    };
    if words.take("as") {
        words.name()?;
    }
    Ok(item)
}

fn constant(item: Item) -> Result<(String, Cell), Refused> {
    match item {
        Item::Constant(name, value) => Ok((name, value)),
        _ => Err(Refused::of("a question without a table has constants only")),
    }
}

/// Whether a cell is one that is asked for.
type Condition = Box<dyn Fn(&Cell) -> bool>;

/// What stands behind a column in `WHERE`.
fn condition(words: &mut Words) -> Result<Condition, Refused> {
    if words.take("is") {
        let wanted = words.take("not");
        if !words.take("null") {
            return Err(words.unexpected("NULL"));
        }
        return Ok(Box::new(move |cell| cell.is_some() == wanted));
    }
    if words.take("like") {
        let Some(Word::Text(pattern)) = words.next() else { return Err(words.unexpected("a pattern")) };
        let Some(prefix) = pattern.strip_suffix('%').map(str::to_owned) else {
            return Err(Refused::of("only patterns with a % at their end are simulated"));
        };
        return Ok(Box::new(move |cell| {
            cell.as_ref().is_some_and(|cell| cell.starts_with(prefix.as_bytes()))
        }));
    }
    let value = |words: &mut Words| match words.next() {
        Some(Word::Text(text) | Word::Number(text)) => Ok(text.into_bytes()),
        _ => Err(words.unexpected("a value")),
    };
    if words.take("in") {
        words.want('(')?;
        let mut values = vec![value(words)?];
        while words.symbol(',') {
            values.push(value(words)?);
        }
        words.want(')')?;
        return Ok(Box::new(move |cell| cell.as_ref().is_some_and(|cell| values.contains(cell))));
    }
    words.want('=')?;
    let wanted = value(words)?;
    Ok(Box::new(move |cell| cell.as_ref() == Some(&wanted)))
}

/// By number where both are, else by bytes; NULL first.
fn compare(one: &Cell, other: &Cell) -> Ordering {
    let number = |cell: &Cell| std::str::from_utf8(cell.as_ref()?).ok()?.parse::<i128>().ok();
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.cmp(other),
    }
}
