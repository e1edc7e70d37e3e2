//! chacha20poly1305, argon2 and ed25519-dalek, as they are.

use std::hint::black_box;

use anyhow::{Result, anyhow};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    ChaCha20Poly1305,
    aead::{AeadInOut, KeyInit},
};
use ed25519_dalek::{Signer, SigningKey, Verifier};

use crate::Work;

pub(crate) fn work(job: &str, parameter: usize) -> Result<Option<Work>> {
    Ok(Some(match job {
        "aead" => aead(parameter),
        "unlock" => argon2id()?,
        "sign" => {
            let key = SigningKey::from_bytes(&[7; 32]);
            Box::new(move || {
                black_box(key.sign(black_box(&[1; 32])));
                Ok(())
            })
        }
        "verify" => {
            let key = SigningKey::from_bytes(&[7; 32]);
            let (public, signature) = (key.verifying_key(), key.sign(&[1; 32]));
            Box::new(move || Ok(public.verify(black_box(&[1; 32]), &signature)?))
        }
        _ => return Ok(None),
    }))
}

/// In place: nothing is copied. With AVX2 where the processor has it.
fn aead(size: usize) -> Work {
    let mut text = vec![0x55; size];
    let cipher = ChaCha20Poly1305::new(&[7; 32].into());
    Box::new(move || {
        let sealed = cipher.encrypt_inout_detached(&[0; 12].into(), &[], text.as_mut_slice().into());
        black_box(sealed.map_err(|_| anyhow!("too long"))?);
        Ok(())
    })
}

fn argon2id() -> Result<Work> {
    let params = Params::new(64 * 1024, 3, 1, Some(32)).map_err(|error| anyhow!("{error}"))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(Box::new(move || {
        let mut out = [0; 32];
        argon2
            .hash_password_into(b"four quiet random words", &[7; 16], &mut out)
            .map_err(|error| anyhow!("{error}"))?;
        black_box(out);
        Ok(())
    }))
}
