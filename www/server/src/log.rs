//! One line per request: route and outcome. Never a body, an id, a handle or a cookie.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};

pub(crate) async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = Instant::now();
    let response = next.run(request).await;
    tracing::info!(
        method = method.as_str(),
        route = route.as_ref().map_or("page", MatchedPath::as_str),
        status = response.status().as_u16(),
        milliseconds = start.elapsed().as_millis() as u64,
        "request"
    );
    response
}
