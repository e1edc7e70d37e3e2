//! What somebody who asks for an unknown handle is given: bytes that look like a fresh account's, drawn from the
//! server's secret and the handle, so that they stay the same and name nobody.

use hkdf::Hkdf;
use sealed_notes_format::{
    Purpose,
    account::{Cost, SlotParameters, VaultParameters},
    cose::{EncryptedBuilder, Header, TAG_LEN},
    id::{AccountId, SlotId},
};
use sha2::Sha256;

use crate::{error::Error, wire::Handle};

pub(crate) struct Decoy {
    pub(crate) account: AccountId,
    pub(crate) vault: Vec<u8>,
    pub(crate) slot: Vec<u8>,
}

/// Vaults with dozens of pins fit the smallest padding (SPEC.md §2.3); a slot holds the vault key.
const VAULT_LEN: usize = 4096;
const SLOT_LEN: usize = 32;

pub(crate) fn unlock(secret: &[u8; 32], handle: &Handle) -> Result<Decoy, Error> {
    let stream = Hkdf::<Sha256>::new(Some(handle.as_str().as_bytes()), secret);
    let draw = Draw(stream);
    let account = AccountId(draw.bytes("account")?);
    // A vault in use has been saved a few times.
    let [drawn] = draw.bytes("vault generation")?;
    let parameters = VaultParameters { account, generation: 1 + u64::from(drawn % 16) }.encode();
    let vault = EncryptedBuilder::new(Purpose::Vault, Header::Parameters(&parameters), draw.bytes("vault iv")?);
    let vault = seal_nothing::<VAULT_LEN>(&vault, &draw, "vault")?;
    let slot = SlotParameters {
        account,
        slot: SlotId(draw.bytes("slot id")?),
        generation: 1,
        salt: draw.bytes("slot salt")?,
        cost: Cost::DEFAULT,
    };
    let parameters = slot.encode();
    let header = Header::Committed { parameters: &parameters, commitment: draw.bytes("slot commitment")? };
    let slot = EncryptedBuilder::new(Purpose::Slot, header, draw.bytes("slot iv")?);
    let slot = seal_nothing::<SLOT_LEN>(&slot, &draw, "slot")?;
    Ok(Decoy { account, vault, slot })
}

struct Draw(Hkdf<Sha256>);

impl Draw {
    fn bytes<const N: usize>(&self, what: &str) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.0.expand(what.as_bytes(), &mut bytes).map_err(|_| Error::Internal("decoy too long"))?;
        Ok(bytes)
    }
}

fn seal_nothing<const LEN: usize>(builder: &EncryptedBuilder, draw: &Draw, what: &str) -> Result<Vec<u8>, Error> {
    let mut object = builder.head(LEN);
    object.extend_from_slice(&draw.bytes::<LEN>(what)?);
    Ok(builder.close(object, &draw.bytes::<TAG_LEN>(&format!("{what} tag"))?))
}
