//! What a guest must not get away with.

use crate::*;

pub fn run(op: &str, config: &Config, input: &Batch, kept: &mut Kept) -> Result<Outcome, Failure> {
    let output = Output::new(input);
    let rows = input.len();
    let no_masks = |values| Cells { validity: None, presence: None, values };
    let text = |offsets: &[u32], data: &[u8]| {
        no_masks(Values::Variable(Variable { offsets: offsets.to_vec(), data: data.to_vec() }))
    };
    let numbers = |count: usize| no_masks(Values::Int32s(vec![7; count]));
    match op {
        "trap-on-value" => {
            let column = input.find(config.text("column")).unwrap();
            let cells = column.read_text(0, u32::MAX)?;
            let bad = cells.iter().flatten().find(|cell| *cell == config.text("value"));
            if let Some(bad) = bad {
                panic!("cannot stand {bad:?}");
            }
        }
        "spin" => {
            let mut x = 1u64;
            loop {
                x = std::hint::black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
                if x == 0 {
                    break;
                }
            }
        }
        "spin-in-host" => loop {
            std::hint::black_box(input.fields());
        },
        "recurse" => {
            fn deeper(n: u64) -> u64 {
                let room = std::hint::black_box([n; 64]);
                if n == u64::MAX { 0 } else { deeper(n + 1) + room[(n % 64) as usize] }
            }
            std::hint::black_box(deeper(0));
        }
        "grow" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(std::hint::black_box(vec![1u8; 1 << 20]));
            }
        }
        // Memory that is never given back, a megabyte a call.
        "leak" => std::mem::forget(std::hint::black_box(vec![1u8; 1 << 20])),
        "leak-handles" => {
            for _ in 0..config.number("handles") {
                std::mem::forget(input.column(0));
            }
        }
        "many-handles" => {
            let held: Vec<Column> = (0..config.number("handles")).map(|_| input.column(0)).collect();
            std::hint::black_box(held.len());
        }
        "keep-handle" => {
            if let Some(column) = kept.columns.first() {
                std::hint::black_box(column.len());
            }
            kept.columns.push(input.column(0));
        }
        // Drops a handle of the last call in this one: it must not hit what is made now.
        "late-drop" => {
            let held: Vec<Column> = (0..4).map(|_| input.column(0)).collect();
            kept.columns.clear();
            if held.iter().any(|column| column.len() != rows) {
                return Err(stop("a late drop took another's column"));
            }
            kept.columns = held;
        }
        "keep-from-init" => {
            let kept = kept.columns[0].read_text(0, 1)?;
            output.set_table(kept[0].as_deref().unwrap_or("gone"));
        }
        "calls" => output.set_table(&format!("call {}", kept.calls)),
        "finish-twice" => {
            let builder = ColumnBuilder::new("int32");
            builder.finish()?;
            builder.finish()?;
        }
        // Columns that are none.
        "short-offsets" => drop(Column::of("utf8", rows, &text(&[0], b""))?),
        "falling-offsets" => drop(Column::of("utf8", 2, &text(&[0, 3, 1], b"abc"))?),
        "far-offsets" => drop(Column::of("utf8", 1, &text(&[0, 99], b"abc"))?),
        "late-offsets" => drop(Column::of("utf8", 1, &text(&[1, 2], b"abc"))?),
        "no-utf8" => drop(Column::of("utf8", 1, &text(&[0, 2], b"\xff\xfe"))?),
        "split-utf8" => drop(Column::of("utf8", 2, &text(&[0, 1, 2], "ß".as_bytes()))?),
        "few-values" => drop(Column::of("int32", 5, &numbers(4))?),
        "many-rows" => drop(Column::of("null", u32::MAX, &no_masks(Values::Nothing))?),
        "other-layout" => drop(Column::of("int64", 4, &numbers(4))?),
        "no-type" => drop(Column::of("integr", 4, &numbers(4))?),
        "builder-no-type" => ColumnBuilder::new("integr").append(4, &numbers(4))?,
        "short-validity" => {
            let cells = Cells { validity: Some(vec![1]), ..numbers(20) };
            drop(Column::of("int32", 20, &cells)?);
        }
        "short-presence" => {
            let cells = Cells { presence: Some(vec![1, 2, 3, 4]), ..numbers(20) };
            drop(Column::of("int32", 20, &cells)?);
        }
        "short-buffers" => {
            let buffers = Buffers { validity: vec![], presence: vec![], offsets: vec![0; 6], data: vec![] };
            drop(Column::of_buffers("utf8", 1, &buffers)?);
        }
        "struct-without-children" => {
            drop(Column::of_children("struct(a:int32)", 1, &no_masks(Values::Nothing), &[])?);
        }
        "list-of-other-type" => {
            let child = Column::of("int32", 1, &numbers(1))?;
            let cells = no_masks(Values::Offsets(vec![0, 1]));
            drop(Column::of_children("list(utf8)", 1, &cells, &[&child])?);
        }
        // Outputs that are none.
        "far-row" => output.set_rows(&[rows]),
        "far-reject" => {
            let reject = Reject { row: rows + 3, reason: String::new() };
            return Ok(Outcome { outputs: vec![output], rejects: vec![reject] });
        }
        "far-field" => drop(input.column(99)),
        "far-properties" => drop(input.field_properties(99)),
        "short-put" => output.put("x", &Column::of("int32", 1, &numbers(1))?, Alignment::Input),
        "short-put-output" => output.put("x", &Column::of("int32", 1, &numbers(1))?, Alignment::Output),
        "duplicate" => {
            output.rename(config.text("column"), config.text("to"));
        }
        "nul-name" => output.set_table("a\0b"),
        "long-name" => output.set_table(&"x".repeat(2_000)),
        "no-name" => {
            output.rename(config.text("column"), "");
        }
        "unknown-key" => output.set_primary_key(&["nowhere".to_owned()]),
        "key-twice" => output.set_primary_key(&["id".to_owned(), "id".to_owned()]),
        "unknown-meta" => output.set_meta("ingest-time", &input.column(0), Alignment::Input),
        "meta-type" => output.set_meta("partition", &input.column(0), Alignment::Input),
        // Work out of all proportion.
        "big-take" => {
            let column = input.column(0);
            drop(kernels::take(&column, &vec![0; 900_000])?);
        }
        // One text, named 20,000 times: each would be a copy in the host.
        "one-text-often" => {
            let text = "x".repeat(1 << 20);
            let often: Vec<Option<String>> = (0..20_000)
                // SAFETY: the strings share one buffer, are only read, and are never dropped.
                .map(|_| {
                    Some(unsafe { String::from_raw_parts(text.as_ptr().cast_mut(), text.len(), text.len()) })
                })
                .collect();
            let often = std::mem::ManuallyDrop::new(often);
            drop(Column::of_text(&often)?);
        }
        "many-columns" => {
            let column = input.column(0);
            let columns: Vec<&Column> = vec![&column; 5_000];
            drop(kernels::compute("eq", &columns, &[])?);
        }
        "long-log" => {
            log::write(log::Level::Error, &"x\u{1b}[2J".repeat(100_000));
            panic!("after a long line");
        }
        other => return Err(stop(format!("there is no operation {other:?}"))),
    }
    Ok(one(output))
}
