// The suite on `window`, over the package as it was packed.
import * as sealedNotes from 'sealed-notes';
import * as suite from '../suite/index.js';
import { fromJson } from '../suite/text.js';

globalThis.suite = suite;
globalThis.begun = fetch('/fixture.json').then((response) => response.text()).then((json) => suite.begin(sealedNotes, fromJson(json)));
