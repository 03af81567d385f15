//! The extension's TypeScript types are those of this crate: one generated file, compared with the
//! committed one. `TABWAY_BLESS=1 cargo test -p tabway-protocol --test typescript` writes it anew.

use std::{collections::BTreeMap, env, fmt::Write, fs, path::Path};

use tabway_dialects::site_chat::MediaHead;
use tabway_protocol::{
    adapter, frame,
    message::{self, GatewayMessage, NodeMessage},
};
use ts_rs::{Config, TS, TypeVisitor};

const GENERATED: &str = "../../extension/src/generated/protocol.ts";

/// Declarations of a type and of everything that it names, by name.
#[derive(Default)]
struct Declarations {
    config: Config,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Types of the language itself have no place of their own.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(&self.config);
        if self.found.contains_key(&name) {
            return;
        }
        let docs = T::docs().unwrap_or_default();
        let text = format!("{docs}export {}\n", T::decl(&self.config));
        self.found.insert(name, text);
        T::visit_dependencies(self);
    }
}

fn constants() -> String {
    let numbers: [(&str, u64); 14] = [
        ("PROTOCOL_VERSION", message::PROTOCOL_VERSION.into()),
        ("HEARTBEAT_SECONDS", message::HEARTBEAT_SECONDS),
        ("GRACE_SECONDS", message::GRACE_SECONDS),
        ("ADAPTER_SCHEMA", adapter::SCHEMA_VERSION.into()),
        ("CLOSE_BAD_MESSAGE", message::close::BAD_MESSAGE.into()),
        ("CLOSE_UNPAIRED", message::close::UNPAIRED.into()),
        ("CLOSE_REFUSED", message::close::REFUSED.into()),
        ("CLOSE_SUPERSEDED", message::close::SUPERSEDED.into()),
        ("CLOSE_VERSION", message::close::VERSION.into()),
        ("CLOSE_GOING_AWAY", message::close::GOING_AWAY.into()),
        ("HEADER_BYTES", frame::HEADER_BYTES as u64),
        ("MAX_PAYLOAD_BYTES", frame::MAX_PAYLOAD_BYTES as u64),
        ("MAX_UNACKED_BYTES", frame::MAX_UNACKED_BYTES as u64),
        ("MAX_RECORD_BYTES", frame::MAX_RECORD_BYTES as u64),
    ];
    numbers.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "export const {name} = {value};");
        text
    })
}

fn generated() -> String {
    let mut types = Declarations::default();
    types.visit::<GatewayMessage>();
    types.visit::<NodeMessage>();
    types.visit::<frame::Opened>();
    types.visit::<frame::Closed>();
    types.visit::<frame::DomRecord>();
    types.visit::<MediaHead>();
    let mut text = String::from(
        "// Generated from crates/protocol by its test `typescript`; not edited by hand.\n\n",
    );
    text.push_str(&constants());
    for declaration in types.found.values() {
        text.push('\n');
        text.push_str(declaration);
    }
    text
}

#[test]
fn the_extension_has_the_types_of_this_crate() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(GENERATED);
    let fresh = generated();
    if env::var_os("TABWAY_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        fs::write(&path, &fresh).expect("write the types");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "extension/src/generated/protocol.ts is behind crates/protocol; write it anew with \
         TABWAY_BLESS=1 cargo test -p tabway-protocol --test typescript"
    );
}
