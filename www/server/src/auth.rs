//! Login by signed challenge, and the session cookie. No password and no passphrase ever gets here.

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse},
};
use cookie::{Cookie, SameSite, time::Duration};
use sealed_notes_format::{
    account::Login,
    id::{AccountId, DeviceId},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{Sqlite, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    accounts::public_keys,
    db, devices,
    error::Error,
    limits::Ip,
    openapi::{NotLoggedIn, TAG_ACCOUNTS},
    wire::{AccountHex, Bytes, DeviceHex, Id, Json, Time},
};

/// Browsers keep a `__Host-` cookie for exactly this host, and take it over TLS only: a neighbouring subdomain can set none.
pub(crate) fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-session" } else { "session" }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChallengeRequest {
    account: AccountHex,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Challenge {
    /// 32 bytes to sign; for one login within a minute.
    challenge: Bytes,
}

/// Asks for a challenge. Any account id gets one, so the answer tells nothing.
#[utoipa::path(post, path = "/api/login/challenge", tag = TAG_ACCOUNTS, security(()),
    responses((status = 200, description = "as asked", body = Challenge)))]
pub(crate) async fn challenge(
    State(app): State<App>,
    ip: Ip,
    Json(request): Json<ChallengeRequest>,
) -> Result<Json<Challenge>, Error> {
    app.limits.door(ip)?;
    let challenge = random()?;
    sqlx::query("INSERT INTO challenges (challenge, account, expires_at) VALUES (?, ?, ?)")
        .bind(challenge.as_slice())
        .bind(request.account.0.0.as_slice())
        .bind(Time::now().0 + i64::from(app.options.challenge_seconds))
        .execute(app.db.writer())
        .await?;
    Ok(Json(Challenge { challenge: Bytes(challenge.to_vec()) }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// The COSE_Sign1 that the vault made of the challenge and this server's origin.
    login: Bytes,
    /// Which device the session is on.
    #[serde(default)]
    device: Option<DeviceHex>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    account: AccountHex,
    handle: String,
}

/// Logs in: the signed challenge comes back, a session cookie goes out.
#[utoipa::path(post, path = "/api/login", tag = TAG_ACCOUNTS, security(()),
    responses((status = 200, description = "as asked", body = LoggedIn, headers(("set-cookie" = String))), NotLoggedIn))]
pub(crate) async fn login(
    State(app): State<App>,
    ip: Ip,
    Json(request): Json<LoginRequest>,
) -> Result<impl IntoResponse, Error> {
    const REFUSED: Error = Error::NotLoggedIn(
        "the login was refused: ask for a new challenge, sign it with the account's own vault for this server's origin, and send it within a minute",
    );
    app.limits.door(ip)?;
    let login = Login::decode(&request.login.0)?;
    let account = login.account;
    let now = Time::now().0;
    let mut tx = app.db.begin().await?;
    let holder = public_keys(&mut *tx, account).await?;
    let signed = holder.is_some_and(|holder| login.signed.verify(&holder.keys.ed25519).is_ok());
    let challenge = sqlx::query("DELETE FROM challenges WHERE challenge = ? AND account = ? AND expires_at > ?")
        .bind(login.challenge.as_slice())
        .bind(account.0.as_slice())
        .bind(now)
        .execute(&mut *tx)
        .await?;
    if !signed || login.origin != app.origin || challenge.rows_affected() != 1 {
        tx.commit().await?;
        return Err(REFUSED);
    }
    let device = request.device.map(|Id(device)| device);
    if let Some(device) = device
        && let Err(error) = devices::log_in(&mut tx, account, device).await
    {
        tx.commit().await?;
        return Err(error);
    }
    let token = random()?;
    sqlx::query("INSERT INTO sessions (token_hash, account, device, last_used_at, expires_at) VALUES (?, ?, ?, ?, ?)")
        .bind(hash(&token))
        .bind(account.0.as_slice())
        .bind(device.map(|device| device.0.to_vec()))
        .bind(now)
        .bind(now + i64::from(app.options.session_seconds))
        .execute(&mut *tx)
        .await?;
    let handle = sqlx::query_scalar("SELECT handle FROM accounts WHERE account = ?")
        .bind(account.0.as_slice())
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    let cookie = set_cookie(&app, &hex::encode(token), app.options.session_seconds)?;
    Ok((cookie, Json(LoggedIn { account: Id(account), handle })))
}

/// Logs out: the session ends here and its cookie in the browser.
#[utoipa::path(delete, path = "/api/login", tag = TAG_ACCOUNTS, responses((status = 204, description = "done")))]
pub(crate) async fn logout(State(app): State<App>, session: Session) -> Result<impl IntoResponse, Error> {
    sqlx::query("DELETE FROM sessions WHERE token_hash = ?").bind(session.token_hash).execute(app.db.writer()).await?;
    Ok((StatusCode::NO_CONTENT, set_cookie(&app, "", 0)?))
}

fn set_cookie(
    app: &App,
    token: &str,
    seconds: u32,
) -> Result<AppendHeaders<[(header::HeaderName, HeaderValue); 1]>, Error> {
    let cookie = Cookie::build((cookie_name(app.is_https()), token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.is_https())
        .max_age(Duration::seconds(seconds.into()));
    let value = HeaderValue::from_str(&cookie.to_string()).map_err(|_| Error::Internal("cookie"))?;
    Ok(AppendHeaders([(header::SET_COOKIE, value)]))
}

/// Who is asking. A handler that takes it cannot be reached by nobody.
pub(crate) struct Session {
    pub(crate) account: AccountId,
    pub(crate) device: Option<DeviceId>,
    pub(crate) token_hash: Vec<u8>,
}

const ENDED: Error = Error::NotLoggedIn("the session has ended: log in again");

impl Session {
    /// Begins a change. A body takes up to a minute to arrive: a session that ended meanwhile changes nothing any more.
    pub(crate) async fn begin(&self, app: &App) -> Result<Transaction<'static, Sqlite>, Error> {
        let mut tx = app.db.begin().await?;
        sqlx::query("SELECT 1 FROM sessions WHERE token_hash = ?")
            .bind(self.token_hash.as_slice())
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(ENDED)?;
        Ok(tx)
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &App) -> Result<Self, Error> {
        const NOBODY: Error = Error::NotLoggedIn("log in first: POST /api/login/challenge, then POST /api/login");
        /// Noting every single request would cost an fsync each.
        const NOTE_USE_EVERY: i64 = 30;

        let token = token(&parts.headers, cookie_name(app.is_https())).ok_or(NOBODY)?;
        let token_hash = hash(&token);
        let (account, device, last_used_at, expires_at): (Vec<u8>, Option<Vec<u8>>, i64, i64) =
            sqlx::query_as("SELECT account, device, last_used_at, expires_at FROM sessions WHERE token_hash = ?")
                .bind(token_hash.as_slice())
                .fetch_optional(&app.db.read)
                .await?
                .ok_or(ENDED)?;
        let now = Time::now().0;
        let idle = i64::from(app.options.session_idle_seconds);
        if now >= expires_at || now >= last_used_at + idle {
            return Err(ENDED);
        }
        let account = AccountId(db::array(account)?);
        let device = device.map(db::array).transpose()?.map(DeviceId);
        app.limits.account(account)?;
        if now >= last_used_at + NOTE_USE_EVERY.min(idle / 4) {
            sqlx::query("UPDATE sessions SET last_used_at = ? WHERE token_hash = ?")
                .bind(now)
                .bind(token_hash.as_slice())
                .execute(app.db.writer())
                .await?;
            if let Some(device) = device {
                devices::note_use(app.db.writer(), account, device).await?;
            }
        }
        Ok(Self { account, device, token_hash })
    }
}

fn token(headers: &HeaderMap, name: &str) -> Option<[u8; 32]> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookie = cookies.flat_map(Cookie::split_parse).flatten().find(|cookie| cookie.name() == name)?;
    let mut token = [0; 32];
    hex::decode_to_slice(cookie.value(), &mut token).ok()?;
    Some(token)
}

/// A stolen database must not hold tokens that work.
fn hash(token: &[u8; 32]) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

fn random() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal("no random numbers"))?;
    Ok(bytes)
}

/// Removes what no longer counts.
pub(crate) async fn forget_expired(app: &App) -> Result<(), Error> {
    let now = Time::now().0;
    let writer = app.db.writer();
    sqlx::query("DELETE FROM challenges WHERE expires_at <= ?").bind(now).execute(writer).await?;
    sqlx::query("DELETE FROM sessions WHERE expires_at <= ? OR last_used_at <= ?")
        .bind(now)
        .bind(now - i64::from(app.options.session_idle_seconds))
        .execute(writer)
        .await?;
    Ok(())
}
