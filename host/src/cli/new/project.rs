//! The files of a new project, written all or not at all.

use std::fs;
use std::io;
use std::path::Path;

use super::super::exit::Failure;

/// Writes files into a directory that is not there yet, or is empty. What was made is taken away again where it does
/// not end well.
pub(super) fn write(place: &Path, files: &[(&str, String)]) -> Result<(), Failure> {
    let empty = |place: &Path| fs::read_dir(place).is_ok_and(|mut inside| inside.next().is_none());
    let made = match fs::create_dir(place) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && empty(place) => false,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::usage(format!(
                "{} is there already, and nothing is written over: take another name, or move it away",
                place.display()
            )));
        }
        Err(error) => {
            return Err(Failure::usage(format!("{} cannot be made: {error}", place.display())));
        }
    };
    let written = files.iter().try_for_each(|(path, text)| {
        let file = place.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, text)
    });
    written.map_err(|error| {
        if made {
            let _ = fs::remove_dir_all(place);
        }
        Failure::failed(format!("{} cannot be written: {error}", place.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over() {
        let bench = tempfile::tempdir().unwrap();
        let files = [("a/b.txt", "b".to_owned())];
        let place = bench.path().join("new");
        write(&place, &files).unwrap();
        assert_eq!(fs::read_to_string(place.join("a/b.txt")).unwrap(), "b");
        assert!(write(&place, &files).is_err());
        assert!(write(&bench.path().join("no/such"), &files).is_err());
        let empty = bench.path().join("empty");
        fs::create_dir(&empty).unwrap();
        write(&empty, &files).unwrap();
    }
}
