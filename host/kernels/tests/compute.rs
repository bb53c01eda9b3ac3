//! Functions by name, over the three states.

mod support;

use arrow_array::{Float64Array, NullArray};
use sluicegate_kernels::{Checked, KernelError, compute, functions};
use sluicegate_model::Column;
use support::{MISSING, NULL, column, of, options, shown, text};

fn call(function: &str, inputs: &[&Column], given: &[(&str, &str)]) -> Checked {
    compute(function, inputs, &options(given)).unwrap()
}

fn made(function: &str, inputs: &[&Column], given: &[(&str, &str)]) -> Vec<String> {
    let made = call(function, inputs, given);
    assert_eq!(made.failed, [], "{function}");
    shown(&made.column)
}

fn error(function: &str, inputs: &[&Column], given: &[(&str, &str)]) -> String {
    compute(function, inputs, &options(given)).unwrap_err().to_string()
}

#[test]
fn comparisons_know_nothing_of_what_is_not_there() {
    let left = of("int32", &["1", "2", "3", NULL, MISSING]);
    let right = of("int32", &["2", "2", "2", "2", "2"]);
    for (function, expected) in [
        ("eq", ["false", "true", "false"]),
        ("ne", ["true", "false", "true"]),
        ("lt", ["true", "false", "false"]),
        ("le", ["true", "true", "false"]),
        ("gt", ["false", "false", "true"]),
        ("ge", ["false", "true", "true"]),
    ] {
        let expected: Vec<&str> = expected.into_iter().chain([NULL, NULL]).collect();
        assert_eq!(made(function, &[&left, &right], &[]), expected);
        assert_eq!(made(function, &[&left], &[("value", "2")]), expected);
    }
    let other = of("int32", &["1", NULL, MISSING, NULL, MISSING]);
    assert_eq!(made("eq-null-safe", &[&left, &other], &[]), ["true", "false", "false", "true", "true"]);
}

#[test]
fn numbers_of_different_types_compare_exactly() {
    let ints = of("int64", &["1", "9007199254740993", "-1"]);
    let decimals = of("decimal(38,20)", &["1.00000000000000000001", "9007199254740993", "-1"]);
    assert_eq!(made("lt", &[&ints, &decimals], &[]), ["true", "false", "false"]);
    let huge = of("decimal256(76,0)", &[&"9".repeat(76), "0", &format!("-{}", "9".repeat(76))]);
    assert_eq!(made("gt", &[&huge, &decimals], &[]), ["true", "false", "false"]);
    assert_eq!(made("gt", &[&decimals, &huge], &[]), ["false", "true", "true"]);
    let floats = column(Float64Array::from(vec![-0.0, f64::NAN, f64::INFINITY]));
    let others = column(Float64Array::from(vec![0.0, f64::NAN, f64::NAN]));
    assert_eq!(made("eq", &[&floats, &others], &[]), ["true", "true", "false"]);
    assert_eq!(made("lt", &[&floats, &others], &[]), ["false", "false", "true"]);
    assert!(error("eq", &[&ints, &text(&["1", "2", "3"])], &[]).contains("int64"));
    assert!(error("eq", &[&ints], &[("value", "x")]).contains("\"x\" is no int64"));
}

#[test]
fn a_list_holds_values_of_the_columns_type() {
    let states = text(&["paid", "open", NULL, MISSING]);
    assert_eq!(made("in", &[&states], &[("values", r#"["paid", "sent"]"#)]), ["true", "false", NULL, NULL]);
    let ids = of("uint64", &["18446744073709551615", "18446744073709551614"]);
    assert_eq!(made("in", &[&ids], &[("values", "[18446744073709551615]")]), ["true", "false"]);
    let amounts = of("decimal(10,2)", &["1.50", "2.00"]);
    assert_eq!(made("in", &[&amounts], &[("values", "[1.5, \"3\"]")]), ["true", "false"]);
    assert!(error("in", &[&ids], &[("values", "[null]")]).contains("NULL is in no list"));
    assert!(error("in", &[&ids], &[("values", "1")]).contains("it is a JSON array"));
    assert!(error("in", &[&ids], &[("values", "[-1]")]).contains("does not fit uint64"));
}

#[test]
fn logic_has_three_values() {
    let a = of("boolean", &["true", "true", "true", "false", "false", NULL, MISSING, MISSING]);
    let b = of("boolean", &["true", "false", NULL, "false", MISSING, NULL, "true", "false"]);
    assert_eq!(made("and", &[&a, &b], &[]), ["true", "false", NULL, "false", "false", NULL, NULL, "false"]);
    assert_eq!(made("or", &[&a, &b], &[]), ["true", "true", "true", "false", NULL, NULL, "true", NULL]);
    assert_eq!(made("not", &[&b], &[]), ["false", "true", NULL, "true", NULL, NULL, "false", "true"]);
    assert!(error("and", &[&text(&["true"])], &[]).contains("takes boolean"));
}

#[test]
fn a_default_never_fills_a_missing_cell() {
    let a = text(&["a", NULL, MISSING, NULL]);
    let b = text(&["b", "b", "b", MISSING]);
    assert_eq!(made("coalesce", &[&a, &b], &[]), ["a", "b", MISSING, MISSING]);
    assert_eq!(made("coalesce", &[&a, &b], &[("value", "-")]), ["a", "b", MISSING, MISSING]);
    assert_eq!(made("coalesce", &[&a], &[("value", "-")]), ["a", "-", MISSING, "-"]);
    assert_eq!(made("is-null", &[&a], &[]), ["false", "true", NULL, "true"]);
    assert_eq!(made("is-missing", &[&a], &[]), ["false", "false", "true", "false"]);
    let nulls = column(NullArray::new(1));
    assert_eq!(made("is-null", &[&nulls], &[]), ["true"]);
    let condition = of("boolean", &["true", "false", NULL, "true"]);
    let c = text(&[MISSING, "c", "c", "c"]);
    assert_eq!(made("if", &[&condition, &a, &c], &[]), ["a", "c", "c", NULL]);
    assert_eq!(made("if", &[&condition, &c, &a], &[]), [MISSING, NULL, MISSING, "c"]);
    assert_eq!(made("if", &[&condition, &c], &[("value", "-")]), [MISSING, "-", "-", "c"]);
    assert!(error("if", &[&condition, &c, &condition], &[]).contains("utf8"));
}

#[test]
fn arithmetic_is_exact_or_fails() {
    let a = of("int8", &["100", "7", "-7", NULL, MISSING]);
    let b = of("int8", &["100", "2", "2", "1", "1"]);
    let sums = call("add", &[&a, &b], &[]);
    assert_eq!(shown(&sums.column), [NULL, "9", "-5", NULL, MISSING]);
    assert_eq!(sums.failed.len(), 1);
    assert_eq!(sums.failed[0].reason, "add of 100 and 100 does not fit int8");
    assert_eq!(made("sub", &[&a, &b], &[]), ["0", "5", "-9", NULL, MISSING]);
    assert_eq!(made("mod", &[&a], &[("value", "2")]), ["0", "1", "-1", NULL, MISSING]);
    let by_zero = call("mod", &[&a], &[("value", "0")]);
    assert_eq!(by_zero.failed.len(), 3);
    assert!(by_zero.failed[0].reason.contains("divided by 0"));
    let price = of("decimal(10,2)", &["19.99", "0.01"]);
    let count = of("int32", &["3", "1"]);
    assert_eq!(made("mul", &[&price, &count], &[]), ["59.97", "0.01"]);
    assert_eq!(made("add", &[&price], &[("value", "0.01")]), ["20.00", "0.02"]);
    assert_eq!(made("mul", &[&price, &price], &[]), ["399.6001", "0.0001"]);
    assert!(error("add", &[&a, &of("int16", &["1", "1", "1", "1", "1"])], &[]).contains("int16"));
    let abs = call("abs", &[&of("int8", &["-128", "-1"])], &[]);
    assert_eq!(shown(&abs.column), [NULL, "1"]);
    assert_eq!(made("abs", &[&of("double", &["-1.5"])], &[]), ["1.5"]);
    assert_eq!(
        made("round", &[&of("decimal(5,3)", &["1.255", "-1.255"])], &[("places", "2")]),
        ["1.260", "-1.260"]
    );
    assert_eq!(made("round", &[&of("int32", &["15", "14"])], &[("places", "-1")]), ["20", "10"]);
    assert_eq!(call("round", &[&of("decimal(3,2)", &["9.99"])], &[("places", "0")]).failed.len(), 1);
}

#[test]
fn text_is_counted_in_characters() {
    let names = text(&["  Zoë ", "李小龙", "", NULL, MISSING]);
    assert_eq!(made("trim", &[&names], &[]), ["Zoë", "李小龙", "", NULL, MISSING]);
    assert_eq!(made("upper", &[&names], &[]), ["  ZOË ", "李小龙", "", NULL, MISSING]);
    assert_eq!(made("lower", &[&text(&["ÀB"])], &[]), ["àb"]);
    assert_eq!(made("length", &[&names], &[]), ["6", "3", "0", NULL, MISSING]);
    assert_eq!(
        made("substring", &[&names], &[("start", "2"), ("len", "2")]),
        [" Z", "小龙", "", NULL, MISSING]
    );
    assert_eq!(made("substring", &[&names], &[("start", "-2")]), ["ë ", "小龙", "", NULL, MISSING]);
    assert!(error("substring", &[&names], &[("start", "0")]).contains("from 1"));
    assert_eq!(made("mask", &[&names], &[("keep-first", "1")]), [" *****", "李**", "", NULL, MISSING]);
    assert_eq!(
        made(
            "mask",
            &[&text(&["13812345678", "12345", "1"])],
            &[("keep-first", "3"), ("keep-last", "4"), ("with", "×")]
        ),
        ["138××××5678", "×××××", "×"]
    );
    assert_eq!(
        made("replace", &[&text(&["a.b.c", ""])], &[("search", "."), ("with", "--")]),
        ["a--b--c", ""]
    );
    assert_eq!(
        made("concat", &[&names, &text(&["a", "b", "c", "d", "e"])], &[("separator", "-")]),
        ["  Zoë -a", "李小龙-b", "-c", NULL, MISSING]
    );
    assert_eq!(made("starts-with", &[&names], &[("value", "李")]), ["false", "true", "false", NULL, NULL]);
    assert_eq!(made("contains", &[&names, &names], &[]), ["true", "true", "true", NULL, NULL]);
    assert_eq!(made("ends-with", &[&names], &[("value", "龙")]), ["false", "true", "false", NULL, NULL]);
}

#[test]
fn regular_expressions() {
    let cells = text(&["SHOP.ORDERS_07", "other", NULL, MISSING]);
    let pattern = ("pattern", r"(?<db>\w+)\.ORDERS_(\d+)");
    assert_eq!(made("matches", &[&cells], &[pattern]), ["true", "false", NULL, NULL]);
    assert_eq!(
        made("regex-replace", &[&cells], &[pattern, ("with", "${db}/$2")]),
        ["SHOP/07", "other", NULL, MISSING]
    );
    assert!(error("matches", &[&cells], &[("pattern", "(")]).contains("unclosed group"));
    assert!(error("matches", &[&cells], &[]).contains("option pattern"));
}

#[test]
fn encodings() {
    let cells = text(&["Zoë", NULL, MISSING]);
    let hex = call("to-hex", &[&cells], &[]).column;
    assert_eq!(shown(&hex), ["5a6fc3ab", NULL, MISSING]);
    let base64 = call("to-base64", &[&cells], &[]).column;
    assert_eq!(shown(&base64), ["Wm/Dqw==", NULL, MISSING]);
    assert_eq!(made("from-hex", &[&hex], &[]), ["Zoë", NULL, MISSING]);
    assert_eq!(made("from-base64", &[&base64], &[]), ["Zoë", NULL, MISSING]);
    assert_eq!(call("from-hex", &[&text(&["0g"])], &[]).failed.len(), 1);
}

#[test]
fn times_are_cut_to_their_unit() {
    let times = of("timestamp", &["2024-08-15T13:14:15.5Z", "1969-12-31T23:59:59Z", NULL, MISSING]);
    for (unit, expected) in [
        ("year", "2024-01-01T00:00:00Z"),
        ("quarter", "2024-07-01T00:00:00Z"),
        ("month", "2024-08-01T00:00:00Z"),
        ("week", "2024-08-12T00:00:00Z"),
        ("day", "2024-08-15T00:00:00Z"),
        ("hour", "2024-08-15T13:00:00Z"),
        ("minute", "2024-08-15T13:14:00Z"),
    ] {
        let cut = made("date-trunc", &[&times], &[("unit", unit)]);
        assert_eq!((cut[0].as_str(), cut[2].as_str(), cut[3].as_str()), (expected, NULL, MISSING));
    }
    let zone = ("time-zone", "Asia/Shanghai");
    assert_eq!(made("date-trunc", &[&times], &[("unit", "day"), zone])[1], "1969-12-31T16:00:00Z");
    assert_eq!(made("date-trunc", &[&of("date", &["2024-08-15"])], &[("unit", "month")]), ["2024-08-01"]);
    assert!(error("date-trunc", &[&times], &[("unit", "eon")]).contains("year, quarter"));
}

#[test]
fn buckets_are_kafkas_partitions() {
    let keys = text(&["21", "foobar", NULL, MISSING]);
    let buckets = call("hash-bucket", &[&keys], &[("buckets", "8")]);
    let expected = [-973_932_308_i32, -790_332_482].map(|hash| ((hash & 0x7fff_ffff) % 8).to_string());
    assert_eq!(shown(&buckets.column)[..2], expected);
    assert_eq!(buckets.failed.iter().map(|failed| failed.row).collect::<Vec<_>>(), [3]);
    assert!(error("hash-bucket", &[&keys], &[("buckets", "0")]).contains("1 or more"));
}

#[test]
fn every_function_refuses_what_it_does_not_know() {
    let input = text(&["a"]);
    for function in functions() {
        let error = compute(function, &[&input], &options(&[("no-such-option", "x")])).unwrap_err();
        assert!(!error.to_string().is_empty(), "{function}");
        let error = compute(function, &[], &[]).unwrap_err();
        assert!(matches!(error, KernelError::InputCount { .. }), "{function}: {error}");
        let lengths = compute(function, &[&input, &text(&["a", "b"])], &[]).unwrap_err();
        assert_eq!(lengths, KernelError::Length { input: 1, found: 2, expected: 1 }, "{function}");
    }
}

#[test]
fn numbers_are_rounded_to_steps_and_digits() {
    let step = |value| [("step", value)];
    assert_eq!(
        made("round", &[&of("uint64", &["18446744073709551549", "49", NULL, MISSING])], &step("100")),
        ["18446744073709551500", "0", NULL, MISSING]
    );
    assert_eq!(
        made("round", &[&of("decimal(18,2)", &["1.13", "-1.13", "1.12"])], &step("0.25")),
        ["1.25", "-1.25", "1.00"]
    );
    let wide = of("decimal256(76,0)", &[&"9".repeat(76), "-15"]);
    assert_eq!(
        made("round", &[&wide], &[("step", "10"), ("round", "down")]),
        [format!("{}0", "9".repeat(75)), "-10".to_owned()]
    );
    assert_eq!(
        made("round", &[&of("int64", &["123456", "-99", "7", "0"])], &[("digits", "2")]),
        ["120000", "-99", "7", "0"]
    );
    assert_eq!(
        made("round", &[&of("decimal(9,3)", &["1234.567", "0.012"])], &[("digits", "1")]),
        ["1000.000", "0.010"]
    );
    assert_eq!(
        made("round", &[&of("double", &["2.625", "-7.5", "NaN"])], &step("0.25")),
        ["2.75", "-7.5", "NaN"]
    );
    assert_eq!(
        made("round", &[&of("double", &["1234.5", "0.00123"])], &[("digits", "2")]),
        ["1200.0", "0.0012"]
    );
    let over = call("round", &[&of("uint8", &["250", "1"])], &step("100"));
    assert_eq!(over.failed[0].reason, "round of 250 does not fit uint8");
    for (options, wrong) in [
        (vec![("step", "0")], "a number above 0"),
        (vec![("step", "-1")], "a number above 0"),
        (vec![("step", "0.5")], "0 digits behind the point has no such multiples"),
        (vec![("digits", "0")], "1 to 76"),
        (vec![("digits", "1"), ("places", "2")], "only one of"),
    ] {
        let error = error("round", &[&of("int32", &["1"])], &options);
        assert!(error.contains(wrong), "{error}");
    }
    assert!(error("round", &[&text(&["1"])], &[]).contains("integers, decimals or floats"));
}

#[test]
fn dates_in_text_keep_their_form() {
    let dates = text(&["2024/05/17 13:22", "20240517", NULL, MISSING]);
    assert_eq!(
        made("date-trunc", &[&dates], &[("unit", "month")]),
        ["2024/05/01 00:00", "20240501", NULL, MISSING]
    );
    let bad = call("date-trunc", &[&text(&["soon", "2024-05-17"])], &[("unit", "year")]);
    assert_eq!((bad.failed.len(), bad.failed[0].reason.as_str()), (1, "\"soon\" is no date"));
    assert_eq!(shown(&bad.column), [NULL, "2024-01-01"]);
}

#[test]
fn what_is_taken_away_leaves_its_state() {
    let secret = text(&["a", "bb", NULL, MISSING]);
    assert_eq!(made("redact", &[&secret], &[("value", "(hidden)")]), ["(hidden)", "(hidden)", NULL, MISSING]);
    assert_eq!(made("redact", &[&secret], &[]), [NULL, NULL, NULL, MISSING]);
    let amounts = of("decimal(9,2)", &["1.50", NULL, MISSING]);
    assert_eq!(made("redact", &[&amounts], &[("value", "0")]), ["0.00", NULL, MISSING]);
    assert!(error("redact", &[&amounts], &[("value", "none")]).contains("\"none\" is no decimal"));
}

#[test]
fn lists_of_values_are_found_however_long() {
    let numbers = of("int64", &["1", "9", "10", NULL, MISSING]);
    let all: Vec<String> = (1..=9).map(|n| n.to_string()).collect();
    for count in [0, 1, 8, 9] {
        let expected = [count >= 1, count >= 9, false].map(|found| found.to_string());
        let expected: Vec<&str> = expected.iter().map(String::as_str).chain([NULL, NULL]).collect();
        let values = format!("[{}]", all[..count].join(", "));
        assert_eq!(made("in", &[&numbers], &[("values", &values)]), expected, "{values}");
    }
    let error = error("in", &[&numbers], &[("values", r#"[1, "x"]"#)]);
    assert!(error.contains("\"x\" is no int64"), "{error}");
}
