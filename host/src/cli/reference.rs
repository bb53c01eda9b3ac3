//! The reference of the command line, made of its own definitions: `docs/command-line.md`.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;

const INTRODUCTION: &str = "\
# Command line

This page is made of the code: `sluicegate help VERB` prints the same.

Results go to standard output, logs and errors to standard error. With `--output json` both are JSON, an object a line: a
result as described below, an error as `{\"error\": TEXT, \"code\": EXIT_CODE}`.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the pipeline failed: a system, or data that needs a person |
| 2 | the command line or the pipeline file must be changed |
| 3 | too many rows went to the dead letters (`dead_letters: stop_after`) |
| 4 | `test` or an online check found differences |
";

/// The reference of all verbs as Markdown.
pub fn reference_markdown() -> String {
    let mut root = Cli::command();
    root.build();
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n## Options of every verb\n\n");
    let global: Vec<&Arg> = root.get_arguments().filter(|argument| argument.is_global_set()).collect();
    table("option", &global, &mut text);
    for verb in root.get_subcommands() {
        section(verb, 2, &mut text);
    }
    text
}

fn section(command: &Command, depth: usize, text: &mut String) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    // Writing to a string cannot fail.
    let _ = write!(text, "\n{} {name}\n\n", "#".repeat(depth));
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        let _ = writeln!(text, "{}\n", plain(about).trim_end());
    }
    let verbs: Vec<&Command> = command.get_subcommands().filter(|verb| verb.get_name() != "help").collect();
    if verbs.is_empty() {
        let usage = command.clone().render_usage().to_string();
        let _ = writeln!(text, "```text\n{}\n```", usage.trim_start_matches("Usage:").trim());
    }
    let shown = |argument: &&Arg| {
        !argument.is_global_set()
            && !argument.is_hide_set()
            && !matches!(argument.get_action(), ArgAction::Help | ArgAction::HelpLong | ArgAction::Version)
    };
    let (arguments, options): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().filter(shown).partition(|argument| argument.is_positional());
    for (heading, list) in [("argument", arguments), ("option", options)] {
        if !list.is_empty() {
            text.push('\n');
            table(heading, &list, text);
        }
    }
    if let Some(after) = command.get_after_long_help() {
        after_help(&plain(after), text);
    }
    for verb in verbs {
        section(verb, depth + 1, text);
    }
}

fn table(heading: &str, arguments: &[&Arg], text: &mut String) {
    let _ = writeln!(text, "| {heading} | |\n|---|---|");
    for argument in arguments {
        let _ = writeln!(text, "| `{}` | {} |", spelling(argument), about(argument));
    }
}

/// An argument as it is typed.
fn spelling(argument: &Arg) -> String {
    let values: Vec<String> =
        argument.get_value_names().into_iter().flatten().map(ToString::to_string).collect();
    let values = if argument.get_action().takes_values() { values.join(" ") } else { String::new() };
    match argument.get_long() {
        Some(long) if values.is_empty() => format!("--{long}"),
        Some(long) => format!("--{long} {values}"),
        None => values,
    }
    .replace('|', "\\|")
}

fn about(argument: &Arg) -> String {
    let about = argument.get_long_help().or_else(|| argument.get_help()).map(plain).unwrap_or_default();
    let mut about = about.replace("\n\n", " ").replace('\n', " ").replace('|', "\\|");
    if argument.is_positional() && !argument.is_required_set() && argument.get_default_values().is_empty() {
        about.push_str(" Optional.");
    }
    // A flag has its words too, which nobody types.
    if argument.get_action().takes_values() {
        for word in argument.get_possible_values() {
            let meaning = word.get_help().map(plain).unwrap_or_default();
            let _ = write!(about, "<br>`{}`", word.get_name());
            if !meaning.is_empty() {
                let _ = write!(about, ": {meaning}");
            }
        }
        let defaults = argument.get_default_values();
        if !defaults.is_empty() {
            let defaults: Vec<_> = defaults.iter().map(|value| value.to_string_lossy()).collect();
            let _ = write!(about, "<br>Default: `{}`.", defaults.join(" "));
        }
    }
    if let Some(variable) = argument.get_env() {
        let _ = write!(about, "<br>Or the environment variable `{}`.", variable.to_string_lossy());
    }
    about
}

/// What stands below the options in the long help: lines that are set in stay as they are.
fn after_help(help: &str, text: &mut String) {
    let mut in_block = false;
    for line in help.lines() {
        let is_set_in = line.starts_with("  ");
        if is_set_in != in_block && !(line.is_empty() && in_block) {
            text.push_str(if is_set_in { "\n```text\n" } else { "```\n" });
            in_block = is_set_in;
        }
        match line.strip_prefix("  ") {
            Some(line) if in_block => {
                let _ = writeln!(text, "{line}");
            }
            _ if line.is_empty() => {}
            _ => {
                let _ = writeln!(text, "\n{line}");
            }
        }
    }
    if in_block {
        text.push_str("```\n");
    }
}

fn plain(text: &StyledStr) -> String {
    text.to_string()
}
