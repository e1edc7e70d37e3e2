//! What is served without an account: what the server is, whether it lives, and the page.

use std::path::Path;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use sealed_notes_format::MAX_SECTION;
use serde::Serialize;
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};
use utoipa::ToSchema;

use crate::{
    App,
    error::Error,
    openapi::TAG_SERVER,
    wire::{Id, Json, TenantHex},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct ServerInfo {
    /// For `Vault.create`.
    tenant: TenantHex,
    /// For `Vault.login`; the only origin whose pages may send changes.
    origin: String,
    limits: ServerLimits,
}

#[derive(Serialize, ToSchema)]
struct ServerLimits {
    /// The longest text of one section, in bytes.
    section: usize,
    /// The longest request body, in bytes.
    request: usize,
}

/// What the server is.
#[utoipa::path(get, path = "/api/server", tag = TAG_SERVER, security(()), responses((status = 200, description = "as asked", body = ServerInfo)))]
pub(crate) async fn server(State(app): State<App>) -> Json<ServerInfo> {
    let limits = ServerLimits { section: MAX_SECTION, request: app.options.request_bytes };
    Json(ServerInfo { tenant: Id(app.tenant), origin: app.origin.clone(), limits })
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    ok: bool,
}

/// Whether the server and its database answer.
#[utoipa::path(get, path = "/api/health", tag = TAG_SERVER, security(()), responses((status = 200, description = "as asked", body = Health)))]
pub(crate) async fn health(State(app): State<App>) -> Result<Json<Health>, Error> {
    sqlx::query("SELECT 1 FROM server").fetch_one(&app.db.read).await?;
    Ok(Json(Health { ok: true }))
}

/// The built page. Paths without a file extension are the page's own and get index.html.
pub(crate) fn page<S: Clone + Send + Sync + 'static>(folder: &Path) -> Router<S> {
    let index = folder.join("index.html");
    let fallback = move |uri: Uri, request: Request| {
        let index = index.clone();
        async move {
            if uri.path().rsplit('/').next().is_some_and(|name| name.contains('.')) {
                return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
            }
            if !index.is_file() {
                let cure = "The page is not built: run `cargo xtask demo`, or `npm ci && npm run build` in www/app and start the server with `--app www/app/dist`.\n";
                return (StatusCode::SERVICE_UNAVAILABLE, cure).into_response();
            }
            match ServeFile::new(index).oneshot(request).await {
                Ok(response) => response.into_response(),
                Err(never) => match never {},
            }
        }
    };
    Router::new().fallback_service(ServeDir::new(folder).fallback(get(fallback)))
}

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), browsing-topics=()",
    ),
];

/// Headers of every answer.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let caching = match request.uri().path() {
        path if path.starts_with("/api/") => "no-store",
        path if path.starts_with("/assets/") => "public, max-age=31536000, immutable",
        _ => "no-cache",
    };
    let mut response = next.run(request).await;
    // What a browser has already stays as long as it would have when it was sent.
    let ok = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(if ok { caching } else { "no-store" }));
    if app.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// A page of another origin must not change anything with this origin's cookie. Browsers say whose page it is in one
/// header or the other; whoever sends neither is no browser.
pub(crate) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Result<Response, Error> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let headers = request.headers();
    let sites = || headers.get_all("sec-fetch-site").iter();
    let foreign = headers.get_all(header::ORIGIN).iter().any(|origin| origin != app.origin.as_str())
        || sites().any(|site| site != "same-origin" && site != "none");
    // A strict cookie is not sent across sites, but it is to another host of the same one; and what is read is written down.
    let from_neighbour = sites().any(|site| site == "same-site");
    if from_neighbour || !reads && foreign {
        return Err(Error::Forbidden(format!(
            "this server takes requests from pages of {} only: open the page there, or start the server with --origin",
            app.origin
        )));
    }
    Ok(next.run(request).await)
}
