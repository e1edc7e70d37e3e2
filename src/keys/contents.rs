//! What is inside a sealed vault (SPEC.md §8.1).

use sealed_notes_format::{
    FormatError,
    account::VaultParameters,
    cbor::{Decoder, Encoder},
    id::{AccountId, DealId, DeviceId, Hash, SlotId, TenantId},
    pad::{Floor, padded_len},
    recovery::DealKind,
    slot::SlotKind,
};
use zeroize::Zeroizing;

use super::{
    identity::Identity,
    keyring::Epoch,
    shares::{Deal, DealtTo},
    vault::{Device, UnlockSlot, Vault},
};
use crate::{Error, Timestamp, crypto::secret::Secret, ledger::SharedState};

/// An identity whose fingerprint was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pin {
    pub(super) account: AccountId,
    pub(super) head: Hash,
    pub(super) at: u64,
}

impl Vault {
    pub(super) fn encode_contents(&self) -> Zeroizing<Vec<u8>> {
        let named = |names: usize| 256 * names;
        let size = 192 + 256 * self.epochs.len() + 96 * self.pins.len();
        let people: usize = self.deals.iter().map(|deal| deal.shares.len() + 1).sum();
        let size = size + named(self.slots.len() + self.devices.len() + people);
        let room = padded_len(size, Floor::Vault);
        let mut out = Encoder::with_capacity(room);
        out.array(8).bytes(&self.tenant.0).bytes(self.account_secret.expose());
        out.array(self.epochs.len());
        self.epochs.iter().for_each(|epoch| epoch.encode(&mut out));
        out.array(self.slots.len());
        for slot in &self.slots {
            out.array(6).bytes(&slot.slot.0).uint(slot.generation).uint(slot.kind as u64).text(&slot.name);
            out.uint(slot.added_at.0).optional(slot.checked_at, |out, at| {
                out.uint(at.0);
            });
        }
        out.array(self.pins.len());
        for pin in &self.pins {
            out.array(3).bytes(&pin.account.0).bytes(&pin.head.0).uint(pin.at);
        }
        out.bytes(&self.identity.head().0);
        out.array(self.devices.len());
        for device in &self.devices {
            out.array(3).bytes(&device.device.0).text(&device.name).uint(device.added_at.0);
        }
        out.array(self.deals.len());
        for deal in &self.deals {
            out.array(5).uint(deal.kind as u64).bytes(&deal.deal.0).uint(deal.threshold).uint(deal.dealt_at.0);
            out.array(deal.shares.len());
            for share in &deal.shares {
                out.array(2).text(&share.name).optional(share.account, |out, account| account.encode(out));
            }
        }
        let contents = Zeroizing::new(out.finish());
        debug_assert!(contents.len() <= room, "growing left a copy of the keys in freed memory");
        contents
    }

    pub(super) fn decode_contents(
        contents: &[u8],
        parameters: VaultParameters,
        vault_key: Secret<32>,
    ) -> Result<Self, Error> {
        let VaultParameters { account, generation } = parameters;
        let (tenant, account_secret, epochs, slots, pins, head, devices, deals) = Decoder::all(contents, |input| {
            let is_first_form = match input.array()? {
                5 => true,
                8 => false,
                _ => return Err(FormatError::UnsupportedVersion),
            };
            let tenant = TenantId::decode(input)?;
            let account_secret = Secret::copy_from(input.byte_array()?);
            let epochs = list(input, Epoch::decode)?;
            let slots = list(input, if is_first_form { decode_first_form_slot } else { decode_slot })?;
            let pins = list(input, |input| {
                input.array_of(3)?;
                Ok(Pin { account: AccountId::decode(input)?, head: Hash::decode(input)?, at: input.uint()? })
            })?;
            if is_first_form {
                return Ok((tenant, account_secret, epochs, slots, pins, Hash(account.0), Vec::new(), Vec::new()));
            }
            let (head, devices) = (Hash::decode(input)?, list(input, decode_device)?);
            Ok((tenant, account_secret, epochs, slots, pins, head, devices, list(input, decode_deal)?))
        })?;
        let mut keys = epochs.iter().map(Epoch::public).collect::<Result<Vec<_>, _>>()?;
        let newest = keys.pop().ok_or(Error::NotSealed { reason: "a vault without keys" })?;
        let identity = Identity::own(account, head, keys, newest);
        let used_code = None;
        Ok(Self {
            tenant,
            identity,
            generation,
            vault_key,
            account_secret,
            epochs,
            slots,
            pins,
            devices,
            deals,
            used_code,
            ledger: SharedState::default(),
        })
    }
}

/// Vaults of the first form had passphrase slots alone.
fn decode_first_form_slot(input: &mut Decoder<'_>) -> Result<UnlockSlot, FormatError> {
    input.array_of(2)?;
    Ok(UnlockSlot {
        slot: SlotId::decode(input)?,
        generation: input.uint()?,
        kind: SlotKind::Passphrase,
        name: String::new(),
        added_at: Timestamp(0),
        checked_at: None,
    })
}

fn decode_slot(input: &mut Decoder<'_>) -> Result<UnlockSlot, FormatError> {
    input.array_of(6)?;
    Ok(UnlockSlot {
        slot: SlotId::decode(input)?,
        generation: input.uint()?,
        kind: SlotKind::decode(input)?,
        name: input.text()?.to_owned(),
        added_at: Timestamp(input.uint()?),
        checked_at: input.optional(Decoder::uint)?.map(Timestamp),
    })
}

fn decode_device(input: &mut Decoder<'_>) -> Result<Device, FormatError> {
    input.array_of(3)?;
    let (device, name) = (DeviceId::decode(input)?, input.text()?.to_owned());
    Ok(Device { device, name, added_at: Timestamp(input.uint()?) })
}

fn decode_deal(input: &mut Decoder<'_>) -> Result<Deal, FormatError> {
    input.array_of(5)?;
    Ok(Deal {
        kind: DealKind::decode(input)?,
        deal: DealId::decode(input)?,
        threshold: input.uint()?,
        dealt_at: Timestamp(input.uint()?),
        shares: list(input, |input| {
            input.array_of(2)?;
            Ok(DealtTo { name: input.text()?.to_owned(), account: input.optional(AccountId::decode)? })
        })?,
    })
}

pub(super) fn list<T>(
    input: &mut Decoder<'_>,
    mut decode: impl FnMut(&mut Decoder<'_>) -> Result<T, FormatError>,
) -> Result<Vec<T>, FormatError> {
    // Room for all at once: growing would leave copies of keys in freed memory.
    let count = input.array()?;
    let mut items = Vec::with_capacity(count.min(1024));
    for _ in 0..count {
        items.push(decode(input)?);
    }
    Ok(items)
}
