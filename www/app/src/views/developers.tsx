import { CodeBox } from '../ui/code-box.tsx';
import { PageTitle } from '../ui/fields.tsx';
import { Page } from '../ui/page.tsx';

const CODE = `import { Identity, newId, Vault } from 'sealed-notes';

const { vault, accountSecret, recoveryCode, ...account } = await Vault.create({ passphrase });
// both are for the person, on paper; nothing is sealed before she typed the code back
const { sealedVault } = await vault.confirmRecoveryCode({ code: typed, slots: account.slots });
const client = newId(); // never a name

// private drawer: there is no parameter for a recipient
const note = await vault.private.seal({ client, text: 'Only I can read this.' });

// chart: one grant per person, after fingerprints were compared
const colleague = await Identity.fromKeyLog(id, keyLog);
const { verified } = await vault.confirm(colleague, digitsReadOnThePhone);
const grantTo = [{ to: verified, purpose: 'treatment' }];
const progress = await vault.chart.seal({ client, sections: { plan }, grantTo });

await store({ ...account, sealedVault }, note, progress); // your server keeps what it cannot read
vault.lock();`;

const CSP = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

export function DevelopersView() {
  return (
    <Page view="developers">
      <div class="page-head">
        <PageTitle>For developers</PageTitle>
        <p class="aside">
          This page is an ordinary web app around one npm package. Yours can hold the same two drawers.
        </p>
      </div>
      <section class="stack">
        <h2>Ten lines</h2>
        <p>
          <code>npm install sealed-notes</code>
        </p>
        <CodeBox label="Example" testId="developer-code">
          {CODE}
        </CodeBox>
      </section>
      <section class="stack">
        <h2>One line of Content-Security-Policy</h2>
        <CodeBox label="Content-Security-Policy" testId="developer-csp">
          {CSP}
        </CodeBox>
        <p>
          No eval, no blob: worker, no inline script or style, no request to a third party. This page is served under
          that policy.
        </p>
      </section>
      <section class="stack">
        <h2>What holds it up</h2>
        <ul class="prose">
          <li>
            Keys stay in WebAssembly memory. JavaScript gets passphrases in, text in and out, sealed bytes and public
            keys out.
          </li>
          <li>
            COSE signatures and encryption, HPKE grants (X-Wing by default), Argon2id at 64 MiB, padded sizes. An
            exported record opens in any COSE-HPKE library.
          </li>
          <li>
            Each version is signed and chained to the one before. Open a note and press <em>What the server sees</em>{' '}
            for the stored bytes.
          </li>
          <li>
            The server's routes: <a href="/api/openapi.json">OpenAPI document</a>. Implement them on your own backend or
            run ours.
          </li>
        </ul>
      </section>
      <section class="stack">
        <h2>What it does not promise</h2>
        <p>
          A server that also serves the page's JavaScript, and turns hostile, can hand out a page that does something
          else. Malware on the device reads the screen. What a colleague has read stays read.
        </p>
      </section>
    </Page>
  );
}
