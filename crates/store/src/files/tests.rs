use std::{fs, path::Path, time::Duration};

use super::{Kind, NewFile, Page, Room, StoredFile};
use crate::{Store, StoreError};

const HOUR: Duration = Duration::from_secs(3_600);
const AMPLE: Room = Room::Evict { most: 1_000 };

async fn store(folder: &Path) -> Store {
    Store::open(folder).await.expect("a store")
}

async fn keep(
    files: &super::Files,
    owner: &str,
    bytes: &[u8],
    room: Room,
) -> Result<StoredFile, StoreError> {
    let mut draft = files.draft().await?;
    draft.write(bytes).await?;
    let new = NewFile { owner: owner.to_owned(), life: HOUR, ..NewFile::default() };
    files.keep(draft, new, room).await
}

fn on_disk(folder: &Path, kind: Kind) -> usize {
    fs::read_dir(folder.join(kind.folder())).expect("a folder").count()
}

#[tokio::test]
async fn what_is_kept_is_found_until_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let media = store.media();
    let kept = keep(media, "", b"abc", AMPLE).await.unwrap();
    assert!(kept.id.len() >= 38 && kept.id.chars().all(|c| c.is_ascii_alphanumeric()));
    assert_eq!(media.find(&kept.id).await.unwrap().as_ref(), Some(&kept));
    assert_eq!(media.read(&kept).await.unwrap(), b"abc");
    assert_eq!(store.uploads().find(&kept.id).await.unwrap(), None, "another kind");

    let draft = media.draft().await.unwrap();
    let brief = media.keep(draft, NewFile::default(), AMPLE).await.unwrap();
    assert_eq!(media.find(&brief.id).await.unwrap(), None);
    assert_eq!(media.remove_expired().await.unwrap(), 1);
    assert_eq!(on_disk(folder.path(), Kind::Media), 1);
}

#[tokio::test]
async fn the_oldest_media_make_room_and_one_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let (media, room) = (store.media(), Room::Evict { most: 10 });
    let mut ids = Vec::new();
    for bytes in [b"1234", b"1234", b"1234"] {
        ids.push(keep(media, "", bytes, room).await.unwrap().id);
    }
    assert_eq!(media.find(&ids[0]).await.unwrap(), None, "the oldest went");
    assert!(media.find(&ids[1]).await.unwrap().is_some());
    let refused = keep(media, "", b"12345678901", room).await.unwrap_err();
    assert!(matches!(refused, StoreError::Full { most: 10, .. }), "{refused}");
    assert_eq!(on_disk(folder.path(), Kind::Media), 2, "a refused draft leaves nothing");
}

#[tokio::test]
async fn uploads_are_refused_where_key_or_gateway_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let (uploads, room) = (store.uploads(), Room::Refuse { most: 10, most_of_owner: 6 });
    let first = keep(uploads, "a", b"12345", room).await.unwrap();
    let refused = |result: Result<StoredFile, StoreError>| match result {
        Err(StoreError::Full { of, .. }) => of,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(keep(uploads, "a", b"12", room).await), "this key");
    keep(uploads, "b", b"12345", room).await.unwrap();
    assert_eq!(refused(keep(uploads, "c", b"1", room).await), "the gateway");
    assert!(!uploads.remove("b", &first.id).await.unwrap(), "not its own");
    assert!(uploads.remove("a", &first.id).await.unwrap());
    keep(uploads, "c", b"1", room).await.unwrap();
}

#[tokio::test]
async fn a_list_goes_on_after_an_id() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let uploads = store.uploads();
    let mut made = Vec::new();
    for bytes in [b"1", b"2", b"3"] {
        made.push(keep(uploads, "a", bytes, AMPLE).await.unwrap());
    }
    keep(uploads, "b", b"4", AMPLE).await.unwrap();
    made.sort_by_key(|file| (file.created_ms, file.id.clone()));
    let page = Page { oldest_first: true, limit: 2, ..Page::default() };
    let first = uploads.list("a", &page).await.unwrap();
    assert_eq!(first, made[..2]);
    let rest = Page { after: Some(first[1].id.clone()), ..page };
    assert_eq!(uploads.list("a", &rest).await.unwrap(), made[2..]);
    let newest = Page { limit: 10, ..Page::default() };
    made.reverse();
    assert_eq!(uploads.list("a", &newest).await.unwrap(), made);
    let other = Page { purpose: Some("vision".to_owned()), ..newest };
    assert_eq!(uploads.list("a", &other).await.unwrap(), []);
}

#[tokio::test]
async fn a_start_clears_what_was_not_finished() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path()).await;
    let whole = keep(first.media(), "", b"whole", AMPLE).await.unwrap();
    let cut = keep(first.media(), "", b"to be cut", AMPLE).await.unwrap();
    fs::write(first.media().path(&cut.id), b"to be").unwrap();
    fs::write(first.media().path("stray"), b"x").unwrap();
    fs::write(first.media().path("half.part"), b"x").unwrap();
    first.close().await;
    drop(first);
    let second = store(folder.path()).await;
    assert_eq!(second.media().find(&whole.id).await.unwrap(), Some(whole));
    assert_eq!(second.media().find(&cut.id).await.unwrap(), None);
    assert_eq!(on_disk(folder.path(), Kind::Media), 1);
}
