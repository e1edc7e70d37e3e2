//! The append-only list of key generations.

use std::sync::OnceLock;

use sealed_notes_format::{
    FormatError,
    cbor::{Decoder, Encoder},
    grant::Suite,
    id::KeyId,
    keylog::PublicKeys,
    version::Drawer,
};

use crate::{
    Error, Timestamp,
    crypto::{hpke, secret::Secret, sign::SigningKey},
};

/// One generation of an account's keys. Old ones stay, to open what was sealed under them.
#[derive(Clone, Debug)]
pub(crate) struct Epoch {
    pub(crate) number: u64,
    created_at: u64,
    private_drawer: Secret<32>,
    own_chart: Secret<32>,
    pub(crate) signing: SigningKey,
    x25519: Secret<32>,
    xwing: Secret<32>,
    /// Making them from the secrets takes longer than opening a grant with them.
    public: OnceLock<PublicKeys>,
}

impl Epoch {
    pub(crate) fn make(number: u64, now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            number,
            created_at: now.0,
            private_drawer: Secret::make()?,
            own_chart: Secret::make()?,
            signing: SigningKey::from_seed(&Secret::make()?),
            x25519: Secret::make()?,
            xwing: Secret::make()?,
            public: OnceLock::new(),
        })
    }

    /// The symmetric key under which content keys and drafts of a drawer are sealed.
    pub(crate) fn drawer_key(&self, drawer: Drawer) -> &Secret<32> {
        match drawer {
            Drawer::Private => &self.private_drawer,
            Drawer::Chart => &self.own_chart,
        }
    }

    pub(crate) fn receiving_key(&self, suite: Suite) -> &Secret<32> {
        match suite {
            Suite::X25519 => &self.x25519,
            Suite::XWing => &self.xwing,
        }
    }

    pub(crate) fn public(&self) -> Result<&PublicKeys, Error> {
        if let Some(public) = self.public.get() {
            return Ok(public);
        }
        let made = PublicKeys {
            epoch: self.number,
            created_at: self.created_at,
            ed25519: self.signing.public(),
            x25519: *hpke::public_key(Suite::X25519, &self.x25519)?,
            xwing: hpke::public_key(Suite::XWing, &self.xwing)?,
        };
        Ok(self.public.get_or_init(|| made))
    }

    /// Whether the id is that of this epoch's receiving key.
    pub(crate) fn receives(&self, suite: Suite, key_id: KeyId) -> Result<bool, Error> {
        Ok(self.public()?.receiving_key_id(suite) == key_id)
    }

    /// For a copy that must not open it.
    pub(crate) fn forget_private_drawer(&mut self) {
        self.private_drawer = Secret::copy_from(&[0; 32]);
    }

    pub(crate) fn encode(&self, out: &mut Encoder) {
        out.array(7).uint(self.number).uint(self.created_at);
        out.bytes(self.private_drawer.expose()).bytes(self.own_chart.expose()).bytes(self.signing.seed());
        out.bytes(self.x25519.expose()).bytes(self.xwing.expose());
    }

    pub(crate) fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        input.array_of(7)?;
        let (number, created_at) = (input.uint()?, input.uint()?);
        let mut secret = || input.byte_array().map(Secret::copy_from);
        Ok(Self {
            number,
            created_at,
            private_drawer: secret()?,
            own_chart: secret()?,
            signing: SigningKey::from_seed(&secret()?),
            x25519: secret()?,
            xwing: secret()?,
            public: OnceLock::new(),
        })
    }
}
