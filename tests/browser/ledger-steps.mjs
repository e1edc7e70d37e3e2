// What the tests of ledger and audit view do alike.
import { OtherDevice } from './other-device.mjs';

/** On purpose here: a write behind which another device was, and a server that was cut off. */
export const EXPECTED = /status of (409|500)|ERR_FAILED|ERR_INTERNET_DISCONNECTED/;

export const kinds = (events) => events.map(({ kind }) => kind);
export const count = (events, kind) => kinds(events).filter((one) => one === kind).length;

/** An account with a client; and the same account on another device. */
export async function settle(it, name) {
  const person = await it.arrive(name);
  await person.createAccount();
  await person.addClient('Demo Client');
  person.client = new URL(person.tab.page.url()).hash.split('/')[2];
  const other = await OtherDevice.unlock(person);
  await other.follow();
  return { person, other, tab: person.tab };
}

/** Locks, and waits for the last request: that it takes the text off the screen comes first. */
export async function lock(person) {
  const ended = person.tab.page.waitForResponse((response) => response.request().method() === 'DELETE' && response.url().endsWith('/api/login'));
  await person.lock();
  await ended;
}

export const openSession = async (person, session) => {
  await person.tab.evaluate((hash) => { location.hash = hash; }, `#/clients/${person.client}/${session}`);
  await person.tab.until('the session', (session) => location.hash.endsWith(session) && document.querySelector('main[data-view="session"]:not([aria-busy="true"])') !== null, session);
  await person.reads('private', 'field-text', /./);
};
