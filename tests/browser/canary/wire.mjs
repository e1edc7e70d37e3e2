// A proxy in front of the server that keeps every byte of every request and response.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

export async function startWire() {
  const kept = { 'request lines': [], 'request headers': [], 'request bodies': [], 'response headers': [], 'response bodies': [] };
  let server;
  let isCut = false;
  const proxy = createServer((incoming, answer) => {
    keep('request lines', `${incoming.method} ${incoming.url}`);
    keep('request headers', headerText(incoming.rawHeaders));
    collect(incoming, 'request bodies');
    if (isCut) {
      incoming.on('end', () => answer.destroy()).resume();
      return;
    }
    const headers = { ...incoming.headers };
    delete headers['accept-encoding']; // compressed bytes would hide what they hold
    const outgoing = request(new URL(incoming.url, server), { method: incoming.method, headers }, (response) => {
      keep('response headers', headerText(response.rawHeaders));
      answer.writeHead(response.statusCode, response.rawHeaders);
      collect(response, 'response bodies');
      response.pipe(answer);
    });
    outgoing.on('error', (error) => answer.destroy(error));
    incoming.pipe(outgoing);
  });

  const keep = (place, value) => kept[place].push(Buffer.from(value));
  const collect = (stream, place) => {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('close', () => keep(place, Buffer.concat(parts)));
  };
  proxy.listen(0, 'localhost');
  await once(proxy, 'listening');
  return {
    url: `http://localhost:${proxy.address().port}`,
    to: (url) => { server = url; },
    /** While cut, requests still arrive and are kept, and none is answered. */
    cut: (yes) => { isCut = yes; },
    kept,
    stop: () => { proxy.close(); proxy.closeAllConnections(); },
  };
}

function headerText(raw) {
  let text = '';
  for (let i = 0; i < raw.length; i += 2) text += `${raw[i]}: ${raw[i + 1]}\n`;
  return text;
}
