//! The server and the page on one port, with a database in a folder.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, anyhow};

use crate::{
    build,
    command::{Args, node, program, root, run, succeeds},
    setup,
};

pub(crate) fn demo(mut args: Args) -> Result<()> {
    let port = match args.value("--port")? {
        Some(text) => text.parse::<u16>().map_err(|_| anyhow!("--port {text}: a port is a number from 0 to 65535"))?,
        None => 8787,
    };
    let data = match args.value("--data")? {
        Some(folder) => std::path::absolute(folder)?,
        None => root().join("data"),
    };
    let seed = args.flag("--seed-demo");
    let release = args.flag("--release");
    args.done()?;
    let port = free(port)?;

    setup::to_build()?;
    build::package()?;
    build::page()?;
    let server = build::server(release)?;
    if seed {
        fill(&mut serve(&server, port, &data))?;
    }
    println!();
    println!("    Sealed Notes:  http://localhost:{port}");
    println!("    data in        {}", data.display());
    println!("    stop with Ctrl-C");
    println!();
    // Becomes the server, so that whatever ends this process ends the server and leaves no orphan.
    Err(serve(&server, port, &data).exec()).context("the server could not be started")
}

fn free(port: u16) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .with_context(|| format!("port {port} is not to be had; choose another with --port N, or --port 0 for any"))?;
    Ok(listener.local_addr()?.port())
}

fn serve(server: &Path, port: u16, data: &Path) -> Command {
    let mut command = Command::new(server);
    command.arg("--port").arg(port.to_string()).arg("--data").arg(data).arg("--app").arg(root().join("www/app/dist"));
    if std::env::var_os("RUST_LOG").is_none() {
        command.env("RUST_LOG", "warn"); // a line per request would push the address out of sight
    }
    command
}

/// Starts the server for a moment and lets the seed script create the synthetic accounts through the real API.
fn fill(server: &mut Command) -> Result<()> {
    let mut child = server.stdout(Stdio::piped()).spawn().context("the server could not be started")?;
    let mut line = String::new();
    let stdout = child.stdout.take().context("the server has no stdout")?;
    let result = BufReader::new(stdout).read_line(&mut line).map_err(anyhow::Error::from).and_then(|_| {
        let address = line.trim().strip_prefix("listening on ").context("the server ended before it listened")?;
        run(node("www/app", "seed/seed.mjs").arg(address))
    });
    // SIGTERM, so that the server shuts down in order.
    succeeds(program("kill", "").arg(child.id().to_string()));
    child.wait()?;
    result
}
