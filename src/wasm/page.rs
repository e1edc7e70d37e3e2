//! Opened records as they cross to JavaScript, many at once: all text as one string, with lengths and numbers in two arrays.
//! A crossing for each field of each record would take longer than to open it.

use js_sys::{Array, Float64Array, JsString, Uint32Array};
use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

use super::js::{bytes, check_array, id};
use crate::{AccountId, ClientId, OpenedChartRecord, OpenedPrivateNote, RecordId, SessionId, Timestamp, error::Error};

/// Per record, in `numbers`: how many sections follow, or -1 for an error, or -2 for one that is in a worker's page; version; time of writing; whether it is final. In
/// `text`: record, client, session or nothing, author, name and text of each section; of an error code and message.
#[derive(Default)]
pub(super) struct Page {
    text: Zeroizing<String>,
    /// Of each piece of text, in UTF-16 code units, which JavaScript counts in.
    lengths: Vec<u32>,
    numbers: Vec<f64>,
}

impl Page {
    fn piece(&mut self, piece: &str) {
        let units = if piece.is_ascii() { piece.len() } else { piece.encode_utf16().count() };
        self.lengths.push(units as u32);
        self.text.push_str(piece);
    }

    fn ids(&mut self, record: RecordId, client: ClientId, session: Option<SessionId>, author: AccountId) {
        self.piece(&record.to_string());
        self.piece(&client.to_string());
        self.piece(&session.map(|id| id.to_string()).unwrap_or_default());
        self.piece(&author.to_string());
    }

    fn numbers(&mut self, sections: usize, version: u64, written_at: Timestamp, is_final: bool) {
        self.numbers.extend([sections as f64, version as f64, written_at.0 as f64, f64::from(u8::from(is_final))]);
    }

    pub(super) fn note(&mut self, opened: Result<OpenedPrivateNote, Error>) {
        match opened {
            Ok(note) => {
                self.numbers(1, note.version, note.written_at, note.is_final);
                self.ids(note.record, note.client, note.session, note.author);
                self.piece("");
                self.piece(&note.text);
            }
            Err(error) => self.error(&error),
        }
    }

    pub(super) fn record(&mut self, opened: Result<OpenedChartRecord, Error>) {
        match opened {
            Ok(record) => {
                self.numbers(record.sections.len(), record.version, record.written_at, record.is_final);
                self.ids(record.record, record.client, record.session, record.author);
                for (name, text) in &record.sections {
                    self.piece(name);
                    self.piece(text);
                }
            }
            Err(error) => self.error(&error),
        }
    }

    pub(super) fn passed(&mut self, noted: Result<(), Error>) {
        match noted {
            Ok(()) => self.numbers.extend([-2.0, 0.0, 0.0, 0.0]),
            Err(error) => self.error(&error),
        }
    }

    fn error(&mut self, error: &Error) {
        self.numbers.extend([-1.0, 0.0, 0.0, 0.0]);
        self.piece(error.code());
        self.piece(&error.to_string());
    }

    pub(super) fn into_js(self) -> JsValue {
        let (lengths, numbers) = (Uint32Array::from(&self.lengths[..]), Float64Array::from(&self.numbers[..]));
        Array::of3(&JsString::from(self.text.as_str()), &lengths, &numbers).into()
    }
}

/// Sealed records that are passed as an array, copied one after the other into one buffer.
pub(super) struct Sealed<'a> {
    array: &'a Array,
    records: Vec<Option<RecordId>>,
    buffer: Vec<u8>,
}

impl<'a> Sealed<'a> {
    /// `records`: the id that was asked for, or undefined, of each. One that is no id is refused before anything is opened.
    pub(super) fn of(array: &'a Array, records: &Array) -> Result<Self, Error> {
        for array in [array, records] {
            check_array(array)?;
        }
        let wanted = |record: JsValue| match record.as_string() {
            Some(text) => id(&text).map(Some),
            None if record.is_undefined() || record.is_null() => Ok(None),
            None => Err(Error::InvalidId),
        };
        let records = records.iter().map(wanted).collect::<Result<_, _>>()?;
        Ok(Self { array, records, buffer: Vec::new() })
    }

    pub(super) fn each(&mut self, mut open: impl FnMut(u32, &[u8], Option<RecordId>)) -> Result<(), Error> {
        for (index, record) in (0..self.array.length()).zip(&self.records) {
            copy(&self.array.get(index), &mut self.buffer)?;
            open(index, &self.buffer, *record);
        }
        Ok(())
    }
}

/// The bytes of a Uint8Array in place of what is in `buffer`.
pub(super) fn copy(value: &JsValue, buffer: &mut Vec<u8>) -> Result<(), Error> {
    let array = bytes(value)?;
    buffer.resize(array.length() as usize, 0);
    array.copy_to(buffer);
    Ok(())
}
