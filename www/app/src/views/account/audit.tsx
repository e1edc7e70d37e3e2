import type { About } from '../../router.ts';
import type { Session } from '../../state.ts';

export function AuditSection({ session, about }: { session: Session; about: About | undefined }) {
  return (
    <p>
      {session.handle} {about?.id}
    </p>
  );
}
