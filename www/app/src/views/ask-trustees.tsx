import { useEffect, useRef, useState } from 'preact/hooks';
import { SealedNotesError, Share, UnlockRequest } from 'sealed-notes';
import { dropRequest, keepRequest, type KeptRequest, keptRequest } from '../device.ts';
import { explain } from '../errors.ts';
import { useAction, useLoad, usePolling } from '../hooks.ts';
import { showMoment } from '../model.ts';
import { fetchAnswers, type SentRequest, sendRequest } from '../requests.ts';
import { checkShare, fetchStored, hasTrustees, ownerOf, type Stored, unlockWithShares } from '../ways-in.ts';
import { FormError, Loading, Notice, PassphraseField, ShowPassphrase } from '../ui/fields.tsx';
import { NewPassphrase, useNewPassphrase } from '../ui/new-passphrase.tsx';
import { Outcome, type StageName } from '../ui/stage.tsx';

const POLL_EVERY_MS = 5_000;

/** A request in hand: made, or taken up again. */
interface Asked {
  request: UnlockRequest;
  sent: SentRequest;
  stored: Stored;
  passphrase: string;
}

/** Takes days: the request is kept on this device, under a passphrase that becomes the account's. */
export function AskTrustees({ handle }: { handle: string }) {
  const kept = useLoad(() => keptRequest(handle), [handle]);
  const [asked, setAsked] = useState<Asked>();
  const held = useRef<UnlockRequest | undefined>(undefined);
  useEffect(() => () => held.current?.discard(), []);
  const onAsked = (now: Asked): void => {
    held.current = now.request;
    setAsked(now);
  };
  const startOver = async (): Promise<void> => {
    await dropRequest(handle);
    held.current?.discard();
    setAsked(undefined);
    kept.reload();
  };
  if (asked) return <Gather handle={handle} {...asked} onStartOver={startOver} />;
  if (kept.loading) return <Loading />;
  return kept.value ? (
    <Resume kept={kept.value} onAsked={onAsked} onStartOver={startOver} />
  ) : (
    <Ask handle={handle} onAsked={onAsked} />
  );
}

function Ask({ handle, onAsked }: { handle: string; onAsked: (asked: Asked) => void }) {
  const passphrase = useNewPassphrase();
  const [stage, setStage] = useState<StageName>();
  const { busy, error, run } = useAction();
  const ask = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      try {
        const chosen = await passphrase.take();
        const stored = await fetchStored(handle);
        if (!(await hasTrustees(stored))) {
          throw new SealedNotesError(
            'unknown_slot',
            'This account has no trustees, so there is nobody to ask. See “I have none of these” below.',
          );
        }
        const request = await UnlockRequest.make({ account: stored.account, kind: 'trustees' });
        const kept = await request.keep({ passphrase: chosen, onProgress: setStage });
        // Kept first: an answer to a request whose key is gone would help nobody.
        await keepRequest({ handle, bytes: request.bytes, kept });
        onAsked({ request, sent: await sendRequest(request), stored, passphrase: chosen });
      } finally {
        setStage(undefined);
      }
    });
  };
  return (
    <form class="stack" onSubmit={ask}>
      <h3>Ask your trustees</h3>
      <p>
        It may take them days to answer. Choose a passphrase now: it keeps the request on this device until then, and{' '}
        <strong>becomes your new passphrase</strong> once you are back in. Come back to this browser on this device.
      </p>
      <NewPassphrase label="New passphrase" account={handle} onValue={passphrase.onValue} />
      <Outcome error={error} stage={stage} />
      <div class="actions">
        <button type="submit" class="primary" data-testid="ask-trustees" disabled={busy}>
          {busy ? 'Making the request…' : 'Make the request'}
        </button>
      </div>
    </form>
  );
}

interface ResumeProps {
  kept: KeptRequest;
  onAsked: (asked: Asked) => void;
  onStartOver: () => Promise<void>;
}

function Resume({ kept, onAsked, onStartOver }: ResumeProps) {
  const [passphrase, setPassphrase] = useState('');
  const [shown, setShown] = useState(false);
  const [sure, setSure] = useState(false);
  const { busy, error, run } = useAction();
  const resume = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      const request = await UnlockRequest.resume({ bytes: kept.bytes, kept: kept.kept, passphrase });
      try {
        const stored = await fetchStored(kept.handle);
        onAsked({ request, sent: await sendRequest(request), stored, passphrase });
      } catch (thrown) {
        request.discard();
        throw thrown;
      }
    });
  };
  return (
    <form class="stack" onSubmit={resume} data-testid="resume-form">
      <h3>Your request to your trustees</h3>
      <p>You made one on this device. Type the passphrase that you chose for it, to see who has answered.</p>
      <input type="text" name="username" autocomplete="username" value={kept.handle} readOnly hidden />
      <PassphraseField
        label="Passphrase of the request"
        testId="request-passphrase"
        value={passphrase}
        shown={shown}
        autocomplete="current-password"
        onValue={setPassphrase}
      />
      <ShowPassphrase shown={shown} onToggle={() => setShown(!shown)} />
      <FormError text={error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="resume-request" disabled={busy}>
          {busy ? 'Opening…' : 'Go on with it'}
        </button>
        <button
          type="button"
          class={sure ? 'danger' : 'quiet'}
          data-testid="drop-request"
          disabled={busy}
          onClick={() => (sure ? run(onStartOver) : setSure(true))}
        >
          {sure ? 'Yes, throw it away with its answers' : 'Start over with a new request'}
        </button>
      </div>
    </form>
  );
}

const sameShare = (one: Share, other: Share): boolean => one.deal === other.deal && one.number === other.number;

interface GatherProps extends Asked {
  handle: string;
  onStartOver: () => Promise<void>;
}

function Gather({ handle, request, sent, stored, passphrase, onStartOver }: GatherProps) {
  const shares = useRef<Share[]>([]);
  const seen = useRef(new Set<string>());
  const [count, setCount] = useState(0);
  const [refused, setRefused] = useState<string[]>([]);
  const [ended, setEnded] = useState(false);
  const opening = useAction();
  const needed = shares.current[0]?.threshold;

  /** Checks a share before it counts, and goes in once there are enough. */
  const add = async (share: Share): Promise<'new' | 'known'> => {
    await checkShare(stored, share);
    if (shares.current.some((known) => sameShare(known, share))) return 'known';
    shares.current.push(share);
    setCount(shares.current.length);
    if (shares.current.length >= share.threshold) await open();
    return 'new';
  };
  const open = (): Promise<void> => opening.run(() => unlockWithShares(handle, stored, shares.current, passphrase));

  const error = usePolling(
    async () => {
      const found = await fetchAnswers(sent.hash);
      setEnded(!found.open);
      for (const answer of found.answers) {
        const mark = String(answer);
        if (seen.current.has(mark)) continue;
        try {
          await add(await request.openShare(answer));
        } catch (thrown) {
          setRefused((before) => [...before, explain(thrown)]);
        }
        seen.current.add(mark);
      }
    },
    POLL_EVERY_MS,
    [request, sent],
  );

  return (
    <div class="stack" data-testid="trustees-request">
      <h3>Read this code to each of your trustees</h3>
      <p class="secret" data-testid="trustees-code">
        {request.code}
      </p>
      <ol class="steps">
        <li>Call them, or see them. They must know that it is you: that is what you trust them for.</li>
        <li>
          They unlock Sealed Notes and find your request under <strong>Account, For others</strong>. You read the code
          aloud, they type it and hand you their share.
        </li>
        <li>Their shares arrive here by themselves. A share on paper is typed in below.</li>
      </ol>
      <div class="gathered" role="status">
        <p class="share-count" data-testid="share-count">
          {needed === undefined ? 'No share yet' : `${count} of ${needed} shares`}
        </p>
        <p class="hint">
          {needed === undefined
            ? 'Each share says how many are needed; the first one will tell.'
            : count < needed
              ? 'Waiting for the others…'
              : 'That is enough. Opening…'}
        </p>
      </div>
      {refused.length > 0 && (
        <Notice kind="warning">
          <p>
            <strong>{refused.length === 1 ? 'One answer' : `${refused.length} answers`} could not be used:</strong>
          </p>
          <ul class="prose" data-testid="refused-answers">
            {refused.map((why, at) => (
              <li key={at}>{why}</li>
            ))}
          </ul>
        </Notice>
      )}
      <FormError text={opening.error} />
      {opening.error && (
        <div class="actions">
          <button type="button" class="primary" data-testid="open-with-shares" disabled={opening.busy} onClick={open}>
            Try again
          </button>
        </div>
      )}
      <p class="hint" data-testid="request-ends">
        {error ||
          (ended
            ? 'This request has ended. Nobody can answer it any more. Shares on paper still count here.'
            : `You can close this page: come back to it in this browser, and type your new passphrase. Open until ${showMoment(sent.expiresAt)}.`)}
      </p>
      {ended && (
        <div class="actions">
          <button type="button" data-testid="drop-request" onClick={onStartOver}>
            Start over with a new request
          </button>
        </div>
      )}
      <PrintedShare stored={stored} add={add} />
    </div>
  );
}

function PrintedShare({ stored, add }: { stored: Stored; add: (share: Share) => Promise<'new' | 'known'> }) {
  const [text, setText] = useState('');
  const [done, setDone] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    setDone('');
    run(async () => {
      const share = await Share.fromText({ owner: await ownerOf(stored), text });
      const what = await add(share);
      setText('');
      setDone(what === 'new' ? `Share ${share.number} is in.` : 'That share is here already. Another one is needed.');
    });
  };
  return (
    <form class="stack" onSubmit={submit}>
      <h3 id="printed-heading">A share on paper</h3>
      <div class="field">
        <label for="printed-share">All 48 groups of one share</label>
        <textarea
          id="printed-share"
          class="digits"
          data-testid="printed-share"
          rows={6}
          required
          spellcheck={false}
          autocapitalize="characters"
          autocomplete="off"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <div class="slot">
        <FormError text={error} />
        <p class="status" role="status" data-testid="printed-status">
          {done}
        </p>
      </div>
      <div class="actions">
        <button type="submit" data-testid="add-printed-share" disabled={busy}>
          {busy ? 'Checking…' : 'Add this share'}
        </button>
      </div>
    </form>
  );
}
