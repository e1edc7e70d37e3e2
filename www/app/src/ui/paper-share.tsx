import { useState } from 'preact/hooks';
import { type Dealing, printed, type Sheet } from '../deals.ts';
import { showDate, today } from '../model.ts';
import { Notice } from './fields.tsx';
import { LeaveGuard } from './leave-guard.tsx';
import { QrCode } from './qr.tsx';
import { StepTitle } from './step-title.tsx';

interface PaperSharesProps {
  /** Whose account. */
  handle: string;
  dealing: Dealing;
  /** Days between a claim and the opening of a will. */
  waitingDays?: number | undefined;
  onDone: () => void;
}

/** Shares on paper, each a page of its own. They are in memory until this step is left, and stored nowhere. */
export function PaperShares({ handle, dealing, waitingDays, onDone }: PaperSharesProps) {
  const [handed, setHanded] = useState<number[]>([]);
  const { sheets } = dealing;
  const one = sheets.length === 1;
  const toggle = (number: number): void =>
    setHanded(handed.includes(number) ? handed.filter((other) => other !== number) : [...handed, number]);
  return (
    <div class="stack">
      <section class="card stack no-print">
        <StepTitle>{one ? 'Print one page' : `Print ${sheets.length} pages`}</StepTitle>
        <Notice kind="warning">
          <p>
            {one ? 'This share is' : 'These shares are'} shown this once and stored nowhere. Leave this page, lock, or
            close the browser, and {one ? 'it is' : 'they are'} gone.
          </p>
        </Notice>
        <p>
          Print, put each page into an envelope of its own, and hand it over in person or by post. Best on a printer
          that keeps no copies; not by e-mail, not as a photo.
        </p>
        <div class="actions">
          <button type="button" class="primary" data-testid="print-shares" onClick={() => print()}>
            Print
          </button>
        </div>
        <fieldset class="plain-set">
          <legend>Printed?</legend>
          {sheets.map(({ name, number }, at) => (
            <label key={number} class="choice">
              <input
                type="checkbox"
                data-testid={`printed-${at + 1}`}
                checked={handed.includes(number)}
                onChange={() => toggle(number)}
              />
              <span>The page for {name} is printed and I looked at it</span>
            </label>
          ))}
        </fieldset>
        <div class="actions">
          <button
            type="button"
            class="primary"
            data-testid="shares-done"
            disabled={handed.length < sheets.length}
            onClick={() => {
              printed(dealing);
              onDone();
            }}
          >
            Done
          </button>
        </div>
      </section>
      {sheets.map((sheet, at) => (
        <ShareSheet
          key={sheet.number}
          handle={handle}
          dealing={dealing}
          sheet={sheet}
          waitingDays={waitingDays}
          testId={`share-text-${at + 1}`}
        />
      ))}
      <LeaveGuard
        title="Leave before these are on paper?"
        text="The printed shares cannot be shown again. If you leave now, you will have to choose these people once more."
        stay="Stay and print"
      />
    </div>
  );
}

/** A handle that is longer stands in the head alone: the words, which name it often, have to stay on the page. */
const LONG_HANDLE = 24;

const GROUPS_A_ROW = 4;

function rowsOf(text: string): string[] {
  const groups = text.split('-');
  return Array.from({ length: Math.ceil(groups.length / GROUPS_A_ROW) }, (_, row) =>
    groups.slice(row * GROUPS_A_ROW, (row + 1) * GROUPS_A_ROW).join(' '),
  );
}

interface ShareSheetProps {
  handle: string;
  dealing: Dealing;
  sheet: Sheet;
  waitingDays: number | undefined;
  testId: string;
}

function ShareSheet({ handle, dealing, sheet, waitingDays, testId }: ShareSheetProps) {
  const { kind, threshold, names } = dealing;
  const called = handle.length > LONG_HANDLE ? 'the owner' : handle;
  const title = kind === 'trustees' ? `Trustee share for ${handle}` : `Professional will of ${handle}`;
  return (
    <section class="card sheet share-sheet" aria-label={`${title}, page for ${sheet.name}`} data-testid="share-sheet">
      <header class="share-head">
        <div>
          <h2>{title}</h2>
          <p>
            For <strong>{sheet.name}</strong> · share {sheet.number} of {names.length}
          </p>
          <p>
            Account <strong>{handle}</strong> at {location.origin}
          </p>
          <p>Made on {showDate(today())}</p>
        </div>
        <QrCode text={sheet.text} label="QR code with this share as text" />
      </header>
      <ol class="share-rows" data-testid={testId}>
        {rowsOf(sheet.text).map((row) => (
          <li key={row}>{`${row} `}</li>
        ))}
      </ol>
      {kind === 'trustees' ? (
        <TrusteeWords handle={called} threshold={threshold} count={names.length} />
      ) : (
        <ExecutorWords handle={called} threshold={threshold} count={names.length} waitingDays={waitingDays} />
      )}
    </section>
  );
}

interface Words {
  handle: string;
  threshold: number;
  count: number;
  waitingDays?: number | undefined;
}

const KEEP = (
  <li>
    <strong>Keep it</strong> where you keep what must not be lost, in its envelope. No photo, no copy, no e-mail.
  </li>
);

const TrusteeWords = ({ handle, threshold, count }: Words) => (
  <ul class="share-words">
    <li>
      <strong>What this is.</strong> {handle} keeps notes that are locked with keys only {handle} has. If those keys are
      ever lost, {threshold} of {count} trustees together can open the account again. This page alone opens nothing.
    </li>
    {KEEP}
    <li>
      <strong>When you are asked for it,</strong> hang up and call {handle} yourself, on a number that you have known
      for long, or meet. Recognise the voice. Then read the rows above aloud, one by one, or hand over the page.
    </li>
    <li>
      <strong>Give it to nobody</strong> whom you did not call yourself: not by e-mail or message, not to “support”, not
      in a hurry. Whoever has {threshold} of these pages can read everything {handle} ever wrote.
    </li>
    <li>Lost it, or somebody saw it? Tell {handle}, who makes it worthless in a minute.</li>
  </ul>
);

const ExecutorWords = ({ handle, threshold, count, waitingDays }: Words) => (
  <ul class="share-words">
    <li>
      <strong>What this is.</strong> {handle} named you an executor of the professional will: if {handle} dies or can no
      longer work, {threshold} of {count} executors together can open what is needed to inform and hand over clients.
      This page alone opens nothing.
    </li>
    {KEEP}
    <li>
      <strong>When the time comes,</strong> an executor who has an account at the address above claims the will there
      {waitingDays ? ` and waits ${waitingDays} ${waitingDays === 1 ? 'day' : 'days'}` : ''}, and asks you for this
      page. Be sure of what happened to {handle}. Then call that executor yourself, on a number that you know, and read
      the rows above aloud, one by one, or hand over the page.
    </li>
    <li>
      <strong>Give it to nobody</strong> whom you did not call yourself: not by e-mail or message, not to “support”, not
      in a hurry.
    </li>
    <li>Lost it, or somebody saw it? Tell {handle}, who makes it worthless in a minute.</li>
  </ul>
);
