//! `sluicegate validate`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Output;
use super::exit::Failure;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The pipeline file.
    file: PathBuf,
    /// Also ask the systems: brokers, topics, privileges.
    #[arg(long)]
    online: bool,
}

pub(super) async fn validate(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let config = Config::load(&arguments.file)?;
    config.check()?;
    if arguments.online {
        config.check_online().await?;
    }
    let steps = config.step_names();
    match output {
        Output::Json => println!(
            "{}",
            json!({ "pipeline": config.name(), "steps": steps, "valid": true, "online": arguments.online })
        ),
        Output::Text => {
            let checked =
                if arguments.online { "and its systems are ready" } else { "(systems were not asked)" };
            println!("{}: valid {checked}; steps: {}", config.name(), steps.join(" -> "));
        }
    }
    Ok(())
}
