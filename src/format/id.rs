//! Typed ids: one kind of id is never taken for another (SPEC.md §2).

use core::fmt;

use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $size:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $size]);

        impl $name {
            pub const SIZE: usize = $size;

            pub fn encode(&self, out: &mut Encoder) {
                out.bytes(&self.0);
            }

            pub fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
                input.byte_array().map(|bytes| Self(*bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl core::str::FromStr for $name {
            type Err = FormatError;

            /// Lowercase hexadecimal, exactly.
            fn from_str(text: &str) -> Result<Self, FormatError> {
                let bad = FormatError::NotSealed("an id is lowercase hexadecimal of a fixed length");
                let mut bytes = [0u8; $size];
                if text.len() != 2 * $size {
                    return Err(bad);
                }
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    let digit = |c: u8| match c {
                        b'0'..=b'9' => Ok(c - b'0'),
                        b'a'..=b'f' => Ok(c - b'a' + 10),
                        _ => Err(bad),
                    };
                    let &[high, low] = pair else { return Err(bad) };
                    *byte = digit(high)? << 4 | digit(low)?;
                }
                Ok(Self(bytes))
            }
        }
    };
}

id!(
    /// SHA-256 of an object's complete bytes.
    Hash, 32
);
id!(
    /// An account: the hash of its first key log entry.
    AccountId, 32
);
id!(
    /// The hosting platform.
    TenantId, 16
);
id!(
    /// A note or document.
    RecordId, 16
);
id!(
    /// Whom a record is about; opaque.
    ClientId, 16
);
id!(
    /// An appointment; opaque.
    SessionId, 16
);
id!(
    /// An unlock slot.
    SlotId, 16
);
id!(
    /// One dealing of shares; a trustees' deal has the id of its slot.
    DealId, 16
);
id!(
    /// A device, as the account's owner knows it.
    DeviceId, 16
);
id!(
    /// Names a public key.
    KeyId, 16
);

impl Hash {
    pub fn of(object: &[u8]) -> Self {
        Self(Sha256::digest(object).into())
    }

    /// SHA-256 over a purpose's label and `bytes`.
    pub fn for_purpose(purpose: Purpose, bytes: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(purpose.label());
        hasher.update(bytes);
        Self(hasher.finalize().into())
    }
}

impl KeyId {
    fn of(purpose: Purpose, key: &[u8]) -> Self {
        let Hash(hash) = Hash::for_purpose(purpose, key);
        let mut id = [0; 16];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Self(id)
    }

    pub fn of_ed25519(key: &VerifyingKey) -> Self {
        Self::of(Purpose::KeyIdEd25519, key.as_bytes())
    }

    pub fn of_x25519(key: &[u8; 32]) -> Self {
        Self::of(Purpose::KeyIdX25519, key)
    }

    pub fn of_xwing(key: &[u8; 1216]) -> Self {
        Self::of(Purpose::KeyIdXWing, key)
    }
}

impl AccountId {
    /// 40 digits that two people can read to each other (SPEC.md §8), about 132 bits.
    pub fn fingerprint(&self) -> String {
        let Hash(hash) = Hash::for_purpose(Purpose::Fingerprint, &self.0);
        let groups: Vec<String> = hash
            .chunks_exact(4)
            .map(|run| {
                let value = run.iter().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
                format!("{:05}", value % 100_000)
            })
            .collect();
        groups.join(" ")
    }
}

/// Checks a section's name: `[a-z0-9-]{1,32}`.
pub fn check_section_name(name: &str) -> Result<(), FormatError> {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if (1..=32).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(FormatError::NotSealed("a section is named with 1 to 32 of a-z, 0-9 and -"))
    }
}
