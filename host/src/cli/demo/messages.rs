//! Messages as Oracle GoldenGate writes them: four tables of orders, inserted, updated and deleted.

use serde_json::{Value, json};

/// A message for a topic. The key keeps an order's changes on one partition.
pub(super) struct Message {
    pub(super) key: String,
    pub(super) value: String,
}

/// One in so many orders is deleted in the end.
const DELETED: u64 = 20;

/// So many messages, and among them one that is no JSON and one that a transform with a defect traps on.
pub(super) fn orders(count: u64) -> impl Iterator<Item = Message> {
    let (broken, trapping) = (count / 3, count / 2);
    (0..count).map(move |number| {
        let order = number / 3;
        let key = order.to_string();
        if number == broken {
            return Message {
                key,
                value: r#"{"table":"SHOP.ORDERS_01","op_type":"I","after":{"ORDER_ID":"#.to_owned(),
            };
        }
        let coupon = if number == trapping { "boom" } else { "12.50" };
        Message { key, value: change(number, order, coupon).to_string() }
    })
}

/// The three changes of an order: it is made, then paid, then shipped or deleted.
fn change(number: u64, order: u64, coupon: &str) -> Value {
    let (made, paid, shipped) =
        (image(order, "NEW", coupon), image(order, "PAID", coupon), image(order, "SHIPPED", coupon));
    let (kind, before, after) = match number % 3 {
        0 => ("I", None, Some(made)),
        1 => ("U", Some(made), Some(paid)),
        _ if order.is_multiple_of(DELETED) => ("D", Some(paid), None),
        _ => ("U", Some(paid), Some(shipped)),
    };
    let mut message = json!({
        "table": format!("SHOP.ORDERS_{:02}", order % 4 + 1),
        "op_type": kind,
        "op_ts": format!("2026-03-{:02} {:02}:{:02}:{:02}.{:06}", number % 28 + 1, number % 24, number % 60, order % 60, number % 1_000_000),
        "current_ts": "2026-03-31T09:30:00.000001",
        "pos": format!("{:020}", number * 347),
        "primary_keys": ["ORDER_ID"],
    });
    for (name, image) in [("before", before), ("after", after)] {
        if let Some(image) = image {
            message[name] = image;
        }
    }
    message
}

fn image(order: u64, status: &str, coupon: &str) -> Value {
    const NAMES: [&str; 6] = ["王小明", "Alexandra", "李娜", "Mohammed", "张伟", "Chloé"];
    json!({
        "ORDER_ID": order,
        "CUSTOMER_ID": order * 7919 % 10_007,
        "CUSTOMER_NAME": NAMES[(order % 6) as usize],
        "PHONE": format!("+86 138 {:04} {:04}", order % 10_000, order * 31 % 10_000),
        "AMOUNT": format!("{}.{:02}", order % 5_000 + 1, order % 100),
        "COUPON": coupon,
        "STATUS": status,
        "CREATED_AT": "2026-03-01 08:15:30",
        "INTERNAL_NOTE": "not for the warehouse",
    })
}
