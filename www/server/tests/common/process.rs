//! The real binary.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

pub struct Process {
    pub child: Child,
    pub origin: String,
}

impl Process {
    pub fn start(data: &Path, log: &Path, flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sealed-notes-server"))
            .args(["--port", "0", "--data", data.to_str().unwrap()])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let origin = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("said {line:?}"));
        Self { origin: origin.to_owned(), child }
    }

    /// SIGKILL: no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A copy of the disk, intact: the server must find its own way back from what was left.
pub async fn copy_of_database(original: &Path) -> (TempDir, SqlitePool) {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(original).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let options = SqliteConnectOptions::new().filename(copy.path().join("sealed-notes.sqlite"));
    let db = SqlitePool::connect_with(options).await.unwrap();
    let intact: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&db).await.unwrap();
    assert_eq!(intact, "ok");
    assert!(sqlx::query("PRAGMA foreign_key_check").fetch_all(&db).await.unwrap().is_empty());
    (copy, db)
}
