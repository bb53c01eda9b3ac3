//! Every character of every character set, as the server converts it.

use sluicegate_mysql::binlog::charset::Charset;
use sluicegate_test_servers::{Flavour, MySql, MySqlClient};

use super::captured::Captured;
use super::replay::{Reader, assert_same};

const ONE_BYTE: [&str; 25] = [
    "ascii", "latin1", "latin2", "latin5", "latin7", "armscii8", "cp1250", "cp1251", "cp1256", "cp1257",
    "cp850", "cp852", "cp866", "dec8", "geostd8", "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u",
    "macce", "macroman", "swe7", "tis620",
];

const SEVERAL_BYTES: [&str; 8] = ["big5", "cp932", "eucjpms", "euckr", "gb2312", "gbk", "sjis", "ujis"];

/// What the server makes of codes; `None` where they are no character.
fn converted(client: &mut MySqlClient, charset: &str, codes: &str) -> Vec<(Vec<u8>, Option<String>)> {
    // A code that is no character becomes a question mark, the replacement character, nothing or NULL.
    let rows = client
        .rows(&format!(
            "WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 65535), codes AS ({codes}) \
             SELECT code, HEX(CONVERT(CONVERT(UNHEX(code) USING {charset}) USING utf8mb4)) FROM codes"
        ))
        .unwrap();
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    rows.into_iter()
        .map(|row| {
            let code = bytes(row[0].as_ref().unwrap());
            let text = row[1].as_ref().map(|hex| String::from_utf8(bytes(hex)).unwrap());
            let text =
                text.filter(|text| !text.is_empty() && (code == b"?" || !text.contains(['?', '\u{fffd}'])));
            (code, text)
        })
        .collect()
}

fn check(client: &mut MySqlClient, name: &str, codes: &str) -> (usize, Vec<String>) {
    let charset = Charset::named(name).unwrap();
    let (mut right, mut wrong) = (0, Vec::new());
    for (code, expected) in converted(client, name, codes) {
        let Some(expected) = expected else { continue };
        let mut out = Vec::new();
        let found = charset.decode(&code, &mut out).map(|()| String::from_utf8(out).unwrap());
        if found.as_deref() == Ok(&expected) {
            right += 1;
        } else {
            wrong.push(format!("{name} {code:02x?}: the server says {expected:?}, we {found:?}"));
        }
    }
    (right, wrong)
}

fn client() -> MySqlClient {
    let server = MySql::shared(Flavour::MySql).unwrap();
    let mut client = MySqlClient::connect(server.port(), "").unwrap();
    client.execute("SET SESSION cte_max_recursion_depth = 100000").unwrap();
    client
}

#[test]
fn sets_of_one_byte() {
    let mut client = client();
    for name in ONE_BYTE {
        let (right, wrong) =
            check(&mut client, name, "SELECT LPAD(HEX(i), 2, '0') AS code FROM n WHERE i < 256");
        assert_eq!(wrong, Vec::<String>::new());
        assert!(right >= 95, "{name}: {right}");
    }
}

#[test]
fn sets_of_several_bytes() {
    let mut client = client();
    let mut all = Vec::new();
    for name in SEVERAL_BYTES {
        let mut codes = "SELECT LPAD(HEX(i), 2, '0') AS code FROM n WHERE i < 256 \
                         UNION ALL SELECT HEX(i) FROM n WHERE i >= 0x8000"
            .to_owned();
        if matches!(name, "ujis" | "eucjpms") {
            codes.push_str(" UNION ALL SELECT CONCAT('8F', HEX(i)) FROM n WHERE i >= 0xa000");
        }
        let (right, wrong) = check(&mut client, name, &codes);
        assert!(right > 5_000, "{name}: {right}");
        all.extend(wrong);
    }
    assert!(all.is_empty(), "{} codes:\n{}", all.len(), all.join("\n"));
}

#[test]
fn gb18030_of_two_and_four_bytes() {
    let mut client = client();
    let two = "SELECT HEX(i) AS code FROM n WHERE i >= 0x8140";
    // A stretch of each plane: the four-byte codes are counted up.
    let four = "SELECT CONCAT(LPAD(HEX(0x81 + i DIV 12600 * 15), 2, '0'), LPAD(HEX(0x30 + i DIV 1260 % 10), 2, '0'), \
                LPAD(HEX(0x81 + i DIV 10 % 126), 2, '0'), LPAD(HEX(0x30 + i % 10), 2, '0')) AS code FROM n WHERE i < 60000";
    let (right, mut wrong) = check(&mut client, "gb18030", two);
    assert!(right > 20_000, "{right}");
    wrong.extend(check(&mut client, "gb18030", four).1);
    assert!(wrong.is_empty(), "{} codes:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn columns_of_every_set() {
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "charsets");
        let sets = "big5 \u{4e2d}\u{6587}|gbk \u{4e2d}\u{6587}|gb2312 \u{4e2d}\u{6587}|sjis \u{65e5}\u{672c}\u{ff71}|cp932 \u{65e5}\u{672c}\u{ff5e}|ujis \u{65e5}\u{672c}|eucjpms \u{65e5}\u{672c}|euckr \u{d55c}\u{ad6d}|ucs2 a\u{e9}\u{4e2d}|utf16 a\u{1f600}\u{4e2d}|utf16le a\u{1f600}\u{4e2d}|utf32 a\u{1f600}\u{4e2d}|utf8mb3 \u{e9}\u{4e2d}|utf8mb4 \u{1f600}|latin1 \u{e9}\u{20ac}|cp1251 \u{416}|koi8r \u{416}|greek \u{3a9}|hebrew \u{5d0}|tis620 \u{e01}|ascii abc|swe7 \u{c4}\u{e5}";
        let mut sets: Vec<(&str, &str)> = sets.split('|').map(|set| set.split_once(' ').unwrap()).collect();
        if flavour == Flavour::MySql {
            sets.push(("gb18030", "\u{4e2d}\u{1f4a9}\u{e9}"));
        }
        let columns: Vec<String> = sets
            .iter()
            .map(|(name, _)| {
                format!("c_{name} CHAR(9) CHARACTER SET {name}, v_{name} VARCHAR(300) CHARACTER SET {name}, t_{name} TEXT CHARACTER SET {name}, e_{name} ENUM('x', 'y') CHARACTER SET {name}")
            })
            .collect();
        captured.run(&format!("CREATE TABLE sets (id INT PRIMARY KEY, {})", columns.join(", ")));
        let values: Vec<String> =
            sets.iter().map(|(_, text)| format!("'{text}', REPEAT('{text}', 9), '{text}', 'y'")).collect();
        captured.run(&format!("INSERT INTO sets VALUES (1, {})", values.join(", ")));
        let empty: Vec<&str> = sets.iter().map(|_| "'', 'a', NULL, NULL").collect();
        captured.run(&format!("INSERT INTO sets VALUES (2, {})", empty.join(", ")));
        // Labels that are not of the connection's set.
        captured.run(
            "CREATE TABLE labels (id INT PRIMARY KEY, g ENUM('\u{4e2d}', '\u{6587}') CHARACTER SET gbk, s SET('\u{65e5}', '\u{672c}') CHARACTER SET sjis,
               l ENUM('\u{e9}') CHARACTER SET latin1, u ENUM('\u{1f600}', '') CHARACTER SET utf8mb4, w ENUM('\u{4e2d}') CHARACTER SET utf16);
             INSERT INTO labels VALUES (1, '\u{6587}', '\u{65e5},\u{672c}', '\u{e9}', '\u{1f600}', '\u{4e2d}')",
        );
        assert_same(&mut captured, &mut Reader::new(), "sets");
        assert_same(&mut captured, &mut Reader::new(), "labels");
    }
}
