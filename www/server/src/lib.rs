//! The hosting server of Sealed Notes. It stores sealed objects, checks everything about them that can be checked with
//! public keys and hashes, hands each to those who may have it, and can open none: it does not depend on the secret
//! side of the library.
//!
//! | module | what |
//! |---|---|
//! | `accounts`, `vaults`, `decoy` | sign-up, unlock data, public keys; the vault and its slots |
//! | `auth`, `devices`, `events` | login and session; devices; what an account's owner is told |
//! | `requests`, `deals`, `wills`, `claims` | ways back by a device, trustees, the professional will |
//! | `private` | the private drawer: author only |
//! | `chart`, `grants`, `shared` | the chart: the author's side, grants, the recipient's side |
//! | `ledger` | the account's signed, hash-chained log |
//! | `drafts`, `stored` | drafts of both drawers; what the server sees of a record |
//! | `checks` | what an upload must be before it is stored |
//! | `db`, `wire`, `error`, `limits`, `log`, `pages`, `openapi` | what they all stand on |

mod accounts;
mod auth;
mod chart;
mod checks;
mod claims;
mod db;
mod deals;
mod decoy;
mod devices;
mod drafts;
mod error;
mod events;
mod grants;
mod ledger;
mod limits;
mod log;
mod openapi;
mod options;
mod pages;
mod private;
mod requests;
mod shared;
mod stored;
mod vaults;
mod wills;
mod wire;

use std::{net::SocketAddr, ops::Deref, sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware, response::IntoResponse};
use sealed_notes_format::id::TenantId;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{db::Db, error::Error, limits::Limits};
pub use options::Options;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}: {error}; choose another --port or --bind")]
    Listen { address: SocketAddr, error: std::io::Error },
    #[error("cannot use the data folder: {0}; choose another --data")]
    Folder(#[from] std::io::Error),
    #[error("cannot use the database: {0}; check that the data folder is this server's own and writable")]
    Database(#[from] sqlx::Error),
    #[error("cannot bring the database up to date: {0}; was it written by a newer release?")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("{0} is no origin: write it as https://notes.example.org, without a path")]
    Origin(String),
    #[error("the operating system gave no random numbers")]
    Random,
    #[error("{0}")]
    Damaged(String),
}

impl From<Error> for StartError {
    fn from(error: Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// What every handler knows.
#[derive(Clone)]
struct App(Arc<Shared>);

struct Shared {
    options: Options,
    origin: String,
    db: Db,
    tenant: TenantId,
    secret: [u8; 32],
    created_at: i64,
    limits: Limits,
    document: String,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    fn is_https(&self) -> bool {
        is_https(&self.origin)
    }
}

fn is_https(origin: &str) -> bool {
    origin.starts_with("https:")
}

/// A server that listens and is ready to run.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    router: Router,
    housekeeping: tokio::task::JoinHandle<()>,
    db: Db,
    address: SocketAddr,
}

impl Server {
    /// Opens the database, brings it up to date and starts to listen.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let wanted = SocketAddr::new(options.bind, options.port);
        let listen = |error| StartError::Listen { address: wanted, error };
        let listener = TcpListener::bind(wanted).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        if options.day_seconds < 86_400 {
            tracing::warn!(
                seconds = options.day_seconds,
                "a waiting period's day is shorter than a day: for tests only"
            );
        }
        let (db, row) = Db::open(&options.data).await?;
        let origin = options.origin(address.port())?;
        let (api, mut document) = openapi::routes(auth::cookie_name(is_https(&origin))).split_for_parts();
        openapi::describe_refusals(&mut document);
        let app = App(Arc::new(Shared {
            origin,
            db: db.clone(),
            tenant: row.tenant,
            secret: row.secret,
            created_at: row.created_at,
            limits: Limits::new(&options),
            document: document.to_json().map_err(|error| StartError::Damaged(error.to_string()))?,
            options,
        }));
        let housekeeping = tokio::spawn(keep_house(app.clone()));
        Ok(Self { listener, router: router(api, app), housekeeping, db, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`, then lets running requests end and closes the database.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(self.listener, service).with_graceful_shutdown(shutdown).await;
        self.housekeeping.abort();
        self.db.close().await;
        served
    }
}

fn router(api: Router<App>, app: App) -> Router {
    let api = api
        .route("/api/{*unknown}", axum::routing::any(unknown_route))
        .method_not_allowed_fallback(async || {
            Error::MethodNotAllowed("this route does not take this method: see GET /api/openapi.json")
        })
        .layer(DefaultBodyLimit::max(app.options.request_bytes))
        .layer(middleware::from_fn_with_state(app.clone(), pages::same_origin))
        .layer(middleware::from_fn_with_state(app.clone(), limits::limit));
    let all = match &app.options.app {
        Some(folder) => api.merge(pages::page(folder)),
        None => api.fallback(async || {
            (StatusCode::NOT_FOUND, "This server was started without --app: it serves /api only.\n")
        }),
    };
    all.layer(CatchPanicLayer::custom(|_| Error::Internal("a handler panicked").into_response()))
        .layer(middleware::from_fn(log::log))
        .layer(middleware::from_fn_with_state(app.clone(), pages::headers))
        .with_state(app)
}

async fn unknown_route() -> Error {
    Error::NotFound("there is no such route: see GET /api/openapi.json".into())
}

async fn keep_house(app: App) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        app.limits.forget_idle();
        if let Err(error) = auth::forget_expired(&app).await {
            tracing::error!(?error, "removing expired sessions failed");
        }
        if let Err(error) = requests::forget_expired(app.db.writer()).await {
            tracing::error!(?error, "removing expired requests failed");
        }
    }
}
