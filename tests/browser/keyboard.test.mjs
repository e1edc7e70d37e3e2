// The main flow by keyboard alone, with the focus always to be seen; and nothing jumps while one writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testid } from './person.mjs';
import { assertQuiet, PASSPHRASE, stage } from './support.mjs';

const it = stage();

test('create, write in both drawers, share, lock and unlock by keyboard', async (t) => {
  const step = it.steps(t);
  const person = await it.arrive('demo-keys');
  const colleague = await it.arrive('demo-keys-colleague');
  const { keyboard } = person.tab.page;

  async function focused(css) {
    return person.tab.evaluate((css) => {
      const element = document.activeElement;
      if (!element?.matches(css)) return undefined;
      const style = getComputedStyle(element);
      return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none' ? 'visible' : 'invisible';
    }, css);
  }

  /** Tabs until an element has the focus, as a person would; at most once around the page. */
  async function tabTo(css) {
    await person.tab.visible(css);
    for (let presses = 0; presses < 80; presses++) {
      const seen = await focused(css);
      if (seen) return assert.equal(seen, 'visible', `the focus on ${css} can be seen`);
      await keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach ${css}`);
  }

  async function type(css, text) {
    await tabTo(css);
    await keyboard.type(text);
  }

  async function press(css) {
    await tabTo(css);
    await keyboard.press('Enter');
  }

  const within = (drawer, name) => `${testid(`drawer-${drawer}`)} ${testid(name)}`;

  await step('account', async () => {
    await person.tab.open(it.server.url);
    await person.view('landing');
    await press(testid('landing-create'));
    await person.view('create');
    await type(testid('handle'), person.handle);
    await type(testid('passphrase'), PASSPHRASE);
    await type(testid('passphrase-again'), PASSPHRASE);
    await keyboard.press('Enter');
    await person.view('kit');
    const groups = (await person.tab.text(testid('recovery-code'))).split('-');
    await press(testid('kit-copied'));
    for (const field of ['kit-group-1', 'kit-group-2']) {
      await tabTo(testid(field));
      await keyboard.type(groups[await person.tab.evaluate(() => Number(document.activeElement.name.match(/\d+/)[0])) - 1]);
    }
    await keyboard.press('Enter');
    await person.view('clients');
  });

  await step('client, session, both drawers, saved with Ctrl+S', async () => {
    await type(testid('new-client-name'), 'Demo Client');
    await keyboard.press('Enter');
    await person.view('client');
    await press(testid('new-session'));
    await person.view('session');
    await type(within('private', 'field-text'), 'typed by keyboard');
    await keyboard.press('Control+s');
    await person.reads('private', 'status', 'Saved as version 1');
    await type(within('chart', 'field-plan'), 'planned by keyboard');
    await keyboard.press('Control+s');
    await person.reads('chart', 'status', 'Saved as version 1');
  });

  await step('share; Esc closes a dialog and gives the focus back', async () => {
    await colleague.createAccount();
    await press(within('chart', 'share'));
    await person.tab.visible(testid('share-dialog'));
    await keyboard.press('Escape');
    await person.tab.gone(testid('share-dialog'));
    assert.ok(await focused(within('chart', 'share')), 'the focus is back on Share');
    await keyboard.press('Enter');
    await type(testid('share-handle'), colleague.handle);
    await keyboard.press('Enter');
    await type(testid('fingerprint-input'), colleague.fingerprint);
    await press(testid('confirm-fingerprint'));
    await tabTo(testid('purpose'));
    await keyboard.press('ArrowDown');
    await press(testid('grant'));
    await person.tab.gone(testid('share-dialog'));
    await person.reads('chart', 'readable-by', colleague.handle);
  });

  await step('lock and unlock', async () => {
    await keyboard.press('Control+Shift+L');
    await person.tab.visible(testid('submit-unlock'));
    assert.equal(await focused(testid('passphrase')), 'visible', 'the passphrase can be typed at once');
    await keyboard.type(PASSPHRASE);
    await keyboard.press('Enter');
    await person.view('session');
    await person.reads('private', 'field-text', 'typed by keyboard');
  });

  await step('every situation of the help can be opened and left by keyboard', async () => {
    await keyboard.press('Control+Shift+L');
    await person.tab.visible(testid('submit-unlock'));
    await press(testid('other-ways'));
    await person.view('help');
    for (const way of ['forgot-passphrase', 'lost-device', 'forgotten-browser', 'lost-kit', 'nothing-left']) {
      await press(testid(`help-${way}`));
      assert.equal(await person.tab.evaluate(() => document.activeElement.getAttribute('aria-expanded')), 'true');
    }
    await press(testid('help-forgot-passphrase'));
    await type(testid('recovery-code-input'), 'ABCD');
    await keyboard.press('Enter');
    await person.tab.visible(testid('form-error'));
  });

  assertQuiet(person.tab);
});

test('nothing jumps while one writes and saves', async () => {
  const person = await it.arrive('demo-steady');
  await person.createAccount();
  await person.addClient('Demo Client');
  await person.newSession();
  await person.tab.evaluate(() => {
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((it) => ({
      value: it.value, moved: it.sources.map((source) => source.node?.outerHTML?.slice(0, 120)),
    })))).observe({ type: 'layout-shift' });
  });
  for (const version of [1, 2]) {
    await person.write('private', 'text', `draft ${version}`);
    await person.draftSaved('private');
    await person.save('private', version);
    await person.write('chart', 'goals', `draft ${version}`);
    await person.draftSaved('chart');
    await person.save('chart', version);
  }
  const shifts = await person.tab.evaluate(() => window.shifts);
  assert.ok(shifts.reduce((sum, { value }) => sum + value, 0) < 0.02, JSON.stringify(shifts, undefined, 1));
});
