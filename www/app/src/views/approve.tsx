import { link } from '../router.ts';
import type { Session } from '../state.ts';
import { AnswerRequest } from '../ui/answer-request.tsx';
import { PageTitle } from '../ui/fields.tsx';
import { BackIcon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';

/** Where the QR code of a new device leads to, on a device that is unlocked. */
export function ApproveView({ session, code }: { session: Session; code: string }) {
  return (
    <Page view="approve" width="narrow">
      <a class="back" href={link('account', 'devices')}>
        <BackIcon /> Devices
      </a>
      <PageTitle>Let a device in</PageTitle>
      <section class="card stack" aria-label="Request">
        <AnswerRequest key={code} session={session} code={code} />
      </section>
    </Page>
  );
}
