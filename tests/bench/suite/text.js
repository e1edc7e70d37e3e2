/** A note of 4 KiB. */
export const TEXT = 'Sleeps better. Next: graded exposure, twice a week. '.repeat(79).slice(0, 4096);

/** JSON with byte arrays, as `fixture.mjs` writes it. */
export const fromJson = (json) => JSON.parse(json, (_, item) => (item?.base64 === undefined ? item : Uint8Array.from(atob(item.base64), (c) => c.charCodeAt(0))));
