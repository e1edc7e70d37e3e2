// WebKitGTK through raw WebDriver: playwright drives only the WebKit that it builds itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE, Tab } from './tab.mjs';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export async function launchWebKit() {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [display] = await once(screen.stdio[3], 'data');
  const options = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] } };
  return launch('WebKitGTK', 'WebKitWebDriver', options, { DISPLAY: `:${String(display).trim()}` }, () => screen.kill());
}

/** WPE WebKit 2.38, as old as Safari 16.0: the newest of Debian's engines that has no WebAssembly SIMD. */
export async function launchWPE() {
  const runtime = mkdtempSync(join(tmpdir(), 'wpe-'));
  const options = { browserName: 'cog', 'wpe:browserOptions': { binary: '/usr/bin/cog', args: ['--automation', '--platform=headless'] } };
  return launch('WPE', 'WPEWebDriver', options, { XDG_RUNTIME_DIR: runtime }, () => rmSync(runtime, { recursive: true, force: true }));
}

async function launch(name, program, capabilities, env, stop) {
  const port = await freePort();
  const driver = spawn(program, [`--port=${port}`], {
    stdio: 'ignore',
    // As root in a container there is no user namespace to sandbox with.
    env: { ...process.env, ...env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
  });
  const tab = new WebKitTab(name, `http://127.0.0.1:${port}`, capabilities);
  tab.stop = () => { driver.kill(); stop(); };
  process.once('exit', tab.stop);
  try {
    await tab.start();
  } catch (error) {
    tab.stop();
    throw error;
  }
  return tab;
}

class WebKitTab extends Tab {
  constructor(name, base, capabilities) {
    super();
    this.name = name;
    this.base = base;
    this.capabilities = capabilities;
  }

  async start() {
    for (let tries = 100; ; tries--) {
      const ready = await this.call('GET', '/status').then(() => true, () => false);
      if (ready) break;
      if (tries === 0) throw new Error(`the driver of ${this.name} does not answer`);
      await sleep(100);
    }
    const { sessionId } = await this.call('POST', '/session', { capabilities: { alwaysMatch: this.capabilities } });
    this.base += `/session/${sessionId}`;
    await this.call('POST', '/timeouts', { script: PATIENCE, pageLoad: PATIENCE });
  }

  async close() {
    await this.call('DELETE', '').catch(() => {});
    this.stop();
  }

  open(url) { return this.call('POST', '/url', { url }); }

  async evaluate(fn, ...args) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve((${fn})(...Array.prototype.slice.call(arguments, 0, -1))).then(value => done({ value }), error => done({ error: String(error) + '\\n' + error?.stack }))`;
    const result = await this.call('POST', '/execute/async', { script, args });
    if (result.error) throw new Error(result.error);
    return result.value;
  }

  /** Like playwright, waits out a layout that is still moving. */
  async click(css) {
    for (const end = Date.now() + PATIENCE; ;) {
      const element = await this.element(css);
      await this.evaluate((css) => document.querySelector(css).scrollIntoView({ block: 'center', behavior: 'instant' }), css);
      const refused = await this.call('POST', `/element/${element}/click`, {}).then(() => undefined, (error) => error);
      if (!refused) return;
      if (!/not interactable|intercepted|stale/.test(refused.message) || Date.now() > end) throw refused;
      await sleep(50);
    }
  }

  async fill(css, text) {
    const element = await this.element(css);
    await this.call('POST', `/element/${element}/clear`, {});
    await this.call('POST', `/element/${element}/value`, { text: text.replaceAll('\n', '\uE007') });
  }

  async choose(css, value) {
    await this.element(css);
    const option = await this.find(`${css} option[value="${value}"]`);
    await this.call('POST', `/element/${option}/click`, {});
  }

  async element(css) {
    await this.visible(css);
    await this.until(`${css} to be enabled`, (css) => !document.querySelector(css).disabled, css);
    return this.find(css);
  }

  async find(css) {
    return (await this.call('POST', '/element', { using: 'css selector', value: css }))[ELEMENT];
  }

  async call(method, path, body) {
    const response = await fetch(this.base + path, { method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json' } });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }
}

function miniBrowser() {
  const found = readdirSync('/usr/lib')
    .flatMap((folder) => ['4.1', '4.0'].map((version) => `/usr/lib/${folder}/webkit2gtk-${version}/MiniBrowser`))
    .find((path) => existsSync(path));
  if (!found) throw new Error('MiniBrowser is not installed: apt-get install webkit2gtk-driver');
  return found;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
