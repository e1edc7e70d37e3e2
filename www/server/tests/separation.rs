//! The server cannot decrypt: nothing that could is in it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

#[test]
fn no_cipher_and_no_secret_side_is_linked_in() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", "sealed-notes-server", "-e", "normal", "--prefix", "none"])
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let linked = |name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    assert!(linked("sealed-notes-server") && linked("sealed-notes-format"));
    for name in
        ["sealed-notes", "hpke", "chacha20poly1305", "chacha20", "aead", "aes-gcm", "x25519-dalek", "argon2", "ml-kem"]
    {
        assert!(!linked(name), "the server links {name}");
    }
}
