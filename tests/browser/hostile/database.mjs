// The server's own database in hostile hands: SQL from a second process, while the server runs.
import { join } from 'node:path';
import { runPython } from '../../interop/javascript/python.mjs';

const SCRIPT = `
import json, sqlite3, sys
asked = json.load(sys.stdin)
def read(value): return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
def shown(value): return {"hex": value.hex()} if isinstance(value, bytes) else value
db = sqlite3.connect(asked["file"], timeout=10)
out = []
with db:
    for sql, values in asked["statements"]:
        rows = db.execute(sql, [read(value) for value in values])
        out.append({"rows": [[shown(value) for value in row] for row in rows.fetchall()] if rows.description else [], "changed": rows.rowcount})
json.dump(out, sys.stdout)
`;

const asSql = (value) => (value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value);
const asJs = (value) => (value?.hex === undefined ? value : new Uint8Array(Buffer.from(value.hex, 'hex')));

export function database(data) {
  const file = join(data, 'sealed-notes.sqlite');
  const run = async (...statements) => JSON.parse(await runPython(['-c', SCRIPT],
    JSON.stringify({ file, statements: statements.map(([sql, ...values]) => [sql, values.map(asSql)]) })));
  const rows = async (sql, ...values) => (await run([sql, ...values]))[0].rows.map((row) => row.map(asJs));
  return {
    rows,
    run,
    /** Changes tables; gives what puts them back. A change that changes nothing is a mistake of the test. */
    async tamper(tables, ...statements) {
      const saved = await run(...tables.map((table) => [`SELECT * FROM ${table}`]));
      const done = await run(...statements);
      if (done.some(({ changed }) => changed < 1)) throw new Error(`nothing was there to change: ${statements[done.findIndex(({ changed }) => changed < 1)][0]}`);
      return () => run(...tables.flatMap((table, at) => [
        [`DELETE FROM ${table}`],
        ...saved[at].rows.map((row) => [`INSERT INTO ${table} VALUES (${row.map(() => '?').join()})`, ...row.map((value) => (value?.hex === undefined ? value : asJs(value)))]),
      ]));
    },
  };
}
