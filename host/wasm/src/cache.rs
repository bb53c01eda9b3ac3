//! Compiled guests on disk.
//!
//! An artifact is native code that runs in this process, so a file is loaded only where nobody but the user can have
//! written it: the directory and the file belong to the user and are writable by nobody else, and the file is the
//! one that was made here of these bytes, by this engine, on such a CPU. Everything else is compiled again.

use std::fmt::Write as _;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// What a file begins with; the last two characters count the forms of the file.
const MAGIC: [u8; 8] = *b"SGCWASM1";
/// Magic, key, SHA-256 of the content.
const HEADER: usize = 8 + 32 + 32;
/// Larger files are none of ours.
const LARGEST: u64 = 1 << 30;

/// A directory of compiled guests.
pub(crate) struct Cache {
    dir: Option<OwnedFd>,
    path: PathBuf,
    /// Hash of everything that the engine's code depends on: its version, its settings, the CPU's features.
    engine: u64,
}

impl Cache {
    /// Opens, or makes, the directory. Where it cannot be used the reason is logged, and nothing is cached.
    pub(crate) fn new(path: PathBuf, engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let dir = open_dir(&path)
            .inspect_err(|why| {
                tracing::warn!(dir = %path.display(), "compiled guests are not cached: {why}");
            })
            .ok();
        Self { dir, path, engine: hasher.finish() }
    }

    /// The compiled form of a guest, if there is one that can be trusted.
    pub(crate) fn get(&self, engine: &Engine, guest: &[u8; 32]) -> Option<Component> {
        let dir = self.dir.as_ref()?;
        let key = self.key(guest);
        let found = read(dir, &file_name(&key))
            .and_then(|file| file.map(|file| content(&file, &key).map(<[u8]>::to_vec)).transpose());
        let content = match found {
            Ok(content) => content?,
            Err(why) => {
                tracing::warn!(dir = %self.path.display(), "a compiled guest is made again: {why}");
                return None;
            }
        };
        // SAFETY: the bytes must come unchanged from `Component::serialize` of a compatible engine. The file lies in a
        // directory, and is a file, that belongs to this user and that nobody else can write (checked on the open
        // descriptors, so nothing can be exchanged in between); its content has the SHA-256 that `put` wrote with
        // it; and its key says that it was made of this guest by an engine of this version, with these settings,
        // for this CPU. The engine checks version and settings once more.
        match unsafe { Component::deserialize(engine, content) } {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(dir = %self.path.display(), "a compiled guest is made again: {error:#}");
                None
            }
        }
    }

    /// Keeps a compiled guest for the next start. What fails is logged: the guest runs without.
    pub(crate) fn put(&self, component: &Component, guest: &[u8; 32]) {
        let Some(dir) = &self.dir else { return };
        let key = self.key(guest);
        let stored = component.serialize().map_err(|error| format!("{error:#}")).and_then(|content| {
            write(dir, &file_name(&key), &key, &content).map_err(|error| error.to_string())
        });
        if let Err(why) = stored {
            tracing::warn!(dir = %self.path.display(), "a compiled guest cannot be kept: {why}");
        }
    }

    fn key(&self, guest: &[u8; 32]) -> [u8; 32] {
        let mut sum = Sha256::new();
        sum.update(MAGIC);
        sum.update(guest);
        // A part of the compiled guest that is not in its bytes.
        sum.update(crate::adapter::CODE);
        sum.update(self.engine.to_le_bytes());
        sum.update(std::env::consts::ARCH);
        sum.finalize().into()
    }
}

fn file_name(key: &[u8; 32]) -> String {
    format!("{}.cwasm", hex::encode(key))
}

/// Opens the directory, makes it where it is missing, and checks whose it is.
fn open_dir(path: &Path) -> Result<OwnedFd, String> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| format!("it cannot be made: {error}"))?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let dir = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
        Errno::LOOP | Errno::NOTDIR => "it is a link, or no directory".to_owned(),
        error => format!("it cannot be opened: {error}"),
    })?;
    private(&dir, FileType::Directory)?;
    Ok(dir)
}

/// Whether an open file or directory is the user's own and writable by nobody else.
fn private(fd: &OwnedFd, expected: FileType) -> Result<(), String> {
    let stat = rustix::fs::fstat(fd).map_err(|error| error.to_string())?;
    if FileType::from_raw_mode(stat.st_mode) != expected {
        return Err("it is not of the expected kind".to_owned());
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(format!("it belongs to another user (uid {})", stat.st_uid));
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(format!(
            "others may write it (mode {:o}): `chmod go-w` makes it safe",
            stat.st_mode & 0o7777
        ));
    }
    Ok(())
}

/// The bytes of a file of the directory; `None` where there is none.
fn read(dir: &OwnedFd, name: &str) -> Result<Option<Vec<u8>>, String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    private(&file, FileType::RegularFile)?;
    let mut bytes = Vec::new();
    File::from(file).take(LARGEST).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(Some(bytes))
}

/// The content of a file, where its header is right.
fn content<'a>(file: &'a [u8], key: &[u8; 32]) -> Result<&'a [u8], String> {
    let (header, content) = file.split_at_checked(HEADER).ok_or("it is cut short")?;
    if header[..8] != MAGIC || header[8..40] != key[..] {
        return Err("it is of another guest or engine".to_owned());
    }
    if header[40..] != Sha256::digest(content)[..] {
        return Err("it is damaged: its checksum does not fit".to_owned());
    }
    Ok(content)
}

/// Writes a file under another name, then moves it into place: a reader sees all of it or nothing.
fn write(dir: &OwnedFd, name: &str, key: &[u8; 32], content: &[u8]) -> std::io::Result<()> {
    let mut own = format!(".{name}.{}", std::process::id());
    // Two threads of one process may compile the same guest.
    let _ = write!(own, ".{:?}", std::thread::current().id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, &own, flags, Mode::RUSR | Mode::WUSR)?;
    let mut file = File::from(file);
    let written = [&MAGIC[..], key, &Sha256::digest(content), content]
        .into_iter()
        .try_for_each(|part| file.write_all(part))
        .and_then(|()| Ok(rustix::fs::renameat(dir, &own, dir, name)?));
    if written.is_err() {
        // The error that is returned says more than one of cleaning up.
        let _ = rustix::fs::unlinkat(dir, &own, AtFlags::empty());
    }
    written
}
