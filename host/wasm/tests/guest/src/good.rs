//! What transforms do.

use crate::*;

type Answer = Result<Outcome, Failure>;

/// Runs an operation of this module; `None` for another's.
pub fn run(op: &str, config: &Config, input: &Batch) -> Option<Answer> {
    Some(match op {
        "identity" => Ok(one(Output::new(input))),
        "drop-all" => Ok(Outcome { outputs: Vec::new(), rejects: Vec::new() }),
        "mask" => mask(config, input),
        "cast" => cast(config, input),
        "compute" => compute(config, input),
        "split" => split(config, input),
        "take" => take(config, input),
        "seal" | "open" | "mac" | "digest" => crypt(op, config, input),
        "rename" => rename(config, input),
        "reorder" => reorder(config, input),
        "reverse" => rows(input, (0..input.len()).rev().collect()),
        "first-half" => rows(input, (0..input.len() / 2).collect()),
        "repeat" => rows(input, vec![0; config.number("times") as usize]),
        "pick" => rows(input, config.texts("rows").iter().map(|row| row.parse().unwrap()).collect()),
        "aligned" => aligned(input),
        "constant" => constant(config, input),
        "own-key" => {
            let output = Output::new(input);
            output.set_primary_key(&config.texts("key"));
            Ok(one(output))
        }
        "kind" => kind(config, input),
        "meta" => meta(input),
        "reject-row" => {
            let row = config.number("row") as u32;
            let reject = Reject { row, reason: "said so".to_owned() };
            Ok(Outcome { outputs: vec![Output::new(input), Output::new(input)], rejects: vec![reject] })
        }
        "say" => Err(stop(say(config, input))),
        "fail" => Err(failing(config)),
        "log" => {
            for line in 0..config.number("lines") {
                log::write(log::Level::Info, &format!("line {line}\nof the guest"));
            }
            Ok(one(Output::new(input)))
        }
        _ => return None,
    })
}

fn column(config: &Config, input: &Batch) -> Result<(String, Column), Failure> {
    let name = config.text("column").to_owned();
    let column = input.find(&name).ok_or_else(|| stop(format!("there is no column {name}")))?;
    Ok((name, column))
}

/// All but the first letter as stars, in the guest's own memory.
fn mask(config: &Config, input: &Batch) -> Answer {
    let (name, column) = column(config, input)?;
    let mut cells = column.read(0, u32::MAX);
    let Values::Variable(text) = &mut cells.values else { return Err(stop("no text")) };
    for row in 0..text.offsets.len() - 1 {
        let (start, end) = (text.offsets[row] as usize, text.offsets[row + 1] as usize);
        for byte in text.data[start..end].iter_mut().skip(1) {
            *byte = b'*';
        }
    }
    // The host takes presence from the field that is replaced.
    cells.presence = None;
    let masked = Column::of("utf8", input.len(), &cells)?;
    let output = Output::new(input);
    output.put(&name, &masked, Alignment::Input);
    Ok(one(output))
}

fn cast(config: &Config, input: &Batch) -> Answer {
    let (name, column) = column(config, input)?;
    let checked = kernels::cast(&column, config.text("to"), &config.pairs("options"))?;
    let output = Output::new(input);
    output.put(&name, &checked.column, Alignment::Input);
    Ok(Outcome { outputs: vec![output], rejects: checked.failed })
}

fn compute(config: &Config, input: &Batch) -> Answer {
    let columns: Vec<Column> = config.texts("columns").iter().filter_map(|name| input.find(name)).collect();
    let columns: Vec<&Column> = columns.iter().collect();
    let checked = kernels::compute(config.text("function"), &columns, &config.pairs("options"))?;
    let output = Output::new(input);
    output.put(config.text("as"), &checked.column, Alignment::Input);
    Ok(Outcome { outputs: vec![output], rejects: checked.failed })
}

fn split(config: &Config, input: &Batch) -> Answer {
    let (_, column) = column(config, input)?;
    let into = config.number("into") as u32;
    let hashes = kernels::hash(&[&column], config.text("hash"))?;
    let Values::Uint64s(hashes) = hashes.read(0, u32::MAX).values else { return Err(stop("no hashes")) };
    let mut rows = vec![Vec::new(); into as usize];
    for (row, hash) in hashes.iter().enumerate() {
        rows[(hash % u64::from(into)) as usize].push(row as u32);
    }
    let outputs = rows.iter().enumerate().map(|(place, rows)| {
        let output = Output::new(input);
        output.set_table(&format!("{}-{place}", input.table()));
        output.set_rows(rows);
        output
    });
    Ok(Outcome { outputs: outputs.collect(), rejects: Vec::new() })
}

fn take(config: &Config, input: &Batch) -> Answer {
    let (name, column) = column(config, input)?;
    let rows: Vec<u32> = (0..input.len()).rev().collect();
    let taken = kernels::take(&column, &rows)?;
    let output = Output::new(input);
    output.put(&name, &taken, Alignment::Input);
    Ok(one(output))
}

fn crypt(op: &str, config: &Config, input: &Batch) -> Answer {
    let (name, column) = column(config, input)?;
    let key = config.text("key");
    let context = config.text("context");
    let bound: Vec<Column> = config.texts("bound").iter().filter_map(|name| input.find(name)).collect();
    let bound: Vec<&Column> = bound.iter().collect();
    let output = Output::new(input);
    let mut rejects = Vec::new();
    let made = match op {
        "seal" => crypto::seal(&column, key, context, &bound)?,
        "open" => {
            let checked = crypto::open(&column, key, context, &bound)?;
            rejects = checked.failed;
            checked.column
        }
        "mac" => crypto::mac(&column, key)?,
        _ => crypto::digest(&column)?,
    };
    output.put(&name, &made, Alignment::Input);
    Ok(Outcome { outputs: vec![output], rejects })
}

fn rename(config: &Config, input: &Batch) -> Answer {
    let output = Output::new(input);
    let done = output.rename(config.text("column"), config.text("to"));
    let removed = output.remove("no such field");
    if !done || removed {
        return Err(stop(format!("rename {done}, remove {removed}")));
    }
    Ok(one(output))
}

/// The first field goes to the end, by its handle.
fn reorder(config: &Config, input: &Batch) -> Answer {
    let (name, column) = column(config, input)?;
    let output = Output::new(input);
    output.remove(&name);
    output.put(&name, &column, Alignment::Input);
    Ok(one(output))
}

fn rows(input: &Batch, rows: Vec<u32>) -> Answer {
    let output = Output::new(input);
    output.set_rows(&rows);
    Ok(one(output))
}

/// Every second row, with a column aligned to the output.
fn aligned(input: &Batch) -> Answer {
    let rows: Vec<u32> = (0..input.len()).step_by(2).collect();
    let places: Vec<u32> = (0..rows.len() as u32).collect();
    let count = places.len() as u32;
    let cells = Cells { validity: None, presence: None, values: Values::Uint32s(places) };
    let output = Output::new(input);
    output.set_rows(&rows);
    output.put("place", &Column::of("uint32", count, &cells)?, Alignment::Output);
    Ok(one(output))
}

fn constant(config: &Config, input: &Batch) -> Answer {
    let cells = vec![Some(config.text("value").to_owned()); input.len() as usize];
    let output = Output::new(input);
    output.put(config.text("column"), &Column::of_text(&cells)?, Alignment::Input);
    Ok(one(output))
}

fn kind(config: &Config, input: &Batch) -> Answer {
    let kinds = vec![config.number("kind") as u8; input.len() as usize];
    let cells = Cells { validity: None, presence: None, values: Values::Uint8s(kinds) };
    let output = Output::new(input);
    output.set_meta("kind", &Column::of("uint8", input.len(), &cells)?, Alignment::Input);
    Ok(one(output))
}

/// Kind and key as fields; a partition for each row, and no event time left.
fn meta(input: &Batch) -> Answer {
    let output = Output::new(input);
    let kind = input.meta("kind").expect("there is always a kind");
    output.put("kind", &kind, Alignment::Input);
    if let Some(key) = input.meta("key") {
        output.put("key", &key, Alignment::Input);
    }
    if input.meta("no such thing").is_some() {
        return Err(stop("a meta column of no such name"));
    }
    let cells =
        Cells { validity: None, presence: None, values: Values::Int32s(vec![7; input.len() as usize]) };
    output.set_meta("partition", &Column::of("int32", input.len(), &cells)?, Alignment::Input);
    Ok(one(output))
}

/// What the host says, as text.
fn say(config: &Config, input: &Batch) -> String {
    let list = |properties: Vec<(String, String)>| {
        properties.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";")
    };
    match config.text("what") {
        "about" => list(config.about.clone()),
        "functions" => kernels::functions().join(";"),
        "properties" => list(input.field_properties(config.number("field") as u32)),
        "key" => input.primary_key().join(";"),
        "table" => format!("{} {}", input.table(), input.len()),
        "fields" => list(input.fields().into_iter().map(|field| (field.name, field.data_type)).collect()),
        "column" => {
            let column = input.column(config.number("field") as u32);
            format!("{} {} {} {}", column.data_type(), column.len(), column.null_count(), column.size())
        }
        other => format!("what is {other}?"),
    }
}

fn failing(config: &Config) -> Failure {
    let kind = match config.text("kind") {
        "stop" => FailureKind::Stop,
        "retry" => FailureKind::Retry,
        _ => FailureKind::Reject,
    };
    let mut failure = fail(kind, "the guest said\nno");
    failure.properties = config.pairs("properties");
    failure
}
