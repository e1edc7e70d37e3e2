import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { guardLeaving } from '../router.ts';
import { Dialog } from './dialog.tsx';

interface LeaveGuardProps {
  title: string;
  text: string;
  /** What stays: the button that closes the question. */
  stay: string;
}

/** While it is shown, leaving this page asks first. Locking does not: that must never wait. */
export function LeaveGuard({ title, text, stay }: LeaveGuardProps) {
  const [target, setTarget] = useState<string>();
  const [leaving, setLeaving] = useState(false);
  useLayoutEffect(() => {
    if (leaving) return;
    const here = location.hash;
    const release = guardLeaving((to) => {
      if (to === here) return false;
      history.pushState(null, '', here);
      setTarget(to);
      return false;
    });
    const onUnload = (event: Event): void => event.preventDefault();
    addEventListener('beforeunload', onUnload);
    return () => {
      release();
      removeEventListener('beforeunload', onUnload);
    };
  }, [leaving]);
  useEffect(() => {
    if (leaving && target !== undefined) location.hash = target;
  }, [leaving]);
  return target === undefined || leaving ? null : (
    <Dialog title={title} testId="leave-dialog" onClose={() => setTarget(undefined)}>
      <p>{text}</p>
      <div class="actions">
        <button type="button" class="primary" data-testid="stay" onClick={() => setTarget(undefined)}>
          {stay}
        </button>
        <button type="button" class="danger" data-testid="leave" onClick={() => setLeaving(true)}>
          Leave without them
        </button>
      </div>
    </Dialog>
  );
}
