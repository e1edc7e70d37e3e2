//! The OpenAPI document. It is gathered from the same handlers that the router serves, so that neither can have a
//! route that the other lacks.

use std::collections::BTreeMap;

use axum::{extract::State, http::header, response::IntoResponse};
use utoipa::{
    IntoResponses, OpenApi,
    openapi::{
        Content, HeaderBuilder, ObjectBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder, Type,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App, accounts, auth, chart, claims, deals, devices, drafts,
    error::ErrorBody,
    events, grants, groups, ledger, pages, private, requests, shared, stored, vaults, wills,
    wire::{ClientHex, VersionNumber},
};

pub(crate) const TAG_SERVER: &str = "server";
pub(crate) const TAG_ACCOUNTS: &str = "accounts";
pub(crate) const TAG_PRIVATE: &str = "private drawer";
pub(crate) const TAG_CHART: &str = "chart";
pub(crate) const TAG_RECOVERY: &str = "recovery";

/// How requests are refused: status, name, when.
const REFUSALS: [(&str, &str, &str); 10] = [
    ("400", "BadRequest", "`bad_request`: not the JSON, id or number that the route takes."),
    ("401", "NotLoggedIn", "`not_logged_in`"),
    (
        "403",
        "Forbidden",
        "`forbidden`: sent from another origin's page (what changes something, and whatever a page of the same site sends); `device_revoked`; of a claimed will `waiting`, `cancelled` or `out_of_scope`.",
    ),
    ("404", "NotFound", "`not_found`: not there, or somebody else's."),
    ("408", "Timeout", "`timeout`: took longer than a minute."),
    ("409", "Conflict", "`conflict`: something else was stored meanwhile; `current` says what."),
    ("413", "TooLarge", "`too_large`"),
    (
        "422",
        "NotSealed",
        "`not_sealed`: not a well-formed sealed object of this author at this place; `reason` says why.",
    ),
    ("429", "TooManyRequests", "`too_many_requests`: see Retry-After."),
    ("500", "Internal", "`internal`: the server failed; its log says how."),
];

fn refusal(status: &str, name: &str) -> (String, RefOr<Response>) {
    (status.to_owned(), Ref::from_response_name(name).into())
}

macro_rules! refusals {
    ($($name:ident $status:literal,)*) => {
        $(pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [refusal($status, stringify!($name))].into()
            }
        })*
    };
}

// What a route names itself; `describe_refusals` adds what can be told from its form.
refusals! {
    NotLoggedIn "401",
    NotFound "404",
    Conflict "409",
}

/// Adds to every operation how it may be refused: as far as its method, parameters, body and login tell.
pub(crate) fn describe_refusals(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
            let has_body = operation.request_body.is_some();
            let takes = has_body || operation.parameters.is_some();
            let can_be = |status: &str| match status {
                "400" => takes,
                "401" => operation.security.is_none(),
                "413" | "422" => has_body,
                "403" | "408" | "429" | "500" => true,
                _ => false,
            };
            let added = REFUSALS.iter().filter(|(status, ..)| can_be(status));
            let added: Vec<_> = added.map(|(status, name, _)| refusal(status, name)).collect();
            operation.responses.responses.extend(added);
        }
    }
    let responses = &mut document.components.get_or_insert_default().responses;
    for (status, name, description) in REFUSALS {
        let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
        let mut response = ResponseBuilder::new().description(description).content("application/json", body);
        if status == "429" {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
            response = response.header("Retry-After", HeaderBuilder::new().schema(Some(seconds)).build());
        }
        responses.insert(name.to_owned(), response.build().into());
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sealed Notes hosting server",
        description = "Stores sealed objects, checks what can be checked without keys, opens nothing. Bytes are base64, ids lowercase hexadecimal, times RFC 3339 UTC.",
    ),
    components(schemas(ClientHex, ErrorBody, VersionNumber)),
    security(("session" = [])),
)]
struct Base;

/// Every route of the API, for whoever logs in with `cookie`.
pub(crate) fn routes(cookie: &str) -> OpenApiRouter<App> {
    let mut base = Base::openapi();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie)));
    base.components.get_or_insert_default().add_security_scheme("session", cookie);
    OpenApiRouter::with_openapi(base)
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
