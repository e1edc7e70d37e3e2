//! Proofs that can be run alone.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::{
    build,
    command::{Args, node, root, run, target},
    constant_time, reproduce, setup,
};

pub(crate) fn verify(mut args: Args) -> Result<()> {
    let off = args.flag("--sealing-off");
    let against = args.value("--against")?;
    let what = args.word();
    args.done()?;
    match what.as_deref() {
        Some("constant-time") => {
            setup::to_build()?;
            constant_time::verify()
        }
        Some("canary") => {
            setup::everything()?;
            build::everything()?;
            if off { canary_with_sealing_off(&[]) } else { canary() }
        }
        Some("build") => {
            setup::to_build()?;
            reproduce::verify(against.map(PathBuf::from))
        }
        Some("recovery") => {
            setup::everything()?;
            build::everything()?;
            recovery()
        }
        Some("hostile") => {
            setup::everything()?;
            build::everything()?;
            hostile()?;
            hostile_with_checks_off()
        }
        Some(other) => {
            bail!(
                "there is nothing called `{other}` to verify; there are: build, canary, constant-time, recovery, hostile"
            )
        }
        None => bail!("say what to verify: build, canary, constant-time, recovery or hostile"),
    }
}

/// Every way into an account and every loss, in each browser.
pub(crate) fn recovery() -> Result<()> {
    harness()?;
    run(&mut node("tests/browser", "recovery/run.mjs"))
}

/// Everything that a hostile server may try, each refused or noticed as it should be.
pub(crate) fn hostile() -> Result<()> {
    harness()?;
    run(&mut node("tests/browser", "hostile/run.mjs"))
}

/// The same with one check after the other left out of the library: each has to be missed.
pub(crate) fn hostile_with_checks_off() -> Result<()> {
    run(node("tests/browser", "hostile/run.mjs --checks-off").arg(build::checks_off()?))
}

/// Figures of this machine, not a test.
pub(crate) fn measure() -> Result<()> {
    setup::everything()?;
    build::everything()?;
    harness()?;
    run(&mut node("tests/browser", "recovery/measure.mjs"))
}

fn harness() -> Result<()> {
    run(node("tests/browser", "pages.mjs harness").arg(target().join("browser-page")))
}

/// Secrets typed into the page must be nowhere but on the clinician's screen.
pub(crate) fn canary() -> Result<()> {
    search(&root().join("www/app/dist"), &[])
}

/// The same search over a build that does not encrypt; with `--expect-found`, finding the secrets is the success.
pub(crate) fn canary_with_sealing_off(options: &[&str]) -> Result<()> {
    search(&build::sealing_off()?, options)
}

fn search(app: &Path, options: &[&str]) -> Result<()> {
    let server = target().join("debug/sealed-notes-server");
    run(node("tests/browser", "canary/run.mjs --server").arg(server).arg("--app").arg(app).args(options))
}
