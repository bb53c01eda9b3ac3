//! Every column read and made again, in each of the ways that there are. What comes out must equal what went in.

use crate::*;

pub fn run(op: &str, config: &Config, input: &Batch) -> Option<Result<Outcome, Failure>> {
    let way: fn(&Column) -> Result<Column, Failure> = match op {
        "rebuild" => whole,
        "rebuild-buffers" => buffers,
        "rebuild-pieces" => pieces,
        "rebuild-text" => text,
        _ => return None,
    };
    let only = config.texts("only");
    let rebuilt = || {
        let output = Output::new(input);
        for (place, field) in input.fields().iter().enumerate() {
            if only.is_empty() || only.contains(&field.name) {
                output.put(&field.name, &way(&input.column(place as u32))?, Alignment::Input);
            }
        }
        Ok(one(output))
    };
    Some(rebuilt())
}

fn nested(data_type: &str) -> bool {
    ["list(", "map(", "struct("].iter().any(|nested| data_type.starts_with(nested))
}

fn whole(column: &Column) -> Result<Column, Failure> {
    let data_type = column.data_type();
    let cells = column.read(0, column.len());
    if !nested(&data_type) {
        return Column::of(&data_type, column.len(), &cells);
    }
    let children: Vec<Column> = column.children().iter().map(whole).collect::<Result<_, _>>()?;
    let children: Vec<&Column> = children.iter().collect();
    Column::of_children(&data_type, column.len(), &cells, &children)
}

fn buffers(column: &Column) -> Result<Column, Failure> {
    let data_type = column.data_type();
    if nested(&data_type) {
        return whole(column);
    }
    Column::of_buffers(&data_type, column.len(), &column.read_buffers(0, column.len()))
}

/// Three cells at a time.
fn pieces(column: &Column) -> Result<Column, Failure> {
    let data_type = column.data_type();
    if nested(&data_type) {
        return whole(column);
    }
    let builder = ColumnBuilder::new(&data_type);
    let mut start = 0;
    while start < column.len() {
        let count = 3.min(column.len() - start);
        builder.append(count, &column.read(start, 3))?;
        start += count;
    }
    builder.finish()
}

fn text(column: &Column) -> Result<Column, Failure> {
    match column.data_type().as_str() {
        "utf8" => Column::of_text(&column.read_text(0, u32::MAX)?),
        _ => whole(column),
    }
}
