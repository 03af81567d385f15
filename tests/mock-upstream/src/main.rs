//! `mock-upstream --port N`: the mock as a program, for real sites and benchmarks.

use std::{env, io, net::SocketAddr, process::ExitCode};

use mock_upstream::{MockConfig, MockUpstream};

const USAGE: &str = "usage: mock-upstream [--port N] [--api-key KEY] [--no-journal]

Serves POST /v1/chat/completions and GET /v1/models on 127.0.0.1 and prints its base URL.
A model's name says how it is answered: mock-model?chunks=20&chunk_ms=50
GET and DELETE /__mock/journal show and clear what was received;
POST /__mock/script takes a JSON list of behaviours for the next requests.";

fn main() -> ExitCode {
    let config = match parse(env::args().skip(1)) {
        Ok(config) => config,
        Err(words) => {
            eprintln!("{words}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mock-upstream: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<MockConfig, String> {
    let mut config = MockConfig::default();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--port" => {
                let text = value()?;
                let port = text.parse().map_err(|_| format!("{text} is not a port"))?;
                config.listen = SocketAddr::from(([127, 0, 0, 1], port));
            }
            "--api-key" => config.api_key = Some(value()?),
            "--no-journal" => config.journal = false,
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(config)
}

fn serve(config: MockConfig) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mock = MockUpstream::start(config).await?;
        println!("{}", mock.base_url());
        mock.run().await;
        Ok(())
    })
}
