// A proxy in front of the real server that changes what it is told to, and writes down what the client sends.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

export async function startTampering() {
  let server;
  let rules = [];
  const log = [];
  const seen = { headers: new Set(), answers: new Set(), bodies: [] };

  const proxy = createServer(async (incoming, answer) => {
    const body = await whole(incoming);
    const [method, path] = [incoming.method, incoming.url];
    if (path.startsWith('/api/')) {
      log.push(`${method} ${path}`);
      for (const name of Object.keys(incoming.headers)) seen.headers.add(name);
      if (body.length) seen.bodies.push({ method, path, body });
    }
    try {
      await serve({ method, path, headers: incoming.headers, body }, answer);
    } catch (error) {
      answer.destroy(error);
    }
  });

  async function serve(asked, answer) {
    const rule = rules.find(({ at }) => at.test(`${asked.method} ${asked.path}`));
    if (rule?.before) asked = { ...asked, body: Buffer.from(JSON.stringify(rule.before(JSON.parse(asked.body)))) };
    const got = await forward(asked);
    if (rule) {
      rule.hits += 1;
      if (rule.after) Object.assign(got, await rule.after(got, () => forward(asked)));
      if (rule.answer && got.status < 300) got.body = Buffer.from(JSON.stringify(rule.answer(JSON.parse(got.body), rule.hits)));
    }
    const headers = Object.fromEntries(Object.entries(got.headers).filter(([name]) => !['content-length', 'transfer-encoding', 'connection'].includes(name)));
    if (asked.path.startsWith('/api/')) seen.answers.add(`${got.headers['content-encoding'] ?? 'as it is'}`);
    answer.writeHead(got.status, headers);
    answer.end(got.body);
  }

  /** To the real server and back. */
  async function forward({ method, path, headers, body }) {
    const { 'content-length': _, ...rest } = headers;
    const outgoing = request(new URL(path, server), { method, headers: { ...rest, 'content-length': body.length } });
    outgoing.end(body);
    const [response] = await once(outgoing, 'response');
    return { status: response.statusCode, headers: response.headers, body: await whole(response) };
  }

  proxy.listen(0, 'localhost');
  await once(proxy, 'listening');
  return {
    url: `http://localhost:${proxy.address().port}`,
    to: (url) => { server = url; },
    log,
    seen,
    forward,
    /** From now on, until the function it gives is called: how often the rules were met. */
    tamper(...added) {
      rules = added.map((rule) => ({ ...rule, hits: 0 }));
      const mine = rules;
      return () => {
        rules = [];
        return mine.map(({ hits }) => hits);
      };
    },
    stop: () => { proxy.close(); proxy.closeAllConnections(); },
  };
}

async function whole(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
