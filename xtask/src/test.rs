//! Every check there is, one step after the other.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::{
    bench, build,
    command::{Args, cargo, node, npm, run},
    constant_time, setup, verify,
};

struct Step {
    name: &'static str,
    about: &'static str,
    /// Uses what `build` makes: without it, a failure would say nothing.
    built: bool,
    check: fn() -> Result<()>,
}

const fn step(name: &'static str, about: &'static str, built: bool, check: fn() -> Result<()>) -> Step {
    Step { name, about, built, check }
}

const STEPS: &[Step] = &[
    step("setup", "what is missing is installed", false, setup::everything),
    step("fmt", "formatting of the Rust code", false, || run(&mut cargo("fmt --all --check"))),
    step("clippy", "lints, natively", false, || {
        run(&mut cargo("clippy --workspace --all-targets --locked -- -D warnings"))
    }),
    step("clippy-wasm", "lints of the library for the browser", false, || {
        let clippy = "clippy -p sealed-notes --target wasm32-unknown-unknown --locked";
        run(&mut cargo(&format!("{clippy} -- -D warnings")))?;
        run(&mut cargo(&format!("{clippy} --features vectors -- -D warnings")))?;
        let clippy = "clippy -p sealed-notes-primitives --target wasm32-unknown-unknown --features compare --locked";
        run(cargo(&format!("{clippy} -- -D warnings")).env("CARGO_ENCODED_RUSTFLAGS", build::SIMD))
    }),
    step("rust", "tests of the library, the formats and the server", false, || {
        run(&mut cargo("test --workspace --locked"))
    }),
    step("primitives", "others' test vectors of the primitives, in wasm", false, primitives),
    step("api-fuzz", "requests made up from the OpenAPI document", false, || {
        run(&mut cargo("test -p sealed-notes-server --test api_fuzz --locked -- --ignored --nocapture"))
    }),
    step("build", "wasm, npm package, page, server", false, build::everything),
    step("package", "the npm package in Node", true, || run(&mut npm("pkg", "test"))),
    step("interop", "sealed here, opened by others' COSE and HPKE, and the reverse", true, interop),
    step("bench-check", "every contender of the bench opens what it sealed", true, bench::check),
    step("page", "types of the page", true, || run(&mut npm("www/app", "run check"))),
    step("browser", "end to end in Chromium, Firefox and WebKitGTK", true, browser),
    step("recovery", "every way into an account, every loss, in each browser", true, verify::recovery),
    step("hostile", "what a hostile server tries is refused or noticed", true, verify::hostile),
    step("hostile-control", "and is not, once the check against it is left out", true, verify::hostile_with_checks_off),
    step("canary", "typed secrets are found nowhere", true, verify::canary),
    step("canary-control", "the same search finds them once sealing is switched off", true, || {
        verify::canary_with_sealing_off(&["--expect-found"])
    }),
];

pub(crate) fn test(mut args: Args) -> Result<()> {
    if args.flag("--list") {
        for step in STEPS {
            println!("{:<16}{}", step.name, step.about);
        }
        return args.done();
    }
    let mut names = Vec::new();
    while let Some(name) = args.word() {
        if !STEPS.iter().any(|step| step.name == name) {
            bail!("there is no step `{name}`; `cargo xtask test --list` names them");
        }
        names.push(name);
    }
    args.done()?;
    let chosen = STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name));
    report(chosen)
}

fn report<'a>(steps: impl Iterator<Item = &'a Step>) -> Result<()> {
    let mut lines = Vec::new();
    let (mut passed, mut failed, mut unbuilt) = (0, 0, false);
    for step in steps {
        println!("\n=== {}: {}", step.name, step.about);
        let start = Instant::now();
        let result = if step.built && unbuilt {
            Err(anyhow::anyhow!("not run, because `build` failed"))
        } else {
            (step.check)()
        };
        let seconds = start.elapsed().as_secs_f64();
        let mark = match &result {
            Ok(()) => {
                passed += 1;
                "ok".to_owned()
            }
            Err(error) => {
                failed += 1;
                unbuilt |= step.name == "build";
                println!("error: {error:#}");
                format!("FAILED: {error:#}")
            }
        };
        lines.push(format!("{:<16}{seconds:>7.1} s  {mark}", step.name));
    }
    println!("\n=== summary\n{}", lines.join("\n"));
    println!("{passed} passed, {failed} failed");
    if failed > 0 { std::process::exit(1) } else { Ok(()) }
}

fn primitives() -> Result<()> {
    run(node("tests", "primitives.mjs").arg(build::vectors()?))?;
    constant_time::in_wasm()
}

fn interop() -> Result<()> {
    run(&mut npm("tests/interop", "test"))
}

fn browser() -> Result<()> {
    run(&mut node("tests/browser", "run.mjs"))
}
