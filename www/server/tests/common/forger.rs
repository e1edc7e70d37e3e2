//! An account whose objects are made by hand: well signed, and as wrong as a test wants them.

use ed25519_dalek::{Signer, SigningKey};
use sealed_notes::{
    AccountId, ClientId, PurposeOfUse, RecordId, Suite, TenantId,
    format::{
        Purpose,
        account::VaultParameters,
        container::{ChartRecord, PrivateNote},
        cose::{EncryptedBuilder, Header, Recipient, Sign1, TAG_LEN, to_be_signed},
        grant::{GrantHeader, encode_payload},
        id::{Hash, KeyId, SlotId},
        keylog::{KeyLog, KeyLogEntry, PublicKeys, Statement},
        slot::{Cost, SlotParameters, Way},
        version::{Drawer, Manifest, Section},
    },
};
use serde_json::json;

use super::{Host, base64, now};

pub struct Forger {
    signing: SigningKey,
    pub account: AccountId,
    pub entry: Vec<u8>,
    pub keys: PublicKeys,
    /// The signing key that signatures say they are by.
    pub shown: KeyId,
    tenant: TenantId,
}

/// A version and what belongs to it.
#[derive(Clone)]
pub struct Forged {
    pub manifest: Manifest,
    pub version: Vec<u8>,
    pub sealed: Vec<u8>,
}

impl Forged {
    pub fn hash(&self) -> Hash {
        Hash::of(&self.version)
    }
}

impl Forger {
    pub fn new(tenant: TenantId, number: u8) -> Self {
        let signing = SigningKey::from_bytes(&[number; 32]);
        let mut x25519 = [number; 32];
        x25519[31] &= 0x7f;
        let ed25519 = signing.verifying_key();
        let keys = PublicKeys { epoch: 1, created_at: now().0, ed25519, x25519, xwing: Box::new([number; 1216]) };
        let shown = KeyId::of_ed25519(&ed25519);
        let entry = sign(
            &signing,
            shown,
            Purpose::KeyLog,
            &KeyLogEntry::encode_payload(0, None, keys.created_at, &Statement::Keys(keys.clone())),
        );
        let account = KeyLog::begin(&entry).unwrap().account;
        Self { signing, account, entry, keys, shown, tenant }
    }

    /// Signs up and in; gives the cookie.
    pub async fn join(&self, host: &Host, handle: &str) -> String {
        let passphrase = self.slot(1, Way::Passphrase { salt: [1; 16], cost: Cost::DEFAULT });
        let slots = [passphrase, self.slot(2, Way::RecoveryCode)];
        let body = json!({
            "handle": handle,
            "keyLogEntry": base64(&self.entry),
            "vault": base64(&self.vault(1)),
            "slots": slots.map(|slot| base64(&slot)),
        });
        host.post("/api/accounts", body).await.expect(201);
        self.log_in(host).await
    }

    /// The first generation of an unlock slot.
    pub fn slot(&self, id: u8, way: Way<'_>) -> Vec<u8> {
        self.slot_of_generation(1, id, way)
    }

    pub fn slot_of_generation(&self, generation: u64, id: u8, way: Way<'_>) -> Vec<u8> {
        let parameters = SlotParameters { account: self.account, slot: SlotId([id; 16]), generation, way }.encode();
        seal(Purpose::Slot, Header::Committed { parameters: &parameters, commitment: [1; 32] }, 32)
    }

    /// The key log entry that appends the keys of `to` as an epoch.
    pub fn rotation(&self, to: &Self, epoch: u64, previous: &[u8]) -> Vec<u8> {
        self.sign(Purpose::KeyLog, &Self::rotation_payload(to, epoch, previous))
    }

    pub fn rotation_payload(to: &Self, epoch: u64, previous: &[u8]) -> Vec<u8> {
        let keys = PublicKeys { epoch, ..to.keys.clone() };
        let at = keys.created_at;
        KeyLogEntry::encode_payload(epoch - 1, Some(Hash::of(previous)), at, &Statement::Keys(keys))
    }

    /// The vault of any generation.
    pub fn vault(&self, generation: u64) -> Vec<u8> {
        let vault = VaultParameters { account: self.account, generation }.encode();
        seal(Purpose::Vault, Header::Parameters(&vault), 4096)
    }

    pub async fn log_in(&self, host: &Host) -> String {
        let challenge = host.challenge(&self.account.to_string()).await;
        let payload = sealed_notes::format::account::Login::encode_payload(self.account, &host.origin, &challenge);
        let login = json!({ "login": base64(&self.sign(Purpose::Login, &payload)) });
        let reply = host.post("/api/login", login).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    pub fn sign(&self, purpose: Purpose, payload: &[u8]) -> Vec<u8> {
        sign(&self.signing, self.shown, purpose, payload)
    }

    /// A signature that was made for one purpose, in an object that says another.
    pub fn sign_as(&self, made_for: Purpose, says: Purpose, payload: &[u8]) -> Vec<u8> {
        let signature = self.signing.sign(&to_be_signed(made_for, self.shown, payload));
        Sign1::encode(says, self.shown, payload, &signature.to_bytes())
    }

    pub fn manifest(&self, drawer: Drawer, record: RecordId, after: Option<&Forged>) -> Manifest {
        Manifest {
            tenant: self.tenant,
            record,
            drawer,
            client: ClientId([1; 16]),
            session: None,
            version: after.map_or(1, |after| after.manifest.version + 1),
            previous: after.map(Forged::hash),
            author: self.account,
            epoch: 1,
            flags: 0,
            written_at: now().0,
            sections: Vec::new(),
        }
    }

    /// A version whose bodies, wrap, hashes, contexts and signature are in order, whatever the manifest says.
    pub fn version(&self, mut manifest: Manifest, sections: &[&str], fill: u8) -> Forged {
        let drawer = manifest.drawer;
        let body = |name: &&str| {
            let mut body = seal(drawer.body_purpose(), Header::Context(manifest.context(name)), 256);
            let middle = body.len() - 100;
            body[middle] = fill;
            body
        };
        let bodies: Vec<Vec<u8>> = sections.iter().map(body).collect();
        let named = sections.iter().zip(&bodies).map(|(name, body)| Section {
            name: (*name).to_owned(),
            body: Hash::of(body),
            commitment: [fill; 32],
        });
        manifest.sections = named.collect();
        let version = self.sign(Purpose::Version, &manifest.encode());
        let wrap = seal(drawer.wrap_purpose(), Header::Context(Hash::of(&version)), 32 * sections.len());
        let sealed = match drawer {
            Drawer::Private => PrivateNote::encode(&version, &wrap, &bodies[0]),
            Drawer::Chart => ChartRecord::encode(&version, Some(&wrap), bodies.iter().map(Vec::as_slice)),
        };
        Forged { manifest, version, sealed }
    }

    pub fn grant_header(&self, on: &Forged, recipient: AccountId) -> GrantHeader {
        GrantHeader {
            tenant: self.tenant,
            record: on.manifest.record,
            version: on.manifest.version,
            version_hash: on.hash(),
            granter: self.account,
            recipient,
            suite: Suite::X25519,
            purpose_of_use: PurposeOfUse::Treatment,
            granted_at: now().0,
            expires_at: None,
        }
    }

    pub fn grant(&self, header: &GrantHeader, sections: &[&str], key_id: KeyId) -> Vec<u8> {
        self.sign(Purpose::Grant, &Self::grant_payload(header, sections, key_id))
    }

    /// Under one signature, each with its receipt.
    pub fn grants_at_once(&self, payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let sign = |message: &[u8]| self.signing.sign(message).to_bytes();
        Sign1::encode_together(Purpose::Grants, self.shown, payloads, sign)
    }

    pub fn grant_payload(header: &GrantHeader, sections: &[&str], key_id: KeyId) -> Vec<u8> {
        let keys: Vec<_> = sections
            .iter()
            .map(|section| {
                let protected = Recipient::protected(header.suite.alg(), key_id, header.context(section));
                let encapsulated = vec![3; header.suite.encapsulated_key_len()];
                (*section, Recipient::encode(&protected, &encapsulated, &[4; 48]))
            })
            .collect();
        encode_payload(header, &keys, None)
    }

    /// A grant as it should be.
    pub fn grant_to(&self, on: &Forged, recipient: &Forger, sections: &[&str]) -> Vec<u8> {
        self.grant(&self.grant_header(on, recipient.account), sections, recipient.key_id())
    }

    pub fn key_id(&self) -> KeyId {
        KeyId::of_x25519(&self.keys.x25519)
    }
}

fn sign(signing: &SigningKey, key_id: KeyId, purpose: Purpose, payload: &[u8]) -> Vec<u8> {
    let signature = signing.sign(&to_be_signed(purpose, key_id, payload));
    Sign1::encode(purpose, key_id, payload, &signature.to_bytes())
}

pub fn seal(purpose: Purpose, header: Header<'_>, len: usize) -> Vec<u8> {
    let builder = EncryptedBuilder::new(purpose, header, [5; 12]);
    let mut object = builder.head(len);
    object.resize(object.len() + len, 6);
    builder.close(object, &[7; TAG_LEN])
}
