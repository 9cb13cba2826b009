//! Questions to the person at a terminal, where no option says something.

use crate::cli::Fatal;
use crate::cli::terminal::tell;
use clap::ValueEnum;
use std::io::{self, BufRead, IsTerminal as _};

/// Who answers: a person, or nobody.
pub struct Asked<R> {
    answers: Option<R>,
}

impl Asked<io::StdinLock<'static>> {
    /// The person at the terminal, if there is one and may be asked.
    pub fn new(may_ask: bool) -> Self {
        let is_person = may_ask && io::stdin().is_terminal() && io::stderr().is_terminal();
        Self { answers: is_person.then(|| io::stdin().lock()) }
    }
}

impl<R: BufRead> Asked<R> {
    /// What an option says, else which of `open` is answered, else what is usual.
    pub fn choice<T: ValueEnum + PartialEq + Copy>(
        &mut self,
        said: Option<T>,
        question: &str,
        open: &[T],
        usual: T,
    ) -> Result<T, Fatal> {
        if let Some(said) = said {
            return Ok(said);
        }
        if self.answers.is_none() || open.len() < 2 {
            return Ok(usual);
        }
        tell(format_args!("{question}"));
        for value in open {
            let Some(known) = value.to_possible_value() else { continue };
            let help = known.get_help().map(ToString::to_string).unwrap_or_default();
            let mark = if *value == usual { " (default)" } else { "" };
            tell(format_args!("  {:13} {help}{mark}", known.get_name()));
        }
        while let Some(answer) = self.answer()?.filter(|answer| !answer.is_empty()) {
            match T::from_str(&answer, true) {
                Ok(value) if open.contains(&value) => return Ok(value),
                _ => tell(format_args!("one of these, or nothing for the default:")),
            }
        }
        Ok(usual)
    }

    /// What an option says, else what is answered; nothing if the answer is empty.
    pub fn text<T>(
        &mut self,
        said: Option<T>,
        question: &str,
        read: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, Fatal> {
        if said.is_some() || self.answers.is_none() {
            return Ok(said);
        }
        tell(format_args!("{question}"));
        while let Some(answer) = self.answer()?.filter(|answer| !answer.is_empty()) {
            match read(&answer) {
                Ok(value) => return Ok(Some(value)),
                Err(objection) => tell(format_args!("{objection}; once more:")),
            }
        }
        Ok(None)
    }

    /// The next line; nothing where nobody answers. Input that ends in the middle ends the command: nobody has chosen.
    fn answer(&mut self) -> Result<Option<String>, Fatal> {
        let Some(answers) = &mut self.answers else { return Ok(None) };
        let mut line = String::new();
        match answers.read_line(&mut line) {
            Ok(0) => Err(Fatal("the answers end before the questions do; nothing was written".to_owned())),
            Ok(_) => Ok(Some(line.trim().to_owned())),
            Err(error) => Err(Fatal(format!("standard input: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::choices::{Access, Database};
    use super::Asked;
    use clap::ValueEnum as _;

    fn host(text: &str) -> Result<String, &'static str> {
        if text.contains(' ') { Err("no host") } else { Ok(text.to_owned()) }
    }

    #[test]
    fn what_is_said_is_not_asked_and_an_empty_answer_is_the_default() {
        let mut asked = Asked { answers: Some(&b"\nwrong\nmanaged\nOWN\na b\nreg.example.org\n\n"[..]) };
        let (ways, databases) = (Access::value_variants(), Database::value_variants());
        assert!(asked.choice(Some(Access::None), "", ways, Access::Route).is_ok_and(|it| it == Access::None));
        assert!(asked.choice(None, "", ways, Access::Route).is_ok_and(|it| it == Access::Route));
        assert!(asked.choice(None, "", &databases[..1], Database::Managed).is_ok_and(|it| it == Database::Managed));
        assert!(asked.choice(None, "", databases, Database::Own).is_ok_and(|it| it == Database::Managed));
        assert!(asked.choice(None, "", databases, Database::Managed).is_ok_and(|it| it == Database::Own));
        assert!(asked.text(None, "", host).is_ok_and(|it| it.as_deref() == Some("reg.example.org")));
        assert!(asked.text(None, "", host).is_ok_and(|it| it.is_none()));
        assert!(asked.choice(None, "", ways, Access::Route).is_err(), "the answers have ended");
    }

    #[test]
    fn where_nobody_answers_the_default_is_taken() {
        let mut nobody = Asked { answers: None::<&[u8]> };
        let databases = Database::value_variants();
        assert!(nobody.choice(None, "", databases, Database::Managed).is_ok_and(|it| it == Database::Managed));
        assert!(nobody.text(None, "", host).is_ok_and(|it| it.is_none()));
    }
}
