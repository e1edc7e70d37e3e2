//! The server's own document, held against every answer that any test gets.

use reqwest::{Method, StatusCode};
use sealed_notes_server::Server;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::options;

/// Panics where an answer's status is not one that the document lists for the route.
pub async fn check(method: &Method, path: &str, status: StatusCode) {
    static DOCUMENT: OnceCell<Value> = OnceCell::const_new();
    let Some(path) = path.split('?').next().filter(|path| path.starts_with("/api/")) else { return };
    let document = DOCUMENT.get_or_init(of_another_server).await;
    let paths = document["paths"].as_object().unwrap();
    let template = paths.iter().find(|(template, _)| is_at(template, path)).map(|(_, item)| item);
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let operation = template.map(|item| &item[method.as_str().to_lowercase()]);
    let known = match (template, operation) {
        (None, _) => [404, 403, 408, 429].contains(&status.as_u16()),
        (_, Some(Value::Object(operation))) => operation["responses"].get(status.as_str()).is_some(),
        _ => [405, 403, 408, 429].contains(&status.as_u16()),
    };
    assert!(known, "{method} {path}: the document does not list {status}");
}

/// Any server's document is the same; this one's has not used up any rate of the server that is tested.
async fn of_another_server() -> Value {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(options(data.path(), &[])).await.unwrap();
    let url = format!("http://{}/api/openapi.json", server.address());
    let running = tokio::spawn(server.run(std::future::pending()));
    let document = reqwest::get(url).await.unwrap().json().await.unwrap();
    running.abort();
    document
}

fn is_at(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}
