//! Rows that come in whole.
//!
//! An update may say only what changed. As long as the row is in the target that is enough; a row that comes in has to
//! be whole: what its new image does not say, its old image does.

use sluicegate_sdk::cells::bit;
use sluicegate_sdk::{Alignment, Batch, Failure, Output, Rejects, kernels};

use crate::moves::Kept;

/// Fills the missing cells of rows that come in from their images before the update. A row of which neither image says
/// a column is rejected.
///
/// # Errors
/// The host's.
pub fn complete(batch: &Batch, output: &Output, kept: &Kept, rejects: &mut Rejects) -> Result<(), Failure> {
    if kept.entering.is_empty() {
        return Ok(());
    }
    for (place, field) in batch.fields().iter().enumerate() {
        let column = batch.column(place as u32);
        let Some(missing) = column.missing()? else { continue };
        let mut sources = Vec::new();
        for &entering in &kept.entering {
            let row = kept.rows[entering];
            if !bit(&missing, row as usize) {
                continue;
            }
            if bit(&missing, row as usize - 1) {
                rejects.add(row, unknown(&field.name));
            } else {
                if sources.is_empty() {
                    sources.clone_from(&kept.rows);
                }
                sources[entering] = row - 1;
            }
        }
        if !sources.is_empty() {
            output.put(&field.name, &kernels::take(&column, &sources)?, Alignment::Output);
        }
    }
    Ok(())
}

fn unknown(column: &str) -> String {
    format!(
        "the update brings the row in, and column {column} is missing before and after it: the target would get a part \
         of a row; let the source log full rows"
    )
}
