//! What a guest's handles stand for.
//!
//! A handle number is reused as soon as the guest drops it, and languages with a collector drop late. So the end
//! of a call empties what was made in it, but the entry stays until the guest lets go: a later use finds nothing
//! and traps, and a late drop never hits another's handle.

use std::sync::Arc;

use sluicegate_interface::{Building, ColumnRef, Draft};
use sluicegate_model::ChangeBatch;
use wasmtime::component::{Resource, ResourceTable};

/// An entry of the table: what it stands for, and whether it outlives the call.
pub struct Handle<T> {
    what: Option<T>,
    lasting: bool,
}

/// A guest's `column`.
pub type ColumnHandle = Handle<ColumnRef>;
/// A guest's `column-builder`.
pub type BuilderHandle = Handle<Building>;
/// A guest's `batch`.
pub type BatchHandle = Handle<Arc<ChangeBatch>>;
/// A guest's `output`.
pub type OutputHandle = Handle<Draft>;

/// The kinds of things that a guest holds, in its own words.
pub(crate) trait Named: Send + 'static {
    const NAME: &'static str;
}

impl Named for ColumnRef {
    const NAME: &'static str = "column";
}
impl Named for Building {
    const NAME: &'static str = "column-builder";
}
impl Named for Arc<ChangeBatch> {
    const NAME: &'static str = "batch";
}
impl Named for Draft {
    const NAME: &'static str = "output";
}

/// All that a guest holds.
pub(crate) struct Handles {
    table: ResourceTable,
    live: usize,
    most: usize,
    /// Whether what is made now lives as long as the instance.
    lasting: bool,
}

impl Handles {
    /// An empty table for at most `most` handles at a time.
    pub(crate) fn new(most: usize) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(most.saturating_add(1));
        Self { table, live: 0, most, lasting: true }
    }

    /// Handles that the guest has not dropped.
    pub(crate) fn live(&self) -> usize {
        self.live
    }

    /// A new handle.
    pub(crate) fn add<T: Named>(&mut self, what: T) -> wasmtime::Result<Resource<Handle<T>>> {
        if self.live >= self.most {
            return Err(wasmtime::format_err!(
                "the guest holds more than {} handles (`limits.handles`): it keeps columns that it could drop",
                self.most
            ));
        }
        let resource = self.table.push(Handle { what: Some(what), lasting: self.lasting })?;
        self.live += 1;
        Ok(resource)
    }

    /// What a handle stands for.
    pub(crate) fn get<T: Named>(&self, handle: &Resource<Handle<T>>) -> wasmtime::Result<&T> {
        self.table.get(handle)?.what.as_ref().ok_or_else(over::<T>)
    }

    /// What a handle stands for, to be changed.
    pub(crate) fn get_mut<T: Named>(&mut self, handle: &Resource<Handle<T>>) -> wasmtime::Result<&mut T> {
        self.table.get_mut(handle)?.what.as_mut().ok_or_else(over::<T>)
    }

    /// Takes what a handle stands for; the entry stays, empty.
    pub(crate) fn take<T: Named>(&mut self, handle: &Resource<Handle<T>>) -> wasmtime::Result<T> {
        self.table.get_mut(handle)?.what.take().ok_or_else(over::<T>)
    }

    /// The guest lets go of a handle, or gave it to the host for good.
    pub(crate) fn remove<T: Named>(&mut self, handle: Resource<Handle<T>>) -> wasmtime::Result<Option<T>> {
        let entry = self.table.delete(handle)?;
        self.live -= 1;
        Ok(entry.what)
    }

    /// From here on handles end with the call: `init` is over.
    pub(crate) fn end_of_init(&mut self) {
        self.lasting = false;
    }

    /// Empties everything that was made in the call that ends.
    pub(crate) fn end_of_call(&mut self) {
        for entry in self.table.iter_mut() {
            let entry: &mut dyn std::any::Any = entry;
            // Columns first: there are the most of them.
            if let Some(handle) = entry.downcast_mut::<ColumnHandle>() {
                handle.end();
            } else if let Some(handle) = entry.downcast_mut::<OutputHandle>() {
                handle.end();
            } else if let Some(handle) = entry.downcast_mut::<BatchHandle>() {
                handle.end();
            } else if let Some(handle) = entry.downcast_mut::<BuilderHandle>() {
                handle.end();
            }
        }
    }
}

impl<T> Handle<T> {
    fn end(&mut self) {
        if !self.lasting {
            self.what = None;
        }
    }
}

fn over<T: Named>() -> wasmtime::Error {
    wasmtime::format_err!(
        "the guest used a {} that is finished, or that belongs to an earlier call of `transform`",
        T::NAME
    )
}

#[cfg(test)]
mod tests {
    use arrow_array::Int32Array;
    use sluicegate_model::Column;

    use super::*;

    fn column() -> ColumnRef {
        Column::new(Arc::new(Int32Array::from(vec![1]))).into()
    }

    #[test]
    fn what_a_call_made_ends_with_it_and_its_entry_stays() {
        let mut handles = Handles::new(10);
        let of_init = handles.add(column()).unwrap();
        handles.end_of_init();
        let of_call = handles.add(column()).unwrap();
        handles.end_of_call();
        assert!(handles.get(&of_init).is_ok());
        assert!(handles.get(&of_call).err().unwrap().to_string().contains("earlier call"));
        let next = handles.add(column()).unwrap();
        assert_ne!(next.rep(), of_call.rep(), "an entry that was not dropped must not be reused");
        handles.remove(of_call).unwrap();
        assert!(handles.get(&next).is_ok());
        assert_eq!(handles.live(), 2);
    }

    #[test]
    fn handles_are_counted() {
        let mut handles = Handles::new(2);
        handles.add(column()).unwrap();
        handles.add(column()).unwrap();
        assert!(handles.add(column()).err().unwrap().to_string().contains("limits.handles"));
    }
}
