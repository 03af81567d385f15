use crate::support::Gateway;

const ONE: &str = "[[providers]]\nname = \"p\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
    [[models]]\nname = \"one\"\ntargets = [{ provider = \"p\", model = \"m\" }]";

#[tokio::test]
async fn a_reload_takes_all_of_the_file_or_nothing() {
    let gateway = Gateway::start(ONE).await;
    let write =
        |text: &str| std::fs::write(gateway.folder.path().join("tabway.toml"), text).unwrap();
    let models = async || {
        let json = gateway.get("/v1/models").await.json();
        json["data"].as_array().unwrap().iter().map(|m| m["id"].to_string()).collect::<Vec<_>>()
    };
    write(&ONE.replace("\"one\"", "\"two\""));
    gateway.running.reload().unwrap();
    assert_eq!(models().await, ["\"two\""]);

    for bad in ["listen = ", "lisen = 1", "[[keys]]\nname = \"a\"\nsecret = \"env:NOPE\""] {
        write(bad);
        assert!(gateway.running.reload().is_err(), "{bad}");
        assert_eq!(models().await, ["\"two\""], "{bad}");
    }

    write("[[keys]]\nname = \"a\"\nsecret = \"tw-new\"");
    gateway.running.reload().unwrap();
    assert_eq!(gateway.get("/v1/models").await.status, 401);
}
