//! A transform with a defect, to see what becomes of one: it panics on an amount that is no number.
//!
//! The panic ends in a trap of the sandbox. The host tries the batch again, takes it apart until the row is found,
//! and puts that row into the dead letters with the message of the panic; all other rows arrive.

use sluicegate_sdk::prelude::*;
use sluicegate_sdk::{builders::Float64Builder, kernels};

sluicegate_sdk::export!(Fragile);

/// Adds a column of discounts.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The column of amounts.
    column: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { column: "amount".to_owned() }
    }
}

/// The transform.
pub struct Fragile(Config);

impl Transform for Fragile {
    type Config = Config;
    const NAME: &'static str = "fragile";
    const SUMMARY: &'static str = "Adds a discount of a tenth, and panics on an amount that is no number.";

    fn new(config: Config, _: &About) -> Result<Self, Failure> {
        Ok(Self(config))
    }

    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
        let output = Output::new(batch);
        if let Some(column) = batch.find(&self.0.column) {
            let amounts = kernels::cast(&column, "utf8", &[])?.column.text()?;
            let mut discounts = Float64Builder::with_capacity(amounts.len());
            for amount in amounts.iter() {
                discounts.push(amount.map(discount));
            }
            output.put("discount", &discounts.finish()?, Alignment::Input);
        }
        Ok(output.into())
    }
}

/// The defect: it takes for granted that every amount is a number.
fn discount(amount: &str) -> f64 {
    let amount: f64 = amount.trim().parse().unwrap_or_else(|_| panic!("the amount {amount:?} is no number"));
    amount / 10.0
}

#[cfg(test)]
mod tests {
    use sluicegate_sdk::testing::{Case, rows, start};

    use super::*;

    #[test]
    fn a_tenth() {
        let ran = Case::of("orders")
            .rows(rows![{ "amount": " 25.0" }, { "amount": null }, {}])
            .run(&mut start::<Fragile>(()));
        ran.only().assert_rows(rows![
            { "amount": " 25.0", "discount": 2.5 },
            { "amount": null, "discount": null },
            {},
        ]);
    }

    #[test]
    #[should_panic(expected = "the amount \"boom\" is no number")]
    fn the_defect_is_there() {
        Case::of("orders")
            .rows(rows![{ "amount": "1" }, { "amount": "boom" }])
            .run(&mut start::<Fragile>(()));
    }
}
