//! What somebody who asks for an unknown handle is given: bytes that look like an account's, drawn from the server's
//! secret and the handle, so that they stay the same and name nobody.

use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use sealed_notes_format::{
    Purpose,
    account::VaultParameters,
    cose::{EncryptedBuilder, Header, Sign1, TAG_LEN, to_be_signed},
    id::{AccountId, Hash, KeyId, SlotId},
    keylog::{KeyLogEntry, PublicKeys, Statement},
    slot::{Cost, SlotParameters, Way},
};
use sha2::Sha256;

use crate::{
    error::Error,
    wire::{Handle, Time},
};

pub(crate) struct Decoy {
    pub(crate) account: AccountId,
    pub(crate) vault: Vec<u8>,
    pub(crate) slots: Vec<Vec<u8>>,
    pub(crate) key_log_entry: Vec<u8>,
}

/// Vaults with dozens of pins fit the smallest padding (SPEC.md §2.3); a slot holds the vault key.
const VAULT_LEN: usize = 4096;
const SLOT_LEN: usize = 32;

pub(crate) fn unlock(secret: &[u8; 32], server_since: i64, handle: &Handle) -> Result<Decoy, Error> {
    let of_handle = Draw::of(secret, handle.as_str().as_bytes());
    let created_at = created_at(server_since, Time::now().0, of_handle.bytes("created at")?);
    // Another day, another account: nothing of it may recur.
    let draw = Draw::of(secret, format!("{} {created_at}", handle.as_str()).as_bytes());
    let key_log_entry = key_log_entry(&draw, created_at)?;
    let Hash(hash) = Hash::of(&key_log_entry);
    let account = AccountId(hash);
    // A vault in use has been saved a few times.
    let [drawn] = draw.bytes("vault generation")?;
    let parameters = VaultParameters { account, generation: 1 + u64::from(drawn % 16) }.encode();
    let vault = EncryptedBuilder::new(Purpose::Vault, Header::Parameters(&parameters), draw.bytes("vault iv")?);
    let vault = seal_nothing::<VAULT_LEN>(&vault, &draw, "vault")?;
    Ok(Decoy { account, vault, slots: slots(&draw, account)?, key_log_entry })
}

/// Passphrase and recovery code, as every account has; with some a passkey or trustees.
fn slots(draw: &Draw, account: AccountId) -> Result<Vec<Vec<u8>>, Error> {
    let credential = draw.bytes::<32>("passkey credential")?;
    let passphrase = Way::Passphrase { salt: draw.bytes("slot salt")?, cost: Cost::DEFAULT };
    let passkey = Way::Passkey { salt: draw.bytes("passkey salt")?, credential: &credential };
    let [has_passkey, has_trustees] = draw.bytes("ways")?;
    let mut ways = vec![("slot", passphrase), ("recovery code", Way::RecoveryCode)];
    ways.extend((has_passkey % 4 == 0).then_some(("passkey", passkey)));
    ways.extend((has_trustees % 4 == 0).then_some(("trustees", Way::Trustees)));
    let mut slots = ways
        .into_iter()
        .map(|(name, way)| {
            let slot = SlotId(draw.bytes(&format!("{name} id"))?);
            let parameters = SlotParameters { account, slot, generation: 1, way }.encode();
            let commitment = draw.bytes(&format!("{name} commitment"))?;
            let header = Header::Committed { parameters: &parameters, commitment };
            let builder = EncryptedBuilder::new(Purpose::Slot, header, draw.bytes(&format!("{name} iv"))?);
            Ok((slot, seal_nothing::<SLOT_LEN>(&builder, draw, name)?))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    // As the database gives them.
    slots.sort_by_key(|(slot, _)| *slot);
    Ok(slots.into_iter().map(|(_, sealed)| sealed).collect())
}

/// Keys that are real keys, and really signed: whoever checks them finds nothing wrong.
fn key_log_entry(draw: &Draw, created_at: u64) -> Result<Vec<u8>, Error> {
    let signing = SigningKey::from_bytes(&draw.bytes("ed25519")?);
    let ed25519 = signing.verifying_key();
    let keys =
        PublicKeys { epoch: 1, created_at, ed25519, x25519: x25519(draw, "x25519")?, xwing: Box::new(xwing(draw)?) };
    let (key_id, payload) =
        (KeyId::of_ed25519(&ed25519), KeyLogEntry::encode_payload(0, None, created_at, &Statement::Keys(keys)));
    let signature = signing.sign(&to_be_signed(Purpose::KeyLog, key_id, &payload));
    Ok(Sign1::encode(Purpose::KeyLog, key_id, &payload, &signature.to_bytes()))
}

/// When the account that is made up signed up, never in the future. Each handle has two such days: one as the server
/// begins, and one in the years after. Its answer changes when the second comes; so it does when somebody signs up.
fn created_at(server_since: i64, now: i64, drawn: [u8; 16]) -> u64 {
    const FIRST: u64 = 1 << 17; // a day and a half; before the first day comes, one before the server
    const DOUBLINGS: u64 = 12; // until 17 years
    let [first, second] = [drawn[..8].try_into(), drawn[8..].try_into()].map(|half| half.map_or(0, u64::from_be_bytes));
    let (since, now) = (u64::try_from(server_since).unwrap_or_default(), u64::try_from(now).unwrap_or_default());
    let span = FIRST << (second % DOUBLINGS);
    let days = [since + span + second / DOUBLINGS % span, since + first % FIRST];
    days.into_iter().find(|day| *day <= now).unwrap_or((since + first % FIRST).saturating_sub(FIRST))
}

/// A point of the curve, as a public key is; random bytes are one half of the time.
fn x25519(draw: &Draw, what: &str) -> Result<[u8; 32], Error> {
    Ok(SigningKey::from_bytes(&draw.bytes(what)?).verifying_key().to_montgomery().to_bytes())
}

/// An X-Wing key: ML-KEM-768's 768 coefficients of 12 bits below 3329 and its seed of 32 bytes, then X25519.
fn xwing(draw: &Draw) -> Result<[u8; 1216], Error> {
    const COEFFICIENTS: usize = 768;
    const Q: u16 = 3329;
    let drawn = draw.bytes::<3072>("ml-kem")?;
    let (pairs, _) = drawn.as_chunks::<2>();
    // Of 1536 draws 1248 are kept; that fewer than 768 are does not happen.
    let mut coefficients =
        pairs.iter().map(|pair| u16::from_le_bytes(*pair) & 0x0fff).filter(|drawn| *drawn < Q).take(COEFFICIENTS);
    let mut key = Vec::with_capacity(1216);
    while let (Some(first), Some(second)) = (coefficients.next(), coefficients.next()) {
        let [low, middle, high, _] = (u32::from(first) | u32::from(second) << 12).to_le_bytes();
        key.extend([low, middle, high]);
    }
    key.extend(draw.bytes::<32>("ml-kem seed")?);
    key.extend(x25519(draw, "xwing x25519")?);
    key.try_into().map_err(|_| Error::Internal("a decoy's key has the wrong length"))
}

struct Draw(Hkdf<Sha256>);

impl Draw {
    fn of(secret: &[u8; 32], salt: &[u8]) -> Self {
        Self(Hkdf::new(Some(salt), secret))
    }

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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use sealed_notes_format::keylog::KeyLog;

    use super::*;

    #[test]
    fn an_answer_changes_seldom_and_then_as_if_somebody_signed_up() {
        const SINCE: i64 = 1_800_000_000;
        let mut moved = 0;
        for handle in 0..64_u8 {
            let drawn = Draw::of(&[1; 32], &[handle]).bytes("created at").unwrap();
            let mut before = created_at(SINCE, SINCE, drawn);
            let mut changed_on = Vec::new();
            for day in 0..20 * 365 {
                let now = SINCE + day * 86_400;
                let at = created_at(SINCE, now, drawn);
                assert!(at <= now as u64, "{handle} on day {day}: {at}");
                assert!(day < 2 || at >= SINCE as u64, "{handle} on day {day} is older than the server: {at}");
                if at != before {
                    assert!(at > now as u64 - 86_400, "{handle} on day {day} was there before: {at}");
                    before = at;
                    changed_on.push(day);
                }
            }
            let later = changed_on.iter().filter(|day| **day > 2).count();
            assert!(changed_on.len() <= 2 && later <= 1, "{handle}: {changed_on:?}");
            moved += later;
        }
        assert!(moved > 40, "{moved}");
    }

    #[test]
    fn what_is_made_up_for_another_day_shares_nothing() {
        let handle: Handle = serde_json::from_str("\"demo-none\"").unwrap();
        let now = Time::now().0;
        let [fresh, old] = [now, now - (1 << 31)].map(|since| unlock(&[1; 32], since, &handle).unwrap());
        let slot = |decoy: &Decoy| {
            sealed_notes_format::slot::Slot::decode(decoy.slots.first().unwrap()).unwrap().parameters.slot
        };
        let keys = |decoy: &Decoy| KeyLog::begin(&decoy.key_log_entry).unwrap().keys;
        assert!(fresh.account != old.account && slot(&fresh) != slot(&old));
        assert!(keys(&fresh).ed25519 != keys(&old).ed25519 && keys(&fresh).xwing != keys(&old).xwing);
    }
}
