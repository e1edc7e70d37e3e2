//! The bench's jobs by the crates that the library builds on, and by the library itself, compiled for this machine.
//!
//! Reads `JOB CONTENDER PARAMETER MILLISECONDS` line by line; answers each with the milliseconds that one took, in the mean
//! of a sample of at least so long, or with `none`.
#![allow(clippy::print_stdout, reason = "a command line tool talks on stdout")]

mod crates;
mod library;

use std::{
    collections::HashMap,
    io::{BufRead, stdin},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

/// One piece of work, to be done again and again.
pub(crate) type Work = Box<dyn FnMut() -> Result<()>>;

fn main() -> Result<()> {
    let mut library = library::Accounts::make()?;
    let mut prepared: HashMap<String, Option<(Work, u32)>> = HashMap::new();
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let [job, contender, parameter, milliseconds] = words[..] else { anyhow::bail!("four words are wanted") };
        let (parameter, milliseconds) = (parameter.parse()?, milliseconds.parse()?);
        if !prepared.contains_key(&line) {
            let work = match contender {
                "native" => crates::work(job, parameter)?,
                "native-ours" => library.work(job, parameter)?,
                _ => None,
            };
            let work = work.map(|mut work| loops(&mut work, milliseconds).map(|loops| (work, loops))).transpose()?;
            prepared.insert(line.clone(), work);
        }
        match prepared.get_mut(&line).context("just put there")? {
            Some((work, loops)) => println!("{}", time(work, *loops)?.as_secs_f64() * 1e3),
            None => println!("none"),
        }
    }
    Ok(())
}

/// The mean of `loops`.
fn time(work: &mut Work, loops: u32) -> Result<Duration> {
    let start = Instant::now();
    for _ in 0..loops {
        work()?;
    }
    Ok(start.elapsed() / loops)
}

/// How many make a sample of `milliseconds`, after a warm-up.
fn loops(work: &mut Work, milliseconds: u32) -> Result<u32> {
    let once = time(work, 1)?;
    let wanted = Duration::from_millis(milliseconds.into());
    let once = if once > wanted { once } else { time(work, 10)? };
    Ok((wanted.as_nanos() / once.as_nanos().max(1)).clamp(1, 1_000_000) as u32 + 1)
}
