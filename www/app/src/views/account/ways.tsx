import { useState } from 'preact/hooks';
import { type Concern, concerns, kitOf } from '../../kit-health.ts';
import { showDay } from '../../model.ts';
import { link } from '../../router.ts';
import type { Session } from '../../state.ts';
import { KitDrill } from './kit-drill.tsx';
import { KitRenewal } from './kit-renewal.tsx';
import { KitWay } from './way-kit.tsx';
import { PasskeyWay } from './way-passkeys.tsx';
import { PassphraseWay } from './way-passphrase.tsx';

type Doing = 'drill' | 'renewal' | undefined;

export function WaysSection({ session }: { session: Session }) {
  const [doing, setDoing] = useState<Doing>();
  const back = (): void => setDoing(undefined);
  if (doing === 'drill') return <KitDrill session={session} onRenew={() => setDoing('renewal')} onClose={back} />;
  if (doing === 'renewal') return <KitRenewal session={session} onClose={back} />;
  return (
    <>
      <p class="aside">
        Nobody can reset your account: not the server, not its operator. These are the ways in, and one of them always
        has to be within your reach.
      </p>
      <Health session={session} onTry={() => setDoing('drill')} onRenew={() => setDoing('renewal')} />
      <PassphraseWay session={session} />
      <PasskeyWay session={session} />
      <KitWay session={session} onTry={() => setDoing('drill')} onRenew={() => setDoing('renewal')} />
      <TrusteesWay session={session} />
    </>
  );
}

interface HealthProps {
  session: Session;
  onTry: () => void;
  onRenew: () => void;
}

const LEVEL: Record<Concern, string> = { 'no-kit': 'alarm', untried: 'warning', 'kit-alone': 'warning' };

function Health({ session, onTry, onRenew }: HealthProps) {
  const found = concerns(session.vault);
  const checked = kitOf(session.vault)?.checkedAt;
  if (found.length === 0) {
    return (
      <p class="health good" data-testid="ways-health">
        <strong>All is well.</strong> You can lose any one of these and still get in.
        {checked && ` The kit was last tried on ${showDay(checked)}.`}
      </p>
    );
  }
  return (
    <ul class={`health ${found.map((concern) => LEVEL[concern])[0]}`} data-testid="ways-health">
      {found.map((concern) => (
        <li key={concern} data-testid={`concern-${concern}`}>
          {concern === 'no-kit' && (
            <>
              <p>
                <strong>There is no recovery kit that was tried.</strong> If you lost your passphrase now, your notes
                would be lost.
              </p>
              <button type="button" class="link" onClick={onRenew}>
                Make a kit
              </button>
            </>
          )}
          {concern === 'untried' && (
            <>
              <p>
                <strong>Your kit was last tried {checked ? `on ${showDay(checked)}` : 'long ago'}.</strong> Do you still
                have it, and can it be read?
              </p>
              <button type="button" class="link" data-testid="health-try-kit" onClick={onTry}>
                Try your kit: it takes a minute
              </button>
            </>
          )}
          {concern === 'kit-alone' && (
            <p>
              <strong>Beyond your passphrase, one sheet of paper is all there is.</strong> Add a passkey below, or{' '}
              <a href={link('account', 'trustees')}>choose trustees</a>, so that a fire or a move cannot take
              everything.
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function TrusteesWay({ session }: { session: Session }) {
  const deal = session.vault.deals().find(({ kind }) => kind === 'trustees');
  return (
    <section class="card stack" aria-labelledby="trustees-way" data-testid="way-trustees">
      <header class="way-head">
        <h2 id="trustees-way">Trustees</h2>
        <p class="muted">{deal ? `Chosen ${showDay(deal.dealtAt)}` : 'None chosen'}</p>
      </header>
      <p>
        {deal
          ? `${deal.threshold} of these ${deal.shares.length} together can open your account for you: ${deal.shares.map(({ name }) => name).join(', ')}. None of them can do it alone.`
          : 'People you trust, none of whom can do anything alone. Enough of them together open your account for you when everything else is lost.'}
      </p>
      <div class="actions">
        <a class="button" href={link('account', 'trustees')} data-testid="to-trustees">
          {deal ? 'See or change trustees' : 'Choose trustees'}
        </a>
      </div>
    </section>
  );
}
