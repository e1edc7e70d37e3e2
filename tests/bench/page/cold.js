// What a fresh page does before anything can have been kept: load, seal one note of 4 KiB, open it again.
import { TEXT } from '../suite/text.js';

/** `start` as the files in `notes` have it. */
export async function cold(start) {
  globalThis.done = (async () => {
    const notes = await start(1);
    const sealed = await notes.seal(TEXT, 1);
    const sealedAt = performance.now(); // since the page was navigated to
    if ((await notes.open(sealed, 0)) !== TEXT) throw new Error('what was sealed does not open');
    return sealedAt;
  })();
}
