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
    /// Move lanes: the record at the given offset is read next. The pipeline must not be running.
    #[command(after_long_help = SET)]
    Set {
        /// The pipeline file.
        file: PathBuf,
        /// A lane and its next offset, as in orders/3=4711; of a file, the lines or rows to leave out.
        #[arg(required = true, value_name = "LANE=OFFSET", value_parser = parse_move)]
        moves: Vec<(Lane, i64)>,
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
in records.

Examples:
  sluicegate positions show orders.yaml
  sluicegate positions show orders.yaml --output json | jq 'map(.lag) | add'";

const SET: &str = "\
Example:
  sluicegate positions set orders.yaml ogg.shop.orders/0=4711 ogg.shop.orders/1=4650";

const RESET: &str = "\
Examples:
  sluicegate positions reset orders.yaml
  sluicegate positions reset orders.yaml ogg.shop.orders/3";

const COPY: &str = "\
What is committed under the new name already is never written over.

Example:
  sluicegate positions copy orders-2.yaml --from orders";

fn parse_move(text: &str) -> Result<(Lane, i64), String> {
    let (lane, offset) = text.rsplit_once('=').ok_or("write LANE=OFFSET, as in orders/3=4711")?;
    let offset: i64 = offset.parse().map_err(|_| format!("{offset:?} is no offset"))?;
    if offset < 0 {
        return Err("an offset is not negative".to_owned());
    }
    Ok((Lane::from(lane), offset))
}

pub(super) async fn positions(verb: Verb, output: Output) -> Result<(), Failure> {
    match verb {
        Verb::Show { file } => {
            let mut admin = Config::load(&file)?.position_admin().await?;
            print(&admin.show().await?, output);
        }
        Verb::Set { file, moves } => {
            let config = Config::load(&file)?;
            let positions = config.positions_at(&moves).await?;
            let mut admin = config.position_admin().await?;
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
        let lag = lane.lag.map(|lag| format!(", {lag} behind")).unwrap_or_default();
        let holder = lane.holder.as_ref().map(|holder| format!(", held by {holder}")).unwrap_or_default();
        println!("{}: {position}{lag}{holder}", lane.lane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_names_a_lane_and_an_offset() {
        assert_eq!(parse_move("ogg.orders/3=17"), Ok((Lane::from("ogg.orders/3"), 17)));
        assert!(parse_move("orders/3").unwrap_err().contains("LANE=OFFSET"));
        assert!(parse_move("orders/3=x").unwrap_err().contains("no offset"));
        assert!(parse_move("orders/3=-1").is_err());
    }
}
