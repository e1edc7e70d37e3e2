//! The package as it is published, side by side with others' and with native code.

use anyhow::{Result, bail};

use crate::{
    build,
    command::{Args, cargo, node, npm, run, target},
    setup,
};

const JOBS: [&str; 10] =
    ["seal", "open-shared", "open-own", "hybrid", "aead", "unlock", "sign", "verify", "cold", "memory"];

pub(crate) fn bench(mut args: Args) -> Result<()> {
    let flags: Vec<_> = ["--quick", "--write-docs"].into_iter().filter(|flag| args.flag(flag)).collect();
    let only = args.value("--only")?;
    if let Some(job) = only.as_deref().filter(|job| !JOBS.contains(job)) {
        bail!("there is no job `{job}`; there are: {}", JOBS.join(", "));
    }
    args.done()?;
    if only.is_some() && flags.contains(&"--write-docs") {
        bail!("the documentation shows every job: leave out --only");
    }
    setup::everything()?;
    build::package()?;
    run(&mut cargo("build --release -p bench-native --locked"))?;
    let mut bench = node("tests/bench", "run.mjs --native");
    bench.arg(target().join("release/bench-native")).args(flags);
    if let Some(job) = only {
        bench.args(["--only", &job]);
    }
    run(&mut bench)
}

/// Every contender's work is right, in Node, without timing any.
pub(crate) fn check() -> Result<()> {
    run(&mut npm("tests/bench", "test"))
}
