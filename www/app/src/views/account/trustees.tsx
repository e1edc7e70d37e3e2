import { useState } from 'preact/hooks';
import { dealTrustees, type Dealing, removeTrustees } from '../../deals.ts';
import { showMoment } from '../../model.ts';
import type { Session } from '../../state.ts';
import { ConfirmButton } from '../../ui/confirm.tsx';
import { DealForm, DealSummary } from '../../ui/deal-form.tsx';
import { Notice } from '../../ui/fields.tsx';
import { PaperShares } from '../../ui/paper-share.tsx';
import { StepTitle } from '../../ui/step-title.tsx';

const CAN = 'open your account';

export function TrusteesSection({ session }: { session: Session }) {
  const [choosing, setChoosing] = useState(false);
  const [dealing, setDealing] = useState<Dealing>();
  const [done, setDone] = useState('');
  const deal = session.vault.deals().find(({ kind }) => kind === 'trustees');

  if (dealing) {
    return <PaperShares handle={session.handle} dealing={dealing} onDone={() => setDealing(undefined)} />;
  }
  if (choosing) {
    return (
      <section class="stack">
        <StepTitle>Choose trustees</StepTitle>
        <p>
          Choose people who know you well enough to recognise your voice, and who do not all know each other.
          {deal && ' The shares of your present trustees become worthless.'}
        </p>
        <DealForm
          session={session}
          role="Trustee"
          can={CAN}
          submit={deal ? 'Replace trustees' : 'Make them trustees'}
          onDeal={async (people, threshold) => {
            const dealt = await dealTrustees(people, threshold);
            setChoosing(false);
            setDone('Your trustees are in place. Tell each of them, and what they would have to do.');
            if (dealt.sheets.length > 0) setDealing(dealt);
          }}
          onCancel={() => setChoosing(false)}
        />
      </section>
    );
  }
  return (
    <section class="card stack">
      <h2>Trustees</h2>
      <p role="status" class="status plain" data-testid="trustees-status">
        {done}
      </p>
      <p>
        If you ever lose your passphrase, your devices and your recovery kit all at once, people you trust can let you
        back in: several of them, together, each with a share. One of them alone can do nothing, and neither can the
        server.
      </p>
      <Notice kind="warning">
        <p>
          <strong>Together they can open everything,</strong> private notes included. Choose people who would refuse to
          do so without hearing your voice. If your recovery kit is in a safe place, you may not need trustees at all.
        </p>
      </Notice>
      {deal ? (
        <>
          <h3>Your trustees</h3>
          <DealSummary deal={deal} can={CAN} />
          <p class="muted" data-testid="trustees-since">
            Since {showMoment(deal.dealtAt)}
          </p>
          <div class="actions">
            <button type="button" data-testid="choose-trustees" onClick={() => setChoosing(true)}>
              Replace…
            </button>
            <ConfirmButton
              label="Remove…"
              testId="remove-trustees"
              class="quiet"
              title="Remove your trustees?"
              action="Remove them"
              danger
              onConfirm={async () => {
                await removeTrustees(deal.deal);
                setDone('Your trustees are removed. Their shares open nothing any more.');
              }}
            >
              <p>
                Their shares stop opening this account at once. The way back is then your recovery kit alone: make sure
                that you have it.
              </p>
            </ConfirmButton>
          </div>
        </>
      ) : (
        <>
          <p class="muted" data-testid="trustees-none">
            You have no trustees.
          </p>
          <div class="actions">
            <button type="button" class="primary" data-testid="choose-trustees" onClick={() => setChoosing(true)}>
              Choose trustees
            </button>
          </div>
        </>
      )}
    </section>
  );
}
