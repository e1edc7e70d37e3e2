import { isKitOverdue, kitOf } from '../kit-health.ts';
import { showDay } from '../model.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import { Notice } from './fields.tsx';

/** Once a year, where she passes by anyway. */
export function KitReminder({ session }: { session: Session }) {
  if (!isKitOverdue(session.vault)) return null;
  const checked = kitOf(session.vault)?.checkedAt;
  return (
    <Notice kind="warning">
      <p data-testid="kit-reminder">
        <strong>Do you still have your recovery kit?</strong> {checked && `You last tried it on ${showDay(checked)}. `}
        <a href={link('account', 'ways')}>Try your kit</a>: it takes a minute.
      </p>
    </Notice>
  );
}
