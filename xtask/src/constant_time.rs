//! No branch and no address may depend on a secret: natively as valgrind sees it, and in the wasm, whose branches are counted.

use std::{
    collections::BTreeMap,
    fs,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{KnownCustom, Name, Operator, Parser, Payload, TypeRef};

use crate::{
    build,
    command::{cargo, output, run, target},
    setup,
};

/// What valgrind ends with when it found something. Rust's own panics end with 101.
const FOUND: i32 = 9;

/// Functions in which secrets are computed with, by parts of their names, and the conditional branches that they need for
/// lengths: of `refill`, the ten rounds, and whether there is a block to hash (twice).
const KERNELS: [(&str, &str, usize); 4] =
    [("stitched", "refill", 3), ("stitched", "begin", 1), ("mac", "blocks", 2), ("mac", "tag", 0)];

pub(crate) fn verify() -> Result<()> {
    natively()?;
    in_wasm()
}

/// Every mode of tests/constant-time: the controls have to be found, or the others show nothing.
fn natively() -> Result<()> {
    setup::valgrind()?;
    run(&mut cargo("build --release --locked -p sealed-notes-constant-time"))?;
    let program = target().join("release/constant-time");
    let mut seen = BTreeMap::<&str, usize>::new();
    let modes = output(&mut Command::new(&program))?;
    for line in modes.lines() {
        let (mode, expected) = line.split_once(' ').context("a mode without an expectation")?;
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", &format!("--error-exitcode={FOUND}")]).arg(&program).arg(mode).stdout(Stdio::null());
        if expected == "leaks" {
            valgrind.stderr(Stdio::null());
        }
        let code = valgrind.status().context("valgrind could not be started")?.code();
        let found = match code {
            Some(0) => "clean",
            Some(FOUND) => "leaks",
            _ => bail!("{mode} under valgrind ended with {code:?}"),
        };
        println!("{mode:<24}{found}");
        ensure!(found == expected, "{mode} should be `{expected}` and is `{found}`");
        *seen.entry(expected).or_default() += 1;
    }
    ensure!(seen.len() == 2, "modes and controls are both needed; there were {seen:?}");
    Ok(())
}

/// The kernels have the branches that lengths need and no others, and no instruction whose time depends on its operands.
pub(crate) fn in_wasm() -> Result<()> {
    build::vectors()?;
    let file = target().join("vectors/cargo/wasm32-unknown-unknown/wasm/sealed_notes.wasm");
    let wasm = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let bodies = bodies(&wasm)?;
    for (module, function, branches) in KERNELS {
        let found = bodies
            .iter()
            .filter(|(name, _)| ["primitives", "aead", module, function].iter().all(|part| name.contains(part)));
        let found: Vec<_> = found.collect();
        let [(_, body)] = found.as_slice() else { bail!("{} functions are {module}::{function}", found.len()) };
        println!("{module}::{function:<10}{:>5} instructions, {} conditional branches", body.all, body.branches);
        ensure!(body.branches <= branches, "{module}::{function} has more than {branches} conditional branches");
        ensure!(body.others.is_empty(), "{module}::{function} has {:?}", body.others);
    }
    Ok(())
}

#[derive(Default)]
struct Body {
    all: usize,
    branches: usize,
    /// Other choices, and divisions.
    others: Vec<&'static str>,
}

/// All functions that have names.
fn bodies(wasm: &[u8]) -> Result<BTreeMap<String, Body>> {
    let (mut imported, mut bodies, mut names) = (0, Vec::new(), BTreeMap::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(code) => {
                let mut body = Body::default();
                for operator in code.get_operators_reader()? {
                    body.count(&operator?);
                }
                bodies.push(body);
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(sections) = section.as_known() else { continue };
                for section in sections {
                    let Name::Function(functions) = section? else { continue };
                    for function in functions {
                        let function = function?;
                        names.insert(function.index, function.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok((imported..).zip(bodies).filter_map(|(index, body)| Some((names.remove(&index)?, body))).collect())
}

impl Body {
    fn count(&mut self, operator: &Operator<'_>) {
        self.all += 1;
        let other = match operator {
            Operator::BrIf { .. } => return self.branches += 1,
            Operator::If { .. } => "if",
            Operator::BrTable { .. } => "br_table",
            Operator::Select | Operator::TypedSelect { .. } => "select",
            Operator::CallIndirect { .. } => "call_indirect",
            Operator::I32DivS | Operator::I32DivU | Operator::I64DivS | Operator::I64DivU => "div",
            Operator::I32RemS | Operator::I32RemU | Operator::I64RemS | Operator::I64RemU => "rem",
            _ => return,
        };
        self.others.push(other);
    }
}
