use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use super::{
    identity::{IdentityHandle, VerifiedIdentityHandle},
    js::{from_js, id, now, run, to_js},
    kit::{JsChange, change, js_change},
    ledger::JsHead,
    page::Page,
    stretch::StretchedHandle,
    vault::VaultHandle,
};
use crate::{
    DealId, DealKind, DealtShare, DeviceAnswer, OpenedShare, OpenedWill, OwnRequest, Request, RequestKind, Seen,
    ShareFor, VaultChange, VerifiedIdentity, WillScope, error::Error,
};

#[derive(Serialize, Deserialize)]
struct JsSeen {
    generation: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<JsHead>,
}

#[derive(Serialize)]
struct JsDealtShare<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<&'a serde_bytes::Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct JsDealt<'a> {
    deal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    will: Option<&'a serde_bytes::Bytes>,
    shares: Vec<JsDealtShare<'a>>,
    change: JsChange<'a>,
}

fn dealt(deal: DealId, will: Option<&[u8]>, shares: &[DealtShare], change: &VaultChange) -> Result<JsValue, Error> {
    let shares = shares.iter().map(|share| match share {
        DealtShare::Sealed { name, recipient, bytes } => JsDealtShare {
            name,
            recipient: Some(recipient.to_string()),
            bytes: Some(serde_bytes::Bytes::new(bytes)),
            text: None,
        },
        DealtShare::Printed { name, text } => JsDealtShare { name, recipient: None, bytes: None, text: Some(text) },
    });
    to_js(&JsDealt {
        deal: deal.to_string(),
        will: will.map(serde_bytes::Bytes::new),
        shares: shares.collect(),
        change: js_change(change),
    })
}

fn deal_kind(name: &str) -> Result<DealKind, Error> {
    [DealKind::Trustees, DealKind::Will]
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or(Error::InvalidInput { reason: "a deal is for trustees or a will" })
}

/// People who are to hold shares, collected from JavaScript one by one.
#[wasm_bindgen]
#[derive(Default)]
pub struct Holders(Vec<(String, Option<VerifiedIdentity>)>);

#[wasm_bindgen]
impl Holders {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[wasm_bindgen(js_name = onPaper)]
    pub fn on_paper(&mut self, name: &str) {
        self.0.push((name.to_owned(), None));
    }

    #[wasm_bindgen(js_name = withAccount)]
    pub fn with_account(&mut self, name: &str, to: &VerifiedIdentityHandle) {
        self.0.push((name.to_owned(), Some(to.0.clone())));
    }
}

impl Holders {
    fn people(&self) -> Vec<ShareFor<'_>> {
        self.0.iter().map(|(name, to)| ShareFor { name, to: to.as_ref() }).collect()
    }
}

#[wasm_bindgen]
pub struct ShareHandle(OpenedShare);

#[wasm_bindgen]
impl ShareHandle {
    #[wasm_bindgen(js_name = fromText)]
    pub fn from_text(owner: &IdentityHandle, text: &str) -> Result<ShareHandle, JsValue> {
        run(|| OpenedShare::from_text(&owner.0, text).map(Self))
    }

    pub fn place(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct Place {
            account: String,
            kind: &'static str,
            deal: String,
            threshold: u64,
            count: u64,
            number: u64,
        }
        let place = self.0.place;
        run(|| {
            to_js(&Place {
                account: place.account.to_string(),
                kind: place.kind.name(),
                deal: place.deal.to_string(),
                threshold: place.threshold,
                count: place.count,
                number: place.number,
            })
        })
    }
}

/// Shares of one call.
#[wasm_bindgen]
#[derive(Default)]
pub struct Shares(Vec<Zeroizing<Vec<u8>>>);

#[wasm_bindgen]
impl Shares {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, share: &ShareHandle) {
        self.0.push(share.0.bytes.clone());
    }
}

impl Shares {
    pub(super) fn slices(&self) -> Vec<&[u8]> {
        self.0.iter().map(|bytes| bytes.as_slice()).collect()
    }
}

#[wasm_bindgen]
pub struct OwnRequestHandle(OwnRequest);

#[wasm_bindgen]
impl OwnRequestHandle {
    pub fn make(account: &str, trustees: bool) -> Result<OwnRequestHandle, JsValue> {
        let kind = if trustees { RequestKind::Trustees } else { RequestKind::Device };
        run(|| OwnRequest::make(id(account)?, kind, now()).map(Self))
    }

    pub fn resume(bytes: &[u8], kept: &[u8], passphrase: StretchedHandle) -> Result<OwnRequestHandle, JsValue> {
        run(|| OwnRequest::resume(bytes, kept, &passphrase.0).map(Self))
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.bytes().to_vec()
    }

    #[wasm_bindgen(js_name = openDeviceAnswer)]
    pub fn open_device_answer(&self, answer: &[u8]) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Opened<'a> {
            account_secret: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            seen: Option<JsSeen>,
        }
        run(|| {
            let DeviceAnswer { account_secret, seen } = self.0.open_device_answer(answer)?;
            let ledger = seen.and_then(|seen| seen.ledger).map(JsHead::of);
            let seen = seen.map(|seen| JsSeen { generation: seen.generation, ledger });
            to_js(&Opened { account_secret: &account_secret, seen })
        })
    }

    #[wasm_bindgen(js_name = openShare)]
    pub fn open_share(&self, answer: &[u8]) -> Result<ShareHandle, JsValue> {
        run(|| self.0.open_share(answer).map(ShareHandle))
    }

    pub fn keep(&self, passphrase: StretchedHandle) -> Result<Vec<u8>, JsValue> {
        run(|| self.0.keep(&passphrase.0))
    }
}

/// Account, kind and code of a request.
#[wasm_bindgen(js_name = describeRequest)]
pub fn describe_request(bytes: &[u8]) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Described {
        account: String,
        kind: &'static str,
        code: String,
    }
    run(|| {
        let request = Request::decode(bytes)?;
        to_js(&Described { account: request.account.to_string(), kind: request.kind.name(), code: request.code() })
    })
}

#[wasm_bindgen]
impl VaultHandle {
    #[wasm_bindgen(js_name = dealTrustees)]
    pub fn deal_trustees(&mut self, threshold: u32, people: Holders) -> Result<JsValue, JsValue> {
        run(|| {
            let made = self.open_mut()?.deal_trustees(threshold.into(), &people.people(), now())?;
            dealt(made.deal, None, &made.shares, &made.change)
        })
    }

    #[wasm_bindgen(js_name = issueWill)]
    pub fn issue_will(
        &mut self,
        with_private: bool,
        waiting_days: u32,
        threshold: u32,
        executors: Holders,
    ) -> Result<JsValue, JsValue> {
        let scope = if with_private { WillScope::ChartAndPrivate } else { WillScope::Chart };
        run(|| {
            let (vault, people) = (self.open_mut()?, executors.people());
            let made = vault.issue_will(scope, waiting_days.into(), threshold.into(), &people, now())?;
            dealt(made.deal, Some(&made.will), &made.shares, &made.change)
        })
    }

    #[wasm_bindgen(js_name = revokeWill)]
    pub fn revoke_will(&mut self) -> Result<JsValue, JsValue> {
        run(|| change(self.open_mut()?.revoke_will()?))
    }

    #[wasm_bindgen(js_name = openShare)]
    pub fn open_share(
        &self,
        owner: &IdentityHandle,
        kind: &str,
        deal: &str,
        sealed: &[u8],
    ) -> Result<ShareHandle, JsValue> {
        run(|| self.open()?.open_share(&owner.0, deal_kind(kind)?, id(deal)?, sealed).map(ShareHandle))
    }

    #[wasm_bindgen(js_name = answerWithShare)]
    pub fn answer_with_share(&self, share: &ShareHandle, request: &[u8], code: &str) -> Result<Vec<u8>, JsValue> {
        run(|| self.open()?.answer_with_share(&share.0, request, code))
    }

    pub fn expect(&self, seen: JsValue) -> Result<(), JsValue> {
        run(|| {
            let JsSeen { generation, ledger } = from_js(seen)?;
            let ledger = ledger.map(JsHead::head).transpose()?;
            self.open()?.expect(Seen { generation, ledger })
        })
    }

    #[wasm_bindgen(js_name = answerDevice)]
    pub fn answer_device(&self, request: &[u8], code: &str) -> Result<Vec<u8>, JsValue> {
        run(|| self.open()?.answer_device(request, code))
    }

    #[wasm_bindgen(js_name = claimWill)]
    pub fn claim_will(&self, account: &str) -> Result<Vec<u8>, JsValue> {
        run(|| Ok(self.open()?.claim_will(id(account)?, now())))
    }

    #[wasm_bindgen(js_name = madeRequest)]
    pub fn made_request(&self, request: &[u8]) -> Result<bool, JsValue> {
        run(|| self.open()?.made_request(request))
    }

    #[wasm_bindgen(js_name = openAnswer)]
    pub fn open_answer(&self, request: &[u8], answer: &[u8]) -> Result<ShareHandle, JsValue> {
        run(|| self.open()?.open_answer(request, answer).map(ShareHandle))
    }
}

/// What executors opened; empty once it is closed.
#[wasm_bindgen]
pub struct OpenedWillHandle(Option<OpenedWill>);

#[wasm_bindgen]
impl OpenedWillHandle {
    pub fn open(will: &[u8], owner: &IdentityHandle, shares: Shares) -> Result<OpenedWillHandle, JsValue> {
        run(|| OpenedWill::open(will, &owner.0, &shares.slices()).map(|will| Self(Some(will))))
    }

    #[wasm_bindgen(js_name = includesPrivate)]
    pub fn includes_private(&self) -> Result<bool, JsValue> {
        run(|| Ok(self.opened()?.scope == WillScope::ChartAndPrivate))
    }

    #[wasm_bindgen(js_name = openChart)]
    pub fn open_chart(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        run(|| {
            let mut page = Page::default();
            page.record(self.opened()?.open_chart(bytes));
            Ok(page.into_js())
        })
    }

    #[wasm_bindgen(js_name = openPrivate)]
    pub fn open_private(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        run(|| {
            let mut page = Page::default();
            page.note(self.opened()?.open_private(bytes));
            Ok(page.into_js())
        })
    }

    /// Wipes the will's keys.
    pub fn close(&mut self) {
        self.0 = None;
        super::js::wipe_stack();
    }
}

impl OpenedWillHandle {
    fn opened(&self) -> Result<&OpenedWill, Error> {
        self.0.as_ref().ok_or(Error::Locked)
    }
}
