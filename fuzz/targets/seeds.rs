//! Writes the seed corpus of each target to `FOLDER/TARGET/`: what the vectors hold, good and bad.
#![allow(clippy::unwrap_used, reason = "a folder that cannot be written ends it")]

#[path = "../checks/mod.rs"]
mod checks;

use std::{env, fs, path::Path};

fn main() {
    let folder = env::args().nth(1).unwrap_or_else(|| "corpus".to_owned());
    let objects: Vec<_> = checks::vectors::objects().into_iter().collect();
    for target in ["decode", "container", "account", "recovery"] {
        write(&Path::new(&folder).join(target), &objects);
    }
    write(&Path::new(&folder).join("open"), &checks::open::seeds());
    write(&Path::new(&folder).join("cipher"), &checks::cipher::seeds());
}

fn write(folder: &Path, seeds: &[Vec<u8>]) {
    fs::create_dir_all(folder).unwrap();
    for (at, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{at:04}")), seed).unwrap();
    }
}
