//! ChaCha20-Poly1305 (RFC 8439) over COSE objects.

use sealed_notes_format::{
    Purpose,
    cose::{Encrypted, EncryptedBuilder, Header, TAG_LEN},
    pad::{self, Floor},
};
/// For what is too long to be held at once.
pub(crate) use sealed_notes_primitives::aead::{Opener, Sealer};
use zeroize::Zeroizing;

use super::{random, secret::Secret};
use crate::Error;

/// Whether a plaintext is padded before it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    Padme(Floor),
    /// For keys, whose length is known anyway.
    None,
}

/// Seals `plaintext` into a COSE object of `purpose`.
pub(crate) fn seal(
    purpose: Purpose,
    header: Header<'_>,
    key: &Secret<32>,
    plaintext: &[u8],
    padding: Padding,
) -> Result<Vec<u8>, Error> {
    let iv = random::make()?;
    let builder = EncryptedBuilder::new(purpose, header, iv);
    let len = match padding {
        Padding::Padme(floor) => pad::padded_len(plaintext.len(), floor),
        Padding::None => plaintext.len(),
    };
    let mut object = builder.head(len);
    let start = object.len();
    // One growth at most, and before the text is in: a later one would leave a copy in freed memory.
    object.reserve_exact(len + TAG_LEN + 1);
    object.extend_from_slice(plaintext);
    if let Padding::Padme(floor) = padding {
        pad::pad(&mut object, start, floor);
    }
    let text = object.get_mut(start..).unwrap_or_default();
    let tag = cipher::seal_in_place(key, &iv, &builder.associated_data(), text)?;
    Ok(builder.close(object, &tag))
}

/// Opens what [`seal`] made; the padding stays.
pub(crate) fn open(sealed: &Encrypted<'_>, key: &Secret<32>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (text, tag) = sealed.ciphertext.split_last_chunk::<TAG_LEN>().ok_or(Error::Truncated)?;
    let mut text = Zeroizing::new(text.to_vec());
    cipher::open_in_place(key, sealed.iv, &sealed.associated_data(), &mut text, tag)?;
    Ok(text)
}

/// Opens and removes the padding.
pub(crate) fn open_padded(sealed: &Encrypted<'_>, key: &Secret<32>, floor: Floor) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut text = open(sealed, key)?;
    let len = pad::unpad(&text, floor).map_err(|_| Error::Tampered)?.len();
    text.truncate(len);
    Ok(text)
}

#[cfg(not(sealed_notes_sealing_off))]
pub(super) mod cipher {
    use sealed_notes_primitives::aead;

    use super::{Error, Secret, TAG_LEN};

    pub(in crate::crypto) fn seal_in_place(
        key: &Secret<32>,
        iv: &[u8; 12],
        associated_data: &[u8],
        text: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Error> {
        aead::seal_in_place(key.expose(), iv, associated_data, text)
            .map_err(|_| Error::InvalidInput { reason: "the text is too long for the cipher" })
    }

    pub(in crate::crypto) fn open_in_place(
        key: &Secret<32>,
        iv: &[u8; 12],
        associated_data: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Error> {
        aead::open_in_place(key.expose(), iv, associated_data, text, tag).map_err(|_| Error::Tampered)
    }
}

/// No cipher at all. Exists so that `cargo xtask verify canary --sealing-off` can show that its search finds
/// plaintext where there is some; nothing but that build sets this flag, and it is no cargo feature, so that
/// no dependency can switch it on.
#[cfg(sealed_notes_sealing_off)]
pub(super) mod cipher {
    use super::{Error, Secret, TAG_LEN};

    pub(in crate::crypto) fn seal_in_place(
        _: &Secret<32>,
        _: &[u8; 12],
        _: &[u8],
        _: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Error> {
        Ok([0; TAG_LEN])
    }

    pub(in crate::crypto) fn open_in_place(
        _: &Secret<32>,
        _: &[u8; 12],
        _: &[u8],
        _: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Error> {
        if *tag == [0; TAG_LEN] { Ok(()) } else { Err(Error::Tampered) }
    }
}
