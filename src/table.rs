//! Tables of the program: a row a line, its columns between tabs, below comments and a head.

use crate::broken::Broken;

/// A table: what its rows say, and the first that says nothing.
pub struct Table<T> {
    /// What they say, in their order.
    pub rows: Vec<T>,
    mistake: Option<Broken>,
}

impl<T> Table<T> {
    /// Reads the rows of `text`, each as its columns; comments and the head are left out. `file` is below `components/`.
    pub fn read(file: &str, text: &'static str, row: impl Fn(&[&'static str]) -> Result<T, String>) -> Self {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')).skip(1);
        let (mut rows, mut mistake) = (Vec::new(), None);
        for (index, line) in lines {
            match row(&line.split('\t').collect::<Vec<_>>()) {
                Ok(row) => rows.push(row),
                Err(reason) => {
                    mistake.get_or_insert_with(|| Broken { file: file.to_owned(), line: Some(index + 1), reason });
                }
            }
        }
        Self { rows, mistake }
    }

    /// The first row that says nothing.
    ///
    /// # Errors
    /// When there is one.
    pub fn check(&self) -> Result<(), Broken> {
        self.mistake.clone().map_or(Ok(()), Err)
    }
}

/// What is wrong with a row of another number of columns; a build fails because of it.
pub const NO_ROW: &str = "has not the columns of the table's head";
