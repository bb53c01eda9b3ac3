//! Messages as Oracle GoldenGate writes them: updates of orders, with the row before and after.

/// The table of all messages.
pub const TABLE: &str = "SHOP.ORDERS";

const NAMES: [&str; 6] =
    ["Alexandra Wilson", "王小明", "Mohammed Al-Farsi", "Chloé Dubois", "李娜", "J. Smith"];

/// Orders: each comes again when all others have come.
const ORDERS: u64 = 400_009;

/// How many orders so many updates are about.
#[allow(dead_code, reason = "for those of the benchmarks that look at what a table has afterwards")]
pub fn keys(updates: u64) -> u64 {
    updates.min(ORDERS)
}

/// Key and value of the update of this number, the value of about 600 bytes. The key is the order's, as GoldenGate's
/// Kafka handler sets it.
pub fn update(number: u64) -> (String, String) {
    let order = number * 7_919 % ORDERS;
    let (before, after) = (image(order, number, "NEW"), image(order, number, "PAID"));
    let (day, hour, minute, micros) = (number % 28 + 1, number % 24, number % 60, number % 1_000_000);
    let value = format!(
        concat!(
            r#"{{"table":"{}","op_type":"U","op_ts":"2026-03-{:02} {:02}:{:02}:17.{:06}","#,
            r#""current_ts":"2026-03-31T09:30:00.000001","pos":"{:020}","primary_keys":["ORDER_ID"],"#,
            r#""before":{},"after":{}}}"#
        ),
        TABLE,
        day,
        hour,
        minute,
        micros,
        number * 347,
        before,
        after,
    );
    (order.to_string(), value)
}

/// A row of nine columns.
fn image(order: u64, number: u64, status: &str) -> String {
    format!(
        concat!(
            r#"{{"ORDER_ID":{},"CUSTOMER_ID":{},"NAME":"{}","PHONE":"+86 138 {:04} {:04}","AMOUNT":"{}.{:02}","#,
            r#""QUANTITY":{},"STATUS":"{}","CREATED_AT":"2026-03-01 08:15:30","NOTE":"leave at the door"}}"#
        ),
        order,
        order * 31 % 100_003,
        NAMES[(order % 6) as usize],
        order % 10_000,
        order * 31 % 10_000,
        order % 5_000 + 1,
        order % 100,
        number % 9 + 1,
        status,
    )
}
