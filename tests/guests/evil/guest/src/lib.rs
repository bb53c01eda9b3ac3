//! Misdeeds, a file each. `with: { do: spin, column: COUPON, mark: boom }`: a batch in which a cell of the column is
//! the mark meets the misdeed, every other one passes as it is. Without a mark every batch with rows meets it.

#[macro_use]
mod list;

use std::cell::RefCell;

use serde_json::Value;

wit_bindgen::generate!({ path: "../../../../guest-sdk/wit", world: "transform" });

pub use exports::sluicegate::transform::guest::{Description, Guest};
pub use sluicegate::transform::columns::*;
pub use sluicegate::transform::types::{Failure, FailureKind, Reject};
pub use sluicegate::transform::{crypto, kernels, log};

misdeeds! {
    answer_nothing,
    append_forever,
    burn_by_regex,
    burn_by_seal,
    control_name,
    deep_types,
    different_answer,
    duplicate_columns,
    empty_matches,
    fail_every_cell,
    falling_offsets,
    far_reject,
    fixed_width,
    flood_log,
    grow,
    half_a_pair,
    hoard_fields,
    hoard_outputs,
    hoard_rows,
    keep_handle,
    key_of_a_million,
    long_format,
    long_message,
    long_name,
    long_type,
    million_outputs,
    million_properties,
    million_rejects,
    no_utf8,
    nul_name,
    one_column_often,
    other_schema_each_time,
    panic,
    read_past_end,
    read_too_much,
    recurse,
    repeat_one_row,
    retry_forever,
    rows_without_end,
    seal_ungranted,
    separate_by_much,
    spin,
    spin_in_host,
    take_billions,
    terminal_escapes,
    twice_the_batch,
    wide_null,
    wrong_lengths,
}

/// What a misdeed is given.
pub struct Call<'a> {
    pub input: &'a Batch,
    pub with: &'a Value,
    pub kept: &'a mut Kept,
}

/// What lives from call to call.
#[derive(Default)]
pub struct Kept {
    with: Option<Value>,
    pub columns: Vec<Column>,
    pub calls: u64,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

impl Call<'_> {
    pub fn text(&self, name: &str) -> &str {
        self.with[name].as_str().unwrap_or_default()
    }

    /// The rows that are marked; all where there is no mark.
    pub fn marked(&self) -> Vec<u32> {
        let all = 0..self.input.len();
        let Some(mark) = self.with["mark"].as_str() else { return all.collect() };
        let Some(column) = self.input.find(self.text("column")) else { return Vec::new() };
        let cells = column.read_text(0, u32::MAX).unwrap_or_default();
        all.zip(cells).filter(|(_, cell)| cell.as_deref() == Some(mark)).map(|(row, _)| row).collect()
    }
}

/// The batch as it came.
pub fn unchanged(input: &Batch) -> Outcome {
    Outcome { outputs: vec![Output::new(input)], rejects: Vec::new() }
}

/// The output, and nothing refused.
pub fn one(output: Output) -> Result<Outcome, Failure> {
    Ok(Outcome { outputs: vec![output], rejects: Vec::new() })
}

pub fn fail(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into(), properties: Vec::new() }
}

/// Cells without masks.
pub fn cells(values: Values) -> Cells {
    Cells { validity: None, presence: None, values }
}

pub fn texts(offsets: &[u32], data: &[u8]) -> Cells {
    cells(Values::Variable(Variable { offsets: offsets.to_vec(), data: data.to_vec() }))
}

/// A text column of one text, so many times.
pub fn repeated(text: &str, rows: u32) -> Column {
    let length = text.len() as u32;
    let offsets: Vec<u32> = (0..=rows).map(|row| row * length).collect();
    Column::of("utf8", rows, &texts(&offsets, text.repeat(rows as usize).as_bytes())).unwrap()
}

/// One text named many times, for lists that are larger than the guest's memory.
///
/// It must never be dropped: all the strings share one buffer.
pub fn shared(text: &str, times: usize) -> std::mem::ManuallyDrop<Vec<String>> {
    let text = std::mem::ManuallyDrop::new(text.to_owned());
    // SAFETY: the strings are only read, live as long as the leaked buffer, and are never dropped.
    let string = || unsafe { String::from_raw_parts(text.as_ptr().cast_mut(), text.len(), text.len()) };
    std::mem::ManuallyDrop::new((0..times).map(|_| string()).collect())
}

struct Evil;

impl Guest for Evil {
    fn describe() -> Description {
        Description {
            name: "evil".to_owned(),
            version: "1.0.0".to_owned(),
            summary: "Does what no guest should.".to_owned(),
            config_schema: r#"{"type": "object"}"#.to_owned(),
            properties: Vec::new(),
        }
    }

    fn init(config: String, _: Vec<(String, String)>) -> Result<(), Failure> {
        std::panic::set_hook(Box::new(|panic| log::write(log::Level::Error, &panic.to_string())));
        let with: Value =
            serde_json::from_str(&config).map_err(|error| fail(FailureKind::Stop, error.to_string()))?;
        let misdeed = with["do"].as_str().unwrap_or_default();
        if !NAMES.contains(&misdeed) {
            return Err(fail(
                FailureKind::Stop,
                format!("there is no misdeed {misdeed:?}: {}", NAMES.join(", ")),
            ));
        }
        KEPT.with_borrow_mut(|kept| kept.with = Some(with));
        Ok(())
    }

    fn transform(input: Batch) -> Result<Outcome, Failure> {
        KEPT.with_borrow_mut(|kept| {
            kept.calls += 1;
            let with = kept.with.take().expect("init comes first");
            let misdeed = with["do"].as_str().unwrap_or_default().to_owned();
            let mut call = Call { input: &input, with: &with, kept };
            let outcome =
                if call.marked().is_empty() { Ok(unchanged(&input)) } else { run(&misdeed, &mut call) };
            kept.with = Some(with);
            outcome
        })
    }
}

export!(Evil);
