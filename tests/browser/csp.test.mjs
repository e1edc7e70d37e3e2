// The Content-Security-Policy that the server sends is strict, and the browser enforces it on the page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './support.mjs';

const it = stage();

test('the policy allows no inline script, no inline style and nobody else\'s host', async () => {
  for (const path of ['/', '/any/deep/link']) {
    const response = await fetch(it.server.url + path);
    const policy = Object.fromEntries(response.headers.get('content-security-policy').split(';').map((directive) => {
      const [name, ...sources] = directive.trim().split(/\s+/);
      return [name, sources.join(' ')];
    }));
    assert.equal(policy['default-src'], "'none'");
    assert.equal(policy['script-src'], "'self' 'wasm-unsafe-eval'");
    assert.equal(policy['style-src'], "'self'");
    assert.equal(policy['connect-src'], "'self'");
    assert.equal(policy['frame-ancestors'], "'none'");
    assert.equal(policy['base-uri'], "'none'");
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
    const html = await response.text();
    assert.doesNotMatch(html, /<style|style=|<script(?![^>]*\ssrc=)|\son[a-z]+=/i);
  }
});

test('it is enforced: an injected script and style do nothing, and are reported', async () => {
  const { tab } = await it.arrive('demo-csp');
  await tab.open(it.server.url);
  const result = await tab.evaluate(async () => {
    const violations = [];
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    const paragraph = document.createElement('p');
    paragraph.setAttribute('style', 'color: rgb(1, 2, 3)');
    document.body.append(script, paragraph);
    const elsewhere = await fetch('https://elsewhere.invalid/').then(() => 'sent', () => 'refused');
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { injected: window.injected, color: getComputedStyle(paragraph).color, elsewhere, violations: violations.sort() };
  });
  assert.equal(result.injected, undefined);
  assert.notEqual(result.color, 'rgb(1, 2, 3)');
  assert.equal(result.elsewhere, 'refused');
  assert.deepEqual(result.violations, ['connect-src', 'script-src-elem', 'style-src-attr']);
});
