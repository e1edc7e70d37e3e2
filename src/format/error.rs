/// Why bytes are not a well-formed object. Depends on public bytes alone, so it tells an attacker nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The input ends before the object does.
    Truncated,
    /// Not an object of this format; the reason says what was expected.
    NotSealed(&'static str),
    /// A sealed object of another kind, or of the other drawer.
    AnotherPurpose,
    /// An object of a later format version.
    UnsupportedVersion,
    /// A signature does not verify under the key it names, or an entry is not the next of its log.
    BadSignature,
    /// A hash or context is not that of the object beside it; the reason says which.
    Mismatch(&'static str),
    /// Signed by keys that their owner had revoked by then.
    RevokedKey,
}

impl core::fmt::Display for FormatError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated => f.write_str("the object is cut short"),
            Self::NotSealed(reason) => write!(f, "not a well-formed sealed object: {reason}"),
            Self::AnotherPurpose => f.write_str("a sealed object of another kind"),
            Self::UnsupportedVersion => f.write_str("the object has a format version this release does not know"),
            Self::BadSignature => f.write_str("the signature does not verify"),
            Self::Mismatch(reason) => write!(f, "objects that do not belong together: {reason}"),
            Self::RevokedKey => f.write_str("the keys that signed this were revoked"),
        }
    }
}

impl core::error::Error for FormatError {}
