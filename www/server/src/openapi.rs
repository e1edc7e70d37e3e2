//! The OpenAPI document. It is gathered from the same handlers that the router serves, so that neither can have a
//! route that the other lacks.

use axum::{extract::State, http::header, response::IntoResponse};
use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App, accounts, auth, chart, claims, deals, devices, drafts, error::ErrorBody, events, grants, groups, ledger,
    pages, private, requests, shared, stored, vaults, wills,
};

pub(crate) const TAG_SERVER: &str = "server";
pub(crate) const TAG_ACCOUNTS: &str = "accounts";
pub(crate) const TAG_PRIVATE: &str = "private drawer";
pub(crate) const TAG_CHART: &str = "chart";
pub(crate) const TAG_RECOVERY: &str = "recovery";

/// How any request may be refused.
#[derive(IntoResponses)]
pub(crate) enum Refusals {
    /// `bad_request`: not the JSON, id or number that the route takes.
    #[response(status = 400)]
    _BadRequest(#[to_schema] ErrorBody),
    /// `not_logged_in`
    #[response(status = 401)]
    _NotLoggedIn(#[to_schema] ErrorBody),
    /// `forbidden`: sent from another origin's page; `device_revoked`; of a claimed will `waiting`, `cancelled` or
    /// `out_of_scope`.
    #[response(status = 403)]
    _Forbidden(#[to_schema] ErrorBody),
    /// `not_found`: not there, or somebody else's.
    #[response(status = 404)]
    _NotFound(#[to_schema] ErrorBody),
    /// `conflict`: something else was stored meanwhile; `current` says what.
    #[response(status = 409)]
    _Conflict(#[to_schema] ErrorBody),
    /// `too_large`
    #[response(status = 413)]
    _TooLarge(#[to_schema] ErrorBody),
    /// `not_sealed`: not a well-formed sealed object of this author at this place; `reason` says why.
    #[response(status = 422)]
    _NotSealed(#[to_schema] ErrorBody),
    /// `too_many_requests`: see Retry-After.
    #[response(status = 429)]
    _TooManyRequests(#[to_schema] ErrorBody),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sealed Notes hosting server",
        description = "Stores sealed objects, checks what can be checked without keys, opens nothing. Bytes are base64, ids lowercase hexadecimal, times RFC 3339 UTC.",
    ),
    components(schemas(ErrorBody)),
    modifiers(&SessionCookie),
    security(("session" = [])),
)]
struct Base;

struct SessionCookie;

impl Modify for SessionCookie {
    fn modify(&self, document: &mut Document) {
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("session")));
        document.components.get_or_insert_default().add_security_scheme("session", cookie);
    }
}

/// Every route of the API.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Base::openapi())
        .routes(routes!(pages::server))
        .routes(routes!(pages::health))
        .routes(routes!(document))
        .routes(routes!(accounts::sign_up))
        .routes(routes!(accounts::unlock))
        .routes(routes!(auth::challenge))
        .routes(routes!(auth::login, auth::logout))
        .routes(routes!(accounts::me))
        .routes(routes!(accounts::keys_by_handle))
        .routes(routes!(accounts::keys_by_id))
        .routes(routes!(vaults::put))
        .routes(routes!(groups::list))
        .routes(routes!(devices::list))
        .routes(routes!(devices::delete))
        .routes(routes!(events::list))
        .routes(routes!(ledger::append, ledger::list))
        .routes(routes!(requests::make, requests::list))
        .routes(routes!(requests::get, requests::delete))
        .routes(routes!(requests::answer))
        .routes(routes!(deals::put, deals::delete))
        .routes(routes!(deals::shares))
        .routes(routes!(wills::own))
        .routes(routes!(wills::list))
        .routes(routes!(claims::make))
        .routes(routes!(claims::get))
        .routes(routes!(claims::will))
        .routes(routes!(claims::chart_records))
        .routes(routes!(claims::private_notes))
        .routes(routes!(private::list))
        .routes(routes!(private::get_head))
        .routes(routes!(private::versions))
        .routes(routes!(private::put_version, private::get_version))
        .routes(routes!(stored::private))
        .routes(routes!(drafts::private::list))
        .routes(routes!(drafts::private::get, drafts::private::put, drafts::private::delete))
        .routes(routes!(chart::list))
        .routes(routes!(chart::clients))
        .routes(routes!(chart::get_head))
        .routes(routes!(chart::versions))
        .routes(routes!(chart::put_version, chart::get_version))
        .routes(routes!(grants::add))
        .routes(routes!(grants::list))
        .routes(routes!(shared::list))
        .routes(routes!(shared::get))
        .routes(routes!(stored::chart))
        .routes(routes!(drafts::chart::list))
        .routes(routes!(drafts::chart::get, drafts::chart::put, drafts::chart::delete))
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = TAG_SERVER, security(()),
    responses((status = 200, description = "as asked", content_type = "application/json", body = Object)))]
async fn document(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], app.document.clone())
}
