//! Fuzzing: every target of fuzz/ for its share of the minutes. Needs a nightly compiler, which nothing else here does.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::command::{Args, cargo, in_path, program, root, run, succeeds, target};

/// The decoders, all and in groups; the opener with valid keys; the cipher.
const TARGETS: [&str; 6] = ["decode", "container", "account", "recovery", "open", "cipher"];
/// No object of interest is longer, and long ones only make fuzzing slow.
const LONGEST: u32 = 8192;

struct Outcome {
    target: &'static str,
    executions: Option<u64>,
    finds: Vec<PathBuf>,
    ended_well: bool,
}

pub(crate) fn fuzz(mut args: Args) -> Result<()> {
    let minutes = args.value("--minutes")?.unwrap_or_else(|| "10".to_owned());
    let minutes = minutes.parse::<f64>().ok().filter(|minutes| *minutes > 0.0 && *minutes < 1e6);
    let minutes = minutes.context("--minutes wants a number, as in `--minutes 10`")?;
    let chosen = match args.value("--target")? {
        None => TARGETS.to_vec(),
        Some(name) => {
            let known = TARGETS.into_iter().filter(|target| *target == name).collect::<Vec<_>>();
            if known.is_empty() {
                bail!("there is no fuzz target `{name}`; these exist: {}", TARGETS.join(", "));
            }
            known
        }
    };
    args.done()?;
    install()?;
    seeds()?;
    run(nightly_fuzz()?.args(["build", "--target-dir"]).arg(folder()))?;
    let seconds = (minutes * 60.0 / chosen.len() as f64).ceil() as u64;
    let outcomes = chosen.into_iter().map(|target| one(target, seconds)).collect::<Result<Vec<_>>>()?;
    report(&outcomes)
}

fn folder() -> PathBuf {
    target().join("fuzz")
}

/// nightly and cargo-fuzz, unless they are there.
fn install() -> Result<()> {
    if !in_path("rustup") {
        bail!("fuzzing needs a nightly compiler, and rustup to choose it: install rustup from https://rustup.rs");
    }
    if !succeeds(program("rustup", "").args(["run", "nightly", "rustc", "--version"])) {
        run(program("rustup", "").args(["toolchain", "install", "nightly", "--profile", "minimal"]))
            .context("the nightly compiler could not be installed: is the network reachable?")?;
    }
    if !succeeds(nightly_fuzz()?.arg("--version")) {
        run(cargo("install cargo-fuzz --locked --debug --root").arg(tools()))
            .context("cargo-fuzz could not be installed: is the network reachable?")?;
    }
    Ok(())
}

/// Kept with what is built, so that nothing is installed into anybody's home.
fn tools() -> PathBuf {
    target().join("tools")
}

/// `cargo +nightly fuzz`, whichever toolchain this runs under.
fn nightly_fuzz() -> Result<Command> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([tools().join("bin")].into_iter().chain(env::split_paths(&path)))?;
    let mut command = program("rustup", "");
    command.args(["run", "nightly", "cargo", "fuzz"]).env("PATH", path).env_remove("CARGO").env_remove("RUSTC");
    Ok(command)
}

/// What the vectors hold. Anything that earlier runs added to the corpus stays.
fn seeds() -> Result<()> {
    let corpus = root().join("fuzz/corpus");
    let words = "run --quiet --locked --manifest-path fuzz/Cargo.toml --example seeds --target-dir";
    run(cargo(words).arg(folder()).arg("--").arg(corpus))
}

fn one(target: &'static str, seconds: u64) -> Result<Outcome> {
    let artifacts = root().join("fuzz/artifacts").join(target);
    let before = files(&artifacts);
    let log = folder().join(format!("{target}.log"));
    println!("\n=== {target}: {seconds} s; output in {}", log.display());
    let file = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = nightly_fuzz()?;
    command.arg("run").arg("--target-dir").arg(folder()).arg(target).arg(root().join("fuzz/corpus").join(target));
    let regressions = root().join("fuzz/regressions").join(target);
    if regressions.is_dir() {
        command.arg(regressions);
    }
    command.args(["--", "-print_final_stats=1", "-timeout=30"]);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={LONGEST}"));
    let status =
        command.stdout(file.try_clone()?).stderr(file).status().context("`rustup run` could not be started")?;
    let executions = executions(&String::from_utf8_lossy(&fs::read(&log)?));
    let finds = files(&artifacts).into_iter().filter(|find| !before.contains(find)).collect();
    Ok(Outcome { target, executions, finds, ended_well: status.success() })
}

/// Inputs that broke a check. One that only took long is none: slow starts on a busy machine are reported as such.
fn files(folder: &PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with("slow-"))).collect()
}

/// How often libFuzzer says that it ran the target.
fn executions(log: &str) -> Option<u64> {
    log.lines().rev().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok())
}

fn report(outcomes: &[Outcome]) -> Result<()> {
    println!("\n=== summary");
    for Outcome { target, executions, finds, ended_well } in outcomes {
        let executions = executions.map_or_else(|| "unknown".to_owned(), |number| number.to_string());
        let mark = if *ended_well { "" } else { "  FAILED: the end of its output says why" };
        println!("{target:<10}{executions:>14} executions{:>4} finds{mark}", finds.len());
        finds.iter().for_each(|find| println!("    {}", find.display()));
    }
    if outcomes.iter().any(|outcome| !outcome.ended_well || !outcome.finds.is_empty()) {
        bail!("something was found, or a target failed; fuzz/regressions/README.md says what to do with a find");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::executions;

    #[test]
    fn the_last_count_is_the_one() {
        let log = "#1\tINITED\nstat::number_of_executed_units: 12\nstat::average_exec_per_sec:     3\n";
        assert_eq!(executions(log), Some(12));
        assert_eq!(executions("==1== ERROR: libFuzzer: deadly signal\n"), None);
    }
}
