//! `sluicegate positions`

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use sluicegate_connector::LanePosition;
use sluicegate_model::Lane;

use super::Output;
use super::exit::Failure;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show what is committed for each lane, and how far it is behind.
    Show {
        /// The pipeline file.
        file: PathBuf,
    },
    /// Move lanes: what comes after the given offset is read next. The pipeline must not be running.
    Set {
        /// The pipeline file.
        file: PathBuf,
        /// A lane and its next offset, as in orders/3=4711.
        #[arg(required = true, value_name = "LANE=OFFSET", value_parser = parse_move)]
        moves: Vec<(Lane, i64)>,
    },
    /// Forget lanes, all of them if none is named: the next start begins where `start:` says.
    Reset {
        /// The pipeline file.
        file: PathBuf,
        /// Lanes, as `positions show` names them.
        lanes: Vec<String>,
    },
}

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
    }
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
