//! Messages of Oracle GoldenGate about orders.

use std::fmt::Write as _;

use sluicegate_test_servers::Record;

/// A stream of changes to a table of orders, the same for the same seed: inserts, updates with both images and
/// deletes, over many keys, about 600 bytes each. The table is sharded in four: `SHOP.ORDERS_0` .. `SHOP.ORDERS_3`.
///
/// A message's key is the order's number, so an order's changes are in one partition, in order.
#[derive(Clone, Debug)]
pub struct Orders {
    random: u64,
    /// Of each order the version that it is in; 0: it is not there.
    versions: Vec<u32>,
    next: u64,
}

/// An order in one of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Order {
    /// Its number.
    pub id: u64,
    /// Counts its changes from 1.
    pub version: u32,
}

impl Orders {
    /// Changes to this many orders.
    pub fn new(orders: usize, seed: u64) -> Self {
        Orders { random: seed | 1, versions: vec![0; orders], next: 0 }
    }

    /// Xorshift: the same on every machine.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// The orders that are there, in their last versions.
    pub fn alive(&self) -> impl Iterator<Item = Order> {
        let all = self.versions.iter().enumerate().filter(|(_, version)| **version > 0);
        all.map(|(id, version)| Order { id: id as u64, version: *version })
    }
}

impl Iterator for Orders {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let id = self.random() % self.versions.len() as u64;
        let delete = self.random().is_multiple_of(10);
        let number = self.next;
        self.next += 1;
        let version = &mut self.versions[id as usize];
        let before = (*version > 0).then_some(Order { id, version: *version });
        // A version is never used twice: an order that comes back goes on counting.
        let (kind, after) = match before {
            None => ('I', Some(Order { id, version: number as u32 + 1 })),
            Some(_) if delete => ('D', None),
            Some(_) => ('U', Some(Order { id, version: number as u32 + 1 })),
        };
        *version = after.map_or(0, |order| order.version);
        Some(Record::new(id.to_string(), operation(kind, id, number, before, after)))
    }
}

impl Order {
    /// The table that it is in.
    pub fn table(self) -> String {
        format!("SHOP.ORDERS_{}", self.id % 4)
    }

    /// The number of the customer.
    pub fn customer(self) -> u64 {
        self.id % 997
    }

    /// The customer's name.
    pub fn name(self) -> String {
        format!("Alexandra {}", self.customer())
    }

    /// The telephone number.
    pub fn phone(self) -> String {
        format!("+86 138 {:04} {:04}", self.id % 10_000, self.version % 10_000)
    }

    /// The amount, with two digits after the point.
    pub fn amount(self) -> String {
        format!("{}.{:02}", self.version, self.id % 100)
    }

    /// The coupon: a number, as text.
    pub fn coupon(self) -> String {
        format!("{}.5", self.version % 1_000)
    }

    /// A row image.
    pub fn image(self) -> String {
        self.image_with_coupon(&self.coupon())
    }

    /// A row image with another coupon.
    pub fn image_with_coupon(self, coupon: &str) -> String {
        format!(
            concat!(
                r#"{{"ORDER_ID":{},"CUSTOMER_ID":{},"CUSTOMER_NAME":"{}","PHONE":"{}","AMOUNT":"{}","COUPON":"{}","#,
                r#""STATUS":"S{}","INTERNAL_NOTE":"seen by nobody, v{}"}}"#
            ),
            self.id,
            self.customer(),
            self.name(),
            self.phone(),
            self.amount(),
            coupon,
            self.version % 7,
            self.version,
        )
    }

    /// A message that inserts it.
    pub fn insert(self) -> Record {
        Record::new(self.id.to_string(), operation('I', self.id, u64::from(self.version), None, Some(self)))
    }

    /// A message that inserts it with another row image.
    pub fn insert_as(self, image: &str) -> Record {
        let mut text = head('I', self, u64::from(self.version));
        let _ = write!(text, r#","after":{image}}}"#);
        Record::new(self.id.to_string(), text)
    }
}

fn operation(kind: char, id: u64, number: u64, before: Option<Order>, after: Option<Order>) -> String {
    let order = after.or(before).unwrap_or(Order { id, version: 0 });
    let mut text = head(kind, order, number);
    // Writing to a text does not fail.
    if let Some(before) = before {
        let _ = write!(text, r#","before":{}"#, before.image());
    }
    if let Some(after) = after {
        let _ = write!(text, r#","after":{}"#, after.image());
    }
    text.push('}');
    text
}

fn head(kind: char, order: Order, number: u64) -> String {
    let (seconds, micros) = (number / 1_000 % 86_400, number % 1_000 * 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!(
        concat!(
            r#"{{"table":"{}","op_type":"{}","op_ts":"2026-03-01 {:02}:{:02}:{:02}.{:06}","#,
            r#""current_ts":"2026-03-01T{:02}:{:02}:{:02}.{:06}","pos":"{:020}","primary_keys":["ORDER_ID"],"#,
            r#""tokens":{{}}"#
        ),
        order.table(),
        kind,
        hours,
        minutes,
        seconds,
        micros,
        hours,
        minutes,
        seconds,
        micros,
        number
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_messages() {
        let some = |seed| Orders::new(50, seed).take(200).collect::<Vec<_>>();
        assert_eq!(some(7), some(7));
        assert_ne!(some(7), some(8));
    }

    #[test]
    fn messages_are_what_goldengate_writes() {
        let mut kinds = BTreeSet::new();
        let mut bytes = 0;
        for record in Orders::new(500, 3).take(5_000) {
            let text = record.value.unwrap();
            bytes += text.len();
            let message: serde_json::Value = serde_json::from_slice(&text).unwrap();
            kinds.insert(message["op_type"].as_str().unwrap().to_owned());
            let image = message.get("after").or(message.get("before")).unwrap();
            assert_eq!(image["ORDER_ID"].to_string().into_bytes(), record.key.unwrap());
        }
        assert_eq!(kinds, ["D", "I", "U"].map(str::to_owned).into());
        assert!((450..750).contains(&(bytes / 5_000)), "{} bytes a message", bytes / 5_000);
    }
}
