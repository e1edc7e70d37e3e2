//! That anybody's build of a checkout is the package that was published, byte for byte.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, Result, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha384};

use crate::{
    build::{self, Place},
    command::{npm, output, program, root, run},
};

/// Folders of what runs of the package, all of which `hashes.json` lists.
const SHIPPED: [&str; 2] = ["dist", "wasm"];

#[derive(Deserialize, PartialEq, Serialize)]
struct Hashes {
    /// Another compiler makes another wasm.
    rustc: String,
    files: BTreeMap<String, FileHashes>,
}

#[derive(Deserialize, PartialEq, Serialize)]
struct FileHashes {
    sha256: String,
    /// As `integrity` takes it (W3C Subresource Integrity).
    integrity: String,
}

/// `hashes.json` beside a package that was just built.
pub(crate) fn publish(package: &Path) -> Result<()> {
    let hashes = Hashes { rustc: rustc()?, files: hash(package)? };
    let text = serde_json::to_string_pretty(&hashes)? + "\n";
    fs::write(package.join("hashes.json"), text).context("cannot write hashes.json")
}

fn hash(package: &Path) -> Result<BTreeMap<String, FileHashes>> {
    let mut files = BTreeMap::new();
    for folder in SHIPPED {
        let path = package.join(folder);
        let entries =
            fs::read_dir(&path).with_context(|| format!("there is no built package in {}", package.display()))?;
        for entry in entries {
            let path = entry?.path();
            let (Some(name), Some(extension)) = (path.file_name(), path.extension()) else { continue };
            if extension == "js" || extension == "wasm" {
                let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let integrity = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(&bytes)));
                let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
                files.insert(format!("{folder}/{}", name.to_string_lossy()), FileHashes { sha256, integrity });
            }
        }
    }
    Ok(files)
}

/// `cargo xtask verify build`: builds this checkout in another folder with crates fetched anew, and compares with a package.
pub(crate) fn verify(package: Option<PathBuf>) -> Result<()> {
    let package = match package {
        Some(package) => package,
        None => {
            build::package()?;
            root().join("pkg")
        }
    };
    check_published(&package)?;
    elsewhere(&package)
}

/// A package's own `hashes.json` tells who made it with what; a difference here is a package changed after that.
fn check_published(package: &Path) -> Result<()> {
    let path = package.join("hashes.json");
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let Hashes { rustc: published_with, files } = serde_json::from_slice(&text).context("hashes.json is not ours")?;
    compare("what its hashes.json says", &files, &hash(package)?)?;
    let here = rustc()?;
    if published_with != here {
        bail!(
            "the package was built with rustc {published_with}, and this is {here}: install that one with rustup, and \
             set RUSTUP_TOOLCHAIN"
        );
    }
    Ok(())
}

fn elsewhere(package: &Path) -> Result<()> {
    let temporary = Temporary::make()?;
    let place = temporary.place()?;
    check_out(&place.checkout)?;
    run(npm("", "ci --no-audit --no-fund --prefer-offline").current_dir(place.checkout.join("pkg")))?;
    place.package()?;
    let built = place.checkout.join("pkg");
    for file in build::WASM {
        let wasm = fs::read(built.join("wasm").join(file))?;
        for folder in [&place.checkout, &place.target, &place.cargo_home] {
            let name = folder.to_string_lossy();
            if wasm.windows(name.len()).any(|window| window == name.as_bytes()) {
                bail!("{file} names {name}, a folder of this machine alone: remap_paths should replace it");
            }
        }
    }
    let built = hash(&built)?;
    compare("what this checkout builds elsewhere", &built, &hash(package)?)?;
    println!("the {} files of {} are what this checkout builds elsewhere", built.len(), package.display());
    Ok(())
}

/// What belongs to the checkout, as it stands: neither history nor anything that was built.
fn check_out(to: &Path) -> Result<()> {
    let files = output(program("git", "").args(["ls-files", "--cached", "--others", "--exclude-standard"]))
        .context("git says what belongs to a checkout: this needs one")?;
    for file in files.lines().filter(|file| root().join(file).is_file()) {
        let to = to.join(file);
        fs::create_dir_all(to.parent().unwrap_or(&to))?;
        build::copy(&root().join(file), &to)?;
    }
    Ok(())
}

/// Removed again at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn make() -> Result<Self> {
        let folder = env::temp_dir().join(format!("sealed-notes-build-{}", process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }

    fn place(&self) -> Result<Place> {
        let settings = cargo_home()?.join("config.toml");
        let cargo_home = self.0.join("cargo");
        fs::create_dir_all(&cargo_home)?;
        if settings.is_file() {
            build::copy(&settings, &cargo_home.join("config.toml"))?; // where this machine fetches from
        }
        Ok(Place { checkout: self.0.join("checkout"), target: self.0.join("target"), cargo_home })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("cannot remove {}: {error}", self.0.display());
        }
    }
}

fn compare(what: &str, expected: &BTreeMap<String, FileHashes>, found: &BTreeMap<String, FileHashes>) -> Result<()> {
    let names: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let differ: Vec<_> = names.into_iter().filter(|name| expected.get(*name) != found.get(*name)).cloned().collect();
    if !differ.is_empty() {
        bail!("the package is not {what}: {} differ", differ.join(", "));
    }
    Ok(())
}

/// Flags that replace this machine's folders, which panic messages name, by what is the same everywhere.
pub(crate) fn remap_paths(place: &Place) -> Result<Vec<String>> {
    let mut folders = vec![(place.checkout.clone(), "/sealed-notes")];
    let sources = place.cargo_home.join("registry/src");
    for registry in fs::read_dir(&sources).with_context(|| format!("cannot read {}", sources.display()))? {
        folders.push((registry?.path(), "/crates"));
    }
    Ok(folders.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect())
}

pub(crate) fn cargo_home() -> Result<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).context("there is no home folder: set CARGO_HOME")
}

fn rustc() -> Result<String> {
    Ok(output(program("rustc", "").arg("--version"))?.trim_start_matches("rustc ").to_owned())
}
