import { useEffect, useState } from 'preact/hooks';
import { type DeviceAnswer, UnlockRequest } from 'sealed-notes';
import { useAction, usePolling } from '../hooks.ts';
import { fetchAnswers, type SentRequest, sendRequest } from '../requests.ts';
import { link } from '../router.ts';
import { FormError, Notice } from '../ui/fields.tsx';
import { QrCode } from '../ui/qr.tsx';
import { fetchStored } from '../ways-in.ts';

const POLL_EVERY_MS = 2_000;

interface AskDeviceProps {
  handle: string;
  onSecret: (answer: DeviceAnswer) => void;
  onClose: () => void;
}

/** Another device of the same account, unlocked, hands over the account secret. The passphrase is typed here all the same. */
export function AskDevice({ handle, onSecret, onClose }: AskDeviceProps) {
  const [request, setRequest] = useState<UnlockRequest>();
  const [sent, setSent] = useState<SentRequest>();
  const { error, run } = useAction();
  const [round, setRound] = useState(0);

  useEffect(() => {
    let made: UnlockRequest | undefined;
    let here = true;
    run(async () => {
      const { account } = await fetchStored(handle);
      made = await UnlockRequest.make({ account, kind: 'device' });
      const known = await sendRequest(made);
      if (!here) return made.discard();
      setRequest(made);
      setSent(known);
    });
    return () => {
      here = false;
      made?.discard();
      setRequest(undefined);
      setSent(undefined);
    };
  }, [handle, round]);

  return (
    <section class="notice ask" aria-labelledby="ask-device-heading" data-testid="device-request">
      <h2 id="ask-device-heading">Ask another of your devices</h2>
      {request && sent ? (
        <Waiting
          key={sent.hash}
          request={request}
          sent={sent}
          onSecret={onSecret}
          onAgain={() => setRound(round + 1)}
        />
      ) : (
        <p role="status">{error ? '' : 'Preparing a request…'}</p>
      )}
      <FormError text={error} />
      <div class="actions">
        <button type="button" data-testid="cancel-device-request" onClick={onClose}>
          Enter it from the recovery kit instead
        </button>
      </div>
    </section>
  );
}

interface WaitingProps {
  request: UnlockRequest;
  sent: SentRequest;
  onSecret: (answer: DeviceAnswer) => void;
  onAgain: () => void;
}

function Waiting({ request, sent, onSecret, onAgain }: WaitingProps) {
  const [ended, setEnded] = useState(false);
  const error = usePolling(
    async () => {
      if (ended) return;
      const { answers, open } = await fetchAnswers(sent.hash);
      for (const answer of answers) {
        // An answer that does not open was made by something else; the device's own may still come.
        const opened = await request.openDeviceAnswer(answer).catch(() => undefined);
        if (opened !== undefined) return onSecret(opened);
      }
      if (!open) setEnded(true);
    },
    POLL_EVERY_MS,
    [request, sent, ended],
  );
  if (ended) {
    return (
      <Notice kind="warning">
        <p>This request has ended: it is open for a quarter of an hour. Is your handle typed as it should be?</p>
        <div class="actions">
          <button type="button" data-testid="ask-device-again" onClick={onAgain}>
            Ask again
          </button>
        </div>
      </Notice>
    );
  }
  return (
    <>
      <ol class="steps">
        <li>Unlock Sealed Notes on a device where you are at home in it.</li>
        <li>
          Scan this picture with it, or open <strong>Account, Devices</strong> there and choose “Let a new device in”.
        </li>
        <li>Compare the code: both devices must show the same.</li>
      </ol>
      <div class="ask-code">
        <QrCode
          text={`${location.origin}/${link('approve', request.code)}`}
          label={`QR code of the request ${request.code}`}
          testId="device-qr"
        />
        <div class="stack tight">
          <p>Code of this request</p>
          <p class="secret" data-testid="device-code">
            {request.code}
          </p>
        </div>
      </div>
      <p class="hint" role="status" data-testid="device-request-status">
        {error || 'Waiting for your other device…'}
      </p>
    </>
  );
}
