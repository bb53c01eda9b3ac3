//! `sluicegate positions`

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use sluicegate_connector::LanePosition;
use sluicegate_model::{Lane, Position};

use super::Output;
use super::exit::Failure;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show what is committed for each lane, and how far it is behind.
    #[command(after_long_help = SHOW)]
    Show {
        /// The pipeline file.
        file: PathBuf,
    },
    /// Move lanes: what stands at the given point is read next. The pipeline must not be running.
    #[command(after_long_help = SET)]
    Set {
        /// The pipeline file.
        file: PathBuf,
        /// A lane and its next offset, as in orders/3=4711; of a file, the lines or rows to leave out; of a binlog, the
        /// transactions that were read, or a file and an offset in it.
        #[arg(required = true, value_name = "LANE=OFFSET", value_parser = parse_move)]
        moves: Vec<(Lane, String)>,
    },
    /// Forget lanes, all of them if none is named: the next start begins where `start:` says.
    ///
    /// The pipeline must not be running.
    #[command(after_long_help = RESET)]
    Reset {
        /// The pipeline file.
        file: PathBuf,
        /// Lanes, as `positions show` names them.
        lanes: Vec<String>,
    },
    /// Take over what another pipeline committed: for a pipeline that got a new name. Neither may be running.
    #[command(after_long_help = COPY)]
    Copy {
        /// The pipeline file, with the new name.
        file: PathBuf,
        /// The old name.
        #[arg(long, value_name = "PIPELINE")]
        from: String,
    },
}

const SHOW: &str = "\
With --output json a list is printed, an object a lane: `lane`, `position` (null: nothing is committed), `holder`, `lag` \
in records; and, where the lane is a binlog, `behind`: `transactions`, `bytes`, `seconds` (the age of the oldest transaction \
that is not committed; 0 at the end), `end` (of the server's log), `warning` (null: all is well). What is not known is null.

Examples:
  sluicegate positions show orders.yaml
  sluicegate positions show orders.yaml --output json | jq 'map(.lag) | add'";

const SET: &str = "\
A place in a binlog that the server does not have, or that is within a transaction, is refused. How far tables were copied \
stays as it is: a lane that has never run begins there, without the rows that tables have.

Examples:
  sluicegate positions set orders.yaml ogg.shop.orders/0=4711 ogg.shop.orders/1=4650
  sluicegate positions set shop.yaml binlog=0-1-4711
  sluicegate positions set shop.yaml binlog=3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4711
  sluicegate positions set shop.yaml binlog=binlog.000003:1234";

const RESET: &str = "\
Examples:
  sluicegate positions reset orders.yaml
  sluicegate positions reset orders.yaml ogg.shop.orders/3";

const COPY: &str = "\
What is committed under the new name already is never written over.

Example:
  sluicegate positions copy orders-2.yaml --from orders";

fn parse_move(text: &str) -> Result<(Lane, String), String> {
    let (lane, point) = text.rsplit_once('=').ok_or("write LANE=OFFSET, as in orders/3=4711")?;
    if point.starts_with('-') {
        return Err("an offset is not negative".to_owned());
    }
    if point.is_empty() {
        return Err("there is nothing after the `=`; write LANE=OFFSET, as in orders/3=4711".to_owned());
    }
    Ok((Lane::from(lane), point.to_owned()))
}

pub(super) async fn positions(verb: Verb, output: Output) -> Result<(), Failure> {
    match verb {
        Verb::Show { file } => {
            let mut admin = Config::load(&file)?.position_admin().await?;
            print(&admin.show().await?, output);
        }
        Verb::Set { file, moves } => {
            let config = Config::load(&file)?;
            let mut admin = config.position_admin().await?;
            let positions = config.positions_at(&moves, &mut *admin).await?;
            admin.set(&positions).await?;
            print(&admin.show().await?, output);
        }
        Verb::Reset { file, lanes } => {
            let mut admin = Config::load(&file)?.position_admin().await?;
            let lanes: Vec<Lane> = lanes.iter().map(|lane| Lane::from(lane.as_str())).collect();
            admin.reset(&lanes).await?;
            print(&admin.show().await?, output);
        }
        Verb::Copy { file, from } => copy(&Config::load(&file)?, &from, output).await?,
    }
    Ok(())
}

/// Positions of one name under another. What is there is never written over: it may be further than what would come.
async fn copy(config: &Config, from: &str, output: Output) -> Result<(), Failure> {
    let name = config.name();
    let found = config.position_admin_of(from).await?.show().await?;
    let positions: Vec<(Lane, Position)> =
        found.into_iter().filter_map(|lane| Some((lane.lane, lane.position?))).collect();
    if positions.is_empty() {
        return Err(Failure::usage(format!("nothing is committed under the name {from}")));
    }
    let mut admin = config.position_admin().await?;
    if admin.show().await?.iter().any(|lane| lane.position.is_some()) {
        return Err(Failure::usage(format!(
            "{name} has positions of its own; `sluicegate positions reset` forgets them"
        )));
    }
    admin.set(&positions).await?;
    print(&admin.show().await?, output);
    Ok(())
}

fn print(lanes: &[LanePosition], output: Output) {
    if output == Output::Json {
        println!("{}", json!(lanes));
        return;
    }
    if lanes.is_empty() {
        println!("nothing is committed");
    }
    for lane in lanes {
        let position = lane.position.as_ref().map_or("nothing committed".to_owned(), ToString::to_string);
        let records = lane.lag.map(|lag| format!(", {lag} behind")).unwrap_or_default();
        let log = lane.behind.as_ref().map(|behind| format!(", {behind}")).unwrap_or_default();
        let holder = lane.holder.as_ref().map(|holder| format!(", held by {holder}")).unwrap_or_default();
        println!("{}: {position}{records}{log}{holder}", lane.lane);
        if let Some(warning) = lane.behind.as_ref().and_then(|behind| behind.warning.as_ref()) {
            println!("  warning: {warning}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_names_a_lane_and_an_offset() {
        assert_eq!(parse_move("ogg.orders/3=17"), Ok((Lane::from("ogg.orders/3"), "17".to_owned())));
        assert_eq!(parse_move("a=b.csv=1"), Ok((Lane::from("a=b.csv"), "1".to_owned())));
        assert!(parse_move("orders/3").unwrap_err().contains("LANE=OFFSET"));
        assert!(parse_move("orders/3=").is_err());
        assert!(parse_move("orders/3=-1").unwrap_err().contains("not negative"));
    }
}
