//! `sluicegate completions`
//!
//! The script that is printed asks this program at each press of the tab key, so that what completes to what is told
//! here, once, for every shell.

use std::ffi::OsStr;
use std::path::Path;

use clap::builder::{ArgExt, ValueHint};
use clap::{Args, Command, CommandFactory, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::{CompleteEnv, Shells};
use serde_json::json;
use sluicegate_transforms::BUILT_INS;

use super::exit::Failure;
use super::{Cli, Output};

/// The variable by which a shell asks for candidates.
const ASKED: &str = "SLUICEGATE_COMPLETE";

/// The command line of `completions`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(super) struct Arguments {
    /// The shell.
    shell: Shell,
}

const LONG: &str = "\
Load the script when the shell starts, so that it fits the program after an update. Pipeline files complete to *.yaml, \
*.yml and *.json, guests to *.wasm and the names of the built-in transforms.

Examples:
  bash        echo 'source <(sluicegate completions bash)' >> ~/.bashrc
  zsh         echo 'source <(sluicegate completions zsh)' >> ~/.zshrc
  fish        echo 'sluicegate completions fish | source' >> ~/.config/fish/config.fish
  elvish      echo 'eval (sluicegate completions elvish | slurp)' >> ~/.config/elvish/rc.elv
  powershell  echo 'sluicegate completions powershell | Out-String | Invoke-Expression' >> $PROFILE";

/// Shells that complete.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

impl Shell {
    const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Elvish => "elvish",
            Self::Powershell => "powershell",
        }
    }
}

/// Answers a shell that asks for candidates, and ends the process; does nothing where none does.
pub(super) fn answer() {
    CompleteEnv::with_factory(|| with_completers(Cli::command())).var(ASKED).complete();
}

/// Prints the script of a shell.
pub(super) fn completions(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let shell = arguments.shell.name();
    let unwritable = |why: &dyn std::fmt::Display| Failure::failed(format!("no script for {shell}: {why}"));
    let completer = Shells::builtins();
    let completer = completer.completer(shell).ok_or_else(|| unwritable(&"the shell is not known"))?;
    let mut script = Vec::new();
    completer
        .write_registration(ASKED, "sluicegate", "sluicegate", "sluicegate", &mut script)
        .map_err(|error| unwritable(&error))?;
    let script = String::from_utf8_lossy(&script);
    match output {
        Output::Text => print!("{script}"),
        Output::Json => println!("{}", json!({ "shell": shell, "script": script })),
    }
    Ok(())
}

/// The command with what its arguments complete to. A positional path is a pipeline file, whatever the verb.
fn with_completers(command: Command) -> Command {
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let of_guest = command.get_name() == "inspect";
    let command =
        verbs.into_iter().fold(command, |command, verb| command.mut_subcommand(verb, with_completers));
    command.mut_args(|argument| {
        let is_path = matches!(argument.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath);
        if argument.is_positional() && of_guest {
            argument.add(completer(guests))
        } else if argument.is_positional() && is_path {
            argument.add(completer(pipelines))
        } else if argument.get_id() == "directory" {
            argument.add(ArgValueCompleter::new(PathCompleter::dir()))
        } else {
            argument
        }
    })
}

fn completer(of: fn(&OsStr) -> Vec<CompletionCandidate>) -> impl ArgExt {
    ArgValueCompleter::new(of)
}

/// Files of one of some kinds, and the directories on the way to them.
fn files(typed: &OsStr, kinds: &'static [&'static str]) -> Vec<CompletionCandidate> {
    let of_kind =
        move |path: &Path| path.extension().is_some_and(|kind| kinds.iter().any(|known| kind == *known));
    PathCompleter::any().filter(move |path| path.is_dir() || of_kind(path)).complete(typed)
}

fn pipelines(typed: &OsStr) -> Vec<CompletionCandidate> {
    files(typed, &["yaml", "yml", "json"])
}

fn guests(typed: &OsStr) -> Vec<CompletionCandidate> {
    let mut candidates = files(typed, &["wasm"]);
    let begun = typed.to_string_lossy();
    let names = BUILT_INS.iter().map(|guest| guest.name).filter(|name| name.starts_with(&*begun));
    candidates.extend(names.map(CompletionCandidate::new));
    candidates
}
