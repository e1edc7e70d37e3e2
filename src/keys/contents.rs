//! What is inside a sealed vault (SPEC.md §8.1).

use sealed_notes_format::{
    FormatError,
    account::VaultParameters,
    cbor::{Decoder, Encoder},
    id::{AccountId, DealId, DeviceId, Hash, SlotId, TenantId},
    keylog::KeyLog,
    ledger::LedgerHead,
    pad::{Floor, padded_len},
    recovery::DealKind,
    slot::SlotKind,
};
use zeroize::Zeroizing;

use super::{
    group::{Group, Teams},
    identity::Identity,
    keyring::Epoch,
    shares::{Deal, DealtTo},
    trust::{Pin, TrustedAs},
    vault::{Device, UnlockSlot, Vault},
};
use crate::{Error, Timestamp, crypto::secret::Secret, ledger::SharedState};

/// Which elements the contents have; earlier forms are read for ever, and written no longer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    First,
    Second,
    Third,
}

impl Vault {
    pub(super) fn encode_contents(&self) -> Zeroizing<Vec<u8>> {
        let named = |names: usize| 256 * names;
        let epochs = self.epochs.len() + self.groups.iter().map(|group| group.epochs.len()).sum::<usize>();
        let size = 256 + 256 * epochs + (192 + 256) * self.pins.len();
        let people: usize = self.deals.iter().map(|deal| deal.shares.len() + 1).sum();
        let size = size + named(self.slots.len() + self.devices.len() + people) + 2 * named(self.groups.len());
        let room = padded_len(size, Floor::Vault);
        let mut out = Encoder::with_capacity(room);
        out.array(10).bytes(&self.tenant.0).bytes(self.account_secret.expose());
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
            out.array(8)
                .bytes(&pin.account.0)
                .text(&pin.name)
                .optional(pin.accepted, |out, hash| hash.encode(out))
                .uint(pin.at);
            out.uint(pin.seen.0).bytes(&pin.seen.1.0).uint(pin.trusted_as as u64);
            out.optional(self.told_head(pin.account), |out, head| head.encode(out));
        }
        out.array(2).uint(self.identity.log.sequence()).bytes(&self.identity.log.head().0);
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
        out.array(self.groups.len());
        self.groups.iter().for_each(|group| group.encode(&mut out));
        out.optional(self.ledger().seen(), |out, head| head.encode(out));
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
        let (read, head, seen) = Decoder::all(contents, |input| {
            let form = match input.array()? {
                5 => Form::First,
                8 => Form::Second,
                10 => Form::Third,
                _ => return Err(FormatError::UnsupportedVersion),
            };
            let tenant = TenantId::decode(input)?;
            let account_secret = Secret::copy_from(input.byte_array()?);
            let epochs = list(input, Epoch::decode)?;
            let slots = list(input, if form == Form::First { decode_first_form_slot } else { decode_slot })?;
            let pins = list(input, if form == Form::Third { decode_pin } else { decode_earlier_pin })?;
            let head = match form {
                Form::First => (0, Hash(account.0)),
                // Its key log had rotations alone.
                Form::Second => (epochs.last().map_or(0, |epoch| epoch.number.saturating_sub(1)), Hash::decode(input)?),
                Form::Third => decode_head(input)?,
            };
            let devices = if form == Form::First { Vec::new() } else { list(input, decode_device)? };
            let deals = if form == Form::First { Vec::new() } else { list(input, decode_deal)? };
            let groups = if form == Form::Third { list(input, Group::decode)? } else { Vec::new() };
            let seen = if form == Form::Third { input.optional(LedgerHead::decode)? } else { None };
            Ok(((tenant, account_secret, epochs, slots, pins, devices, deals, groups), head, seen))
        })?;
        let (tenant, account_secret, epochs, slots, pins, devices, deals, groups) = read;
        let mut keys = epochs.iter().map(|epoch| epoch.public().cloned()).collect::<Result<Vec<_>, _>>()?;
        let newest = keys.pop().ok_or(Error::NotSealed { reason: "a vault without keys" })?;
        let identity = Identity { log: KeyLog::resume(account, head.0, head.1, keys, newest) };
        let (ledger, teams, used_code) = (SharedState::default(), Teams::default(), None);
        let vault = Self {
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
            groups,
            teams,
            used_code,
            ledger,
        };
        if let Some(seen) = seen {
            vault.ledger().expect(seen)?;
        }
        Ok(vault)
    }
}

fn decode_head(input: &mut Decoder<'_>) -> Result<(u64, Hash), FormatError> {
    input.array_of(2)?;
    Ok((input.uint()?, Hash::decode(input)?))
}

/// Until the third form a pin was a person's, and named one entry: the newest when it was made.
fn decode_earlier_pin(input: &mut Decoder<'_>) -> Result<Pin, FormatError> {
    input.array_of(3)?;
    let (account, head, at) = (AccountId::decode(input)?, Hash::decode(input)?, input.uint()?);
    let (name, trusted_as) = (String::new(), TrustedAs::Person);
    Ok(Pin { account, name, accepted: Some(head), at, seen: (0, head), trusted_as, ledger: None })
}

fn decode_pin(input: &mut Decoder<'_>) -> Result<Pin, FormatError> {
    input.array_of(8)?;
    Ok(Pin {
        account: AccountId::decode(input)?,
        name: input.text()?.to_owned(),
        accepted: input.optional(Hash::decode)?,
        at: input.uint()?,
        seen: (input.uint()?, Hash::decode(input)?),
        trusted_as: {
            let code = input.uint()?;
            let found = TrustedAs::ALL.into_iter().find(|known| *known as u64 == code);
            found.ok_or(FormatError::UnsupportedVersion)?
        },
        ledger: input.optional(LedgerHead::decode)?,
    })
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
