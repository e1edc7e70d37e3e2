//! How often one address and one account may ask, and for how long one request may run.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};
use sealed_notes_format::{id::AccountId, recovery::RequestKind};

use crate::{App, Options, error::Error};

/// Requests that one address may make for one account at once.
const REQUESTS_AT_ONCE: NonZeroU32 = NonZeroU32::new(10).unwrap();

#[derive(Debug)]
pub(crate) struct Limits {
    requests: Rate<IpAddr>,
    door: Rate<IpAddr>,
    sign_up: Rate<IpAddr>,
    account: Rate<AccountId>,
    device_requests: Rate<(IpAddr, AccountId)>,
    trustee_requests: Rate<(IpAddr, AccountId)>,
}

#[derive(Debug)]
struct Rate<K: Hash + Eq + Clone>(DefaultKeyedRateLimiter<K>);

impl<K: Hash + Eq + Clone> Rate<K> {
    fn per_minute(requests: NonZeroU32) -> Self {
        Self(DefaultKeyedRateLimiter::dashmap(Quota::per_minute(requests)))
    }

    /// `burst` at once, and one more each `period`.
    fn one_each(period: Duration, burst: NonZeroU32) -> Self {
        let quota = Quota::with_period(period).unwrap_or(Quota::per_hour(burst)).allow_burst(burst);
        Self(DefaultKeyedRateLimiter::dashmap(quota))
    }

    fn check(&self, key: &K) -> Result<(), Error> {
        self.0.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Error::TooManyRequests(wait.as_secs() + 1)
        })
    }

    fn forget_idle(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

impl Limits {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            requests: Rate::per_minute(options.ip_per_minute),
            door: Rate::per_minute(options.door_per_minute),
            sign_up: Rate::per_minute(options.sign_ups_per_minute),
            account: Rate::per_minute(options.account_per_minute),
            device_requests: Rate::one_each(Duration::from_secs(60), REQUESTS_AT_ONCE),
            trustee_requests: Rate::one_each(Duration::from_secs(24 * 3600), REQUESTS_AT_ONCE),
        }
    }

    /// Unlock data, challenges, logins, requests for a way back: what somebody who is not logged in may try.
    pub(crate) fn door(&self, Ip(ip): Ip) -> Result<(), Error> {
        self.door.check(&ip)
    }

    /// Signing up tells whether a handle is taken: keep it slow.
    pub(crate) fn sign_up(&self, Ip(ip): Ip) -> Result<(), Error> {
        self.sign_up.check(&ip)
    }

    /// Anybody can make requests for any account. From one address they are fewer than an account has room for
    /// ([`requests`](crate::requests)), so that none pushes out the honest one.
    pub(crate) fn request(&self, Ip(ip): Ip, account: AccountId, kind: RequestKind) -> Result<(), Error> {
        match kind {
            RequestKind::Device => self.device_requests.check(&(ip, account)),
            RequestKind::Trustees | RequestKind::Will => self.trustee_requests.check(&(ip, account)),
        }
    }

    pub(crate) fn account(&self, account: AccountId) -> Result<(), Error> {
        self.account.check(&account)
    }

    /// Frees the memory of whoever has been quiet.
    pub(crate) fn forget_idle(&self) {
        self.requests.forget_idle();
        self.door.forget_idle();
        self.device_requests.forget_idle();
        self.trustee_requests.forget_idle();
        self.sign_up.forget_idle();
        self.account.forget_idle();
    }
}

/// Whom rates are counted for: an IPv4 address, or the /64 that one IPv6 customer has.
#[derive(Clone, Copy)]
pub(crate) struct Ip(IpAddr);

impl FromRequestParts<App> for Ip {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let ConnectInfo(peer) = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .ok_or(Error::Internal("the peer's address is unknown"))?;
        // Only the proxy's own entry, the last, is not the client's invention.
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
        let forwarded = forwarded.filter(|_| app.options.behind_proxy);
        let forwarded = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        Ok(Self(match forwarded.unwrap_or(peer.ip()).to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
            ip => ip,
        }))
    }
}

/// Counts every request of the API, and ends one that takes too long.
pub(crate) async fn limit(State(app): State<App>, Ip(ip): Ip, request: Request, next: Next) -> Result<Response, Error> {
    app.limits.requests.check(&ip)?;
    tokio::time::timeout(Duration::from_secs(60), next.run(request)).await.map_err(|_| Error::Timeout)
}
