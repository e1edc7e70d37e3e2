//! wasm → npm package → page, and the server.

use std::{
    fs, panic,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    command::{cargo, node, npm, root, run, target},
    reproduce,
};

pub(crate) const SIMD: &str = "-Ctarget-feature=+simd128";
/// What the package calls its two builds.
pub(crate) const WASM: [&str; 2] = ["sealed_notes_bg.wasm", "sealed_notes_baseline_bg.wasm"];

pub(crate) fn everything() -> Result<()> {
    package()?;
    page()?;
    server(false)?;
    Ok(())
}

/// `pkg/wasm`, `pkg/dist` and `pkg/hashes.json`: the npm package as it ships.
pub(crate) fn package() -> Result<()> {
    let place = Place::here()?;
    place.package()?;
    reproduce::publish(&place.checkout.join("pkg"))?;
    run(&mut node("pkg", "test/weigh.mjs"))
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
pub(crate) fn sealing_off() -> Result<PathBuf> {
    altered("sealing-off", "sealed_notes_sealing_off", "app")
}

/// The bare page under test, over a package whose checks can be left out one at a time: what the hostile server is tried on.
pub(crate) fn checks_off() -> Result<PathBuf> {
    altered("checks-off", "sealed_notes_without", "harness")
}

/// A package whose library was built with a `cfg`, in a page. Goes to `target/NAME` alone; nothing there is ever shipped.
fn altered(name: &str, cfg: &str, page: &str) -> Result<PathBuf> {
    let out = target().join(name);
    let cargo_target = out.join("cargo");
    run(&mut Place { target: cargo_target.clone(), ..Place::here()? }.wasm_build(&["--cfg", cfg])?)?;
    let wasm = out.join("pkg/wasm");
    bindgen(&cargo_target, &wasm)?;
    copy(&wasm.join(WASM[0]), &wasm.join(WASM[1]))?;
    for file in ["package.json", "dist"] {
        copy(&root().join("pkg").join(file), &out.join("pkg").join(file))?;
    }
    let (pages, entry) = (out.join(page), out.join("pkg/dist/index.js"));
    run(node("tests/browser", "pages.mjs").arg(page).arg(&pages).arg(entry))?;
    Ok(pages)
}

/// The library with the test vectors of its primitives, for Node. Goes to `target/vectors` alone, with a cargo target of
/// its own, so that it can never take the place of what ships. With SIMD: without, it is the crates, which run natively.
pub(crate) fn vectors() -> Result<PathBuf> {
    let out = target().join("vectors");
    let cargo_target = out.join("cargo");
    let place = Place { target: cargo_target.clone(), ..Place::here()? };
    run(place.wasm_build(&[SIMD])?.args(["--features", "vectors"]))?;
    bindgen(&cargo_target, &out.join("wasm"))?;
    fs::write(out.join("package.json"), r#"{ "type": "module" }"#)?; // for Node, which reads `.js` as CommonJS otherwise
    Ok(out.join("wasm"))
}

/// A checkout, and the folders that its build uses.
pub(crate) struct Place {
    pub(crate) checkout: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) cargo_home: PathBuf,
}

impl Place {
    fn here() -> Result<Self> {
        Ok(Self { checkout: root(), target: target(), cargo_home: reproduce::cargo_home()? })
    }

    fn with_target(&self, target: PathBuf) -> Self {
        Self { checkout: self.checkout.clone(), target, cargo_home: self.cargo_home.clone() }
    }

    /// Both builds, side by side, and the JavaScript around them.
    pub(crate) fn package(&self) -> Result<()> {
        let (baseline, wasm) = (self.with_target(self.target.join("baseline")), self.checkout.join("pkg/wasm"));
        thread::scope(|scope| {
            let other = scope.spawn(|| run(&mut baseline.wasm_build(&[])?));
            run(&mut self.wasm_build(&[SIMD])?)?;
            other.join().unwrap_or_else(|cause| panic::resume_unwind(cause))
        })?;
        bindgen(&self.target, &wasm)?;
        let apart = baseline.target.join("pkg");
        bindgen(&baseline.target, &apart)?;
        // One file of JavaScript serves both: it calls exports and is called by imports, which SIMD does not change.
        for glue in ["sealed_notes.js", "sealed_notes.d.ts"] {
            if fs::read(wasm.join(glue))? != fs::read(apart.join(glue))? {
                bail!("{glue} differs between the build with SIMD and the one without");
            }
        }
        copy(&apart.join(WASM[0]), &wasm.join(WASM[1]))?;
        run(npm("", "run build").current_dir(self.checkout.join("pkg")))
    }

    fn wasm_build(&self, flags: &[&str]) -> Result<Command> {
        let mut fetch = cargo("fetch --locked --target wasm32-unknown-unknown");
        run(fetch.current_dir(&self.checkout).env("CARGO_HOME", &self.cargo_home))?;
        let mut build = cargo("build --profile wasm -p sealed-notes --target wasm32-unknown-unknown --locked");
        build.current_dir(&self.checkout).arg("--target-dir").arg(&self.target).env("CARGO_HOME", &self.cargo_home);
        let flags = flags.iter().map(|flag| (*flag).to_owned()).chain(reproduce::remap_paths(self)?);
        // Not RUSTFLAGS, which would split a path with a space in it. It takes the place of anybody's own flags, too.
        build.env("CARGO_ENCODED_RUSTFLAGS", flags.collect::<Vec<_>>().join("\u{1f}"));
        Ok(build)
    }
}

fn bindgen(cargo_target: &Path, out: &Path) -> Result<()> {
    let input = cargo_target.join("wasm32-unknown-unknown/wasm/sealed_notes.wasm");
    println!("$ wasm-bindgen {} → {}", input.display(), out.display());
    fs::create_dir_all(out)?;
    Bindgen::new()
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true) // the package itself names the file, once, where bundlers look
        .remove_name_section(true)
        .remove_producers_section(true)
        .input_path(&input)
        .generate(out)
        .with_context(|| format!("wasm-bindgen could not write {}", out.display()))
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
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
