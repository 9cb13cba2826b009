//! Reads PEM (RFC 7468) as strictly as the strictest of its readers.
//!
//! Go silently skips what it does not recognise, OpenSSL stops at an empty line inside a block, Python follows OpenSSL:
//! a file that one of them accepts may be empty to another. What all of them accept is allowed here: CRLF, text between
//! blocks, blanks at the ends of lines, any line length. What one of them refuses is a fault. The general PEM crates
//! examined would not do: they silently drop an unfinished block, or a whole file with a byte order mark.

use super::ProblemKind;
use super::label::{self, Content};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One block.
pub(super) struct Block {
    /// What it holds, by its label.
    pub content: Content,
    /// The content in words, for messages.
    pub words: &'static str,
    /// The line of its BEGIN marker, from 1.
    pub line: u32,
    /// The decoded body; `None` if the block is encrypted or faulty, which has been reported.
    pub der: Option<Zeroizing<Vec<u8>>>,
    /// Whether its headers say that the body is encrypted (RFC 1421 `Proc-Type`, as OpenSSL used to write it).
    pub encrypted: bool,
}

/// A fault in the text itself.
#[derive(Debug)]
pub(super) struct Fault {
    pub kind: ProblemKind,
    pub line: u32,
    pub message: &'static str,
    pub hint: &'static str,
}

/// The blocks of a file in order, and its faults.
pub(super) struct Reading {
    pub blocks: Vec<Block>,
    pub faults: Vec<Fault>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const MARK: &[u8] = b"-----";
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const COPY_AGAIN: &str = "copy the block again as a whole, from its BEGIN line to its END line";

/// Reads every block of `bytes`. A file without a block has at least one fault.
pub(super) fn read(bytes: &[u8]) -> Reading {
    let mut reading = Reading { blocks: Vec::new(), faults: Vec::new() };
    let text = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    if text.len() < bytes.len() {
        reading.fault(
            ProblemKind::ByteOrderMark,
            1,
            "begins with a byte order mark, so Go does not find the first block",
            "save the file as UTF-8 without a byte order mark",
        );
    }
    if let Some((kind, message, hint)) = not_text(text) {
        reading.fault(kind, 0, message, hint);
        return reading;
    }
    let mut open = None;
    for (number, line) in (1u32..).zip(text.split(|&byte| byte == b'\n')) {
        open = reading.line(open, number, line.trim_ascii_end());
    }
    if let Some(unfinished) = open {
        reading.truncated(&unfinished);
    }
    if reading.blocks.is_empty() && reading.faults.iter().all(|fault| fault.kind == ProblemKind::ByteOrderMark) {
        reading.fault(
            ProblemKind::NoBlock,
            0,
            "holds no PEM block",
            "the file must have a line -----BEGIN ...-----, with five dashes on each side",
        );
    }
    reading
}

/// A block whose END line has not been read yet.
struct Open<'a> {
    /// `None` after a broken BEGIN line, which has been reported: its END line then only closes the block.
    label: Option<&'a [u8]>,
    line: u32,
    body: Vec<&'a [u8]>,
}

/// The structural meaning of a line.
enum Marker<'a> {
    Begin(&'a [u8]),
    End(&'a [u8]),
    /// It contains a BEGIN marker that violates RFC 7468.
    BrokenBegin,
    /// It contains an END marker that violates RFC 7468.
    BrokenEnd,
    None,
}

fn marker(line: &[u8]) -> Marker<'_> {
    // Almost every line is base64, which contains no dash.
    if !line.contains(&b'-') {
        return Marker::None;
    }
    let label = |prefix: &[u8]| {
        let label = line.strip_prefix(prefix)?.strip_suffix(MARK)?;
        (!contains(label, MARK)).then_some(label)
    };
    if let Some(label) = label(BEGIN) {
        Marker::Begin(label)
    } else if let Some(label) = label(END) {
        Marker::End(label)
    } else if contains(line, BEGIN) {
        Marker::BrokenBegin
    } else if contains(line, END) {
        Marker::BrokenEnd
    } else {
        Marker::None
    }
}

/// Why `bytes` are not lines of text, if so.
fn not_text(bytes: &[u8]) -> Option<(ProblemKind, &'static str, &'static str)> {
    let first = bytes.first_chunk::<2>();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Some((ProblemKind::Empty, "is empty", "put the PEM text into the file"));
    }
    if matches!(first, Some([0xff, 0xfe] | [0xfe, 0xff])) || bytes.first() == Some(&0) || bytes.get(1) == Some(&0) {
        let hint = "save the file as UTF-8 without a byte order mark";
        return Some((ProblemKind::ByteOrderMark, "is UTF-16 text, which no PEM reader takes", hint));
    }
    // DER begins with a long-form SEQUENCE: 0x30, then the number of length bytes.
    if matches!(first, Some([0x30, 0x80..=0x84])) || (bytes.contains(&0) && !contains(bytes, BEGIN)) {
        let hint = "convert it: openssl x509 -inform DER -in FILE for a certificate, openssl pkey -inform DER -in FILE for a key, openssl pkcs12 -nodes -in FILE for PKCS#12";
        return Some((ProblemKind::Der, "is binary (DER or PKCS#12), not PEM", hint));
    }
    if bytes.contains(&b'\r') && !bytes.contains(&b'\n') {
        let hint = "save the file with line feeds";
        return Some((ProblemKind::Malformed, "ends its lines with carriage returns alone", hint));
    }
    None
}

impl Reading {
    fn fault(&mut self, kind: ProblemKind, line: u32, message: &'static str, hint: &'static str) {
        self.faults.push(Fault { kind, line, message, hint });
    }

    /// Processes the next line, given the currently open block; returns the block open after it.
    fn line<'a>(&mut self, open: Option<Open<'a>>, number: u32, line: &'a [u8]) -> Option<Open<'a>> {
        match (marker(line), open) {
            (Marker::Begin(label), before) => {
                before.iter().for_each(|unfinished| self.truncated(unfinished));
                Some(Open { label: Some(label), line: number, body: Vec::new() })
            }
            (Marker::BrokenBegin, before) => {
                before.iter().for_each(|unfinished| self.truncated(unfinished));
                self.broken(number);
                Some(Open { label: None, line: number, body: Vec::new() })
            }
            (Marker::End(end), Some(block)) => {
                self.close(&block, end);
                None
            }
            (Marker::End(_), None) => {
                self.fault(ProblemKind::Truncated, number, "has an END line without a BEGIN line", COPY_AGAIN);
                None
            }
            (Marker::BrokenEnd, before) => {
                if before.is_none_or(|block| block.label.is_some()) {
                    self.broken(number);
                }
                None
            }
            (Marker::None, Some(mut block)) => {
                block.body.push(line);
                Some(block)
            }
            (Marker::None, None) => None,
        }
    }

    /// Reports a broken marker, but only the first: an indented bundle has hundreds for the same reason.
    fn broken(&mut self, line: u32) {
        const MESSAGE: &str = "has a BEGIN or END marker that is not alone at the start of its line";
        if self.faults.iter().all(|fault| fault.message != MESSAGE) {
            let hint = "put each marker on a line of its own, without blanks or text before or after it";
            self.fault(ProblemKind::Malformed, line, MESSAGE, hint);
        }
    }

    fn truncated(&mut self, open: &Open<'_>) {
        if open.label.is_some() {
            let message = "has a block that is cut off: its END line is missing";
            self.fault(ProblemKind::Truncated, open.line, message, COPY_AGAIN);
        }
    }

    fn close(&mut self, open: &Open<'_>, end: &[u8]) {
        let Some(label) = open.label else { return };
        if label != end {
            let hint =
                "the two labels must be the same; perhaps the end of one block and the start of the next are missing";
            self.fault(ProblemKind::Malformed, open.line, "has a block whose BEGIN and END lines differ", hint);
        }
        let (content, words) = label::meaning(label);
        let mut block = Block { content, words, line: open.line, der: None, encrypted: false };
        let headers = open.body.iter().take_while(|line| line.contains(&b':')).count();
        if headers > 0 {
            block.encrypted = open
                .body
                .iter()
                .take(headers)
                .any(|line| line.starts_with(b"Proc-Type:") && contains(line, b"ENCRYPTED"));
            if !block.encrypted {
                let hint = "remove the lines between the BEGIN line and the base64 text";
                self.fault(ProblemKind::Malformed, open.line, "has a block with header lines", hint);
            }
        } else {
            match decode(&open.body) {
                Ok(der) => block.der = Some(der),
                Err(message) => self.fault(ProblemKind::Malformed, open.line, message, COPY_AGAIN),
            }
        }
        self.blocks.push(block);
    }
}

/// Decodes a body. One empty line before the text ends an empty list of headers; any other stops OpenSSL.
fn decode(body: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let body = match body {
        [[], rest @ ..] => rest,
        all => all,
    };
    if body.iter().any(|line| line.is_empty()) {
        return Err("has a block with an empty line in it, where OpenSSL stops reading");
    }
    let mut text = Zeroizing::new(Vec::with_capacity(body.iter().map(|line| line.len()).sum()));
    for line in body {
        text.extend(line.iter().filter(|byte| !matches!(byte, b' ' | b'\t')));
    }
    // Allocated at full size: a growing buffer would leave copies of a key in memory.
    let mut der = Zeroizing::new(Vec::with_capacity(base64::decoded_len_estimate(text.len())));
    match STANDARD.decode_vec(text.as_slice(), &mut der) {
        Ok(()) if der.is_empty() => Err("has a block without content"),
        Ok(()) => Ok(der),
        Err(_) => Err("has a block whose body is not base64"),
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<ProblemKind> {
        read(text.as_bytes()).faults.iter().map(|fault| fault.kind).collect()
    }

    #[test]
    fn takes_what_every_reader_takes() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "subject=CN = a\n\n-----BEGIN CERTIFICATE-----  \n\n AA\nAA \t\n-----END CERTIFICATE-----\nafter\n",
        ] {
            let reading = read(text.as_bytes());
            assert!(reading.faults.is_empty(), "{text:?}: {:?}", reading.faults);
            let [block] = &reading.blocks[..] else { panic!("{text:?}: {} blocks", reading.blocks.len()) };
            assert_eq!(block.der.as_deref(), Some(&vec![0, 0, 0]));
        }
    }

    #[test]
    fn names_each_fault_of_the_text() {
        use ProblemKind::{ByteOrderMark, Der, Empty, Malformed, NoBlock, Truncated};
        let good = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (text, wanted) in [
            (String::new(), vec![Empty]),
            (" \n".into(), vec![Empty]),
            ("hello\n".into(), vec![NoBlock]),
            (format!("\u{feff}{good}"), vec![ByteOrderMark]),
            ("\u{feff}hello".into(), vec![ByteOrderMark, NoBlock]),
            ("-\0-\0-\0".into(), vec![ByteOrderMark]),
            ("0\u{1}\0".into(), vec![Der]),
            (good.replace('\n', "\r"), vec![Malformed]),
            (good.replace("-----END CERTIFICATE-----\n", ""), vec![Truncated]),
            (format!("-----BEGIN CERTIFICATE-----\nAAAA\n{good}"), vec![Truncated]),
            (format!("AAAA\n-----END CERTIFICATE-----\n{good}"), vec![Truncated]),
            (good.replace("END CERTIFICATE", "END PRIVATE KEY"), vec![Malformed]),
            (good.replace("AAAA", "AA!A"), vec![Malformed]),
            (good.replace("AAAA", "AAA"), vec![Malformed]),
            (good.replace("AAAA\n", ""), vec![Malformed]),
            (good.replace("AAAA", "AA\n\nAA"), vec![Malformed]),
            (good.replace("AAAA\n", "X: y\n\nAAAA\n"), vec![Malformed]),
            (good.replace("AAAA\n", "AAAA"), vec![Malformed]),
            (format!("x {good}"), vec![Malformed]),
            (format!("  {}", good.replace("\n-", "\n  -")), vec![Malformed]),
        ] {
            assert_eq!(kinds(&text), wanted, "{text:?}");
        }
    }

    #[test]
    fn sees_an_encrypted_body_by_its_headers() {
        let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let reading = read(text.as_bytes());
        assert!(reading.faults.is_empty());
        assert!(reading.blocks.iter().all(|block| block.encrypted && block.der.is_none()));
    }
}
