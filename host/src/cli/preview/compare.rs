//! Which column and which row of a step's output was which of its input.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{Field, Schema};
use sluicegate_model::{ChangeBatch, RowKind, field};

/// A batch whose fields say which place they have, for whoever keeps or renames them to carry on.
///
/// Guests do not see it. A column that a guest makes from nothing and puts under a new name has no such mark; one that
/// it puts over a field takes the field's.
pub(super) fn marked(batch: ChangeBatch) -> ChangeBatch {
    let fields = batch.schema().fields().iter().enumerate().map(|(place, field)| {
        let mut metadata = field.metadata().clone();
        metadata.insert(field::LINEAGE.to_owned(), place.to_string());
        field.as_ref().clone().with_metadata(metadata)
    });
    let fields: Vec<_> = fields.collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, batch.schema().metadata().clone()));
    let unmarked = batch.clone();
    let mut parts = batch.into_parts();
    parts.schema = schema;
    // Only metadata differs, which no check of a batch looks at; were one to, the batch would do as it was.
    parts.build().unwrap_or(unmarked)
}

/// For each field of an output, the field of the marked input that it was. Each is the origin of one at most.
pub(super) fn columns_before(input: &ChangeBatch, output: &ChangeBatch) -> Vec<Option<usize>> {
    let fields = output.schema().fields();
    let mut taken = vec![false; input.columns().len()];
    let mut take = |place: usize| taken.get_mut(place).is_some_and(|taken| !std::mem::replace(taken, true));
    let mark = |field: &Field| field.metadata().get(field::LINEAGE)?.parse::<usize>().ok();
    let mut before: Vec<Option<usize>> =
        fields.iter().map(|field| mark(field).filter(|place| take(*place))).collect();
    // A column that was taken away and made anew under its old name has no mark.
    for (field, before) in fields.iter().zip(&mut before).filter(|(_, before)| before.is_none()) {
        let same = input.schema().column_with_name(field.name()).map(|(place, _)| place);
        *before = same.filter(|place| take(*place));
    }
    before
}

/// The rows of an input by what names them in their source.
pub(super) struct RowsBefore<'a> {
    input: &'a ChangeBatch,
    rows: HashMap<(u64, Option<u32>), Vec<usize>>,
}

impl<'a> RowsBefore<'a> {
    pub(super) fn new(input: &'a ChangeBatch) -> Self {
        let mut rows: HashMap<_, Vec<usize>> = HashMap::new();
        for row in 0..input.len() {
            rows.entry(name(input, row)).or_default().push(row);
        }
        Self { input, rows }
    }

    /// The row that a row of an output was: of the two halves of an update the one of its kind.
    pub(super) fn of(&self, output: &ChangeBatch, row: usize) -> Option<usize> {
        let candidates = self.rows.get(&name(output, row))?;
        let removes = |kind: RowKind| matches!(kind, RowKind::UpdateBefore | RowKind::Delete);
        let kind = output.kind(row);
        let same = candidates.iter().find(|row| self.input.kind(**row) == kind);
        let alike = || candidates.iter().find(|row| removes(self.input.kind(**row)) == removes(kind));
        same.or_else(alike).or(candidates.first()).copied()
    }
}

/// What names a row in its lane.
fn name(batch: &ChangeBatch, row: usize) -> (u64, Option<u32>) {
    (batch.origin().ordinals[row], batch.origin().part(row))
}

#[cfg(test)]
pub(super) mod tests {
    use arrow_array::{ArrayRef, StringArray, UInt32Array};
    use arrow_schema::DataType;
    use sluicegate_model::{Column, Meta, Origin};

    use super::*;

    /// A batch of text columns, a record a row.
    pub(in super::super) fn batch(
        table: &str,
        kinds: &[u8],
        columns: &[(&str, &[Option<&str>])],
    ) -> ChangeBatch {
        let fields: Vec<Field> =
            columns.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, true)).collect();
        let columns = columns
            .iter()
            .map(|(_, cells)| Column::new(Arc::new(StringArray::from(cells.to_vec())) as ArrayRef));
        let ordinals: Vec<u64> = (0..kinds.len() as u64).map(|row| 10 + row).collect();
        ChangeBatch::new(
            table.into(),
            Arc::new(Schema::new(fields)),
            columns.collect(),
            kinds.to_vec().into(),
            Origin { lane: "t/0".into(), ordinals: ordinals.into(), parts: None },
            Arc::from([]),
            Meta::new(),
        )
        .unwrap()
    }

    #[test]
    fn a_column_is_followed_by_its_mark_and_by_its_name() {
        let input = marked(batch("t", &[0], &[("a", &[None]), ("b", &[None]), ("c", &[None])]));
        let mut parts = input.clone().into_parts();
        let field = |place: usize, name: &str| input.schema().field(place).clone().with_name(name);
        // `a` went on as `x`, `b` was made anew, `c` was removed, and `n` is new.
        parts.schema = Arc::new(Schema::new(vec![
            field(0, "x"),
            Field::new("b", DataType::Utf8, true),
            Field::new("n", DataType::Utf8, true),
        ]));
        let output = parts.build().unwrap();
        assert_eq!(columns_before(&input, &output), [Some(0), Some(1), None]);
    }

    #[test]
    fn a_mark_counts_more_than_a_name() {
        let input = marked(batch("t", &[0], &[("a", &[None]), ("b", &[None])]));
        let mut parts = input.clone().into_parts();
        let field = |place: usize, name: &str| input.schema().field(place).clone().with_name(name);
        parts.schema = Arc::new(Schema::new(vec![field(0, "b"), field(1, "c")]));
        let output = parts.build().unwrap();
        assert_eq!(columns_before(&input, &output), [Some(0), Some(1)]);
    }

    #[test]
    fn halves_of_an_update_are_told_apart() {
        let mut parts = batch("t", &[1, 2, 0], &[("a", &[None, None, None])]).into_parts();
        parts.origin.ordinals = vec![7, 7, 8].into();
        let input = parts.build().unwrap();
        let rows = RowsBefore::new(&input);
        let lone = input.take(&UInt32Array::from(vec![0])).unwrap();
        assert_eq!((lone.kind(0), rows.of(&lone, 0)), (RowKind::Delete, Some(0)));
        let moved = input.take(&UInt32Array::from(vec![2, 1])).unwrap();
        assert_eq!([rows.of(&moved, 0), rows.of(&moved, 1)], [Some(2), Some(1)]);
    }
}
