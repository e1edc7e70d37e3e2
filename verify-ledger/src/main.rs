//! `verify-ledger FILE [--csv]`: checks a ledger that an account exported.
#![allow(clippy::print_stdout, reason = "a command line tool talks on stdout")]

use std::process::ExitCode;

const USAGE: &str = "verify-ledger FILE [--csv]: checks an exported ledger, and with --csv prints the events in it";

fn main() -> ExitCode {
    let (options, files): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let ([file], [] | [_]) = (files.as_slice(), options.as_slice()) else { return fail(USAGE) };
    let csv = match options.first().map(String::as_str) {
        None => false,
        Some("--csv") => true,
        Some(_) => return fail(USAGE),
    };
    let bundle = match std::fs::read(file) {
        Ok(bundle) => bundle,
        Err(error) => return fail(&format!("cannot read {file}: {error}")),
    };
    let report = match verify_ledger::check(&bundle) {
        Ok(report) => report,
        Err(failure) => return fail(&format!("{failure}. Do not rely on this file; ask for it to be exported again.")),
    };
    if csv {
        print!("{}", report.csv());
        return ExitCode::SUCCESS;
    }
    println!("account      {}", report.account);
    println!("fingerprint  {}", report.account.fingerprint());
    println!("entries      {}, each signed by the account and in order", report.entries);
    if let Some(head) = report.head {
        println!("newest       number {}, {}", head.sequence, head.hash);
    }
    let events: usize = report.disclosed.iter().map(|(_, events)| events.events.len()).sum();
    println!("disclosed    {events} events in {} entries, as they were signed", report.disclosed.len());
    println!(
        "Compare the fingerprint with the account's owner. What was never written into a ledger shows in no ledger."
    );
    ExitCode::SUCCESS
}

fn fail(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::FAILURE
}
