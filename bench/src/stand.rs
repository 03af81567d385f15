//! The programs of a run, each on its core, in a folder that goes away with them.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

/// The core of the proxy under test.
pub const PROXY_CORE: usize = 0;

/// The core of the upstream and of the load.
pub const LOAD_CORE: usize = 1;

/// The site of the simulated lanes.
pub const SITE: &str = "simulated";

/// The models of the lean upstream.
pub const MODELS: [&str; 3] = ["bench-small", "bench-flood", "bench-slow"];

/// The API key of every gateway in a run.
pub const KEY: &str = "tw-bench-0123456789abcdefghijklmnopqrstuv";

/// A folder below the system's temporary one, removed when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes a fresh folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        let unique = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_nanos();
        let path = std::env::temp_dir().join(format!("tabway-bench-{name}-{unique}"));
        fs::create_dir_all(&path).with_context(|| format!("make {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over is in the temporary folder anyway.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A child process that is killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Program {
    /// Starts a command that will listen at an address.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command, addr: SocketAddr) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.with_context(|| format!("start {:?}", command.get_program()))?;
        Ok(Self { child, addr })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL and waits for its end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(&mut self) -> Result<()> {
        // An error means that it has ended already.
        let _ = self.child.kill();
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it accepts connections.
    ///
    /// # Errors
    /// When it ends, or does not listen within 20 s.
    pub async fn ready(&mut self) -> Result<()> {
        let limit = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.addr).is_err() {
            ensure!(Instant::now() < limit, "nothing listens at {}", self.addr);
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("the program ended early: {status}");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Nothing more can be done about a process that cannot be waited for.
        let _ = self.kill();
    }
}

/// A command on one core. Thousands of streams need `ulimit -n 20000` or more.
#[must_use]
pub fn pinned(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

/// An address on loopback that was free a moment ago.
///
/// # Errors
/// When there is none.
pub fn free_addr() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The lean upstream of this folder, as a process of its own.
///
/// # Errors
/// When it does not start.
pub fn upstream() -> Result<Program> {
    let mut command = pinned(LOAD_CORE, &std::env::current_exe()?);
    command.args(["upstream", "--port", "0"]).stdout(Stdio::piped());
    let mut program = Program::start(&mut command, SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let stdout = program.child.stdout.take().context("no output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    program.addr = line.trim().parse().context("the upstream says no address")?;
    Ok(program)
}

/// Writes nginx's configuration and gives the command that runs it.
///
/// # Errors
/// When the file cannot be written.
pub fn nginx(folder: &Path, upstream: SocketAddr) -> Result<(Command, SocketAddr)> {
    let addr = free_addr()?;
    let root = folder.join(format!("nginx-{}", addr.port()));
    fs::create_dir_all(&root)?;
    let config = root.join("nginx.conf");
    let at = root.display();
    fs::write(
        &config,
        format!(
            "user root;
worker_processes 1;
daemon off;
pid {at}/pid;
error_log {at}/error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  client_body_temp_path {at}/body;
  proxy_temp_path {at}/proxy;
  fastcgi_temp_path {at}/fastcgi;
  uwsgi_temp_path {at}/uwsgi;
  scgi_temp_path {at}/scgi;
  keepalive_requests 1000000000;
  client_body_buffer_size 256k;
  upstream bench {{
    server {upstream};
    keepalive 512;
    keepalive_requests 1000000000;
  }}
  server {{
    listen {addr} backlog=8192;
    location / {{
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_set_header Authorization \"Bearer upstream\";
      proxy_buffering off;
      proxy_read_timeout 300s;
    }}
  }}
}}
"
        ),
    )?;
    let mut command = pinned(PROXY_CORE, Path::new("nginx"));
    command.arg("-c").arg(&config).arg("-p").arg(&root);
    command.stdout(Stdio::null()).stderr(File::create(root.join("stderr.log"))?);
    Ok((command, addr))
}

/// Writes a gateway's configuration and gives the command that serves it from a data folder.
///
/// # Errors
/// When the file cannot be written.
pub fn tabway<'a>(
    binary: &Path,
    folder: &Path,
    upstream: SocketAddr,
    core: Option<usize>,
    models: impl IntoIterator<Item = &'a str>,
) -> Result<(Command, SocketAddr)> {
    let models: String = models
        .into_iter()
        .map(|model| {
            format!(
                "\n[[models]]\nname = \"{model}\"\n\
                 targets = [{{ provider = \"bench\", model = \"{model}\" }}]\n"
            )
        })
        .collect();
    let accounts: String = ["one", "two", "three"]
        .iter()
        .map(|name| {
            format!("[[providers.accounts]]\nname = \"{name}\"\nsecret = \"upstream-{name}\"\n")
        })
        .collect();
    let places = format!(
        "[[providers]]\nname = \"bench\"\nbase_url = \"http://{upstream}/v1\"\n{accounts}{models}"
    );
    gateway(binary, folder, core, free_addr()?, &places)
}

/// The command of a gateway with one site and no provider.
///
/// # Errors
/// When its configuration cannot be written.
pub fn bridge(binary: &Path, folder: &Path, core: Option<usize>) -> Result<(Command, SocketAddr)> {
    bridge_at(binary, folder, core, free_addr()?)
}

/// The same at an address: the command that starts such a gateway again.
///
/// # Errors
/// When its configuration cannot be written.
pub fn bridge_at(
    binary: &Path,
    folder: &Path,
    core: Option<usize>,
    addr: SocketAddr,
) -> Result<(Command, SocketAddr)> {
    // The origin is never opened: the lanes are simulated.
    gateway(binary, folder, core, addr, &site(SITE, "http://127.0.0.1:9"))
}

/// The command of a gateway that serves its own demo page as a site.
///
/// # Errors
/// When its configuration cannot be written.
pub fn demo(binary: &Path, folder: &Path) -> Result<(Command, SocketAddr)> {
    let addr = free_addr()?;
    gateway(binary, folder, None, addr, &site("demo", &format!("http://{addr}")))
}

fn site(name: &str, origin: &str) -> String {
    format!("[[sites]]\nname = \"{name}\"\nadapter = \"demo\"\norigin = \"{origin}\"\n")
}

/// Writes a configuration with a key and these places, and a command that serves it.
fn gateway(
    binary: &Path,
    folder: &Path,
    core: Option<usize>,
    addr: SocketAddr,
    places: &str,
) -> Result<(Command, SocketAddr)> {
    let config = folder.join(format!("tabway-{}.toml", addr.port()));
    let key = format!("[[keys]]\nname = \"bench\"\nsecret = \"{KEY}\"\n");
    fs::write(&config, format!("listen = \"{addr}\"\n\n{key}\n{places}"))?;
    let mut command = match core {
        Some(core) => pinned(core, binary),
        None => Command::new(binary),
    };
    let log = File::create(folder.join(format!("tabway-{}.log", addr.port())))?;
    command.arg("serve").arg("--config").arg(&config).arg("--data-dir").arg(folder.join("data"));
    command.stdout(log.try_clone()?).stderr(log);
    Ok((command, addr))
}

/// Runs this program again on the load's core and reads the JSON that it prints.
///
/// # Errors
/// When it fails or prints something else.
pub async fn measured(args: &[String]) -> Result<serde_json::Value> {
    let command = pinned(LOAD_CORE, &std::env::current_exe()?);
    let output = tokio::process::Command::from(command)
        .args(args)
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(output.status.success(), "{args:?}: {}", output.status);
    serde_json::from_slice(&output.stdout).with_context(|| format!("{args:?} printed no JSON"))
}
