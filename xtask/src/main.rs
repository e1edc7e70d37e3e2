//! One entry for everything: `cargo xtask setup | build | demo | test | bench | verify | fuzz | measure`.
#![allow(clippy::print_stdout, reason = "a command line tool talks on stdout")]

mod bench;
mod build;
mod command;
mod constant_time;
mod demo;
mod fuzz;
mod reproduce;
mod setup;
mod test;
mod verify;

use std::process::ExitCode;

use anyhow::{Result, bail};
use command::Args;

const HELP: &str = "\
cargo xtask setup                 install what is missing to build and to test
cargo xtask build [package]       wasm and npm package (pkg/dist), then page (www/app/dist) and server
cargo xtask demo [options]        build, then serve the page and the API on one port
    --port N                      port to listen on (default 8787; 0 picks a free one)
    --data DIR                    where the database lives (default ./data)
    --seed-demo                   fill in synthetic accounts and print how to unlock them
    --release                     an optimised server
cargo xtask test [STEP…]          everything, or the named steps only
    --list                        name the steps
cargo xtask verify canary         type secrets into the real page, then look for them everywhere
    --sealing-off                 the same with sealing switched off in a test build: must find them
cargo xtask verify build          build the package again in another folder, its crates fetched anew: the same bytes
    --against DIR                 as the package in DIR, such as node_modules/sealed-notes
cargo xtask verify constant-time  run the ciphers under valgrind, their secrets marked; count the branches in the wasm
cargo xtask verify recovery       walk every way into an account, and every loss, in each browser
cargo xtask verify hostile        put a hostile server in front of the client, and try all that it may try
cargo xtask fuzz                  feed every decoder, and the opener with valid keys, with what no one sealed
    --minutes N                   in all, divided over the targets (default 10)
    --target T                    only decode, container, account, recovery or open
cargo xtask bench                 the package beside others' and native code, in Chromium, Firefox and Node; target/bench/DATE.json
    --quick                       in under three minutes: fewer rounds and sizes, no Firefox
    --only JOB                    only seal, open-shared, open-own, hybrid, aead, unlock, sign, verify, cold or memory
    --write-docs                  write docs/benchmarks.md and its charts
cargo xtask measure               how long unlocking takes, also on a slow processor";

fn main() -> ExitCode {
    let mut args = Args::new(std::env::args().skip(1));
    if args.flag("--help") || args.flag("-h") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match dispatch(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut args: Args) -> Result<()> {
    match args.word().as_deref() {
        Some("setup") => args.done().and_then(|()| setup::everything()),
        Some("build") => {
            let part = args.word();
            args.done()?;
            match part.as_deref() {
                None => setup::to_build().and_then(|()| build::everything()),
                Some("package") => build::package(),
                Some(other) => bail!("there is no part `{other}` to build; `package` is the one that stands alone"),
            }
        }
        Some("demo") => demo::demo(args),
        Some("test") => test::test(args),
        Some("verify") => verify::verify(args),
        Some("fuzz") => fuzz::fuzz(args),
        Some("bench") => bench::bench(args),
        Some("measure") => args.done().and_then(|()| verify::measure()),
        Some(other) => bail!("there is no command `{other}`. These exist:\n{HELP}"),
        None => bail!("say which command to run:\n{HELP}"),
    }
}
