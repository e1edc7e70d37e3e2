//! SPEC.md §9 says what the server sees: its tables and columns are exactly those of the database.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure fails the test")]

use std::{collections::BTreeMap, path::Path};

use sqlx::{migrate::Migrator, sqlite::SqlitePoolOptions};

type Tables = BTreeMap<String, Vec<String>>;

async fn stored() -> Tables {
    let db = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    Migrator::new(migrations).await.unwrap().run(&db).await.unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
         WHERE t.type = 'table' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY t.name, c.cid",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let mut tables = Tables::new();
    for (table, column) in columns {
        tables.entry(table).or_default().push(column);
    }
    tables
}

/// Rows such as: | `table` | `column`, `column` (remark), … |
fn specified() -> Tables {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../SPEC.md");
    let spec = std::fs::read_to_string(spec).unwrap();
    let (_, section) = spec.split_once("\n## 9. ").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let code = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| {
            let (table, columns) = row.split_once("` | ").unwrap();
            (table.to_owned(), code(columns))
        })
        .collect()
}

#[tokio::test]
async fn every_table_and_column_is_in_the_specification() {
    let (stored, specified) = (stored().await, specified());
    assert!(stored.len() > 10);
    assert_eq!(stored, specified);
}
