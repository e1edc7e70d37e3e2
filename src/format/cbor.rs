//! CBOR in the core deterministic encoding (RFC 8949 §4.2.1), the few types that SPEC.md §2 uses.
//!
//! Decoding is driven by the expected shape: there is no generic value, so nothing nests deeper than the
//! format does, and no length is believed before the bytes are there.

use crate::{FormatError, kept::kept};

const UINT: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const NULL: u8 = 0xf6;

/// Appends items to a buffer.
#[derive(Debug, Default)]
pub struct Encoder(Vec<u8>);

impl Encoder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let major = major << 5;
        match value {
            0..=23 => self.0.push(major | value as u8),
            24..=0xff => self.0.extend([major | 24, value as u8]),
            0x100..=0xffff => {
                self.0.push(major | 25);
                self.0.extend((value as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend((value as u32).to_be_bytes());
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend(value.to_be_bytes());
            }
        }
        self
    }

    pub fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value)
    }

    pub fn int(&mut self, value: i64) -> &mut Self {
        match u64::try_from(value) {
            Ok(value) => self.head(UINT, value),
            Err(_) => self.head(NEGATIVE, !value as u64),
        }
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.bytes_head(value.len()).raw(value)
    }

    /// The head of a byte string whose `len` bytes the caller appends with [`Encoder::raw`].
    pub fn bytes_head(&mut self, len: usize) -> &mut Self {
        self.head(BYTES, len as u64)
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(TEXT, value.len() as u64).raw(value.as_bytes())
    }

    pub fn array(&mut self, len: usize) -> &mut Self {
        self.head(ARRAY, len as u64)
    }

    pub fn map(&mut self, len: usize) -> &mut Self {
        self.head(MAP, len as u64)
    }

    pub fn tag(&mut self, tag: u64) -> &mut Self {
        self.head(TAG, tag)
    }

    pub fn null(&mut self) -> &mut Self {
        self.raw(&[NULL])
    }

    /// `null`, or what `encode` writes.
    pub fn optional<T>(&mut self, value: Option<T>, encode: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            None => self.null(),
            Some(value) => {
                encode(self, value);
                self
            }
        }
    }

    /// Bytes that are already encoded.
    pub fn raw(&mut self, encoded: &[u8]) -> &mut Self {
        self.0.extend_from_slice(encoded);
        self
    }
}

/// Reads items from a slice.
#[derive(Clone, Debug)]
pub struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    /// Decodes all of `input`: bytes after the end are refused.
    pub fn all<T>(input: &'a [u8], decode: impl FnOnce(&mut Self) -> Result<T, FormatError>) -> Result<T, FormatError> {
        let mut decoder = Self(input);
        let value = decode(&mut decoder)?;
        if decoder.0.is_empty() || !kept("end of input") {
            Ok(value)
        } else {
            Err(FormatError::NotSealed("bytes after the end"))
        }
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], FormatError> {
        let len = usize::try_from(len).map_err(|_| FormatError::Truncated)?;
        let (taken, rest) = self.0.split_at_checked(len).ok_or(FormatError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn head(&mut self) -> Result<(u8, u64), FormatError> {
        let initial = self.take(1)?.first().copied().unwrap_or_default();
        let (major, info) = (initial >> 5, initial & 31);
        let width = match info {
            0..=23 => return Ok((major, u64::from(info))),
            24..=27 => 1u64 << (info - 24),
            _ => return Err(FormatError::NotSealed("indefinite length or reserved CBOR head")),
        };
        let value = self.take(width)?.iter().fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
        let shortest = match info {
            24 => value >= 24,
            25 => value > 0xff,
            26 => value > 0xffff,
            _ => value > 0xffff_ffff,
        };
        if major == 7 || !shortest {
            return Err(FormatError::NotSealed("CBOR head not in the shortest form, or a float"));
        }
        Ok((major, value))
    }

    fn expect(&mut self, major: u8, what: &'static str) -> Result<u64, FormatError> {
        match self.head()? {
            (found, value) if found == major => Ok(value),
            _ => Err(FormatError::NotSealed(what)),
        }
    }

    pub fn uint(&mut self) -> Result<u64, FormatError> {
        self.expect(UINT, "expected an unsigned integer")
    }

    pub fn int(&mut self) -> Result<i64, FormatError> {
        let (major, value) = self.head()?;
        let value = i64::try_from(value).map_err(|_| FormatError::NotSealed("integer out of range"))?;
        match major {
            UINT => Ok(value),
            NEGATIVE => Ok(!value),
            _ => Err(FormatError::NotSealed("expected an integer")),
        }
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], FormatError> {
        let len = self.expect(BYTES, "expected a byte string")?;
        self.take(len)
    }

    /// Head of a byte string whose bytes are not at hand: their number.
    pub fn bytes_head(&mut self) -> Result<u64, FormatError> {
        self.expect(BYTES, "expected a byte string")
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub fn byte_array<const N: usize>(&mut self) -> Result<&'a [u8; N], FormatError> {
        self.bytes()?.try_into().map_err(|_| FormatError::NotSealed("byte string of the wrong length"))
    }

    pub fn text(&mut self) -> Result<&'a str, FormatError> {
        let len = self.expect(TEXT, "expected text")?;
        core::str::from_utf8(self.take(len)?).map_err(|_| FormatError::NotSealed("text is not UTF-8"))
    }

    pub fn array(&mut self) -> Result<usize, FormatError> {
        self.count(ARRAY, "expected an array")
    }

    fn count(&mut self, major: u8, what: &'static str) -> Result<usize, FormatError> {
        let len = self.expect(major, what)?;
        // Each element takes at least one byte: a longer claim is a lie, and no memory is set aside for it.
        usize::try_from(len).ok().filter(|len| *len <= self.0.len()).ok_or(FormatError::Truncated)
    }

    /// An array of exactly `len` elements.
    pub fn array_of(&mut self, len: usize) -> Result<(), FormatError> {
        if self.array()? == len { Ok(()) } else { Err(FormatError::NotSealed("array of the wrong length")) }
    }

    pub fn map(&mut self) -> Result<usize, FormatError> {
        self.count(MAP, "expected a map")
    }

    /// A map of exactly `len` entries, whose keys the caller reads in order.
    pub fn map_of(&mut self, len: usize) -> Result<(), FormatError> {
        if self.map()? == len { Ok(()) } else { Err(FormatError::NotSealed("a map with missing or unknown entries")) }
    }

    pub fn key(&mut self, label: i64) -> Result<(), FormatError> {
        if self.int()? == label { Ok(()) } else { Err(FormatError::NotSealed("unexpected header label")) }
    }

    pub fn tag(&mut self, tag: u64) -> Result<(), FormatError> {
        if self.expect(TAG, "expected a COSE tag")? == tag {
            Ok(())
        } else {
            Err(FormatError::NotSealed("another COSE tag"))
        }
    }

    pub fn null(&mut self) -> Result<(), FormatError> {
        let other = |input: &mut Self| input.head().and(Err(FormatError::NotSealed("expected a CBOR null")));
        self.optional(other).map(|_: Option<()>| ())
    }

    pub fn optional<T>(
        &mut self,
        decode: impl FnOnce(&mut Self) -> Result<T, FormatError>,
    ) -> Result<Option<T>, FormatError> {
        match self.0.split_first() {
            Some((&NULL, rest)) => {
                self.0 = rest;
                Ok(None)
            }
            _ => decode(self).map(Some),
        }
    }

    /// What `decode` reads, together with the bytes it took.
    pub fn with_raw<T>(
        &mut self,
        decode: impl FnOnce(&mut Self) -> Result<T, FormatError>,
    ) -> Result<(T, &'a [u8]), FormatError> {
        let before = self.0;
        let value = decode(self)?;
        let used = before.len() - self.0.len();
        Ok((value, before.get(..used).unwrap_or_default()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot encode has failed")]
mod tests {
    use super::*;

    #[test]
    fn heads_match_rfc_8949_appendix_a() {
        for (value, encoded) in [
            (0u64, "00"),
            (23, "17"),
            (24, "1818"),
            (100, "1864"),
            (1000, "1903e8"),
            (1_000_000, "1a000f4240"),
            (u64::MAX, "1bffffffffffffffff"),
        ] {
            let mut encoder = Encoder::new();
            encoder.uint(value);
            let bytes = encoder.finish();
            assert_eq!(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>(), encoded);
            assert_eq!(Decoder::all(&bytes, |d| d.uint()), Ok(value));
        }
        for (value, encoded) in [(-1i64, vec![0x20u8]), (-1000, vec![0x39, 0x03, 0xe7])] {
            let mut encoder = Encoder::new();
            encoder.int(value);
            let bytes = encoder.finish();
            assert_eq!(bytes, encoded);
            assert_eq!(Decoder::all(&bytes, |d| d.int()), Ok(value));
        }
    }

    #[test]
    fn refuses_what_is_not_deterministic() {
        let not_shortest = Decoder::all(&[0x18, 0x17], |d| d.uint());
        assert!(matches!(not_shortest, Err(FormatError::NotSealed(_))));
        let indefinite = Decoder::all(&[0x5f, 0x41, 0x00, 0xff], |d| d.bytes().map(<[u8]>::to_vec));
        assert!(matches!(indefinite, Err(FormatError::NotSealed(_))));
        let huge =
            Decoder::all(&[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], |d| d.bytes().map(<[u8]>::to_vec));
        assert_eq!(huge, Err(FormatError::Truncated));
        let long_array = Decoder::all(&[0x9a, 0xff, 0xff, 0xff, 0xff], |d| d.array());
        assert_eq!(long_array, Err(FormatError::Truncated));
        let trailing = Decoder::all(&[0x00, 0x00], |d| d.uint());
        assert!(matches!(trailing, Err(FormatError::NotSealed(_))));
        let float = Decoder::all(&[0xf9, 0x00, 0x00], |d| d.uint());
        assert!(matches!(float, Err(FormatError::NotSealed(_))));
        assert_eq!(Decoder::all(&[], |d| d.uint()), Err(FormatError::Truncated));
    }
}
