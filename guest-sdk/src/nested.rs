//! Lists, maps and structs: reading their children, and building them.

use std::ops::Range;

use crate::builders::{Builder, Masks};
use crate::cells::{Cell, Cells, States, Values};
use crate::{Column, Failure};

/// Cells that are runs of a child's: of a list its items, of a map its pairs.
#[derive(Clone, Debug)]
pub struct Runs {
    states: States,
    offsets: Vec<u32>,
}

impl Runs {
    pub(crate) fn from_cells(cells: Cells) -> Option<Self> {
        let Values::Offsets(offsets) = cells.values else { return None };
        Some(Self { states: States::new(cells.validity, cells.presence), offsets })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of the child that a cell holds.
    ///
    /// # Panics
    /// Past the end.
    pub fn get(&self, row: usize) -> Cell<Range<usize>> {
        self.states.of(row).map(|()| self.offsets[row] as usize..self.offsets[row + 1] as usize)
    }

    /// The cells in order.
    pub fn iter(&self) -> impl Iterator<Item = Cell<Range<usize>>> {
        (0..self.len()).map(|row| self.get(row))
    }
}

/// A list column.
#[derive(Debug)]
pub struct Lists {
    /// Which items each cell holds.
    pub runs: Runs,
    /// The items of all cells, one behind the other.
    pub items: Column,
}

/// A map column.
#[derive(Debug)]
pub struct Maps {
    /// Which pairs each cell holds.
    pub runs: Runs,
    /// The keys of all pairs. They are never NULL.
    pub keys: Column,
    /// The values of all pairs.
    pub values: Column,
}

/// A struct column.
#[derive(Debug)]
pub struct Structs {
    /// Which cells are NULL or missing.
    pub states: States,
    /// Names and columns of the fields; each column is as long as the struct's.
    pub fields: Vec<(String, Column)>,
}

impl Structs {
    /// The column of a field.
    pub fn field(&self, name: &str) -> Option<&Column> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }
}

/// Names of the fields of a struct, out of the name of its type.
pub fn field_names(data_type: &str) -> Option<Vec<String>> {
    let mut rest = data_type.strip_prefix("struct(")?.strip_suffix(')')?;
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (name, after) = field_name(rest)?;
        names.push(name);
        let end = end_of_type(after);
        rest = after[end..].strip_prefix(',').unwrap_or_default();
    }
    Some(names)
}

/// A name, in double quotes or not, and what follows its colon.
fn field_name(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let (name, rest) = text.split_once(':')?;
        return Some((name.to_owned(), rest));
    };
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Some((name, after.strip_prefix(':')?)),
        }
    }
}

/// Where a type ends: at a comma outside of parentheses and quotes.
fn end_of_type(text: &str) -> usize {
    let (mut depth, mut quoted) = (0, false);
    for (place, mark) in text.char_indices() {
        match mark {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => return place,
            _ => {}
        }
    }
    text.len()
}

/// The name of a struct's type.
fn struct_type(fields: &[(&str, &Column)]) -> String {
    let plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let field = |(name, column): &(&str, &Column)| {
        let data_type = column.data_type();
        if plain(name) {
            format!("{name}:{data_type}")
        } else {
            format!("\"{}\":{data_type}", name.replace('"', "\"\""))
        }
    };
    format!("struct({})", fields.iter().map(field).collect::<Vec<_>>().join(","))
}

impl Column {
    /// The cells of a list column.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn lists(&self) -> Result<Lists, Failure> {
        let found = self.data_type();
        let mut children = self.children();
        match (found.starts_with("list("), Runs::from_cells(self.cells()), children.pop()) {
            (true, Some(runs), Some(items)) => Ok(Lists { runs, items }),
            _ => Err(crate::column::wrong_type(&found, "a list")),
        }
    }

    /// The cells of a map column.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn maps(&self) -> Result<Maps, Failure> {
        let children: Result<[Self; 2], _> = self.children().try_into();
        let found = self.data_type();
        match (found.starts_with("map("), children) {
            (true, Ok([keys, values])) => match Runs::from_cells(self.cells()) {
                Some(runs) => Ok(Maps { runs, keys, values }),
                None => Err(crate::column::wrong_type(&found, "a map")),
            },
            _ => Err(crate::column::wrong_type(&found, "a map")),
        }
    }

    /// The fields of a struct column.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn structs(&self) -> Result<Structs, Failure> {
        let found = self.data_type();
        let names = field_names(&found).ok_or_else(|| crate::column::wrong_type(&found, "a struct"))?;
        let cells = self.cells();
        let fields = names.into_iter().zip(self.children()).collect();
        Ok(Structs { states: States::new(cells.validity, cells.presence), fields })
    }

    /// A struct column of `rows` cells, none of them NULL, from names and columns of one length.
    ///
    /// # Errors
    /// The host's, where the columns are not of one length.
    pub fn of_fields(rows: u32, fields: &[(&str, &Self)]) -> Result<Self, Failure> {
        let cells = Cells { validity: None, presence: None, values: Values::Nothing };
        Self::of_struct(rows, cells, fields)
    }

    /// A struct column, of which `states` says what each cell is.
    ///
    /// # Errors
    /// As [`of_fields`](Self::of_fields).
    pub fn of_fields_in(
        states: impl IntoIterator<Item = Cell<()>>,
        fields: &[(&str, &Self)],
    ) -> Result<Self, Failure> {
        let mut masks = Masks::default();
        for cell in states {
            masks.push(&cell);
        }
        let (rows, cells) = masks.with(Values::Nothing);
        Self::of_struct(rows, cells, fields)
    }

    fn of_struct(rows: u32, cells: Cells, fields: &[(&str, &Self)]) -> Result<Self, Failure> {
        let children: Vec<&Self> = fields.iter().map(|(_, column)| *column).collect();
        Self::of_children(&struct_type(fields), rows, &cells, &children)
    }
}

/// A list column. Items go to [`items`](Self::items), then [`end`](Self::end) closes the cell.
#[derive(Clone, Debug)]
pub struct ListBuilder<B> {
    masks: Masks,
    offsets: Vec<u32>,
    items: B,
}

impl<B: Builder> ListBuilder<B> {
    /// Over a builder of the items.
    pub fn new(items: B) -> Self {
        Self { masks: Masks::default(), offsets: vec![0], items }
    }

    /// Where the items of the next cell go.
    pub fn items(&mut self) -> &mut B {
        &mut self.items
    }

    /// Ends a cell: it holds the items pushed since the one before.
    pub fn end(&mut self) {
        self.close(Cell::Value(()));
    }

    /// Adds a cell that is NULL or missing; items pushed since the last [`end`](Self::end) stay with no cell to read
    /// them.
    pub fn push_empty(&mut self, cell: Cell<()>) {
        self.close(cell);
    }

    fn close(&mut self, cell: Cell<()>) {
        self.masks.push(&cell);
        self.offsets.push(self.items.len() as u32);
    }
}

impl<B: Builder> Builder for ListBuilder<B> {
    fn len(&self) -> usize {
        self.masks.len()
    }

    fn finish(self) -> Result<Column, Failure> {
        let items = self.items.finish()?;
        let (rows, cells) = self.masks.with(Values::Offsets(self.offsets));
        Column::of_children(&format!("list({})", items.data_type()), rows, &cells, &[&items])
    }
}

/// A map column. Pairs go to [`keys`](Self::keys) and [`values`](Self::values), then [`end`](Self::end) closes the
/// cell.
#[derive(Clone, Debug)]
pub struct MapBuilder<K, V> {
    masks: Masks,
    offsets: Vec<u32>,
    keys: K,
    values: V,
}

impl<K: Builder, V: Builder> MapBuilder<K, V> {
    /// Over builders of keys and values.
    pub fn new(keys: K, values: V) -> Self {
        Self { masks: Masks::default(), offsets: vec![0], keys, values }
    }

    /// Where the keys of the next cell go; none may be NULL.
    pub fn keys(&mut self) -> &mut K {
        &mut self.keys
    }

    /// Where the values of the next cell go, one for each key.
    pub fn values(&mut self) -> &mut V {
        &mut self.values
    }

    /// Ends a cell: it holds the pairs pushed since the one before.
    pub fn end(&mut self) {
        self.close(Cell::Value(()));
    }

    /// Adds a cell that is NULL or missing.
    pub fn push_empty(&mut self, cell: Cell<()>) {
        self.close(cell);
    }

    fn close(&mut self, cell: Cell<()>) {
        self.masks.push(&cell);
        self.offsets.push(self.keys.len() as u32);
    }
}

impl<K: Builder, V: Builder> Builder for MapBuilder<K, V> {
    fn len(&self) -> usize {
        self.masks.len()
    }

    fn finish(self) -> Result<Column, Failure> {
        let (keys, values) = (self.keys.finish()?, self.values.finish()?);
        let (rows, cells) = self.masks.with(Values::Offsets(self.offsets));
        let data_type = format!("map({},{})", keys.data_type(), values.data_type());
        Column::of_children(&data_type, rows, &cells, &[&keys, &values])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{Int64Builder, TextBuilder};

    #[test]
    fn names_of_fields_are_found() {
        let names = |of: &str| field_names(of).unwrap();
        assert_eq!(names("struct()"), Vec::<String>::new());
        assert_eq!(names("struct(a:int32,b:list(decimal128(3,1)),c:struct(x:utf8,y:utf8))"), ["a", "b", "c"]);
        assert_eq!(names("struct(\"a \"\"b\"\", (c)\":map(utf8,binary),d:utf8)"), ["a \"b\", (c)", "d"]);
        assert_eq!(field_names("int32"), None);
    }

    #[test]
    fn lists_go_both_ways() {
        let mut builder = ListBuilder::new(TextBuilder::default());
        builder.items().push("a");
        builder.items().push("b");
        builder.end();
        builder.end();
        builder.push_empty(Cell::Missing);
        builder.items().push(None);
        builder.end();
        let column = builder.finish().unwrap();
        assert_eq!(column.data_type(), "list(utf8)");
        let lists = column.lists().unwrap();
        let runs: Vec<_> = lists.runs.iter().collect();
        assert_eq!(runs, [Cell::Value(0..2), Cell::Value(2..2), Cell::Missing, Cell::Value(2..3)]);
        assert_eq!(lists.items.text().unwrap().get(1), Cell::Value("b"));
        assert!(column.maps().is_err() && column.structs().is_err());
    }

    #[test]
    fn maps_go_both_ways() {
        let mut builder = MapBuilder::new(TextBuilder::default(), Int64Builder::default());
        builder.keys().push("x");
        builder.values().push(1);
        builder.end();
        builder.push_empty(Cell::Null);
        let column = builder.finish().unwrap();
        assert_eq!(column.data_type(), "map(utf8,int64)");
        let maps = column.maps().unwrap();
        assert_eq!(maps.runs.iter().collect::<Vec<_>>(), [Cell::Value(0..1), Cell::Null]);
        assert_eq!(maps.values.i64s().unwrap().get(0), Cell::Value(1));
        assert!(column.lists().is_err());
    }

    #[test]
    fn structs_go_both_ways() {
        let (names, ages) =
            (Column::texts(["Ann", "Bob"]).unwrap(), Column::numbers_of([31_i64, 27]).unwrap());
        let states = [Cell::Value(()), Cell::Null];
        let column = Column::of_fields_in(states, &[("full name", &names), ("age", &ages)]).unwrap();
        assert_eq!(column.data_type(), "struct(\"full name\":utf8,age:int64)");
        let structs = column.structs().unwrap();
        assert_eq!((structs.states.of(0), structs.states.of(1)), (Cell::Value(()), Cell::Null));
        assert_eq!(structs.field("age").unwrap().i64s().unwrap().get(0), Cell::Value(31));
        assert!(structs.field("name").is_none());
        assert!(Column::of_fields(3, &[("a", &names)]).is_err(), "a struct of another length");
    }
}
