//! The shapes that JSON, paths and queries are made of.

use std::{borrow::Cow, fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequest, FromRequestParts},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sealed_notes_format::id::{AccountId, ClientId, DealId, DeviceId, Hash, RecordId, SlotId, TenantId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

use crate::{db, error::Error};

#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Error))]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
pub(crate) struct Path<T>(pub(crate) T);

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Error))]
pub(crate) struct Query<T>(pub(crate) T);

/// Standard base64 with padding.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD
            .decode(text.as_bytes())
            .map(Self)
            .map_err(|_| de::Error::custom("bytes are standard base64 with padding"))
    }
}

/// An id of the format, as lowercase hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id<T>(pub(crate) T);

pub(crate) type AccountHex = Id<AccountId>;
pub(crate) type ClientHex = Id<ClientId>;
pub(crate) type DealHex = Id<DealId>;
pub(crate) type DeviceHex = Id<DeviceId>;
pub(crate) type HashHex = Id<Hash>;
pub(crate) type RecordHex = Id<RecordId>;
pub(crate) type SlotHex = Id<SlotId>;
pub(crate) type TenantHex = Id<TenantId>;

impl<T: Display> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

/// Whole seconds since 1970; RFC 3339 in JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) i64);

impl Time {
    pub(crate) fn now() -> Self {
        Self(OffsetDateTime::now_utc().unix_timestamp())
    }

    pub(crate) fn text(self) -> Result<String, Error> {
        let time = OffsetDateTime::from_unix_timestamp(self.0).ok();
        time.and_then(|time| time.format(&Rfc3339).ok()).ok_or(Error::Internal("a time is in no calendar"))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text().map_err(serde::ser::Error::custom)?)
    }
}

/// What people call an account: `[a-z0-9][a-z0-9._-]{1,63}`.
#[derive(Clone, Serialize)]
pub(crate) struct Handle(String);

impl Handle {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Handle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let well_formed = (2..=64).contains(&text.len())
            && text.bytes().next().is_some_and(plain)
            && text.bytes().all(|c| plain(c) || b"._-".contains(&c));
        if well_formed {
            Ok(Self(text))
        } else {
            Err(de::Error::custom(
                "a handle is 2 to 64 of a-z, 0-9, '.', '_' and '-', and starts with a letter or digit",
            ))
        }
    }
}

/// A record's versions are counted from 1, as far as SQLite counts.
#[derive(Clone, Copy)]
pub(crate) struct VersionNumber(pub(crate) u64);

impl<'de> Deserialize<'de> for VersionNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            number @ 1..=MAX_NUMBER => Ok(Self(number)),
            _ => Err(de::Error::custom("a version is a number from 1")),
        }
    }
}

const MAX_NUMBER: u64 = i64::MAX as u64;

macro_rules! schema {
    ($type:ty, $name:literal, $schema:expr) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

fn format(format: KnownFormat) -> Option<SchemaFormat> {
    Some(SchemaFormat::KnownFormat(format))
}

fn hexadecimal(digits: usize) -> ObjectBuilder {
    text("Lowercase hexadecimal").pattern(Some(format!("^[0-9a-f]{{{digits}}}$")))
}

schema!(Bytes, "Bytes", {
    let group = "[A-Za-z0-9+/]";
    let pattern = format!("^({group}{{4}})*({group}[AQgw]==|{group}{{2}}[AEIMQUYcgkosw048]=)?$");
    text("Standard base64 with padding").format(format(KnownFormat::Byte)).pattern(Some(pattern))
});
schema!(Time, "Time", text("RFC 3339, UTC").format(format(KnownFormat::DateTime)));
schema!(Handle, "Handle", {
    let pattern = "^[a-z0-9][a-z0-9._-]{1,63}$";
    text("What people call an account").pattern(Some(pattern)).min_length(Some(2)).max_length(Some(64))
});
schema!(VersionNumber, "VersionNumber", {
    let number = ObjectBuilder::new().schema_type(Type::Integer).format(format(KnownFormat::Int64));
    number.minimum(Some(1)).maximum(Some(i64::MAX as isize))
});
schema!(AccountHex, "AccountId", hexadecimal(64));
schema!(ClientHex, "ClientId", hexadecimal(32));
schema!(DealHex, "DealId", hexadecimal(32));
schema!(DeviceHex, "DeviceId", hexadecimal(32));
schema!(HashHex, "Hash", hexadecimal(64));
schema!(RecordHex, "RecordId", hexadecimal(32));
schema!(SlotHex, "SlotId", hexadecimal(32));
schema!(TenantHex, "TenantId", hexadecimal(32));

/// One object as the library sealed it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    pub(crate) sealed: Bytes,
}

/// A version as the library sealed it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    pub(crate) sealed: Bytes,
    /// The ledger's entry that names it: both are stored, or neither.
    #[serde(default)]
    pub(crate) ledger: Option<Bytes>,
}

/// One version with its bytes.
#[derive(Serialize, ToSchema)]
pub(crate) struct SealedVersion {
    pub(crate) record: RecordHex,
    pub(crate) version: u64,
    pub(crate) sealed: Bytes,
}

/// One version without its bytes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionEntry {
    pub(crate) version: u64,
    pub(crate) hash: HashHex,
    pub(crate) stored_at: Time,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct VersionList {
    pub(crate) versions: Vec<VersionEntry>,
}

impl VersionEntry {
    /// Of a row's version, hash and time.
    pub(crate) fn of((version, hash, stored_at): (i64, Vec<u8>, i64)) -> Result<Self, Error> {
        let (version, hash) = (db::number(version)?, Id(Hash(db::array(hash)?)));
        Ok(Self { version, hash, stored_at: Time(stored_at) })
    }
}

impl VersionList {
    /// A record without a version is none of the caller's.
    pub(crate) fn of(rows: Vec<(i64, Vec<u8>, i64)>) -> Result<Json<Self>, Error> {
        if rows.is_empty() {
            return Err(Error::not_found("the record"));
        }
        Ok(Json(Self { versions: rows.into_iter().map(VersionEntry::of).collect::<Result<_, _>>()? }))
    }
}

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// Continue behind this record: the `next` of the page before.
    after: Option<RecordHex>,
    /// At most so many records (1 to 500, 100 by default); a page also ends when it grows past a few MiB.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl Page {
    pub(crate) fn budget(&self) -> Result<Budget, Error> {
        Ok(Budget::new(self.records()?))
    }

    /// How many rows to read: one more than the page may hold, to know whether there is a next.
    pub(crate) fn rows(&self) -> Result<i64, Error> {
        Ok(i64::from(self.records()?) + 1)
    }

    fn records(&self) -> Result<u32, Error> {
        match self.limit.unwrap_or(100) {
            limit @ 1..=500 => Ok(limit),
            _ => Err(Error::BadRequest("limit is 1 to 500: ask for fewer at a time".into())),
        }
    }

    /// Every record id is behind the empty one.
    pub(crate) fn after(&self) -> Vec<u8> {
        self.after.map_or(Vec::new(), |Id(record)| record.0.to_vec())
    }
}

/// Which records of a list. (serde refuses to flatten [`Page`] into it: numbers in queries are text.)
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecordPage {
    /// Only records about this client.
    pub(crate) client: Option<ClientHex>,
    /// Continue behind this record: the `next` of the page before.
    after: Option<RecordHex>,
    /// At most so many records (1 to 500, 100 by default); a page also ends when it grows past a few MiB.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl RecordPage {
    pub(crate) fn page(&self) -> Page {
        Page { after: self.after, limit: self.limit }
    }
}

/// Ends a page before it costs too much memory.
pub(crate) struct Budget {
    records: u32,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(records: u32) -> Self {
        Self { records, bytes: 8 << 20 }
    }

    /// Whether the page is full. A first record always fits.
    pub(crate) fn is_spent(&self) -> bool {
        self.records == 0 || self.bytes == 0
    }

    pub(crate) fn spend(&mut self, bytes: usize) {
        self.records = self.records.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}
