use std::os::unix::fs::PermissionsExt;

use tabway::exit::{CliError, Exit};

use crate::support::{Gateway, PATIENCE, start_in};

#[tokio::test]
async fn a_taken_port_is_one_clear_line() {
    let first = Gateway::start("").await;
    let taken = format!("listen = \"{}\"", first.address());
    let error = Gateway::try_start(&taken, &[]).await.err().expect("refused").to_string();
    assert!(error.contains(&first.address().to_string()), "{error}");
    assert!(error.contains("the port is taken"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[tokio::test]
async fn a_bad_file_is_a_configuration_error_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let error = start_in(folder.path(), "lisen = \"x\"", &[]).await.err().expect("refused");
    let error = CliError::from(error);
    assert_eq!(error.exit, Exit::Config);
    assert!(error.message.ends_with("tabway.toml:1: unknown key `lisen`; did you mean `listen`?"));
    assert!(!folder.path().join("data").exists());
}

#[tokio::test]
async fn a_public_address_without_protection_is_refused() {
    let error = Gateway::try_start("listen = \"0.0.0.0:0\"", &[]).await.err().expect("refused");
    assert!(error.to_string().contains("no API key"), "{error}");
    let key = [("API_KEY", "tw-some-key")];
    let error = Gateway::try_start("listen = \"0.0.0.0:0\"", &key).await.err().expect("refused");
    assert!(error.to_string().contains("insecure_lan"), "{error}");
}

#[tokio::test]
async fn an_unusable_data_folder_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "a file").unwrap();
    let error = start_in(folder.path(), "", &[]).await.err().expect("refused").to_string();
    assert!(error.starts_with("the data folder cannot be used: "), "{error}");
}

#[tokio::test]
async fn private_files_are_for_their_owner_alone() {
    let gateway = Gateway::start("").await;
    let data = gateway.folder.path().join("data");
    let mode =
        |name: &str| std::fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("admin-token"), mode("endpoint")), (0o700, 0o600, 0o600));
    let endpoint = std::fs::read_to_string(data.join("endpoint")).unwrap();
    assert_eq!(endpoint, gateway.running.url());
    let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
    assert_eq!(token, gateway.running.app.admin_token.expose());
}

#[tokio::test]
async fn a_second_gateway_on_the_same_data_is_refused_and_a_later_one_is_not() {
    let first = Gateway::start("").await;
    let error = start_in(first.folder.path(), "", &[]).await.err().expect("refused").to_string();
    assert!(!error.contains('\n'), "{error}");
    assert_eq!(first.get("/healthz").await.status, 200, "the first is unharmed");
    let Gateway { running, folder } = first;
    running.stop().await;
    let again = tokio::time::timeout(PATIENCE, async {
        // Tasks that the first one leaves behind may hold the folder for a moment.
        loop {
            match start_in(folder.path(), "", &[]).await {
                Ok(running) => return running,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    again.await.expect("the folder is free").stop().await;
}

#[tokio::test]
async fn stops_when_told_and_takes_no_more() {
    let gateway = Gateway::start("").await;
    let address = gateway.address();
    assert_eq!(gateway.get("/healthz").await.status, 200);
    gateway.running.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_key_in_the_file_and_in_the_database_is_an_error() {
    let gateway = Gateway::start("").await;
    let store = &gateway.running.app.store;
    let new = tabway_store::NewKey { name: "dev".to_owned(), ..Default::default() };
    store.keys().create(new).await.expect("a key");
    let file = gateway.folder.path().join("tabway.toml");
    std::fs::write(file, "[[keys]]\nname = \"dev\"\nsecret = \"tw-dev-secret\"").unwrap();
    let error = gateway.running.reload().expect_err("refused").to_string();
    assert!(error.contains("key `dev` is both in the file and made by command"), "{error}");
}
