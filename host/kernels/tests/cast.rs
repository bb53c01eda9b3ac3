//! Casts, as a user sees them: text in, text out, and the reasons for what failed.

mod support;

use arrow_schema::DataType;
use sluicegate_kernels::{Blame, KernelError, cast};
use sluicegate_model::{Cell, Column, data_type};
use support::{MISSING, NULL, of, options, shown, text};

fn into(input: &Column, to: &str, given: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let made = cast(input, &data_type::parse(to).unwrap(), &options(given)).unwrap();
    assert_eq!(made.column.data_type(), &data_type::parse(to).unwrap());
    for failed in &made.failed {
        assert_eq!(made.column.cell(failed.row as usize), Cell::Null, "a failed cell is null");
        assert_eq!(input.cell(failed.row as usize), Cell::Value, "only a value fails");
    }
    (shown(&made.column), made.failed.into_iter().map(|failed| failed.reason).collect())
}

/// One cell: its text in the new type, or why there is none.
fn one(cell: &str, to: &str, given: &[(&str, &str)]) -> Result<String, String> {
    one_of(&text(&[cell]), to, given)
}

fn one_of(input: &Column, to: &str, given: &[(&str, &str)]) -> Result<String, String> {
    let (mut values, mut reasons) = into(input, to, given);
    match reasons.pop() {
        None => Ok(values.remove(0)),
        Some(reason) => Err(reason),
    }
}

fn fails(cell: &str, to: &str, given: &[(&str, &str)], why: &str) {
    let reason = one(cell, to, given).expect_err(cell);
    assert!(reason.contains(why), "{cell}: {reason}");
}

#[test]
fn states_stay() {
    let input = text(&["1", NULL, MISSING, "x"]);
    for to in ["int64", "decimal(5,2)", "double", "boolean", "date", "datetime", "time", "binary", "fixed(1)"]
    {
        let made = cast(&input, &data_type::parse(to).unwrap(), &[]).unwrap();
        assert_eq!((made.column.cell(1), made.column.cell(2)), (Cell::Null, Cell::Missing), "{to}");
    }
}

#[test]
fn text_to_integers() {
    for (cell, to, made) in [
        ("0", "int8", "0"),
        ("-128", "int8", "-128"),
        ("+127", "int8", "127"),
        ("-0", "uint8", "0"),
        ("255", "uint8", "255"),
        ("9223372036854775807", "int64", "9223372036854775807"),
        ("-9223372036854775808", "int64", "-9223372036854775808"),
        ("18446744073709551615", "uint64", "18446744073709551615"),
        ("000000000000000000000000000042", "int64", "42"),
        ("12345678", "int32", "12345678"),
        ("1.0", "int32", "1"),
        ("1e3", "int16", "1000"),
        ("12.50e1", "int16", "125"),
    ] {
        assert_eq!(one(cell, to, &[]).as_deref(), Ok(made), "{cell} as {to}");
    }
    for (cell, to, why) in [
        ("", "int64", "\"\" is no int64"),
        (" 1", "int64", "is no int64"),
        ("1 ", "int64", "is no int64"),
        ("0x10", "int64", "is no int64"),
        ("1_000", "int64", "is no int64"),
        ("12a45678", "int64", "is no int64"),
        ("１", "int64", "is no int64"),
        ("128", "int8", "does not fit int8"),
        ("-1", "uint64", "does not fit uint64"),
        ("9223372036854775808", "int64", "does not fit int64"),
        ("-9223372036854775809", "int64", "does not fit int64"),
        ("18446744073709551616", "uint64", "does not fit uint64"),
        ("1e30", "int64", "does not fit int64"),
        ("1.5", "int64", "would lose digits"),
    ] {
        fails(cell, to, &[], why);
    }
    assert_eq!(one("-1.5", "int64", &[("round", "half-up")]).as_deref(), Ok("-2"));
    assert_eq!(one("-1.5", "int64", &[("round", "down")]).as_deref(), Ok("-1"));
}

#[test]
fn text_to_decimals() {
    for (cell, to, made) in [
        ("12.5", "decimal(5,2)", "12.50"),
        ("-.5", "decimal(5,2)", "-0.50"),
        ("999.99", "decimal(5,2)", "999.99"),
        ("1.500", "decimal(5,2)", "1.50"),
        ("1e2", "decimal(5,2)", "100.00"),
        (&"9".repeat(38), "decimal(38,0)", &"9".repeat(38)),
        (
            &format!("-{}.{}", "9".repeat(46), "1".repeat(30)),
            "decimal(76,30)",
            &format!("-{}.{}", "9".repeat(46), "1".repeat(30)),
        ),
        (
            "0.00000000000000000000000000000000000001",
            "decimal(38,38)",
            "0.00000000000000000000000000000000000001",
        ),
    ] {
        assert_eq!(one(cell, to, &[]).as_deref(), Ok(made), "{cell} as {to}");
    }
    fails("1000", "decimal(5,2)", &[], "does not fit decimal128(5,2)");
    fails("1.005", "decimal(5,2)", &[], "would lose digits as decimal128(5,2)");
    fails("999.995", "decimal(5,2)", &[("round", "half-up")], "does not fit");
    fails("NaN", "decimal(5,2)", &[], "is no decimal");
    fails("1,5", "decimal(5,2)", &[], "is no decimal");
    assert_eq!(one("1.005", "decimal(5,2)", &[("round", "half-up")]).as_deref(), Ok("1.01"));
    assert_eq!(one("-1.009", "decimal(5,2)", &[("round", "down")]).as_deref(), Ok("-1.00"));
}

#[test]
fn between_numbers() {
    let ints = of("int32", &["0", "200", "-1", NULL, MISSING]);
    assert_eq!(into(&ints, "int8", &[]).0, ["0", NULL, "-1", NULL, MISSING]);
    assert_eq!(into(&ints, "uint64", &[]).1, ["-1 does not fit uint64"]);
    assert_eq!(into(&ints, "decimal(5,2)", &[]).0, ["0.00", "200.00", "-1.00", NULL, MISSING]);
    assert_eq!(into(&ints, "decimal(4,2)", &[]).1, ["200 does not fit decimal128(4,2)"]);
    assert_eq!(into(&ints, "boolean", &[]).0, ["false", NULL, NULL, NULL, MISSING]);
    assert_eq!(into(&ints, "double", &[]).0, ["0.0", "200.0", "-1.0", NULL, MISSING]);
    let decimals = of("decimal(10,3)", &["1.500", "2.000"]);
    assert_eq!(into(&decimals, "decimal(10,1)", &[]).0, ["1.5", "2.0"]);
    assert_eq!(into(&decimals, "int32", &[]).0, [NULL, "2"]);
    assert_eq!(into(&decimals, "decimal256(70,30)", &[]).0[0], format!("1.5{}", "0".repeat(29)));
    assert_eq!(into(&decimals, "double", &[]).0, ["1.5", "2.0"]);
    let large = of("int64", &["9007199254740993"]);
    assert!(one_of(&large, "double", &[]).unwrap_err().contains("would lose digits"));
    let floats = of("double", &["0.1", "3.0", "1e300", "NaN", "-0.0"]);
    assert_eq!(into(&floats, "decimal(3,1)", &[]).0, ["0.1", "3.0", NULL, NULL, "0.0"]);
    assert_eq!(into(&floats, "int64", &[]).0, [NULL, "3", NULL, NULL, "0"]);
    assert_eq!(into(&floats, "float", &[]).0, ["0.1", "3.0", NULL, "NaN", "-0.0"]);
    let bits = of("boolean", &["true", "F", "1", NULL]);
    assert_eq!(into(&bits, "int8", &[]).0, ["1", "0", "1", NULL]);
    fails("yes", "boolean", &[], "is no boolean");
    fails("1e999", "double", &[], "does not fit float64");
}

#[test]
fn timestamps() {
    let golden_gate = "2024-03-01:10:20:30.123456000";
    assert_eq!(one(golden_gate, "datetime", &[]).as_deref(), Ok("2024-03-01T10:20:30.123456"));
    assert_eq!(one(golden_gate, "timestamp", &[]).as_deref(), Ok("2024-03-01T10:20:30.123456Z"));
    let shanghai = [("time-zone", "Asia/Shanghai")];
    assert_eq!(one(golden_gate, "timestamp", &shanghai).as_deref(), Ok("2024-03-01T02:20:30.123456Z"));
    assert_eq!(
        one("2024-03-01T10:20:30+02:00", "timestamp", &shanghai).as_deref(),
        Ok("2024-03-01T08:20:30Z")
    );
    assert_eq!(one("2024-03-01T10:20:30+02:00", "datetime", &shanghai).as_deref(), Ok("2024-03-01T16:20:30"));
    fails("2024-03-01T10:20:30+02:00", "datetime", &[], "has an offset from UTC");
    fails("0000-00-00 00:00:00", "datetime", &[], "is no timestamp(us)");
    fails("2024-03-01 10:20:30.1234567", "datetime", &[], "would lose digits");
    assert_eq!(
        one("2024-03-01 10:20:30.1234567", "datetime", &[("round", "half-up")]).as_deref(),
        Ok("2024-03-01T10:20:30.123457")
    );
    fails("300000-01-01 00:00:00", "timestamp(ns)", &[], "is no timestamp(ns)");
    fails("2300-01-01 00:00:00", "timestamp(ns)", &[], "does not fit timestamp(ns)");
    let own = [("format", "%d.%m.%Y %H:%M")];
    assert_eq!(one("31.01.2024 23:59", "datetime", &own).as_deref(), Ok("2024-01-31T23:59:00"));
    assert_eq!(
        one("31.01.2024", "datetime", &[("format", "%d.%m.%Y")]).as_deref(),
        Ok("2024-01-31T00:00:00")
    );
    fails("2024-01-31", "datetime", &own, "is no timestamp(us)");
}

#[test]
fn zones() {
    let walls = of("datetime", &["2024-07-01 12:00:00", NULL, MISSING]);
    let berlin = [("time-zone", "Europe/Berlin")];
    assert_eq!(into(&walls, "timestamp", &berlin).0, ["2024-07-01T10:00:00Z", NULL, MISSING]);
    assert_eq!(into(&walls, "timestamp", &[]).0, ["2024-07-01T12:00:00Z", NULL, MISSING]);
    let instants = of("timestamp", &["2024-01-01 12:00:00"]);
    assert_eq!(one_of(&instants, "datetime", &berlin).as_deref(), Ok("2024-01-01T13:00:00"));
    assert_eq!(one_of(&instants, "utf8", &berlin).as_deref(), Ok("2024-01-01T13:00:00+01:00"));
    assert_eq!(
        one_of(&instants, "utf8", &[("time-zone", "+05:30")]).as_deref(),
        Ok("2024-01-01T17:30:00+05:30")
    );
    // In 2024 the clock went from 02:00 to 03:00 on March 31 and back on October 27.
    fails("2024-03-31 02:30:00", "timestamp", &berlin, "clock skipped");
    fails("2024-10-27 02:30:00", "timestamp", &berlin, "clock showed twice");
    for (which, made) in [("earliest", "2024-10-27T00:30:00Z"), ("latest", "2024-10-27T01:30:00Z")] {
        let given = [("time-zone", "Europe/Berlin"), ("ambiguous", which)];
        assert_eq!(one("2024-10-27 02:30:00", "timestamp", &given).as_deref(), Ok(made));
    }
}

#[test]
fn dates_and_times() {
    assert_eq!(one("2024-02-29", "date", &[]).as_deref(), Ok("2024-02-29"));
    assert_eq!(one("2024-02-29 00:00:00", "date", &[]).as_deref(), Ok("2024-02-29"));
    fails("2024-02-29 00:00:01", "date", &[], "would lose its time of day");
    assert_eq!(one("2024-02-29 23:59:59", "date", &[("round", "down")]).as_deref(), Ok("2024-02-29"));
    let dates = of("date", &["2024-02-29", "0001-01-01", "9999-12-31"]);
    assert_eq!(into(&dates, "datetime", &[]).0[0], "2024-02-29T00:00:00");
    assert_eq!(into(&dates, "timestamp", &[("time-zone", "+08:00")]).0[0], "2024-02-28T16:00:00Z");
    assert_eq!(into(&dates, "utf8", &[("format", "%Y%m%d")]).0, ["20240229", "00010101", "99991231"]);
    assert_eq!(one("-838:59:59.000000", "time", &[]).as_deref(), Ok("-838:59:59"));
    fails("24:00:00", "time64(us)", &[], "does not fit time64(us)");
    let times = of("time", &["-00:00:01", "23:59:59.000001"]);
    assert_eq!(into(&times, "time64(us)", &[]).0, [NULL, "23:59:59.000001"]);
}

#[test]
fn epochs() {
    let counts = of("int64", &["1700000000123", "-1"]);
    assert_eq!(
        into(&counts, "timestamp", &[("unit", "ms")]).0,
        ["2023-11-14T22:13:20.123Z", "1969-12-31T23:59:59.999Z"]
    );
    let instants = of("timestamp", &["2023-11-14T22:13:20.123Z"]);
    assert_eq!(one_of(&instants, "bigint", &[("unit", "ms")]).as_deref(), Ok("1700000000123"));
    assert!(one_of(&instants, "bigint", &[("unit", "s")]).unwrap_err().contains("would lose digits"));
    assert_eq!(one_of(&instants, "bigint", &[("unit", "s"), ("round", "down")]).as_deref(), Ok("1700000000"));
    let error = cast(&counts, &data_type::parse("timestamp").unwrap(), &[]).unwrap_err();
    assert!(error.to_string().contains("s, ms, us or ns"), "{error}");
}

#[test]
fn bytes() {
    for (encoding, cell) in [("utf8", "Zoë"), ("hex", "5a6fc3ab"), ("base64", "Wm/Dqw==")] {
        let bytes =
            cast(&text(&[cell, NULL, MISSING]), &DataType::Binary, &options(&[("encoding", encoding)]));
        let bytes = bytes.unwrap().column;
        assert_eq!(into(&bytes, "utf8", &[("encoding", encoding)]).0, [cell, NULL, MISSING]);
        assert_eq!(into(&bytes, "utf8", &[]).0[0], "Zoë");
        assert_eq!(into(&bytes, "fixed(4)", &[]).0[0], "Zoë");
        assert!(one_of(&bytes.slice(0, 1), "fixed(3)", &[]).unwrap_err().contains("number of bytes"));
    }
    fails("5a6", "binary", &[("encoding", "hex")], "is no binary");
    fails("Wm/Dqw", "binary", &[("encoding", "base64")], "is no binary");
    let bytes = cast(&text(&["ff"]), &DataType::Binary, &options(&[("encoding", "hex")])).unwrap().column;
    assert_eq!(one_of(&bytes, "utf8", &[]).unwrap_err(), "0xff is no UTF-8");
}

#[test]
fn the_same_type_is_the_same_column() {
    let input = text(&["a", MISSING]);
    let made = cast(&input, &DataType::Utf8, &[]).unwrap().column;
    assert!(std::sync::Arc::ptr_eq(made.values(), input.values()));
}

#[test]
fn the_null_type_becomes_anything() {
    let nulls = support::column(arrow_array::NullArray::new(2));
    assert_eq!(into(&nulls, "decimal(5,2)", &[]).0, [NULL, NULL]);
    let lists = cast(&nulls, &data_type::parse("list(int32)").unwrap(), &[]).unwrap();
    assert_eq!((lists.column.cell(1), lists.failed), (Cell::Null, Vec::new()));
}

#[test]
fn a_wrong_call_says_what_is_wrong() {
    let input = text(&["1"]);
    for (to, given, says) in [
        ("list(int32)", &[][..], "utf8 cannot be cast to list(int32)"),
        (
            "int32",
            &[("rounding", "down")],
            "option rounding with value \"down\" does not do: cast knows round,",
        ),
        ("int32", &[("round", "up")], "it is one of half-up, down"),
        ("timestamp", &[("time-zone", "Mars/Olympus")], "time zone database"),
        ("timestamp", &[("format", "%Q")], "as strftime has them"),
        ("binary", &[("encoding", "latin1")], "it is one of utf8, base64, hex"),
        ("int32", &[("round", "down"), ("round", "down")], "it is given twice"),
    ] {
        let error = cast(&input, &data_type::parse(to).unwrap(), &options(given)).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.blame(), Blame::Setup);
    }
    let date = of("date", &["2024-01-01"]);
    let error = cast(&date, &DataType::Int32, &[]).unwrap_err();
    assert_eq!(error, KernelError::UnsupportedCast { from: DataType::Date32, to: DataType::Int32 });
    let error = cast(&of("datetime", &["2024-01-01"]), &DataType::Utf8, &options(&[("format", "%z")]));
    assert!(error.unwrap_err().to_string().contains("names a time zone"));
}

#[test]
fn a_long_cell_is_cut_short_in_the_reason() {
    let reason = one(&"x".repeat(10_000), "int32", &[]).unwrap_err();
    assert!(reason.len() < 80, "{reason}");
}
