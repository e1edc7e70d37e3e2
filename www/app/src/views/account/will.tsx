import { useState } from 'preact/hooks';
import type { Deal, WillScope } from 'sealed-notes';
import type { Chosen, Dealing } from '../../deals.ts';
import { refuseRequest } from '../../devices.ts';
import { type AccountEvent, listEvents, tell } from '../../events.ts';
import { useAction, useLoad } from '../../hooks.ts';
import { showDate, showMoment, today } from '../../model.ts';
import type { Session } from '../../state.ts';
import { type Claim, isOpen, isReady, issueWill, type OwnWill, ownWill, revokeWill } from '../../wills.ts';
import { ConfirmButton } from '../../ui/confirm.tsx';
import { DealForm, DealSummary } from '../../ui/deal-form.tsx';
import { FormError, Loading, Notice, TextField } from '../../ui/fields.tsx';
import { PaperShares } from '../../ui/paper-share.tsx';
import { StepTitle } from '../../ui/step-title.tsx';

const MOST_DAYS = 365;
const can = (scope: WillScope): string =>
  scope === 'chart' ? 'open your client list and chart' : 'open your client list, chart and private drawer';
const showScope = (scope: WillScope): string =>
  scope === 'chart' ? 'Client list and chart' : 'Client list, chart and private drawer';
const showDays = (days: number): string => (days === 1 ? '1 day' : `${days} days`);

/** What the server recorded is told where there is a record; a will is shown without it. */
const load = async (): Promise<{ will: OwnWill | null; steps: AccountEvent[] }> => {
  const [will, steps] = await Promise.all([ownWill(), listEvents().catch(() => [])]);
  return { will, steps };
};

type Mode = { name: 'view' | 'issue' | 'sheet' } | { name: 'print'; dealing: Dealing; waitingDays: number };

export function WillSection({ session }: { session: Session }) {
  const [mode, setMode] = useState<Mode>({ name: 'view' });
  const [done, setDone] = useState('');
  const loaded = useLoad(load, [session]);
  const deal = session.vault.deals().find(({ kind }) => kind === 'will');
  const will = loaded.value?.will;
  const view = (): void => setMode({ name: 'view' });

  if (mode.name === 'print') {
    return <PaperShares handle={session.handle} dealing={mode.dealing} waitingDays={mode.waitingDays} onDone={view} />;
  }
  if (mode.name === 'issue') {
    return (
      <IssueForm
        session={session}
        replaces={deal !== undefined}
        onIssued={(dealing, waitingDays) => {
          loaded.reload();
          setDone('Your professional will is in place. Give each executor the information sheet.');
          setMode(dealing.sheets.length > 0 ? { name: 'print', dealing, waitingDays } : { name: 'view' });
        }}
        onCancel={view}
      />
    );
  }
  if (mode.name === 'sheet' && deal && will) {
    return <ExecutorSheet handle={session.handle} deal={deal} will={will} onBack={view} />;
  }
  return (
    <>
      <section class="card stack">
        <h2>Professional will</h2>
        <p role="status" class="status plain" data-testid="will-status">
          {done}
        </p>
        <p>
          If you die or can no longer work, somebody has to tell your clients, hand over what they need, and look after
          your records. Ethics codes ask you to plan for that (APA 3.12 and 6.02(c)). Here you name executors: several
          of them together, after a wait in which you can stop them, read what you choose. They cannot change anything,
          and they cannot act in your name.
        </p>
        <FormError text={loaded.error} />
        {loaded.loading && !loaded.value && <Loading />}
        {loaded.value && !deal && !will && (
          <>
            <p class="muted" data-testid="will-none">
              You have not issued one.
            </p>
            <div class="actions">
              <button type="button" class="primary" data-testid="issue-will" onClick={() => setMode({ name: 'issue' })}>
                Issue a professional will
              </button>
            </div>
          </>
        )}
        {loaded.value && (deal || will) && (
          <>
            <Present session={session} deal={deal} will={will ?? undefined} steps={loaded.value.steps} />
            <div class="actions">
              {deal && will && (
                <button type="button" data-testid="executor-sheet" onClick={() => setMode({ name: 'sheet' })}>
                  Information sheet for executors
                </button>
              )}
              <button type="button" data-testid="issue-will" onClick={() => setMode({ name: 'issue' })}>
                Replace…
              </button>
              <ConfirmButton
                label="Revoke…"
                testId="revoke-will"
                class="quiet"
                title="Revoke your professional will?"
                action="Revoke it"
                danger
                onConfirm={async () => {
                  await revokeWill(deal?.deal ?? will?.deal ?? '');
                  setDone('Your professional will is revoked. Its shares open nothing any more.');
                  loaded.reload();
                }}
              >
                <p>
                  The server stops keeping it, claims end, and its shares open nothing any more. What an executor has
                  read already cannot be taken back.
                </p>
              </ConfirmButton>
            </div>
          </>
        )}
      </section>
      {will && <Claims claims={will.claims} onChanged={loaded.reload} />}
      {loaded.value && <Record session={session} steps={loaded.value.steps} claims={will?.claims ?? []} />}
    </>
  );
}

interface PresentProps {
  session: Session;
  deal: Deal | undefined;
  will: OwnWill | undefined;
  steps: AccountEvent[];
}

function Present({ session, deal, will, steps }: PresentProps) {
  // Newest first, and by one clock.
  const last = steps.find(({ kind }) => kind === 'rotated' || kind === 'will_issued');
  const rotated = session.vault.epoch > 1 && last?.kind === 'rotated' ? last : undefined;
  return (
    <>
      {!(deal && will && deal.deal === will.deal) && (
        <Notice kind="warning">
          <p data-testid="will-differs">
            {will
              ? 'The server keeps a professional will that this account does not know as its newest. Issue it again.'
              : 'The server does not keep your professional will any more, so executors could open nothing. Issue it again.'}
          </p>
        </Notice>
      )}
      {deal && rotated && (
        <Notice kind="warning">
          <p data-testid="will-outdated">
            You changed your keys on {showMoment(new Date(rotated.at))}, after issuing this will. Executors can open
            what you wrote before that, and nothing newer. Replace the will so that it covers everything.
          </p>
        </Notice>
      )}
      {will && (
        <dl class="facts" data-testid="will-facts">
          <div>
            <dt>Covers</dt>
            <dd data-testid="will-scope">{showScope(will.scope)}</dd>
          </div>
          <div>
            <dt>Wait after a claim</dt>
            <dd data-testid="will-wait">{showDays(will.waitingDays)}</dd>
          </div>
          <div>
            <dt>Since</dt>
            <dd>{showMoment(new Date(will.storedAt))}</dd>
          </div>
        </dl>
      )}
      {deal && (
        <>
          <h3>Executors</h3>
          <DealSummary deal={deal} can={will ? can(will.scope) : 'open it'} />
        </>
      )}
    </>
  );
}

function Claims({ claims, onChanged }: { claims: Claim[]; onChanged: () => void }) {
  const { busy, error, run } = useAction();
  if (claims.length === 0) return null;
  const cancel = (claim: Claim): void => {
    run(async () => {
      await refuseRequest(claim.request);
      onChanged();
    });
  };
  return (
    <section class="card stack" aria-labelledby="claims-heading">
      <h2 id="claims-heading">Claims</h2>
      <FormError text={error} />
      <ul class="claims" data-testid="claims">
        {claims.map((claim) => (
          <li key={claim.request} class={isOpen(claim) ? 'claim open' : 'claim'} data-testid="claim">
            <p>
              <strong>{claim.handle}</strong> claimed your will on {showMoment(new Date(claim.claimedAt))}.{' '}
              <span data-testid="claim-state">{describe(claim)}</span>
            </p>
            {isOpen(claim) && (
              <button
                type="button"
                class="danger"
                data-testid="cancel-claim"
                disabled={busy}
                onClick={() => cancel(claim)}
              >
                Cancel this claim
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const describe = (claim: Claim): string => {
  const opened = claim.openedAt ? ` It was fetched on ${showMoment(new Date(claim.openedAt))}.` : '';
  if (claim.cancelledAt) return `You cancelled it on ${showMoment(new Date(claim.cancelledAt))}.${opened}`;
  if (isReady(claim)) return `The wait is over: executors can open it now.${opened}`;
  return `The wait ends on ${showMoment(new Date(claim.readyAt))}. Until then nothing can be opened.`;
};

interface RecordProps {
  session: Session;
  steps: AccountEvent[];
  claims: Claim[];
}

function Record({ session, steps, claims }: RecordProps) {
  const shown = steps.filter(
    ({ kind, subject }) =>
      kind.startsWith('will_') || (kind === 'share_given' && claims.some(({ request }) => request === subject)),
  );
  if (shown.length === 0) return null;
  const names = { account: session.vault.account, devices: new Map<string, string>() };
  return (
    <section class="card stack" aria-labelledby="record-heading">
      <h2 id="record-heading">On record</h2>
      <p class="muted">As the server noted it.</p>
      <ol class="record" data-testid="will-record">
        {shown.map((step, at) => (
          <li key={at}>
            <span>{tell(step, names).text}</span> <span class="muted">{showMoment(new Date(step.at))}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

interface IssueProps {
  session: Session;
  replaces: boolean;
  onIssued: (dealing: Dealing, waitingDays: number) => void;
  onCancel: () => void;
}

function IssueForm({ session, replaces, onIssued, onCancel }: IssueProps) {
  const [days, setDays] = useState('7');
  const [withPrivate, setWithPrivate] = useState(false);
  const scope: WillScope = withPrivate ? 'chart-and-private' : 'chart';
  const waitingDays = /^\d{1,3}$/.test(days.trim()) ? Number(days) : Number.NaN;
  const check = (people: Chosen[]): string => {
    if (people.every(({ account }) => account === undefined)) {
      return 'At least one executor needs an account here: only somebody with an account can claim the will.';
    }
    if (!(waitingDays <= MOST_DAYS)) return `Enter the waiting period as a number of days, 0 to ${MOST_DAYS}.`;
    return '';
  };
  return (
    <section class="stack">
      <StepTitle>{replaces ? 'Replace your professional will' : 'Issue a professional will'}</StepTitle>
      {replaces && <p>The present will and its shares become worthless, and open claims end.</p>}
      <DealForm
        session={session}
        role="Executor"
        can={can(scope)}
        submit={replaces ? 'Replace the will' : 'Issue the will'}
        check={check}
        onDeal={async (people, threshold) =>
          onIssued(await issueWill({ scope, waitingDays }, people, threshold), waitingDays)
        }
        onCancel={onCancel}
      >
        <fieldset class="card stack">
          <legend>What they may read</legend>
          <p>
            <strong>Client list and chart:</strong> names and progress notes, enough to inform clients and to hand over
            their care.
          </p>
          <label class="choice">
            <input
              type="checkbox"
              data-testid="include-private"
              checked={withPrivate}
              onChange={() => setWithPrivate(!withPrivate)}
            />
            <span>Also my private drawer, with my psychotherapy notes</span>
          </label>
          <p class="hint">
            The law sets these notes apart from the chart (45 CFR 164.501): they are yours, and whoever takes over a
            client does not need them. Leave this off unless you want your executors to read what you wrote for yourself
            alone. With it off the will holds no key to that drawer, so nobody can open it later either.
          </p>
        </fieldset>
        <div class="card stack">
          <TextField
            label="Waiting period in days"
            testId="waiting-days"
            value={days}
            inputMode="numeric"
            autocomplete="off"
            maxLength={3}
            class="days"
            hint="From a claim until the will can be opened. You see a claim as soon as you unlock, and can cancel it: choose more days than you are ever away."
            onValue={setDays}
          />
          {waitingDays === 0 && <p class="warn">With 0 days you have no time to stop a claim that is wrong.</p>}
          <p class="muted">
            The server enforces this wait. If the server and enough executors work together against you, it does not
            protect.
          </p>
        </div>
      </DealForm>
    </section>
  );
}

interface SheetProps {
  handle: string;
  deal: Deal;
  will: OwnWill;
  onBack: () => void;
}

/** What executors need to know. It holds no secret. */
function ExecutorSheet({ handle, deal, will, onBack }: SheetProps) {
  const { threshold, shares } = deal;
  return (
    <div class="stack">
      <section class="card stack no-print">
        <StepTitle>Information sheet for executors</StepTitle>
        <p>It holds no secret. Print it for each executor, and put one with your other papers.</p>
        <div class="actions">
          <button type="button" class="primary" data-testid="print-sheet" onClick={() => print()}>
            Print
          </button>
          <button type="button" data-testid="sheet-back" onClick={onBack}>
            Back
          </button>
        </div>
      </section>
      <section class="card sheet share-sheet" aria-label="Information sheet" data-testid="executor-sheet-page">
        <h2>For the executors of {handle}</h2>
        <p>
          Sealed Notes at {location.origin} · account <strong>{handle}</strong> · {showDate(today())}
        </p>
        <p>
          You are asked to look after the clients of {handle} in case of death, or of an illness after which {handle}{' '}
          cannot work. {threshold} of these {shares.length} people together can open the client list
          {will.scope === 'chart' ? ' and the chart' : ', the chart and the private drawer'}:
        </p>
        <ul>
          {shares.map(({ name, account }) => (
            <li key={name}>
              {name} ({account ? 'with an account here' : 'with a page of paper'})
            </li>
          ))}
        </ul>
        <h3>What to do</h3>
        <ol class="steps">
          <li>Make sure of what happened: a relative, a doctor, a document. Talk to the other executors.</li>
          <li>
            One of you who has an account logs in, opens Account, For others, and chooses “Claim”. {handle} sees that at
            the next unlock, and can cancel.
          </li>
          <li>
            {will.waitingDays === 0
              ? 'There is no waiting period.'
              : `Wait ${showDays(will.waitingDays)}. The server opens nothing before that.`}
          </li>
          <li>
            Meanwhile the others hand on their shares. The claimant reads a code aloud, on a call that you made to a
            number you know; whoever has an account types it under Account, For others. Whoever has a page of paper
            reads its rows to the claimant.
          </li>
          <li>The claimant opens the will, informs the clients and hands over what they need. It can only be read.</li>
        </ol>
        <p>
          Every step is recorded and shown to {handle}.
          {will.scope === 'chart' && ' Psychotherapy notes are not included: nobody can open them.'}
        </p>
      </section>
    </div>
  );
}
