//! Headers of messages.

use std::collections::BTreeMap;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, MapArray};
use sluicegate_connector::Error;
use sluicegate_format::Message;
use sluicegate_model::{ChangeBatch, Column, meta};

use super::template::Template;

/// Which headers messages get.
pub struct HeaderRules {
    templates: Vec<(String, Template)>,
    forward: bool,
}

/// Headers of the messages of a batch, in one buffer.
#[derive(Default)]
pub struct Headers {
    bytes: Vec<u8>,
    names: Vec<String>,
    entries: Vec<Entry>,
    /// The entries of each message.
    of: Vec<Range<usize>>,
}

struct Entry {
    name: usize,
    value: Option<Range<usize>>,
}

impl HeaderRules {
    /// By names and templates, and whether those of the rows are sent too.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a bad template.
    pub fn new(templates: &BTreeMap<String, String>, forward: bool) -> Result<Self, Error> {
        let parse = |(name, text): (&String, &String)| {
            Ok((name.clone(), Template::parse(&format!("headers.{name}"), text)?))
        };
        Ok(Self { templates: templates.iter().map(parse).collect::<Result<_, Error>>()?, forward })
    }

    /// Headers of messages; `None` where none has any. `own`: the column that the format says are the headers.
    pub fn write(&self, own: Option<&Column>, batch: &ChangeBatch, messages: &[Message]) -> Option<Headers> {
        let forwarded = || batch.meta().get(meta::HEADERS).filter(|_| self.forward);
        let own = own.map(Column::values).or_else(forwarded).and_then(|column| column.as_map_opt());
        if self.templates.is_empty() && own.is_none() {
            return None;
        }
        let mut headers = Headers::default();
        headers.names.extend(self.templates.iter().map(|(name, _)| name.clone()));
        headers.of.reserve(messages.len());
        for message in messages {
            let row = message.row as usize;
            let first = headers.entries.len();
            if let Some(own) = own {
                headers.forward(own, row);
            }
            for (name, (_, template)) in self.templates.iter().enumerate() {
                let start = headers.bytes.len();
                template.write(batch, row, &mut headers.bytes);
                headers.entries.push(Entry { name, value: Some(start..headers.bytes.len()) });
            }
            headers.of.push(first..headers.entries.len());
        }
        Some(headers)
    }
}

impl Headers {
    fn forward(&mut self, own: &MapArray, row: usize) {
        if own.is_null(row) {
            return;
        }
        let entries = own.value(row);
        let (Some(names), Some(values)) =
            (entries.column(0).as_string_opt::<i32>(), entries.column(1).as_binary_opt::<i32>())
        else {
            return;
        };
        for place in 0..entries.len() {
            let name = names.value(place);
            let known = self.names.iter().position(|known| known == name);
            let name = known.unwrap_or_else(|| {
                self.names.push(name.to_owned());
                self.names.len() - 1
            });
            let start = self.bytes.len();
            let value = values.is_valid(place).then(|| {
                self.bytes.extend_from_slice(values.value(place));
                start..self.bytes.len()
            });
            self.entries.push(Entry { name, value });
        }
    }

    /// Headers of a message by its place, in order.
    pub fn get(&self, place: usize) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.entries[self.of[place].clone()].iter().map(|entry| {
            (self.names[entry.name].as_str(), entry.value.clone().map(|range| &self.bytes[range]))
        })
    }

    /// Bytes that the headers of a message take.
    pub fn size_of(&self, place: usize) -> usize {
        self.get(place).map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len) + 4).sum()
    }

    /// Bytes of all values.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }
}
