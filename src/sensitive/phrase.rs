//! Words for secrets in many languages: `Passwort: x`, `mot de passe : x`, `パスワード：x`, `API key: x`.

use super::endings;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words for password, passphrase, secret key and credentials, by language. Case and diacritics are ignored, as are
/// blanks and signs within. Words that sentences of a major language use for other things are left out: `parole`,
/// `key`, `code`.
const WORDS: &[&str] = &[
    // German, Dutch, Danish, Norwegian, Swedish, Icelandic
    "Passwort",
    "Passwörter",
    "Kennwort",
    "Kennwörter",
    "Passphrase",
    "Zugangsdaten",
    "Anmeldedaten",
    "geheimer Schlüssel",
    "Geheimschlüssel",
    "privater Schlüssel",
    "wachtwoord",
    "wachtwoorden",
    "wachtwoordzin",
    "geheime sleutel",
    "adgangskode",
    "kodeord",
    "passord",
    "lösenord",
    "lösenfras",
    "lykilorð",
    "aðgangsorð",
    // French, Spanish, Catalan, Portuguese, Italian, Romanian
    "mot de passe",
    "mots de passe",
    "phrase de passe",
    "phrase secrète",
    "clé secrète",
    "clef secrète",
    "clé privée",
    "clé d'accès",
    "clé d'API",
    "jeton",
    "jeton d'accès",
    "contraseña",
    "contraseñas",
    "clave",
    "clave secreta",
    "clave privada",
    "clave de acceso",
    "credenciales",
    "contrasenya",
    "senha",
    "senhas",
    "palavra-passe",
    "palavra-chave secreta",
    "chave secreta",
    "chave de acesso",
    "credenciais",
    "parola d'ordine",
    "parola chiave segreta",
    "chiave segreta",
    "chiave di accesso",
    "credenziali",
    "parola",
    "parolă",
    "parola de acces",
    // Polish, Czech, Slovak, Slovene, Croatian, Bosnian
    "hasło",
    "hasła",
    "heslo",
    "hesla",
    "heslá",
    "geslo",
    "lozinka",
    "lozinku",
    "zaporka",
    // Finnish, Estonian, Hungarian, Lithuanian, Latvian, Albanian, Basque, Irish, Welsh
    "salasana",
    "tunnussana",
    "parool",
    "salasõna",
    "jelszó",
    "jelszava",
    "slaptažodis",
    "fjalëkalim",
    "fjalëkalimi",
    "pasahitza",
    "pasfhocal",
    "cyfrinair",
    // Turkish, Azerbaijani, Uzbek
    "şifre",
    "şifresi",
    "parolası",
    "şifrə",
    "parol",
    "parolu",
    // Indonesian, Malay, Vietnamese, Swahili, Tagalog
    "kata sandi",
    "sandi",
    "kata laluan",
    "mật khẩu",
    "nenosiri",
    "neno la siri",
    // Russian, Ukrainian, Belarusian, Bulgarian, Serbian, Macedonian, Kazakh
    "пароль",
    "пароли",
    "пароля",
    "паролі",
    "секретный ключ",
    "закрытый ключ",
    "ключ доступа",
    "токен",
    "парола",
    "паролата",
    "лозинка",
    "шифра",
    "құпиясөз",
    "құпия сөз",
    // Greek, Armenian, Georgian, Hebrew, Arabic, Persian, Urdu
    "κωδικός",
    "κωδικός πρόσβασης",
    "συνθηματικό",
    "գաղտնաբառ",
    "პაროლი",
    "סיסמה",
    "סיסמא",
    "ססמה",
    "كلمة المرور",
    "كلمة مرور",
    "كلمة السر",
    "كلمة سر",
    "الرقم السري",
    "رمز المرور",
    "گذرواژه",
    "رمز عبور",
    "پاس ورڈ",
    // Hindi, Bengali, Tamil, Telugu, Thai
    "पासवर्ड",
    "কূটশব্দ",
    "পাসওয়ার্ড",
    "கடவுச்சொல்",
    "పాస్వర్డ్",
    "รหัสผ่าน",
    // Chinese, Japanese, Korean
    "密码",
    "密碼",
    "口令",
    "密钥",
    "密鑰",
    "金鑰",
    "令牌",
    "パスワード",
    "パスフレーズ",
    "暗証番号",
    "秘密鍵",
    "シークレットキー",
    "トークン",
    "合言葉",
    "비밀번호",
    "패스워드",
    "암호",
    "비밀키",
    "토큰",
];
/// Phrases that end in such a word and mean something else: Spanish for keyword.
const HARMLESS: &[&str] = &["palabra clave", "palabras clave"];
/// A shorter word matches only at the start of a word: `sifre` occurs within others.
const LONG: usize = 6;
/// How many characters before a sign are examined.
const REACH: usize = 48;
/// The number of last letters by which words are looked up; that of the shortest word.
const KEY: usize = 2;

/// Words by their last letters.
static KNOWN: LazyLock<BTreeMap<Vec<char>, Vec<Word>>> = LazyLock::new(|| {
    let english = endings::ENDINGS.iter().map(|word| (*word, false));
    let harmless = HARMLESS.iter().chain(endings::HARMLESS).map(|word| (*word, true));
    let all = WORDS.iter().map(|word| (*word, false)).chain(english).chain(harmless);
    let mut known: BTreeMap<Vec<char>, Vec<Word>> = BTreeMap::new();
    for (word, is_harmless) in all {
        let letters: Vec<char> = word.chars().rev().flat_map(letters).collect();
        let key = letters.iter().take(KEY).copied().collect();
        known.entry(key).or_default().push(Word { letters, is_harmless });
    }
    // The longest first, as harmless phrases end in words for a secret.
    known.values_mut().for_each(|words| words.sort_by_key(|word| std::cmp::Reverse(word.letters.len())));
    known
});

struct Word {
    /// Its letters, the last one first.
    letters: Vec<char>,
    is_harmless: bool,
}

/// What the end of a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phrase {
    /// A word or phrase for a secret.
    Secret,
    /// A phrase that ends in such a word and means something else.
    Harmless,
}

/// The word or phrase for a secret at the end of a text, or one that resembles it.
pub(super) fn last(text: &str) -> Option<Phrase> {
    let mut end: Vec<Letter> = Vec::new();
    for (at, c) in text.char_indices().rev().take(REACH).take_while(|(_, c)| *c != '\n') {
        let is_letter = c.is_alphanumeric() || is_combining_mark(c);
        let goes_on = if end.is_empty() { is_around(c) || is_letter } else { !ends_phrase(c) };
        if !goes_on {
            break;
        }
        if c.is_alphanumeric() {
            let begins = begins_word(text.get(..at).and_then(|front| front.chars().next_back()), c);
            end.extend(letters(c).map(|c| Letter { c, at, begins }));
        }
        if end.len() == KEY && !KNOWN.contains_key(&end.iter().map(|letter| letter.c).collect::<Vec<_>>()) {
            return None;
        }
    }
    let key: Vec<char> = end.iter().take(KEY).map(|letter| letter.c).collect();
    let word = KNOWN.get(&key)?.iter().find(|word| word.ends(text, &end))?;
    Some(if word.is_harmless { Phrase::Harmless } else { Phrase::Secret })
}

/// Whether a text ends with a word or phrase for a secret.
pub(super) fn is_last(text: &str) -> bool {
    last(text) == Some(Phrase::Secret)
}

/// A letter of a text, without diacritics.
struct Letter {
    c: char,
    /// Its position in the text.
    at: usize,
    /// Whether it starts a word.
    begins: bool,
}

impl Word {
    /// Whether a text ends with this word.
    fn ends(&self, text: &str, end: &[Letter]) -> bool {
        let is_same = || end.iter().zip(&self.letters).all(|(letter, known)| letter.c == *known);
        let Some(first) = self.letters.len().checked_sub(1).and_then(|first| end.get(first)) else { return false };
        // Without a separator, a long word may be the end of a compound: `Datenbankpasswort`.
        let is_one = || !text.get(first.at..).is_some_and(|word| word.trim_end_matches(is_around).contains(is_between));
        is_same() && (first.begins || (self.letters.len() >= LONG && is_one()))
    }
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation()
}

/// Characters that may stand between a name and its sign, including quotation marks and bold markup.
pub(super) fn is_around(c: char) -> bool {
    (c.is_whitespace() && !matches!(c, '\n' | '\r')) || "\"'`*_\\])?!»”’".contains(c)
}

/// Whether a phrase cannot continue past this character.
fn ends_phrase(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '_' | '-' | '\'')
}

/// Whether a word starts with `c`: after no character, a non-letter, or at a lower-to-upper change; or in a script
/// without case, where words need not be separated.
fn begins_word(before: Option<char>, c: char) -> bool {
    let has_case = |c: char| c.is_lowercase() || c.is_uppercase();
    before.is_none_or(|before| !before.is_alphabetic() || !has_case(c) || (before.is_lowercase() && c.is_uppercase()))
}

/// The letters that replace a letter where case and diacritics are ignored, the last one first.
fn letters(c: char) -> impl Iterator<Item = char> {
    let plain = |c| match c {
        'ł' => 'l',
        'ø' => 'o',
        'đ' | 'ð' => 'd',
        'ı' => 'i',
        'ς' => 'σ',
        'ə' => 'e',
        other => other,
    };
    let parts: Vec<char> = std::iter::once(c).nfkd().flat_map(char::to_lowercase).map(plain).collect();
    parts.into_iter().rev().filter(|c| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_known_however_it_is_written() {
        for word in WORDS {
            let composed: String = word.nfc().collect();
            let apart: String = word.nfd().collect();
            let bare: String = word.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
            for form in [&composed, &apart, &bare] {
                for text in [form.clone(), form.to_uppercase(), form.to_lowercase(), format!("(DB) {form} ")] {
                    assert!(is_last(&text), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_word_may_end_a_longer_one_and_have_blanks_within() {
        for text in [
            "Datenbankpasswort",
            "das Datenbank-Passwort",
            "unser passwörd",
            "the API key",
            "Mot de passe\u{a0}",
            "le mot_de_passe",
            "dbHaslo",
            "数据库密码",
            "**Wachtwoord**",
        ] {
            assert!(is_last(text), "{text}");
        }
    }

    #[test]
    fn other_words_are_none() {
        for text in [
            "",
            "a",
            "Passwort vergessen",
            "la palabra clave",
            "autoclave",
            "enclave",
            "la parole",
            "Registry",
            "public key",
            "broken",
            "mot de passe oublié",
            "passage",
            "a mountain pass. Word",
            "pass\nword",
            "密",
            "ordered",
        ] {
            assert!(!is_last(text), "{text}");
        }
    }
}
