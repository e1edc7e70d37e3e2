// The server's database, edited behind its back: what a hostile administrator, or a restored backup, does.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const SCRIPT = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
rows = db.execute(sys.argv[2], [bytes.fromhex(v) if isinstance(v, str) else v for v in json.loads(sys.argv[3])])
print(json.dumps([[c.hex() if isinstance(c, bytes) else c for c in row] for row in rows.fetchall()]))
db.commit()
print(rows.rowcount, file=sys.stderr)`;

/** Runs one statement on a running server's database; blobs go in and come out as hexadecimal. */
export function sql(server, statement, ...values) {
  const [file] = readdirSync(server.data).filter((name) => /\.(db|sqlite3?)$/.test(name));
  const { status, stdout, stderr } = spawnSync('python3', ['-c', SCRIPT, join(server.data, file), statement, JSON.stringify(values)], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return { rows: JSON.parse(stdout), changed: Number(stderr.trim()) };
}
