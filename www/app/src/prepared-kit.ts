/** A new kit on its way into effect: prepared beside the vault, shown, confirmed, stored. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PreparedKit } from 'sealed-notes';
import { explain, hasCode } from './errors.ts';
import { refreshVault, storeKit } from './vault-changes.ts';

export interface Preparing {
  kit: PreparedKit | undefined;
  busy: boolean;
  error: string;
  /** The account was changed in between (another kit will do), or given new keys on another device (unlock once more). */
  conflict: 'changed' | 'rotated' | undefined;
  prepare: (make: () => Promise<PreparedKit>) => Promise<boolean>;
  /** Puts the kit into effect. Tells whether it is; with an error that passes, the same kit can be stored again. */
  store: (revoke?: string[]) => Promise<boolean>;
  discard: () => void;
}

export function usePreparedKit(): Preparing {
  const [kit, setKit] = useState<PreparedKit>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const [conflict, setConflict] = useState<Preparing['conflict']>();
  const held = useRef<PreparedKit | undefined>(undefined);
  const under = useRef(false);
  const gone = useRef(false);

  const drop = (): void => {
    held.current?.discard();
    held.current = undefined;
  };
  useEffect(
    () => () => {
      gone.current = true;
      // What is being stored right now is committed afterwards.
      if (!under.current) drop();
    },
    [],
  );

  const alone = async (work: () => Promise<void>): Promise<boolean> => {
    if (under.current) return false;
    under.current = true;
    setBusy(true);
    setError('');
    try {
      await work();
      return true;
    } catch (thrown) {
      setError(explain(thrown));
      if (hasCode(thrown, 'rotated')) setConflict('rotated');
      if (hasCode(thrown, 'vault_changed')) setConflict('changed');
      if (gone.current) drop();
      return false;
    } finally {
      under.current = false;
      setBusy(false);
    }
  };

  return {
    kit,
    busy,
    error,
    conflict,
    prepare: (make) =>
      alone(async () => {
        setConflict(undefined);
        await refreshVault();
        const made = await make();
        drop();
        if (gone.current) return made.discard();
        held.current = made;
        setKit(made);
      }),
    store: (revoke) =>
      alone(async () => {
        const made = held.current;
        if (!made) return;
        await made.confirm(made.recoveryCode);
        await storeKit(made, revoke);
      }),
    discard: () => {
      drop();
      setKit(undefined);
      setConflict(undefined);
      setError('');
    },
  };
}
