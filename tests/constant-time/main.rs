//! Runs one primitive under valgrind with its secrets marked as undefined, as `ctgrind` did: memcheck then reports every
//! branch and every address that depends on them. Without an argument, lists the modes: name, and `clean` or `leaks`.
//!
//! A mode is a row of [`MODES`] and a function that takes its secrets from [`secret`] and declares what may be known, such as
//! a ciphertext, with [`public`].

use std::hint::black_box;

use sealed_notes_primitives::{aead, compare};

/// Name, whether valgrind must complain, and what runs.
const MODES: &[(&str, bool, fn())] = &[
    ("aead-stitched-seal", false, seal_stitched),
    ("aead-stitched-open", false, open_stitched),
    ("aead-crates-seal", false, seal_crates),
    ("control-branch", true, leaky_branch),
    ("control-index", true, leaky_index),
];

/// Every way through the code: within the first key stream, chunks, and a tail.
const LENGTHS: [usize; 6] = [0, 32, 192, 449, 1024, 1500];

fn main() {
    let Some(name) = std::env::args().nth(1) else {
        for (name, leaks, _) in MODES {
            println!("{name} {}", if *leaks { "leaks" } else { "clean" });
        }
        return;
    };
    let mode = MODES.iter().find(|(mode, ..)| *mode == name).unwrap_or_else(|| panic!("there is no mode {name}"));
    assert!(request([RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0]) > 0, "not under valgrind, which alone would notice anything");
    (mode.2)();
    println!("{name} ran");
}

fn seal_stitched() {
    for len in LENGTHS {
        let (mut text, mut tag) = (secrets(len), [0; 16]);
        tag.copy_from_slice(&compare::seal_stitched(&secret(1), &[2; 12], b"associated data", &mut text));
        public(&mut text);
        public(&mut tag);
        black_box((text, tag));
    }
}

fn open_stitched() {
    for len in LENGTHS {
        let mut text = black_box(vec![3; len]);
        let mut opened = [compare::open_stitched(&secret(1), &[2; 12], b"associated data", &mut text, &[4; 16]).into()];
        public(&mut text);
        public(&mut opened);
        assert_eq!(opened, [0_u8], "a tag by chance");
    }
}

fn seal_crates() {
    for len in LENGTHS {
        let mut text = secrets(len);
        let tag = aead::seal_in_place(&secret(1), &[2; 12], b"associated data", &mut text);
        let mut tag = tag.unwrap_or_default();
        public(&mut text);
        public(&mut tag);
        black_box((text, tag));
    }
}

fn leaky_branch() {
    let key = secret::<32>(1);
    if key == black_box([1; 32]) {
        println!("equal");
    }
}

fn leaky_index() {
    let table: Vec<u8> = (0..=255).map(|at: u8| at.wrapping_mul(7)).collect();
    let [at, ..] = secret::<32>(1);
    let mut found = [table[usize::from(at)]];
    public(&mut found);
    println!("{found:?}");
}

/// Bytes that nothing may depend on. Not a constant that the compiler could compute with beforehand.
fn secret<const N: usize>(byte: u8) -> [u8; N] {
    let mut bytes = black_box([byte; N]);
    mark(MAKE_MEM_UNDEFINED, &mut bytes);
    black_box(bytes)
}

fn secrets(len: usize) -> Vec<u8> {
    let mut bytes = black_box(vec![5; len]);
    mark(MAKE_MEM_UNDEFINED, &mut bytes);
    black_box(bytes)
}

/// What everybody may know from here on.
fn public(bytes: &mut [u8]) {
    mark(MAKE_MEM_DEFINED, bytes);
}

// valgrind.h and memcheck.h
const RUNNING_ON_VALGRIND: u64 = 0x1001;
const MEMCHECK: u64 = (b'M' as u64) << 24 | (b'C' as u64) << 16;
const MAKE_MEM_UNDEFINED: u64 = MEMCHECK + 1;
const MAKE_MEM_DEFINED: u64 = MEMCHECK + 2;

fn mark(how: u64, bytes: &mut [u8]) {
    let bytes = black_box(bytes);
    request([how, bytes.as_mut_ptr() as u64, bytes.len() as u64, 0, 0, 0]);
}

/// A client request, 0 without valgrind. The rotations come to 128 bits, so a processor does nothing here.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "valgrind knows a request by these very instructions; they change rdx alone")]
fn request(words: [u64; 6]) -> u64 {
    let mut answer = 0_u64;
    // SAFETY: rdi is rotated back to what it was, rbx exchanged with itself. valgrind reads `words` and, for the requests
    // here, changes no byte of memory, only what it notes about it.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") words.as_ptr(), inout("rdx") answer, options(nostack)
        );
    }
    answer
}

#[cfg(not(target_arch = "x86_64"))]
fn request(_: [u64; 6]) -> u64 {
    0
}
