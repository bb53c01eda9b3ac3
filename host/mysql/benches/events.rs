//! Events as MySQL 8.4 writes them.

use bytes::Bytes;

const FORMAT_DESCRIPTION: u8 = 15;
const XID: u8 = 16;
const QUERY: u8 = 2;
const TABLE_MAP: u8 = 19;
const WRITE_ROWS: u8 = 30;
const TABLE_ID: u64 = 108;

/// The length of the fixed part of each kind of event, as MySQL 8.4 has it.
const POST_HEADERS: [u8; 43] = [
    0, 13, 0, 8, 0, 0, 0, 0, 4, 0, 4, 0, 0, 0, 99, 0, 4, 26, 8, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 10, 10, 10, 42,
    42, 0, 18, 52, 0, 10, 40, 0, 0, 0,
];

/// Where the next event would begin is not looked at: all positions are 0, as within a compressed transaction.
fn event(kind: u8, body: &[u8]) -> Bytes {
    let mut event = Vec::with_capacity(body.len() + 23);
    event.extend(1_700_000_000_u32.to_le_bytes());
    event.push(kind);
    event.extend(1_u32.to_le_bytes());
    event.extend((body.len() as u32 + 23).to_le_bytes());
    event.extend(0_u32.to_le_bytes());
    event.extend(0_u16.to_le_bytes());
    event.extend(body);
    let checksum = crc32fast::hash(&event);
    event.extend(checksum.to_le_bytes());
    event.into()
}

/// What a log begins with.
pub fn format_description() -> Bytes {
    let mut body = 4_u16.to_le_bytes().to_vec();
    let mut version = [0; 50];
    version[..5].copy_from_slice(b"8.4.6");
    body.extend(version);
    body.extend(0_u32.to_le_bytes());
    body.push(19);
    body.extend(&POST_HEADERS[..42]);
    // Events end with a CRC32.
    body.push(1);
    event(FORMAT_DESCRIPTION, &body)
}

/// A transaction that inserts rows of `(id BIGINT PRIMARY KEY, name VARCHAR(64), amount DECIMAL(12,2), made DATETIME(3),
/// state TINYINT)`.
pub fn inserts(rows: u64) -> Vec<Bytes> {
    const OF_EVENT: usize = 8192;
    let mut begin = vec![0; 8];
    begin.extend([4, 0, 0, 0, 0]);
    begin.extend(b"shop\0BEGIN");
    let mut events = vec![event(QUERY, &begin)];
    let mut images = Vec::new();
    for row in 0..rows {
        image(row, &mut images);
        if images.len() >= OF_EVENT || row + 1 == rows {
            events.push(event(TABLE_MAP, &table_map()));
            events.push(event(WRITE_ROWS, &write_rows(&images)));
            images.clear();
        }
    }
    events.push(event(XID, &7_u64.to_le_bytes()));
    events
}

fn table_map() -> Vec<u8> {
    let mut body = TABLE_ID.to_le_bytes()[..6].to_vec();
    body.extend([1, 0]);
    body.extend(b"\x04shop\0\x06orders\0");
    // LONGLONG, VARCHAR of 256 bytes, NEWDECIMAL(12,2), DATETIME2(3), TINY.
    body.extend([5, 8, 15, 246, 18, 1]);
    body.extend([5, 0, 1, 12, 2, 3]);
    body.push(0b0001_1110);
    // No number without a sign, utf8mb4, names, key.
    body.extend([1, 1, 0]);
    body.extend([2, 3, 252, 255, 0]);
    let names = b"\x02id\x04name\x06amount\x04made\x05state";
    body.extend([4, names.len() as u8]);
    body.extend(names);
    body.extend([8, 1, 0]);
    body
}

fn write_rows(images: &[u8]) -> Vec<u8> {
    let mut body = TABLE_ID.to_le_bytes()[..6].to_vec();
    body.extend([1, 0, 2, 0, 5, 0b0001_1111]);
    body.extend(images);
    body
}

fn image(row: u64, out: &mut Vec<u8>) {
    out.push(0);
    out.extend((row * 7919).to_le_bytes());
    let name = format!("customer number {row}");
    out.extend((name.len() as u16).to_le_bytes());
    out.extend(name.as_bytes());
    // Ten digits before the point, one and nine of them, and two behind it.
    out.push(0x80);
    out.extend((row as u32 * 13 % 1_000_000_000).to_be_bytes());
    out.push((row % 100) as u8);
    let (day, second) = (row % 28 + 1, row % 60);
    let packed = 1_u64 << 39 | (2024 * 13 + 5) << 22 | day << 17 | 12 << 12 | 30 << 6 | second;
    out.extend(&packed.to_be_bytes()[3..]);
    out.extend(((row % 1000 * 10) as u16).to_be_bytes());
    out.push((row % 3) as u8);
}
