// Every JavaScript example in the READMEs runs.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

for (const path of ['../../README.md', '../README.md']) {
  const text = await readFile(new URL(path, import.meta.url), 'utf8');
  const examples = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);

  test(`${path} has an example by line 30`, () => {
    assert.ok(text.slice(0, text.indexOf('```js')).split('\n').length <= 30);
  });

  for (const [index, code] of examples.entries()) {
    test(`${path}, example ${index + 1}`, async () => {
      const file = new URL(`example-${path.length}-${index}.mjs`, import.meta.url);
      await writeFile(file, code);
      try {
        await import(file);
      } finally {
        await rm(file);
      }
    });
  }
}
