//! Lists, maps and structs: from their children, and back.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray};
use arrow_schema::{DataType, Field, Fields};
use sluicegate_model::Column;

use crate::cells::{Cells, Values};
use crate::check;
use crate::shape::name_of;
use crate::write::{Masks, checked_offsets};

/// The children of a column: the item of a list, key and value of a map, the fields of a struct. They are cut to
/// what the column's offsets cover, from offset 0 on. Other types have none.
pub fn children(column: &Column) -> Vec<Column> {
    let array = column.values();
    let covered = |offsets: &[i32], child: &ArrayRef| {
        let (first, last) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
        Column::new(child.slice(first, last - first))
    };
    match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            vec![covered(list.offsets(), list.values())]
        }
        DataType::Map(..) => {
            let map = array.as_map();
            [map.keys(), map.values()].into_iter().map(|child| covered(map.offsets(), child)).collect()
        }
        DataType::Struct(_) => {
            array.as_struct().columns().iter().map(|child| Column::new(Arc::clone(child))).collect()
        }
        _ => Vec::new(),
    }
}

/// A list, map or struct from its children.
///
/// # Errors
/// What does not fit.
pub fn column(
    data_type: &DataType,
    rows: u32,
    cells: Cells,
    children: Vec<Column>,
) -> Result<Column, String> {
    let rows = check::rows(rows)?;
    let masks = Masks::of(cells.validity, cells.presence, rows)?;
    let children: Vec<ArrayRef> = children.into_iter().map(|child| child.into_parts().0).collect();
    let array: ArrayRef = match (data_type, cells.values) {
        (DataType::List(item), Values::Offsets(offsets)) => {
            let [child] = expect(data_type, children)?;
            same_type("the item", item.data_type(), child.data_type())?;
            let offsets = checked_offsets(offsets, rows, child.len())?;
            let field = Arc::new(Field::new("item", child.data_type().clone(), true));
            Arc::new(ListArray::try_new(field, offsets, child, masks.validity).map_err(|e| e.to_string())?)
        }
        (DataType::Map(entries, _), Values::Offsets(offsets)) => {
            let [keys, values] = expect(data_type, children)?;
            let DataType::Struct(pair) = entries.data_type() else {
                return Err("a map holds pairs".to_owned());
            };
            same_type("the key", pair[0].data_type(), keys.data_type())?;
            same_type("the value", pair[1].data_type(), values.data_type())?;
            if keys.len() != values.len() {
                return Err(format!("a map has {} keys and {} values", keys.len(), values.len()));
            }
            if keys.null_count() > 0 {
                return Err("a key of a map is null".to_owned());
            }
            let offsets = checked_offsets(offsets, rows, keys.len())?;
            let pair = Fields::from(vec![
                Field::new("keys", keys.data_type().clone(), false),
                Field::new("values", values.data_type().clone(), true),
            ]);
            let pairs =
                StructArray::try_new(pair.clone(), vec![keys, values], None).map_err(|e| e.to_string())?;
            let field = Arc::new(Field::new("entries", DataType::Struct(pair), false));
            Arc::new(
                MapArray::try_new(field, offsets, pairs, masks.validity, false).map_err(|e| e.to_string())?,
            )
        }
        (DataType::Struct(fields), Values::Nothing) => {
            if children.len() != fields.len() {
                return Err(format!(
                    "a struct of {} fields was given {} columns",
                    fields.len(),
                    children.len()
                ));
            }
            let mut of_children = Vec::with_capacity(fields.len());
            for (field, child) in fields.iter().zip(&children) {
                same_type(&format!("field {:?}", field.name()), field.data_type(), child.data_type())?;
                if child.len() != rows {
                    return Err(format!(
                        "field {:?} has {} rows, the struct {rows}",
                        field.name(),
                        child.len()
                    ));
                }
                of_children.push(Field::new(field.name(), child.data_type().clone(), true));
            }
            let made = StructArray::try_new_with_length(of_children.into(), children, masks.validity, rows);
            Arc::new(made.map_err(|error| error.to_string())?)
        }
        (DataType::List(_) | DataType::Map(..), _) => {
            return Err(format!("{} is laid out as offsets", name_of(data_type)));
        }
        (DataType::Struct(_), _) => return Err("a struct is laid out as nothing".to_owned()),
        _ => return Err(format!("{} has no children: it is made by of", name_of(data_type))),
    };
    Ok(Column::with_presence(array, masks.presence))
}

fn expect<const N: usize>(data_type: &DataType, children: Vec<ArrayRef>) -> Result<[ArrayRef; N], String> {
    let given = children.len();
    children.try_into().map_err(|_| format!("{} has {N} children, {given} were given", name_of(data_type)))
}

/// Names of inner fields differ between writers of Arrow; what a type is called here says what it holds.
fn same_type(what: &str, declared: &DataType, found: &DataType) -> Result<(), String> {
    let (declared, found) = (name_of(declared), name_of(found));
    if declared == found { Ok(()) } else { Err(format!("{what} is {found}, the type says {declared}")) }
}
