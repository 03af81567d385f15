//! Breaks streams: what a hostile or a half-broken page could send, from the streams of all kinds.

/// The longest stream that is made, in bytes.
const MAX_BYTES: usize = 4_096;

/// Words on which decoders turn.
const WORDS: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\",
    ",",
    ":",
    "\n",
    "\r\n",
    "\n\n",
    "\r",
    "\0",
    "\u{1e}",
    "\u{feff}",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "[[",
    "]]",
    "[[[[[[[[",
    "{\"a\":",
    "\"\"",
    "\\ud83e",
    "\\udd80",
    "\\u0000",
    "🦀",
    "▌",
    "data: ",
    "event: ",
    "data: [DONE]\n\n",
    "a0:",
    "b0:",
    "ad:{}\n",
    "42[\"",
    "42/ns,1",
    ")]}'\n",
    "<p>",
    "</p>",
    "<pre>",
    "&lt;",
    "`",
    "\u{2028}",
    "\"o\":\"append\"",
    "\"o\":\"BATCH\"",
    "\"p\":\"\"",
    "\"v\":",
    "/-1/",
    "\"error\"",
    "0 ",
    "7 ",
];

/// A deterministic stream of numbers (splitmix64, Steele et al. 2014).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("64 bits").max(1);
        usize::try_from(self.next() % end).expect("below a usize")
    }

    fn range(&mut self, len: usize) -> std::ops::Range<usize> {
        let from = self.below(len + 1);
        from..from + self.below((len - from).min(64) + 1)
    }
}

/// A few changes of a stream, some of them with pieces of another.
pub fn mutate(stream: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = stream.to_vec();
    for _ in 0..=dice.below(5) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(9) {
            0 if !bytes.is_empty() => {
                let at = dice.below(bytes.len());
                bytes[at] ^= 1 << dice.below(8);
            }
            1 if !bytes.is_empty() => {
                let at = dice.below(bytes.len());
                bytes[at] = u8::try_from(dice.below(256)).expect("a byte");
            }
            2 => drop(bytes.drain(dice.range(bytes.len()))),
            3 => {
                let piece = bytes[dice.range(bytes.len())].to_vec();
                bytes.splice(at..at, piece.repeat(1 + dice.below(8)));
            }
            4 => {
                let piece = other[dice.range(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => bytes.truncate(at),
            6 => {
                let from = dice.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let word = WORDS[dice.below(WORDS.len())].bytes();
                bytes.splice(at..at, word);
            }
        }
        bytes.truncate(MAX_BYTES);
    }
    bytes
}
