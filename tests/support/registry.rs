//! A registry from an example in a folder of its own, and the program that builds it.

use crate::support::files;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub struct Registry(tempfile::TempDir);

impl Registry {
    /// The example as `my-registry`, with secrets inline and keys of its own.
    pub fn new(example: &str) -> Self {
        let it = Self::given(example);
        fs::remove_file(it.at("my-registry/keys.yaml")).unwrap();
        it.succeed(&["keys", "my-registry"]);
        it
    }

    /// The example as it is.
    pub fn given(example: &str) -> Self {
        let it = Self(tempfile::tempdir().unwrap());
        files::copy(&Path::new("examples").join(example), &it.at("my-registry"));
        it
    }

    /// A folder with these files.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let it = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| it.write(path, text));
        it
    }

    /// Writes a file, and the folders that lead to it.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    /// Replaces a text, which must occur.
    pub fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{text}");
        fs::write(self.at(path), text.replace(old, new)).unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_quay-render")).args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// The output of a run that must have this exit code.
    #[track_caller]
    pub fn says(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }

    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        self.says(arguments, 0)
    }

    /// A one-line value of the keys file.
    pub fn key(&self, name: &str) -> String {
        let keys: serde_json::Value = serde_yaml::from_str(&self.read("my-registry/keys.yaml")).unwrap();
        keys["stringData"][name].as_str().unwrap().to_owned()
    }
}
