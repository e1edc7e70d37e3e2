import { useState } from 'preact/hooks';
import type { TrustedAs } from 'sealed-notes';
import { useAction, useLoad } from '../hooks.ts';
import { confirmPerson, personByHandle } from '../people.ts';
import { go, link } from '../router.ts';
import type { Session } from '../state.ts';
import { FormError, Loading, Notice, PageTitle } from '../ui/fields.tsx';
import { BackIcon, CrossIcon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';
import { isRefused, Verified, VerifyPerson } from '../ui/standing.tsx';

interface VerifyViewProps {
  session: Session;
  handle: string;
  digits: string;
  as: TrustedAs;
}

const WHAT: Record<TrustedAs, string> = { person: 'person', practice: 'practice', team: 'team' };

/**
 * Where the QR code of a fingerprint leads to. It compares at once and confirms with one button: a link that somebody sent
 * must not pin anything by being opened.
 */
export function VerifyView({ session, handle, digits, as }: VerifyViewProps) {
  const found = useLoad(() => personByHandle(session.vault, handle), [session.vault, handle]);
  const [done, setDone] = useState(false);
  const { busy, error, run } = useAction();
  const person = found.value;
  const matches = person?.identity.fingerprint.replace(/\D/g, '') === digits;
  const self = person?.account === session.vault.account;
  const settled = person?.verified && !person.voucher && person.as === as;
  // The digits stay the same when keys change: a scan says nothing of the new ones.
  const isChanged = person?.state === 'keys-changed' && person.as !== undefined;
  const needsDecision = isChanged || (person !== undefined && isRefused(person.state));
  const confirm = (): void => {
    run(async () => {
      if (!person) return;
      await confirmPerson(session.vault, person, digits, as);
      setDone(true);
      found.reload();
    });
  };
  return (
    <Page view="verify" width="narrow" busy={found.loading}>
      <a class="back" href={link('account')}>
        <BackIcon /> Account
      </a>
      <PageTitle>Fingerprint of {handle}</PageTitle>
      <FormError text={found.error} />
      {found.loading && !person && <Loading />}
      {person && (
        <section class="card stack" aria-label="Comparison" data-testid="verify-result">
          {self && <p data-testid="verify-self">This is your own code. Let a colleague scan it from your screen.</p>}
          {!self && !matches && (
            <Notice kind="warning">
              <div class="stack tight" data-testid="verify-mismatch">
                <p>
                  <CrossIcon />{' '}
                  <strong>This is not the fingerprint of the keys that the server hands out for {handle}.</strong>
                </p>
                <p>
                  Do not share with them. Scan once more from their own screen; if it is still not the same, tell
                  whoever runs the server, and read the digits to each other on a call.
                </p>
              </div>
            </Notice>
          )}
          {!self && matches && needsDecision && (
            <VerifyPerson session={session} person={person} onVerified={found.reload} onLeave={() => go('clients')} />
          )}
          {!self && matches && settled && (
            <>
              <Verified person={person} testId="verify-done" />
              <p>
                {as === 'practice'
                  ? 'Whoever it vouches for is verified from now on.'
                  : done
                    ? 'You can share with them now.'
                    : 'You had done so before; there is nothing to do.'}
              </p>
              <div class="actions">
                <a class="button" href={as === 'person' ? link('clients') : link('account', 'groups')}>
                  {as === 'person' ? 'To your clients' : 'Practice and teams'}
                </a>
              </div>
            </>
          )}
          {!self && matches && !settled && !needsDecision && (
            <>
              <p data-testid="verify-match">
                <strong>The fingerprint fits</strong> the keys that the server hands out for {handle}
                {as !== 'person' && `, as a ${WHAT[as]}`}.
              </p>
              <p>
                Confirm it if you scanned it yourself, from {as === 'person' ? 'their own' : "its manager's"} screen or
                paper. A link that came in a message proves nothing: anybody can send one.
              </p>
              <FormError text={error} />
              <div class="actions">
                <button type="button" class="primary" data-testid="confirm-scanned" disabled={busy} onClick={confirm}>
                  I scanned it myself: confirm
                </button>
                <a class="button quiet" href={link('clients')}>
                  Not now
                </a>
              </div>
            </>
          )}
        </section>
      )}
    </Page>
  );
}
