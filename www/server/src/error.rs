//! What a refused request is told: a code, and a message that holds the cure.

use axum::{
    Json,
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use sealed_notes_format::FormatError;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    NotLoggedIn(&'static str),
    #[error("{0}")]
    Forbidden(String),
    /// Forbidden, and for which reason.
    #[error("{message}")]
    Refused { code: &'static str, message: String },
    #[error("{0}")]
    NotFound(String),
    #[error("{message}")]
    Conflict { message: String, current: Option<Current> },
    #[error("{0}")]
    TooLarge(String),
    #[error("{message}")]
    NotSealed { reason: &'static str, message: String },
    #[error("too many requests: wait {0} seconds, then try again")]
    TooManyRequests(u64),
    #[error("{0}")]
    MethodNotAllowed(&'static str),
    #[error("the request took longer than a minute: try again, with less at a time")]
    Timeout,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the server failed: {0}")]
    Internal(&'static str),
}

/// What is stored instead of what the caller expected.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Current {
    Head { version: u64, hash: String },
    Vault { generation: u64 },
    Ledger { sequence: u64, hash: String },
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Serialize, ToSchema)]
struct ErrorDetail {
    /// `bad_request`, `not_logged_in`, `forbidden`, `device_revoked`, `waiting`, `cancelled`, `out_of_scope`,
    /// `not_found`, `method_not_allowed`, `conflict`, `too_large`, `not_sealed`, `too_many_requests`, `timeout` or
    /// `internal`.
    code: &'static str,
    /// What happened and how to fix it.
    message: String,
    /// With `not_sealed`: which check failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// With `conflict`: what is stored; absent where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Current>,
}

impl Error {
    pub(crate) fn not_sealed(reason: &'static str, message: impl Into<String>) -> Self {
        Self::NotSealed { reason, message: message.into() }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::NotFound(format!(
            "{what} is not here, or not yours to see: check the id and the account you are logged in as"
        ))
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict { message: message.into(), current: None }
    }

    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::NotLoggedIn(_) => (StatusCode::UNAUTHORIZED, "not_logged_in"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::Refused { code, .. } => (StatusCode::FORBIDDEN, code),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Conflict { .. } => (StatusCode::CONFLICT, "conflict"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::NotSealed { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "not_sealed"),
            Self::TooManyRequests(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout"),
            Self::Database(_) | Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        let mut message = self.to_string();
        if status.is_server_error() {
            tracing::error!(error = ?self, "request failed");
            message.push_str(": try again, and if it stays, ask whoever runs this server to read its log");
        }
        let retry_after = if let Self::TooManyRequests(seconds) = self { Some(seconds) } else { None };
        let (reason, current) = match self {
            Self::NotSealed { reason, .. } => (Some(reason), None),
            Self::Conflict { current, .. } => (None, current),
            _ => (None, None),
        };
        let body = Json(ErrorBody { error: ErrorDetail { code, message, reason, current } });
        match retry_after {
            Some(seconds) => (status, [(RETRY_AFTER, seconds.to_string())], body).into_response(),
            None => (status, body).into_response(),
        }
    }
}

impl From<FormatError> for Error {
    fn from(error: FormatError) -> Self {
        let reason = match error {
            FormatError::Truncated => "truncated",
            FormatError::NotSealed(_) | FormatError::Mismatch(_) => "malformed",
            FormatError::UnsupportedVersion => "unsupported_version",
            FormatError::BadSignature => "bad_signature",
            FormatError::RevokedKey => "revoked_key",
            FormatError::AnotherPurpose => "wrong_purpose",
        };
        Self::not_sealed(reason, format!("{error}. Send the bytes exactly as the sealed-notes library gave them"))
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge("the request is over the limit that GET /api/server names: split it".into());
        }
        Self::BadRequest(format!("{}: send JSON as GET /api/openapi.json describes it", rejection.body_text()))
    }
}

impl From<PathRejection> for Error {
    fn from(rejection: PathRejection) -> Self {
        Self::BadRequest(format!(
            "{}: ids in URLs are lowercase hexadecimal, versions are 1, 2, …",
            rejection.body_text()
        ))
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        Self::BadRequest(format!("{}: see GET /api/openapi.json", rejection.body_text()))
    }
}
