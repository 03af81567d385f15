//! Rules for what a page offers beside text: models, modes, settings, files, media, overlays.

use std::collections::BTreeSet;

use tabway_dialects::site_chat::DecoderSpec;

use super::{
    Checked, DAY_MS,
    answer::pointer,
    ensure, filled,
    page::{locator, locators, needs},
};
use crate::adapter::{
    Adapter, ControlKind, FileWay, Locator, LongPrompt, ModelData, ModelList, ModelSelect,
    ModelSource, Models, Overlay, PageTools, Parameter, Role, TapPurpose,
};

/// The most bytes of one file that may be given to a page.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The most files of one prompt.
const MAX_FILES: u32 = 20;

/// Words by which a button agrees to something: such a button is for the page's human alone.
const AGREEING: [&str; 16] = [
    "accept",
    "agree",
    "allow",
    "consent",
    "confirm",
    "verify",
    "human",
    "robot",
    "terms",
    "akzept",
    "zustimm",
    "einverstanden",
    "accepter",
    "aceptar",
    "同意",
    "接受",
];

pub(super) fn check(adapter: &Adapter) -> Checked {
    models(adapter)?;
    modes(adapter)?;
    parameters(adapter)?;
    tools(adapter)?;
    files(adapter)?;
    for (at, media) in adapter.media.iter().enumerate() {
        locator(adapter, &format!("media[{at}].at"), &media.at)?;
        filled(&format!("media[{at}].attribute"), &media.attribute)?;
    }
    for (at, one) in adapter.overlays.iter().enumerate() {
        overlay(adapter, &format!("overlays[{at}]"), one)?;
    }
    for role in &adapter.self_test.found {
        needs(adapter, *role, "`self_test.found` looks for it")?;
    }
    Ok(())
}

fn models(adapter: &Adapter) -> Checked {
    let models = &adapter.models;
    for (at, name) in models.names.iter().enumerate() {
        let path = format!("models.names[{at}]");
        filled(&path, name)?;
        ensure(!models.names[..at].contains(name), &path, || {
            format!("`{name}` stands there twice")
        })?;
    }
    match &models.source {
        Some(ModelSource::Menu) => {
            needs(adapter, Role::ModelMenu, "`models.source` opens it")?;
            needs(adapter, Role::ModelItem, "`models.source` reads it")?;
        }
        Some(ModelSource::Tap(_)) => {
            let tapped = adapter.tap.iter().any(|tap| tap.purpose == TapPurpose::Models);
            ensure(tapped, "models.source", || {
                "needs a `[[tap]]` with `purpose = \"models\"`".into()
            })?;
        }
        Some(ModelSource::PageData(data)) => filled("models.source.css", &data.css)?,
        None => {}
    }
    capabilities(models)?;
    match &models.select {
        Some(ModelSelect::Menu) => {
            needs(adapter, Role::ModelMenu, "`models.select` opens it")?;
            needs(adapter, Role::ModelItem, "`models.select` clicks it")?;
            needs(adapter, Role::ModelCurrent, "`models.select` verifies the choice by it")
        }
        Some(ModelSelect::Query { parameter }) => filled("models.select.parameter", parameter),
        None => Ok(()),
    }
}

fn capabilities(models: &Models) -> Checked {
    for name in models.of.keys() {
        filled("models.of", name)?;
    }
    let signs = match &models.source {
        Some(ModelSource::Tap(ModelList { capabilities, .. })) => capabilities,
        Some(ModelSource::PageData(ModelData { capabilities, .. })) => capabilities,
        Some(ModelSource::Menu) | None => return Ok(()),
    };
    for sign in signs.values().flatten() {
        pointer("models.source.capabilities", &sign.at)?;
        sign.has.iter().try_for_each(|word| filled("models.source.capabilities", word))?;
    }
    Ok(())
}

fn modes(adapter: &Adapter) -> Checked {
    let mut names = BTreeSet::new();
    for (at, mode) in adapter.modes.iter().enumerate() {
        let path = format!("modes[{at}]");
        filled(&path, &mode.name)?;
        ensure(!mode.name.contains(['@', ':', '/']), &path, || {
            "`@`, `:` and `/` have a meaning in the names of models".into()
        })?;
        ensure(names.insert(&mode.name), &path, || format!("`{}` stands there twice", mode.name))?;
        ensure(mode.start.starts_with('/') && !mode.start.starts_with("//"), &path, || {
            "`start` is a path of the site, which begins with one `/`".into()
        })?;
        ensure((1..=2).contains(&mode.sides), &path, || "`sides` is 1 or 2".into())?;
        ensure(!mode.select || adapter.models.select.is_some(), &path, || {
            "`select` needs `models.select`".into()
        })?;
    }
    Ok(())
}

fn parameters(adapter: &Adapter) -> Checked {
    for (parameter, control) in &adapter.parameters {
        let path = format!("parameters.{}", parameter.word());
        ensure(!control.at.is_empty(), &path, || "`at` finds nothing".into())?;
        locators(adapter, &path, &control.at)?;
        locators(adapter, &path, &control.open)?;
        let fits = match parameter {
            Parameter::Temperature | Parameter::MaxTokens | Parameter::TopP => matches!(
                control.kind,
                ControlKind::Number | ControlKind::Slider | ControlKind::Text
            ),
            Parameter::Stop => matches!(control.kind, ControlKind::Chips | ControlKind::Text),
            Parameter::System => control.kind == ControlKind::Text,
            Parameter::Thinking | Parameter::Search => {
                matches!(control.kind, ControlKind::Toggle | ControlKind::Select)
            }
        };
        ensure(fits, &path, || "such a setting has no control of this kind".into())?;
    }
    Ok(())
}

fn tools(adapter: &Adapter) -> Checked {
    let calls = match &adapter.answer {
        DecoderSpec::Records(spec) => !spec.call.is_empty(),
        DecoderSpec::Patches(_) | DecoderSpec::Dom(_) => false,
    };
    let Some(tools) = &adapter.tools else {
        return ensure(!calls, "answer.call", || "needs `[tools]`, which lets it be called".into());
    };
    ensure(calls, "tools", || "needs `[[answer.call]]`, which reads what is called".into())?;
    let PageTools { open, toggle, edit, tab, editor, save, close, error, keywords } = tools;
    let needed = [
        ("tools.toggle", toggle),
        ("tools.edit", edit),
        ("tools.editor", editor),
        ("tools.save", save),
        ("tools.close", close),
    ];
    for (path, list) in needed {
        ensure(!list.is_empty(), path, || "finds nothing".into())?;
        locators(adapter, path, list)?;
    }
    for (path, list) in [("tools.open", open), ("tools.tab", tab), ("tools.error", error)] {
        locators(adapter, path, list)?;
    }
    keywords.iter().try_for_each(|keyword| filled("tools.keywords", keyword))
}

fn files(adapter: &Adapter) -> Checked {
    let Some(files) = &adapter.files else {
        return ensure(
            adapter.composer.long_prompt == LongPrompt::Refuse,
            "composer.long_prompt",
            || "`attach` needs `[files]`".into(),
        );
    };
    ensure(!files.by.is_empty(), "files.by", || "nothing would add a file".into())?;
    if files.by.contains(&FileWay::Input) {
        needs(adapter, Role::FileInput, "`files.by` fills it")?;
    }
    let shown = [Role::AttachPreview, Role::AttachBusy];
    let uploads = adapter.tap.iter().any(|tap| tap.purpose == TapPurpose::Upload);
    let proven = uploads || shown.iter().any(|role| adapter.locators.contains_key(role));
    ensure(proven, "files", || {
        "nothing shows that the page took a file: name `attach_preview` or `attach_busy`, or a \
         `[[tap]]` with `purpose = \"upload\"`"
            .into()
    })?;
    ensure((1..=MAX_FILES).contains(&files.max_count), "files.max_count", || {
        format!("1 to {MAX_FILES}")
    })?;
    ensure((1..=MAX_FILE_BYTES).contains(&files.max_bytes), "files.max_bytes", || {
        format!("1 to {MAX_FILE_BYTES}")
    })?;
    ensure((1..=DAY_MS).contains(&files.wait_ms), "files.wait_ms", || {
        format!("milliseconds from 1 to {DAY_MS} (a day)")
    })
}

/// What agrees to something is never clicked, whatever an adapter calls it.
fn overlay(adapter: &Adapter, path: &str, overlay: &Overlay) -> Checked {
    locator(adapter, &format!("{path}.shown"), &overlay.shown)?;
    locator(adapter, &format!("{path}.close"), &overlay.close)?;
    for told in told_by(&overlay.close).chain(told_by(&overlay.shown)) {
        let told = told.to_lowercase();
        let agrees = AGREEING.iter().find(|word| told.contains(**word));
        ensure(agrees.is_none(), path, || {
            format!(
                "`{told}` looks like a consent, terms or a challenge: those are for the page's \
                 human; name them in `signals`"
            )
        })?;
    }
    Ok(())
}

fn told_by(locator: &Locator) -> impl Iterator<Item = &String> {
    let Locator { css, test_id, name, text, label, .. } = locator;
    css.iter().chain(test_id).chain(name).chain(text).chain(label)
}
