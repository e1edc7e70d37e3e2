//! Paths, arguments, and running other programs with errors that say what to do.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A program to be run in a folder of the project (`""` is its root).
pub(crate) fn program(name: &str, folder: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root().join(folder));
    command
}

pub(crate) fn cargo(words: &str) -> Command {
    let name = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = program(&name, "");
    command.args(words.split_whitespace());
    command
}

pub(crate) fn npm(folder: &str, words: &str) -> Command {
    let mut command = program("npm", folder);
    command.args(words.split_whitespace());
    command
}

pub(crate) fn node(folder: &str, words: &str) -> Command {
    let mut command = program("node", folder);
    command.args(words.split_whitespace());
    command
}

pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    println!("$ {line}");
    let status = command
        .status()
        .with_context(|| format!("`{line}` could not be started: is the program installed and in PATH?"))?;
    if !status.success() {
        bail!("`{line}` failed ({status}); its output above says why");
    }
    Ok(())
}

/// Whether a command succeeds, its output thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{line}` could not be started: is the program installed and in PATH?"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

pub(crate) fn in_path(name: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}

fn describe(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut line = name.to_string_lossy().into_owned();
    for word in command.get_args() {
        line.push(' ');
        line.push_str(&word.to_string_lossy());
    }
    match command.get_current_dir().and_then(|dir| dir.strip_prefix(root()).ok()) {
        Some(folder) if folder != Path::new("") => format!("{line}   (in {})", folder.display()),
        _ => line,
    }
}

/// Command line words, taken one by one; what is left over at the end is an error.
pub(crate) struct Args(Vec<String>);

impl Args {
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Self {
        // `--port=1` and `--port 1` are the same.
        let split = |word: String| match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                vec![name.to_owned(), value.to_owned()]
            }
            _ => vec![word],
        };
        Self(words.flat_map(split).collect())
    }

    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let found = self.0.iter().position(|word| word == name);
        found.map(|at| self.0.remove(at)).is_some()
    }

    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.0.iter().position(|word| word == name) else {
            return Ok(None);
        };
        self.0.remove(at);
        if at == self.0.len() {
            bail!("{name} needs a value, as in `{name} VALUE`");
        }
        Ok(Some(self.0.remove(at)))
    }

    /// The next word that is not an option.
    pub(crate) fn word(&mut self) -> Option<String> {
        let found = self.0.iter().position(|word| !word.starts_with("--"));
        found.map(|at| self.0.remove(at))
    }

    pub(crate) fn done(self) -> Result<()> {
        match self.0.first() {
            Some(word) => {
                bail!("`{word}` is not understood here; `cargo xtask --help` lists what is")
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

    use super::Args;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_values_and_words() {
        let mut args = args("demo --port=7 --seed-demo --data here");
        assert_eq!(args.word().as_deref(), Some("demo"));
        assert_eq!(args.value("--port").unwrap().as_deref(), Some("7"));
        assert_eq!(args.value("--data").unwrap().as_deref(), Some("here"));
        assert!(args.flag("--seed-demo"));
        assert!(!args.flag("--release"));
        assert!(args.done().is_ok());
    }

    #[test]
    fn a_leftover_and_a_missing_value_are_errors() {
        assert!(args("--prot 7").done().is_err());
        assert!(args("demo --port").value("--port").is_err());
    }
}
