// Everywhere that something typed into the page could have gone, as named bytes.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every file of a folder, the database and its WAL among them. */
export function disk(label, folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    return { place: `${label}: ${relative(folder, path)}`, bytes: readFileSync(path) };
  });
}

/** URLs, titles and console lines of every page of a browser context, as they come. */
export function watch(context) {
  const seen = { URLs: [], console: [] };
  context.on('request', (request) => seen.URLs.push(request.url()));
  context.on('console', (message) => seen.console.push(message.text()));
  context.on('page', (page) => {
    page.on('framenavigated', (frame) => seen.URLs.push(frame.url()));
    page.on('pageerror', (error) => seen.console.push(String(error.stack)));
  });
  return (label) => Object.entries(seen).map(([name, lines]) => ({ place: `${label}: ${name}`, bytes: Buffer.from(lines.join('\n')) }));
}

/** What the page left in the browser. The store in which the device keeps its own account secret comes apart. */
export async function storage(label, page) {
  const dump = await page.evaluate(async () => {
    const plain = (_, value) => {
      const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
      if (!ArrayBuffer.isView(bytes)) return value;
      return btoa(Array.from(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), (byte) => String.fromCharCode(byte)).join(''));
    };
    const wait = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
    const stores = {}, kept = {};
    for (const { name } of await indexedDB.databases()) {
      const database = await wait(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        const rows = [await wait(objects.getAllKeys()), await wait(objects.getAll())];
        (name === 'sealed-notes' && store === 'secrets' ? kept : stores)[`${name}/${store}`] = rows;
      }
      database.close();
    }
    const cached = {};
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) cached[request.url] = plain('', await (await cache.match(request)).arrayBuffer());
    }
    return {
      IndexedDB: JSON.stringify(stores, plain),
      'IndexedDB, the device\'s account secret': JSON.stringify(kept, plain),
      localStorage: JSON.stringify({ ...localStorage }),
      sessionStorage: JSON.stringify({ ...sessionStorage }),
      'Cache Storage': JSON.stringify(cached),
      'cookies, title, history': JSON.stringify([document.cookie, document.title, window.name, history.state, location.href]),
      'the page itself': document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map((field) => field.value).join('\n'),
    };
  });
  return Object.entries(dump).map(([name, text]) => ({ place: `${label}: ${name}`, bytes: Buffer.from(text) }));
}
