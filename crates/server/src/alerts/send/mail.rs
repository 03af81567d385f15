//! Mail: the dial is ours, with its checks and its proxy; the words are lettre's.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
};

use lettre::{
    Message as Letter,
    message::header::ContentType,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters},
        extension::ClientId,
    },
};

use super::{super::message::Message, Failed};
use crate::{
    app::App,
    config::{Mail, MailTls, Severity},
    upstream::{Egress, Line},
};

/// The longest subject.
const MAX_SUBJECT: usize = 120;

type SmtpError = lettre::transport::smtp::Error;

pub(super) async fn send(
    app: &App,
    egress: &Egress,
    mail: &Mail,
    message: &Message,
) -> Result<(), Failed> {
    let letter = letter(mail, message)?;
    let uri = format!("https://{}:{}", host_of(&mail.server), mail.port);
    let uri: http::Uri = uri.parse().map_err(|_| Failed::for_good("the server's name is none"))?;
    let proxy = app.config().proxies.of(&uri);
    let always = mail.tls == MailTls::Always;
    let line = egress.line(&mail.server, mail.port, always, proxy).await;
    let line = line.map_err(|error| Failed::again(error.reason))?;
    let hello = ClientId::Ipv4(Ipv4Addr::LOCALHOST);
    let connected = AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello).await;
    let mut connection = connected.map_err(failed)?;
    let sent = converse(&mut connection, mail, &hello, &letter).await;
    match sent {
        // It has it; how the goodbye goes is of no matter.
        Ok(()) => drop(connection.quit().await),
        Err(_) => connection.abort().await,
    }
    sent
}

async fn converse(
    connection: &mut AsyncSmtpConnection,
    mail: &Mail,
    hello: &ClientId,
    letter: &Letter,
) -> Result<(), Failed> {
    if mail.tls == MailTls::StartTls {
        if !connection.can_starttls() {
            return Err(Failed::for_good("the server offers no STARTTLS; see `tls`"));
        }
        let tls = TlsParameters::new(mail.server.clone()).map_err(failed)?;
        connection.starttls(tls, hello).await.map_err(failed)?;
    }
    if let Some((user, word)) = &mail.login {
        let login = Credentials::new(user.clone(), word.expose().to_owned());
        connection.auth(&[Mechanism::Plain, Mechanism::Login], &login).await.map_err(failed)?;
    }
    connection.send(letter.envelope(), &letter.formatted()).await.map_err(failed)?;
    Ok(())
}

fn letter(mail: &Mail, message: &Message) -> Result<Letter, Failed> {
    let words = |error: &dyn fmt::Display| Failed::for_good(error.to_string());
    let line: String = message.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = &line[..line.floor_char_boundary(MAX_SUBJECT)];
    let mark = if message.severity == Severity::Critical { "critical: " } else { "" };
    let mut letter = Letter::builder()
        .from(mail.from.parse().map_err(|error| words(&error))?)
        .subject(format!("Tabway: {mark}{line}"))
        .header(ContentType::TEXT_PLAIN);
    for to in &mail.to {
        letter = letter.to(to.parse().map_err(|error| words(&error))?);
    }
    let page = message.page.as_ref().map_or_else(String::new, |page| format!("\n\n{page}"));
    letter.body(format!("{}{page}\n", message.text)).map_err(|error| words(&error))
}

/// What the server says is its own words; a refusal for good is not tried again.
fn failed(error: SmtpError) -> Failed {
    let words = match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None => format!("the mail server: {error}"),
    };
    if error.is_permanent() || error.is_client() {
        Failed::for_good(words)
    } else {
        Failed::again(words)
    }
}

fn host_of(server: &str) -> String {
    if server.contains(':') { format!("[{server}]") } else { server.to_owned() }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        // Behind a proxy nobody knows; it is only asked for in debugging words.
        Err(io::ErrorKind::Unsupported.into())
    }
}
