//! Installs what is missing, and nothing that is there.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, in_path, npm, output, program, root, run, succeeds, target};

const TO_BUILD: [&str; 2] = ["pkg", "www/app"];
const TO_TEST: [&str; 3] = ["tests/interop", "tests/browser", "tests/bench"];

/// Program that must be there, Debian package that brings it.
const BROWSERS: [(&str, &str); 6] = [
    ("chromium", "chromium"),
    ("firefox-esr", "firefox-esr"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("Xvfb", "xvfb"),
    ("WPEWebDriver", "wpewebkit-driver"),
    ("cog", "cog"),
];

pub(crate) fn everything() -> Result<()> {
    to_build()?;
    components()?;
    packages(&BROWSERS)?;
    for folder in TO_TEST {
        node_modules(folder)?;
    }
    python()
}

pub(crate) fn valgrind() -> Result<()> {
    packages(&[("valgrind", "valgrind")])
}

/// What `build` and `demo` need: no browsers, no Python.
pub(crate) fn to_build() -> Result<()> {
    node_version()?;
    wasm_target()?;
    for folder in TO_BUILD {
        node_modules(folder)?;
    }
    Ok(())
}

fn node_version() -> Result<()> {
    let cure = "install Node.js 20 or newer from https://nodejs.org or your distribution";
    if !in_path("node") || !in_path("npm") {
        bail!("node and npm are not in PATH: {cure}");
    }
    let version = output(program("node", "").arg("--version"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|n| n.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        bail!("Node.js {version} is too old: {cure}");
    }
    Ok(())
}

fn wasm_target() -> Result<()> {
    let sysroot = output(program("rustc", "").args(["--print", "sysroot"]))?;
    if Path::new(&sysroot).join("lib/rustlib/wasm32-unknown-unknown").is_dir() {
        return Ok(());
    }
    run(program("rustup", "").args(["target", "add", "wasm32-unknown-unknown"])).context(
        "the compiler has no wasm32-unknown-unknown target; without rustup, install it as your distribution does",
    )
}

fn components() -> Result<()> {
    for (subcommand, component) in [("clippy", "clippy"), ("fmt", "rustfmt")] {
        if !succeeds(cargo(subcommand).arg("--version")) {
            run(program("rustup", "").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

fn packages(wanted: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> = wanted.iter().filter(|(name, _)| !in_path(name)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("sudo apt-get update && sudo apt-get install --no-install-recommends {}", missing.join(" "));
    if !in_path("apt-get") {
        bail!("install with your system's package manager what Debian calls: {}", missing.join(" "));
    }
    let root = output(program("id", "").arg("-u"))? == "0";
    if !root && !succeeds(program("sudo", "").args(["-n", "true"])) {
        bail!("these are missing, and only root may install them. Run: {by_hand}");
    }
    let apt_get = |words: &[&str]| {
        let (name, before): (_, &[&str]) = if root { ("apt-get", &[]) } else { ("sudo", &["-n", "apt-get"]) };
        run(program(name, "")
            .args(before)
            .args(["-o", "DPkg::Lock::Timeout=900", "--quiet", "--yes"])
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt_get(&["update"])?;
    let mut words = vec!["install", "--no-install-recommends"];
    words.extend(missing);
    apt_get(&words).with_context(|| format!("install by hand: {by_hand}"))
}

/// `npm ci`, unless what is installed is what the lockfile says.
fn node_modules(folder: &str) -> Result<()> {
    let lockfile = root().join(folder).join("package-lock.json");
    if !lockfile.is_file() {
        return Ok(());
    }
    let there = root().join(folder).join("node_modules").is_dir();
    when_changed(&lockfile, there, folder, || run(&mut npm(folder, "ci --no-audit --no-fund")))
}

fn python() -> Result<()> {
    venv("venv", "tests/interop/requirements.txt")?;
    venv("venv-fuzz", "www/server/tests/api_fuzz/requirements.txt")
}

fn venv(name: &str, requirements: &str) -> Result<()> {
    let requirements = root().join(requirements);
    let venv = target().join(name);
    let there = venv.join("bin/python").is_file();
    when_changed(&requirements, there, name, || {
        let create = || run(program("python3", "").args(["-m", "venv", "--clear"]).arg(&venv));
        if create().is_err() {
            // Debian splits venv off from Python itself.
            packages(&[("python3 -m venv", "python3-venv")])?;
            create()?;
        }
        let pip = venv.join("bin/python");
        run(program(&pip.to_string_lossy(), "").args(["-m", "pip", "install", "--quiet", "-r"]).arg(&requirements))
    })
}

/// Runs `install` unless `there` and the file is the one of the last successful install.
fn when_changed(file: &Path, there: bool, name: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = target().join("setup").join(name.replace('/', "-"));
    let now = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    if there && fs::read(&stamp).is_ok_and(|last| last == now) {
        return Ok(());
    }
    install()?;
    fs::create_dir_all(target().join("setup"))?;
    fs::write(&stamp, now).with_context(|| format!("cannot write {}", stamp.display()))
}
