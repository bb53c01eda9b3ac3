//! Geometries in one form, whichever they came in: `["POINT", coordinates]`, of a collection its members.

use serde_json::{Value, json};

const NAMES: [&str; 7] =
    ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"];

/// Of well-known text.
pub(crate) fn from_wkt(text: &str) -> Value {
    let mut reader = Text { rest: text };
    reader.geometry()
}

/// Of GeoJSON.
pub(crate) fn from_geojson(value: &Value) -> Value {
    let name = value["type"].as_str().unwrap().to_uppercase();
    if name == "GEOMETRYCOLLECTION" {
        let members = value["geometries"].as_array().unwrap().iter().map(from_geojson);
        return json!([name, members.collect::<Vec<_>>()]);
    }
    json!([name, floats(&value["coordinates"])])
}

/// Of well-known bytes; `None` where they end too early or are of another kind.
pub(crate) fn from_wkb(bytes: &[u8]) -> Option<Value> {
    let mut reader = Bytes { rest: bytes };
    let geometry = reader.geometry()?;
    reader.rest.is_empty().then_some(geometry)
}

fn floats(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(floats).collect(),
        number => json!(number.as_f64().unwrap()),
    }
}

struct Text<'a> {
    rest: &'a str,
}

impl Text<'_> {
    fn eat(&mut self, what: char) -> bool {
        self.rest = self.rest.trim_start();
        let found = self.rest.strip_prefix(what);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn word(&mut self) -> String {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(['(', ')', ',', ' ']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn geometry(&mut self) -> Value {
        let name = self.word().to_uppercase();
        let inside = match name.as_str() {
            "GEOMETRYCOLLECTION" => self.list(Self::geometry),
            "POINT" => self.list(Self::point)[0].clone(),
            // The points of a multipoint stand in parentheses or not.
            "MULTIPOINT" => self.list(|text| {
                if text.rest.trim_start().starts_with('(') {
                    text.list(Self::point)[0].clone()
                } else {
                    text.point()
                }
            }),
            _ => self.coordinates(),
        };
        json!([name, inside])
    }

    fn coordinates(&mut self) -> Value {
        self.list(
            |text| {
                if text.rest.trim_start().starts_with('(') { text.coordinates() } else { text.point() }
            },
        )
    }

    fn list(&mut self, item: impl Fn(&mut Self) -> Value) -> Value {
        assert!(self.eat('('), "a list begins at {:?}", self.rest);
        let mut items = vec![item(self)];
        while self.eat(',') {
            items.push(item(self));
        }
        assert!(self.eat(')'), "a list ends at {:?}", self.rest);
        Value::Array(items)
    }

    fn point(&mut self) -> Value {
        let (x, y) = (self.word(), self.word());
        json!([x.parse::<f64>().unwrap(), y.parse::<f64>().unwrap()])
    }
}

struct Bytes<'a> {
    rest: &'a [u8],
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn count(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn point(&mut self) -> Option<Value> {
        let (x, y) = (self.take().map(f64::from_le_bytes)?, self.take().map(f64::from_le_bytes)?);
        Some(json!([x, y]))
    }

    fn list(&mut self, item: impl Fn(&mut Self) -> Option<Value>) -> Option<Value> {
        (0..self.count()?).map(|_| item(self)).collect::<Option<Vec<_>>>().map(Value::Array)
    }

    fn geometry(&mut self) -> Option<Value> {
        // All sources write the least significant byte first.
        (self.take()? == [1]).then_some(())?;
        let name = *NAMES.get(self.count()?.checked_sub(1)? as usize)?;
        let line = |bytes: &mut Self| bytes.list(Self::point);
        let inside = match name {
            "POINT" => self.point()?,
            "LINESTRING" => line(self)?,
            "POLYGON" => self.list(line)?,
            "GEOMETRYCOLLECTION" => self.list(Self::geometry)?,
            _ => self.list(|bytes| Some(bytes.geometry()?[1].take()))?,
        };
        Some(json!([name, inside]))
    }
}
