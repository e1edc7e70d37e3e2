// The page itself, with a server and a tampering proxy of its own.
import { newTab } from '../drivers/playwright.mjs';
import { Person, testid } from '../person.mjs';
import { startServer } from '../server.mjs';
import { startTampering } from './tamper.mjs';

/** Longer than the page waits with anything that it sends by itself. */
const QUIET = 1500;

/** Runs with somebody who has an account and one client, on the page as it ships. Started once, ended by `leaveThePage`. */
export async function onThePage(stage, run) {
  stage.visit.page ??= await visit(stage.browser);
  await run(stage.visit.page);
}

export async function leaveThePage({ visit }) {
  await visit.page?.leave();
}

async function visit(browser) {
  const wire = await startTampering();
  const server = await startServer({ options: ['--origin', wire.url] });
  wire.to(server.url);
  const tab = await newTab('page', browser);
  const [requests, complaints] = [[], []];
  tab.context.on('request', (request) => requests.push(request.url()));
  tab.context.on('console', (message) => { if (/Content.Security.Policy|Refused to/i.test(message.text())) complaints.push(message.text()); });
  const leave = async () => {
    await tab.close();
    wire.stop();
    await server.stop();
    server.forget();
  };
  const person = new Visitor(tab, wire.url, 'demo-visitor', 'correct horse battery staple 7');
  await person.createAccount();
  await person.addClient('Synthetic Person');
  return { person, wire, requests, complaints, leave };
}

class Visitor extends Person {
  /** A session with a note in either drawer, saved. */
  async open(text, plan) {
    const { tab } = this;
    await this.go('clients');
    await tab.click(testid('client-item'));
    await this.view('client');
    await this.newSession();
    await this.write('private', 'text', text);
    await this.save('private', 1);
    await this.write('chart', 'plan', plan);
    await this.save('chart', 1);
    this.hash = await tab.evaluate(() => location.hash);
    await this.settled();
  }

  /** Leaves the session and comes back, so that all of it is fetched once more. */
  async reload(view = 'session') {
    await this.go('clients');
    await this.settled();
    await this.tab.evaluate((hash) => { location.hash = hash; }, this.hash);
    await this.view(view);
    await this.settled();
  }

  settled() {
    return this.tab.page.waitForTimeout(QUIET);
  }

  shows(text) {
    return this.tab.evaluate((text) => [document.body.innerText, ...[...document.querySelectorAll('textarea')].map(({ value }) => value)].some((shown) => shown.includes(text)), text);
  }

  fieldsWithSpellCheck() {
    return this.tab.evaluate(() => [...document.querySelectorAll('textarea, input:not([type]), input[type="text"], input[type="search"]')].filter((field) => field.spellcheck).map((field) => field.dataset.testid));
  }
}
