// The suite in a Node process of its own, which is told what to do by messages.
import { fromJson } from './suite/text.js';
import * as suite from './suite/index.js';

const names = {
  ...suite,
  begin: async (packageEntry, fixture) => suite.begin(await import(packageEntry), fromJson(fixture)),
};

process.on('message', async ({ name, args }) => {
  try {
    process.send({ value: await names[name](...args) });
  } catch (error) {
    process.send({ error: error.stack ?? String(error) });
  }
});
