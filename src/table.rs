//! Tables of the program: one row per line, tab-separated, after comments and a header.

use crate::broken::Broken;

/// A table: its parsed rows, and the first invalid one.
pub struct Table<T> {
    /// The parsed rows, in order.
    pub rows: Vec<T>,
    mistake: Option<Broken>,
}

impl<T> Table<T> {
    /// Parses the rows of `text` from their columns, skipping comments and the header. `file` is below `components/`.
    pub fn read(file: &str, text: &'static str, row: impl Fn(&[&'static str]) -> Result<T, String>) -> Self {
        Self::parse(file, text, 1, row)
    }

    /// Like [`read`](Self::read), of a table whose header is a comment.
    pub fn read_ledger(file: &str, text: &'static str, row: impl Fn(&[&'static str]) -> Result<T, String>) -> Self {
        Self::parse(file, text, 0, row)
    }

    fn parse(file: &str, text: &'static str, heads: usize, row: impl Fn(&[&'static str]) -> Result<T, String>) -> Self {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')).skip(heads);
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

    /// Reports the first invalid row.
    ///
    /// # Errors
    /// If there is one.
    pub fn check(&self) -> Result<(), Broken> {
        self.mistake.clone().map_or(Ok(()), Err)
    }
}

/// The error for a row with a wrong number of columns; a build fails because of it.
pub const NO_ROW: &str = "has not the columns of the table's head";
