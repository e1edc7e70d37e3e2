//! What another instance of the library, in a worker, needs to grant and to open for a vault. It passes through JavaScript
//! sealed: first a key for the session to the worker's own key, then everything else under that.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "the boundary to JavaScript alone has workers"))]

use sealed_notes_format::{
    FormatError, Purpose,
    account::VaultParameters,
    cbor::{Decoder, Encoder},
    cose::{Encrypted, Header},
    id::{AccountId, Hash, KeyId},
    keylog::KeyLog,
};
use zeroize::Zeroizing;

use super::{
    contents::list,
    group::Teams,
    identity::{Identity, KnownAuthor},
    sealed_to,
    vault::Vault,
};
use crate::{
    Error,
    crypto::{aead, secret::Secret},
};

/// What is sealed for a worker.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For {
    Vault = 1,
    Sharing = 2,
    Opening = 3,
}

impl For {
    fn context(self) -> Hash {
        Hash::for_purpose(Purpose::Worker, &[self as u8])
    }
}

/// The key that a vault has in common with the workers of one pool.
#[derive(Debug)]
pub(crate) struct Session(Secret<32>);

impl Session {
    pub(crate) fn make() -> Result<Self, Error> {
        Secret::make().map(Self)
    }

    /// Lets the worker in that has the secret of this X25519 key.
    pub(crate) fn invite(&self, worker: &[u8]) -> Result<Vec<u8>, Error> {
        sealed_to::seal_key(Purpose::Worker, worker, &self.0)
    }

    pub(crate) fn join(secret: &Secret<32>, invitation: &[u8]) -> Result<Self, Error> {
        sealed_to::open_key(Purpose::Worker, secret, invitation).map(Self)
    }

    pub(crate) fn seal(&self, what: For, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        aead::seal(Purpose::Worker, Header::Context(what.context()), &self.0, plaintext, aead::Padding::None)
    }

    pub(crate) fn open(&self, what: For, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sealed = Encrypted::decode(sealed, Purpose::Worker)?;
        if sealed.context()? != what.context() {
            return Err(Error::Tampered);
        }
        aead::open(&sealed, &self.0)
    }

    pub(crate) fn seal_vault(&self, vault: &Vault) -> Result<Vec<u8>, Error> {
        self.seal(For::Vault, &vault.encode_copy())
    }

    pub(crate) fn open_vault(&self, sealed: &[u8]) -> Result<Vault, Error> {
        Vault::decode_copy(&self.open(For::Vault, sealed)?)
    }

    pub(crate) fn seal_author(&self, author: &KnownAuthor) -> Result<Vec<u8>, Error> {
        let mut out = Encoder::new();
        author.encode(&mut out);
        self.seal(For::Opening, &out.finish())
    }

    pub(crate) fn open_author(&self, sealed: &[u8]) -> Result<KnownAuthor, Error> {
        Ok(Decoder::all(&self.open(For::Opening, sealed)?, KnownAuthor::decode)?)
    }
}

impl Vault {
    /// What is needed to grant and to open others' grants, teams that were entered included; neither the private drawer's
    /// keys nor ways in, and of the ledger nothing.
    fn encode_copy(&self) -> Zeroizing<Vec<u8>> {
        let mut copy = self.clone();
        copy.account_secret = Secret::copy_from(&[0; 16]);
        (copy.slots, copy.pins, copy.devices, copy.deals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let of_groups = copy.groups.iter_mut().flat_map(|group| &mut group.epochs);
        copy.epochs.iter_mut().chain(of_groups).for_each(|epoch| epoch.forget_private_drawer());
        let contents = copy.encode_contents();
        let keys: usize = self.teams.values().map(|keys| 64 + 80 * keys.len()).sum();
        let mut out = Encoder::with_capacity(contents.len() + keys + 64);
        out.array(3).bytes(&self.account().0).bytes(&contents).array(self.teams.len());
        for (team, keys) in &self.teams {
            out.array(2).bytes(&team.0).array(keys.len());
            for (key_id, secret) in keys {
                out.array(2).bytes(&key_id.0).bytes(secret.expose());
            }
        }
        Zeroizing::new(out.finish())
    }

    fn decode_copy(copy: &[u8]) -> Result<Self, Error> {
        let (account, contents, teams) = Decoder::all(copy, |input| {
            input.array_of(3)?;
            Ok((AccountId::decode(input)?, input.bytes()?, list(input, decode_team)?))
        })?;
        // A key that opens nothing: a copy never seals itself.
        let mut vault = Self::decode_contents(contents, VaultParameters { account, generation: 0 }, Secret::make()?)?;
        vault.teams = Teams::from_iter(teams);
        Ok(vault)
    }
}

fn decode_team(input: &mut Decoder<'_>) -> Result<(AccountId, Vec<(KeyId, Secret<32>)>), FormatError> {
    input.array_of(2)?;
    let team = AccountId::decode(input)?;
    let keys = list(input, |input| {
        input.array_of(2)?;
        Ok((KeyId::decode(input)?, Secret::copy_from(input.byte_array()?)))
    })?;
    Ok((team, keys))
}

impl Identity {
    pub(crate) fn encode_keys(&self, out: &mut Encoder) {
        self.log.encode_keys(out);
    }

    /// From the owner's own instance alone: nothing shows here that the keys are the account's.
    pub(crate) fn decode_keys(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        KeyLog::decode_keys(input).map(|log| Self { log })
    }
}
