//! What whoever runs the server may set, by flag or by environment.

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    path::PathBuf,
};

use axum::http::Uri;
use clap::Args;

use crate::StartError;

/// Hosting server of Sealed Notes: stores sealed notes, cannot open them.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Port to listen on; 0 picks a free one.
    #[arg(long, env = "SEALED_NOTES_PORT", default_value_t = 8787)]
    pub port: u16,
    /// Address to listen on. Beyond this machine, put a TLS proxy in front.
    #[arg(long, env = "SEALED_NOTES_BIND", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,
    /// Folder of the database; made if missing.
    #[arg(long, env = "SEALED_NOTES_DATA")]
    pub data: PathBuf,
    /// Folder of the built page; without it only the API is served.
    #[arg(long, env = "SEALED_NOTES_APP")]
    pub app: Option<PathBuf>,
    /// Where people open the page, such as https://notes.example.org [default: http://localhost:PORT]
    #[arg(long, env = "SEALED_NOTES_ORIGIN")]
    pub origin: Option<String>,
    /// Count rates by the last address in X-Forwarded-For. Only behind a proxy that sets it.
    #[arg(long, env = "SEALED_NOTES_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// Longest request body in bytes.
    #[arg(long, env = "SEALED_NOTES_REQUEST_BYTES", default_value_t = 8 << 20)]
    pub request_bytes: usize,
    /// API requests from one address.
    #[arg(long, env = "SEALED_NOTES_IP_PER_MINUTE", default_value = "6000")]
    pub ip_per_minute: NonZeroU32,
    /// API requests from one account.
    #[arg(long, env = "SEALED_NOTES_ACCOUNT_PER_MINUTE", default_value = "3000")]
    pub account_per_minute: NonZeroU32,
    /// Unlock, challenge, login and recovery requests from one address.
    #[arg(long, env = "SEALED_NOTES_DOOR_PER_MINUTE", default_value = "300")]
    pub door_per_minute: NonZeroU32,
    /// Sign-ups from one address.
    #[arg(long, env = "SEALED_NOTES_SIGN_UPS_PER_MINUTE", default_value = "60")]
    pub sign_ups_per_minute: NonZeroU32,
    /// How long a login challenge can be answered.
    #[arg(long, env = "SEALED_NOTES_CHALLENGE_SECONDS", default_value_t = 60)]
    pub challenge_seconds: u32,
    /// How long an unused session lasts.
    #[arg(long, env = "SEALED_NOTES_SESSION_IDLE_SECONDS", default_value_t = 3600)]
    pub session_idle_seconds: u32,
    /// How long any session lasts.
    #[arg(long, env = "SEALED_NOTES_SESSION_SECONDS", default_value_t = 43_200)]
    pub session_seconds: u32,
    /// Length of a day of waiting periods; shorter in tests only.
    #[arg(long, env = "SEALED_NOTES_DAY_SECONDS", default_value_t = 86_400)]
    pub day_seconds: u32,
}

impl Options {
    pub(crate) fn origin(&self, port: u16) -> Result<String, StartError> {
        let Some(origin) = &self.origin else { return Ok(format!("http://localhost:{port}")) };
        let bare = origin.strip_suffix('/').unwrap_or(origin);
        let uri: Option<Uri> = bare.parse().ok();
        let exact = uri.is_some_and(|uri| {
            let (scheme, authority) =
                (uri.scheme_str().unwrap_or_default(), uri.authority().map_or("", |a| a.as_str()));
            matches!(scheme, "http" | "https") && format!("{scheme}://{authority}") == bare && !authority.contains('@')
        });
        if exact { Ok(bare.to_owned()) } else { Err(StartError::Origin(origin.clone())) }
    }
}
