//! wasm → npm package → page, and the server.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::command::{cargo, node, npm, root, run, target};

pub(crate) fn everything() -> Result<()> {
    package()?;
    page()?;
    server(false)?;
    Ok(())
}

/// `pkg/wasm` and `pkg/dist`: the npm package as it ships.
pub(crate) fn package() -> Result<()> {
    run(&mut wasm_build())?;
    bindgen(target(), root().join("pkg/wasm"))?;
    run(&mut npm("pkg", "run build"))
}

/// `www/app/dist`: the page as it ships.
pub(crate) fn page() -> Result<()> {
    run(&mut npm("www/app", "run build"))
}

/// The server's program.
pub(crate) fn server(release: bool) -> Result<PathBuf> {
    let mut build = cargo("build -p sealed-notes-server --locked");
    if release {
        build.arg("--release");
    }
    run(&mut build)?;
    Ok(target().join(if release { "release" } else { "debug" }).join("sealed-notes-server"))
}

/// The same package and page with encryption replaced by copying: what the canary check is tried on.
/// Goes to `target/sealing-off` alone; nothing there is ever shipped.
pub(crate) fn sealing_off() -> Result<PathBuf> {
    let out = target().join("sealing-off");
    let cargo_target = out.join("cargo");
    run(wasm_build().arg("--target-dir").arg(&cargo_target).env("RUSTFLAGS", "--cfg sealed_notes_sealing_off"))?;
    bindgen(cargo_target, out.join("pkg/wasm"))?;
    for file in ["package.json", "dist"] {
        copy(&root().join("pkg").join(file), &out.join("pkg").join(file))?;
    }
    let entry = out.join("pkg/dist/index.js");
    run(node("tests/browser", "pages.mjs app").arg(out.join("app")).arg(entry))?;
    Ok(out.join("app"))
}

/// The bare page under test, over a package whose checks can be left out one at a time: what the hostile server is tried
/// on. Goes to `target/checks-off` alone; nothing there is ever shipped.
pub(crate) fn checks_off() -> Result<PathBuf> {
    let out = target().join("checks-off");
    let cargo_target = out.join("cargo");
    run(wasm_build().arg("--target-dir").arg(&cargo_target).env("RUSTFLAGS", "--cfg sealed_notes_without"))?;
    bindgen(cargo_target, out.join("pkg/wasm"))?;
    for file in ["package.json", "dist"] {
        copy(&root().join("pkg").join(file), &out.join("pkg").join(file))?;
    }
    run(node("tests/browser", "pages.mjs harness").arg(out.join("page")).arg(out.join("pkg/dist/index.js")))?;
    Ok(out.join("page"))
}

/// The library with the test vectors of its primitives, for Node. Goes to `target/vectors` alone, with a cargo target of
/// its own, so that it can never take the place of what ships.
pub(crate) fn vectors() -> Result<PathBuf> {
    let out = target().join("vectors");
    let cargo_target = out.join("cargo");
    run(wasm_build().args(["--features", "vectors", "--target-dir"]).arg(&cargo_target))?;
    bindgen(cargo_target, out.join("wasm"))?;
    fs::write(out.join("package.json"), r#"{ "type": "module" }"#)?; // for Node, which reads `.js` as CommonJS otherwise
    Ok(out.join("wasm"))
}

fn wasm_build() -> Command {
    cargo("build --profile wasm -p sealed-notes --target wasm32-unknown-unknown --locked")
}

fn bindgen(cargo_target: PathBuf, out: PathBuf) -> Result<()> {
    let input = cargo_target.join("wasm32-unknown-unknown/wasm/sealed_notes.wasm");
    println!("$ wasm-bindgen {} → {}", input.display(), out.display());
    fs::create_dir_all(&out)?;
    Bindgen::new()
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true) // the package itself names the file, once, where bundlers look
        .remove_name_section(true)
        .remove_producers_section(true)
        .input_path(&input)
        .generate(&out)
        .with_context(|| format!("wasm-bindgen could not write {}", out.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
