//! Reading `[alerts]`.

use super::*;

fn read(text: &str) -> Result<Alerts, ConfigError> {
    let file: FileAlerts = toml::from_str(text).expect("well formed");
    alerts(file, &Environment::from_pairs([("HOOK", "canary")]))
}

fn wrong(text: &str) -> String {
    read(text).map(|_| ()).expect_err(text).to_string()
}

#[test]
fn the_short_way_is_a_channel_like_any_other() {
    let alerts =
        read("webhook = \"https://ntfy.example/topic\"\nsecret = \"env:HOOK\"").expect("well");
    assert!(!format!("{alerts:?}").contains("canary"));
    assert!(!format!("{alerts:?}").contains("topic"));
    let channel = &alerts.channels[0];
    assert_eq!((&*channel.name, channel.to.kind()), ("webhook", "webhook"));
    assert_eq!(channel.to.host(), "ntfy.example");
    let Receiver::Webhook(hook) = &channel.to else { panic!("{channel:?}") };
    assert_eq!(hook.secret.as_ref().expect("a secret").expose(), "canary");
    assert_eq!(alerts.check_every, Duration::from_secs(1_800));
}

#[test]
fn every_kind_is_read_and_gives_nothing_away() {
    let alerts = read(
        "quiet = \"22:00-07:00\"\ntime_zone = \"Asia/Shanghai\"\n\
         [[channels]]\nkind = \"ntfy\"\nurl = \"https://ntfy.sh/t\"\nmin_severity = \"critical\"\n\
         [[channels]]\nname = \"me\"\nkind = \"telegram\"\nsecret = \"env:HOOK\"\nchat = \"7\"\n\
         [[channels]]\nkind = \"email\"\nserver = \"mail.example\"\nuser = \"u\"\n\
         secret = \"env:HOOK\"\nfrom = \"Tabway <t@mail.example>\"\nto = [\"a@b.example\"]\n\
         [rules]\nerror_percent = 50\noff = [\"slow\"]\n",
    );
    let alerts = alerts.expect("well");
    assert!(!format!("{alerts:?}").contains("canary"), "{alerts:?}");
    let names: Vec<_> = alerts.channels.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["ntfy", "me", "email"]);
    assert_eq!(alerts.channels[0].min, Severity::Critical);
    let Receiver::Telegram { bot, chat } = &alerts.channels[1].to else { panic!() };
    assert_eq!(bot.url.to_string(), "https://api.telegram.org/botcanary/sendMessage");
    assert_eq!(chat, "7");
    let Receiver::Email(mail) = &alerts.channels[2].to else { panic!() };
    assert_eq!((mail.port, mail.tls), (587, MailTls::StartTls));
    assert_eq!((alerts.rules.error_percent, alerts.rules.min_requests), (50, 20));
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do() {
    for address in ["ntfy.example/topic", "ftp://host/", "https://user:word@host/", "not one"] {
        assert!(read(&format!("webhook = \"{address}\"")).is_err(), "{address}");
    }
    assert!(wrong("secret = \"x\"").contains("without `webhook`"));
    assert!(wrong("webhook = \"http://host/\"\nsecret = \"env:ABSENT\"").contains("ABSENT"));
    assert!(wrong("[[channels]]\nkind = \"pigeon\"").contains("`webhook`, `ntfy`"));
    assert!(wrong("[[channels]]\nkind = \"ntfy\"").contains("`url` is missing"));
    let chat = "[[channels]]\nkind = \"ntfy\"\nurl = \"http://h/\"\nchat = \"1\"";
    assert!(wrong(chat).contains("`chat` is of no use"));
    let two = "[[channels]]\nkind = \"ntfy\"\nurl = \"http://h/\"\n".repeat(2);
    assert!(wrong(&two).contains("give each a `name`"));
    let clear = "[[channels]]\nkind = \"email\"\nserver = \"m.example\"\ntls = \"none\"\n\
                 user = \"u\"\nsecret = \"s\"\nfrom = \"a@b\"\nto = \"c@d\"";
    assert!(wrong(clear).contains("not sent in the clear"));
    let nobody = "[[channels]]\nkind = \"email\"\nserver = \"m\"\nfrom = \"a b\"\nto = \"c@d\"";
    assert!(wrong(nobody).contains("`a b` is no mail address"));
    assert!(wrong("quiet = \"late\"").contains("22:00-07:00"));
    assert!(wrong("[rules]\noff = [\"fast\"]").contains("there are error_rate"));
    assert!(wrong("[rules]\nbudget_percent = 0").contains("from 1 to 100"));
    assert!(
        wrong("[[channels]]\nkind = \"ntfy\"\nurl = \"http://h/\"\nmin_severity = \"x\"")
            .contains("`info`, `warning`")
    );
}
