import { useState } from 'preact/hooks';
import { handOn, type HeldShare, listShares } from '../../deals.ts';
import { isWholeCode, listRequests, type OpenRequest, refuseRequest } from '../../devices.ts';
import { useAction, useLoad } from '../../hooks.ts';
import { showMoment } from '../../model.ts';
import { go, link } from '../../router.ts';
import type { Session } from '../../state.ts';
import { claim, type HeldWill, isReady, listWills } from '../../wills.ts';
import { ConfirmButton } from '../../ui/confirm.tsx';
import { FormError, Loading, Notice, TextField } from '../../ui/fields.tsx';
import { CheckIcon } from '../../ui/icons.tsx';

const load = async () => {
  const [shares, requests, wills] = await Promise.all([listShares(), listRequests(), listWills()]);
  return { shares, requests, wills };
};

const at = (time: string): string => showMoment(new Date(time));

export function OthersSection({ session }: { session: Session }) {
  const loaded = useLoad(load, [session]);
  const { value, reload } = loaded;
  const own = session.vault.account;
  const mine = value?.requests.filter(({ kind, account }) => kind === 'trustees' && account === own) ?? [];
  const others = value?.requests.filter(({ account }) => account !== own) ?? [];
  return (
    <>
      <section class="card stack">
        <h2>For others</h2>
        <p>
          What you keep for colleagues: shares as their trustee or executor. A share alone opens nothing. You hand it on
          only to somebody whom you called yourself, and only against a code.
        </p>
        <FormError text={loaded.error} />
        {loaded.loading && !value && <Loading />}
        {value?.shares.length === 0 && (
          <p class="muted" data-testid="shares-none">
            Nobody has given you a share.
          </p>
        )}
        {value && value.shares.length > 0 && (
          <ul class="holders" data-testid="held-shares">
            {value.shares.map((share) => (
              <li key={share.deal}>
                <strong>{share.handle}</strong>{' '}
                <span class="tag">{share.kind === 'trustees' ? 'you are a trustee' : 'you are an executor'}</span>{' '}
                <span class="muted">since {at(share.storedAt)}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
      {mine.length > 0 && <OwnRequests rows={mine} onChanged={reload} />}
      {value && others.length > 0 && (
        <section class="card stack" aria-labelledby="asked-heading">
          <h2 id="asked-heading">Requests to you</h2>
          {others.map((row) => (
            <AnswerRequest
              key={row.request}
              session={session}
              row={row}
              share={value.shares.find(({ account, kind }) => account === row.account && kind === row.kind)}
              claimant={value.wills.find(({ claim: made }) => made?.request === row.request)?.claim?.handle}
              onAnswered={reload}
            />
          ))}
        </section>
      )}
      {value && value.wills.length > 0 && (
        <section class="card stack" aria-labelledby="wills-heading">
          <h2 id="wills-heading">Professional wills</h2>
          {value.wills.map((will) => (
            <Held key={will.deal} session={session} will={will} />
          ))}
        </section>
      )}
    </>
  );
}

function OwnRequests({ rows, onChanged }: { rows: OpenRequest[]; onChanged: () => void }) {
  const { busy, error, run } = useAction();
  return (
    <section class="card stack" aria-labelledby="own-requests-heading">
      <h2 id="own-requests-heading">Somebody asks your trustees</h2>
      <Notice kind="warning">
        <p>
          Your trustees are asked to open <strong>your</strong> account. If you did not ask for that, stop it now, and
          call them.
        </p>
      </Notice>
      {rows.map((row) => (
        <div class="claim open" key={row.request} data-testid="own-request">
          <p>Asked on {showMoment(row.createdAt)}</p>
          <button
            type="button"
            class="danger"
            data-testid="stop-request"
            disabled={busy}
            onClick={() =>
              run(async () => {
                await refuseRequest(row.request);
                onChanged();
              })
            }
          >
            This was not me: stop it
          </button>
        </div>
      ))}
      <FormError text={error} />
    </section>
  );
}

interface AnswerProps {
  session: Session;
  row: OpenRequest;
  share: HeldShare | undefined;
  /** Who claimed the will, as the server says. */
  claimant: string | undefined;
  onAnswered: () => void;
}

function AnswerRequest({ session, row, share, claimant = 'an executor', onAnswered }: AnswerProps) {
  const [code, setCode] = useState('');
  const { busy, error, run } = useAction();
  const trustees = row.kind === 'trustees';
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!share) return;
    run(async () => {
      await handOn(session.vault, row, share, code);
      setCode('');
      onAnswered();
    });
  };
  return (
    <article class="asked" data-testid="request">
      <h3>
        {trustees
          ? `${row.handle} asks to be let back in`
          : `The professional will of ${row.handle} was claimed by ${claimant}`}
      </h3>
      <p class="muted">
        {showMoment(row.createdAt)}
        {share && ` · ${trustees ? 'you are a trustee' : 'you are an executor'}`}
      </p>
      {row.answered && (
        <p class="verified" data-testid="request-answered">
          <CheckIcon /> You handed on your share.
        </p>
      )}
      {!share && <p class="warn">You hold no share for this any more.</p>}
      {share && !row.answered && (
        <form class="stack" onSubmit={submit}>
          <Notice kind="warning">
            <p>
              <strong>Call first.</strong>{' '}
              {trustees
                ? `Anybody could have made this request in the name of ${row.handle}. Call ${row.handle} on a number that you have known for long, recognise the voice, and have the code on their screen read to you.`
                : `Make sure of what happened to ${row.handle}. Then call ${claimant} on a number that you know, and have the code on their screen read to you.`}{' '}
              If you were called, hang up and call back. A code that came by message proves nothing.
            </p>
          </Notice>
          <TextField
            label="Code that is read to you"
            testId="request-code"
            value={code}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            class="digits"
            hint="4 groups of 4 letters and digits"
            maxLength={24}
            onValue={setCode}
          />
          <FormError text={error} reserved />
          <div class="actions">
            <button type="submit" class="primary" data-testid="answer-request" disabled={busy || !isWholeCode(code)}>
              {busy ? 'Checking…' : 'Hand on my share'}
            </button>
          </div>
        </form>
      )}
    </article>
  );
}

function Held({ session, will }: { session: Session; will: HeldWill }) {
  const { claim: made, handle, account } = will;
  const open = made !== null && made.cancelledAt === null;
  const scope = will.scope === 'chart' ? 'client list and chart' : 'client list, chart and private drawer';
  const days = will.waitingDays === 1 ? '1 day' : `${will.waitingDays} days`;
  return (
    <article class="asked" data-testid="held-will">
      <h3>{handle}</h3>
      <p class="muted">
        Covers {scope} · wait of {days} · since {at(will.storedAt)}
      </p>
      <p data-testid="held-will-state">{describe(will)}</p>
      <div class="actions">
        {open && made.mine ? (
          <a class="button primary" href={link('executor', account)} data-testid="open-executor">
            {isReady(made) ? 'Open the will' : 'Code and shares'}
          </a>
        ) : (
          <ConfirmButton
            label={open ? 'Claim it as well…' : 'Claim…'}
            testId="claim-will"
            title={`Claim the professional will of ${handle}?`}
            action="Claim it"
            onConfirm={async () => {
              await claim(session.vault, account);
              go('executor', account);
            }}
          >
            <p>Do so if {handle} has died or can no longer work, and you made sure of it.</p>
            <ul class="prose">
              <li>{handle} sees it at the next unlock, and can cancel.</li>
              <li>
                {will.waitingDays === 0
                  ? 'There is no wait: it can be opened as soon as enough executors have handed on their shares.'
                  : `It can be opened ${days} from now, not before.`}
              </li>
              <li>The other executors see the claim, and hand on their shares against a code that you read to them.</li>
              {open && <li>The claim of {made.handle} stays as it is.</li>}
              <li>Every step is recorded.</li>
            </ul>
          </ConfirmButton>
        )}
      </div>
    </article>
  );
}

function describe({ claim: made, handle }: HeldWill): string {
  if (!made) return 'Nobody has claimed it.';
  const who = made.mine ? 'You' : made.handle;
  if (made.cancelledAt) {
    return `${who} claimed it on ${at(made.claimedAt)}; ${handle} cancelled that on ${at(made.cancelledAt)}.`;
  }
  const answers =
    made.answers === 0
      ? 'No share was handed on yet.'
      : made.answers === 1
        ? '1 share was handed on.'
        : `${made.answers} shares were handed on.`;
  const when = isReady(made) ? 'The wait is over.' : `The wait ends on ${at(made.readyAt)}.`;
  return `${who} claimed it on ${at(made.claimedAt)}. ${when} ${answers}`;
}
