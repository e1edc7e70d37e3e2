import { useEffect, useState } from 'preact/hooks';
import { findRequest, isWholeCode, letDeviceIn, type OpenRequest, refuseRequest } from '../devices.ts';
import { useAction } from '../hooks.ts';
import { showMoment } from '../model.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import { FormError, Notice, TextField } from './fields.tsx';
import { CheckIcon } from './icons.tsx';

interface AnswerProps {
  session: Session;
  /** From a QR code. */
  code?: string;
  /** A request was answered or stopped. */
  onChanged?: () => void;
}

/** Finds the request whose code a new device shows, and lets the device in. */
export function AnswerRequest({ session, code: given = '', onChanged }: AnswerProps) {
  const [code, setCode] = useState(given);
  const [request, setRequest] = useState<OpenRequest>();
  const [done, setDone] = useState<'answered' | 'refused'>();
  const { busy, error, run, setError } = useAction();

  const find = (): void => {
    if (!isWholeCode(code)) {
      setError('The code has 4 groups of 4 letters and digits. The new device shows it below its QR code.');
      return;
    }
    run(async () => {
      const found = await findRequest(code);
      setRequest(found);
      if (!found) {
        setError(
          'No open request has this code. Compare it with the new device. After 15 minutes a code is worth nothing: let the new device show another.',
        );
      }
    });
  };
  useEffect(() => {
    if (given) find();
  }, []);

  const again = (): void => {
    setRequest(undefined);
    setDone(undefined);
    setCode('');
    setError('');
  };
  const answer = (asking: OpenRequest): void => {
    run(async () => {
      await letDeviceIn(session.vault, asking, code);
      setDone('answered');
      onChanged?.();
    });
  };
  const refuse = (asking: OpenRequest): void => {
    run(async () => {
      await refuseRequest(asking.request);
      setDone('refused');
      onChanged?.();
    });
  };

  if (done) {
    return (
      <div class="stack" data-testid="request-answered">
        {done === 'answered' ? (
          <>
            <p class="verified" role="status">
              <CheckIcon /> Done. The new device asks for your passphrase now.
            </p>
            <p>Once it is unlocked it is on your list of devices.</p>
          </>
        ) : (
          <>
            <p role="status">
              <strong>The request is stopped.</strong> It was told nothing.
            </p>
            <p>
              Somebody knows your handle and tried. Without this device or your kit they get no further. If it goes on,
              change your passphrase.
            </p>
          </>
        )}
        <div class="actions">
          <button type="button" data-testid="answer-another" onClick={again}>
            Another code
          </button>
        </div>
      </div>
    );
  }
  if (!request) {
    return (
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          find();
        }}
      >
        <TextField
          label="Code on the new device"
          testId="request-code"
          value={code}
          class="digits"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxLength={24}
          hint="4 groups of 4 letters and digits"
          onValue={setCode}
        />
        <FormError text={error} reserved />
        <div class="actions">
          <button type="submit" class="primary" data-testid="find-request" disabled={busy}>
            {busy ? 'Looking…' : 'Continue'}
          </button>
        </div>
      </form>
    );
  }
  if (request.kind !== 'device' || request.account !== session.vault.account) {
    return (
      <Notice>
        <p data-testid="request-of-others">
          {request.account === session.vault.account ? (
            <>This code is of a request to your own trustees. They answer it, each from their own account.</>
          ) : (
            <>
              This code is of a request by <strong>{request.handle}</strong>, who relies on you. It is answered under{' '}
              <a href={link('account', 'others')}>For others</a>: you need the code there once more.
            </>
          )}
        </p>
        <div class="actions">
          <button type="button" class="quiet" data-testid="answer-another" onClick={again}>
            Another code
          </button>
        </div>
      </Notice>
    );
  }
  return (
    <div class="stack" data-testid="request-details">
      <p>
        A <strong>new device</strong> asks to be let into the account <strong>{session.handle}</strong>. It asked on{' '}
        {showMoment(request.createdAt)} and shows this code:
      </p>
      <p class="secret" data-testid="request-shown-code">
        {request.code}
      </p>
      <Notice kind="warning">
        <p>
          <strong>Is it you, now, at the other device?</strong> Let it in only if you have it before you and it shows
          exactly this code. Whoever is let in gets your account secret: after that, only your passphrase is between
          them and your notes. Nobody from support ever needs this.
        </p>
      </Notice>
      <FormError text={error} reserved />
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="answer-request"
          disabled={busy}
          onClick={() => answer(request)}
        >
          Yes, it is me: let it in
        </button>
        <button type="button" data-testid="refuse-request" disabled={busy} onClick={() => refuse(request)}>
          This is not me
        </button>
      </div>
    </div>
  );
}
