import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { SealedNotesError } from 'sealed-notes';
import { PassphraseField, ShowPassphrase } from './fields.tsx';

const LEAST_LENGTH = 12;
const LEAST_SCORE = 3;
const WORDS = ['Very easy to guess', 'Easy to guess', 'Could be guessed', 'Good', 'Very good'];

type Checker = typeof import('../strength.ts').strengthOf;
/** Waits for the check, then gives the passphrase, or throws what is missing. */
export type TakePassphrase = () => Promise<string>;

interface NewPassphraseProps {
  /** The passphrase once it is acceptable and typed twice, else undefined. `take` is for forms whose button is never disabled. */
  onValue: (passphrase: string | undefined, take: TakePassphrase) => void;
  /** Test ids of the two fields. */
  names?: [string, string];
  label?: string;
  /** Whose it is: for password managers, and not to be part of the passphrase. Left out where the form asks for it anyway. */
  account?: string;
  /** The handle as typed in the same form. */
  handle?: string;
}

/** For a form: `<NewPassphrase onValue={passphrase.onValue} />`, and `await passphrase.take()` when it is submitted. */
export function useNewPassphrase(): { onValue: NewPassphraseProps['onValue']; take: TakePassphrase } {
  const latest = useRef<TakePassphrase | undefined>(undefined);
  return useMemo(
    () => ({
      onValue: (_, take) => {
        latest.current = take;
      },
      take: () => latest.current?.() ?? Promise.reject(weak('Choose a passphrase.')),
    }),
    [],
  );
}

const weak = (text: string): SealedNotesError => new SealedNotesError('weak_passphrase', text);

const load = async (): Promise<Checker> => {
  try {
    return (await import('../strength.ts')).strengthOf;
  } catch {
    throw weak('The check of the passphrase could not be loaded. Check the connection and try again.');
  }
};

interface Verdict {
  score: number | undefined;
  advice: string;
  problem: string;
}

function judge(passphrase: string, handle: string, check: Checker | undefined): Verdict {
  if (passphrase === '') return { score: undefined, advice: '', problem: 'Choose a passphrase.' };
  const found = check?.(passphrase, handle);
  const missing = LEAST_LENGTH - Array.from(passphrase).length;
  if (missing > 0) {
    const problem = `At least ${LEAST_LENGTH} characters: ${missing === 1 ? 'one more is' : `${missing} more are`} needed.`;
    return { score: Math.min(found?.score ?? 0, 1), advice: problem, problem };
  }
  if (!found) return { score: undefined, advice: 'Checking…', problem: 'The passphrase is still being checked.' };
  if (found.score >= LEAST_SCORE) return { score: found.score, advice: '', problem: '' };
  const advice = found.advice || 'Add another word or two that have nothing to do with each other.';
  return { score: found.score, advice, problem: `This passphrase is too easy to guess. ${advice}` };
}

/** Two fields for a passphrase to be, with advice: whoever steals the kit and guesses this gets in. */
export function NewPassphrase({ onValue, names, label = 'Passphrase', account, handle }: NewPassphraseProps) {
  const [one, two] = names ?? ['passphrase', 'passphrase-again'];
  const [first, setFirst] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const [check, setCheck] = useState<Checker>();
  const id = useId();
  const whose = account ?? handle ?? '';
  useEffect(() => {
    let here = true;
    load().then(
      (loaded) => here && setCheck(() => loaded),
      () => undefined,
    );
    return () => {
      here = false;
    };
  }, []);

  const verdict = useMemo(() => judge(first, whose, check), [first, whose, check]);
  const differs = again !== '' && again !== first;
  // Read when it is taken, which may be right after the last key.
  const latest = useRef({ first, again, whose, check });
  latest.current = { first, again, whose, check };
  const take = useCallback(async (): Promise<string> => {
    const now = latest.current;
    const { problem } = judge(now.first, now.whose, now.check ?? (await load()));
    if (problem) throw weak(problem);
    if (now.again !== now.first) throw weak('The two passphrases differ. Show them and compare.');
    return now.first;
  }, []);
  useLayoutEffect(() => {
    onValue(verdict.problem === '' && again === first ? first : undefined, take);
  }, [verdict, again]);

  return (
    <>
      {/* Password managers look for it to know whose passphrase this is. */}
      {account !== undefined && (
        <input type="text" name="username" autocomplete="username" value={account} readOnly hidden />
      )}
      <div class="stack tight">
        <PassphraseField
          label={label}
          testId={one}
          value={first}
          shown={shown}
          autocomplete="new-password"
          hint="Five random words are easy to type and hard to guess. It never leaves this browser."
          onValue={setFirst}
        />
        <div class="strength" data-score={verdict.score} data-testid={`${one}-strength`}>
          <div class="strength-bar" aria-hidden="true">
            <span />
            <span />
            <span />
            <span />
          </div>
          <p id={`${id}-strength`} class="hint" role="status">
            {verdict.score !== undefined && <strong>{WORDS[verdict.score]}.</strong>} {verdict.advice}
          </p>
        </div>
      </div>
      <div class="stack tight">
        <PassphraseField
          label={`${label} again`}
          testId={two}
          value={again}
          shown={shown}
          autocomplete="new-password"
          onValue={setAgain}
        />
        <div class="below-field">
          <p class="hint" role="status" data-testid={`${two}-check`}>
            {differs && !first.startsWith(again) ? 'The two differ' : ''}
            {again !== '' && !differs ? 'Both are the same' : ''}
          </p>
          <ShowPassphrase shown={shown} onToggle={() => setShown(!shown)} />
        </div>
      </div>
    </>
  );
}
