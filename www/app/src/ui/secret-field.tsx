import { useEffect, useState } from 'preact/hooks';
import { checkTyped, type FoundInKit, readKit } from '../kit.ts';
import { TextField } from './fields.tsx';

interface CopiedFieldProps {
  kind: 'account secret' | 'recovery code';
  testId: string;
  value: string;
  hint: string;
  onValue: (value: string) => void;
  /** More was pasted than was asked for: the text of a whole kit. */
  onKit?: (kit: FoundInKit) => void;
}

/** A field for what is copied by hand from a recovery kit. Pasting the text of the whole kit does as well. */
export function CopiedField({ kind, testId, value, hint, onValue, onKit }: CopiedFieldProps) {
  const [check, setCheck] = useState('');
  useEffect(() => {
    let here = true;
    checkTyped(kind, value).then(
      (found) => here && setCheck(found),
      () => undefined,
    );
    return () => {
      here = false;
    };
  }, [kind, value]);
  const typed = (text: string): void => {
    const kit = readKit(text);
    const found = kind === 'account secret' ? kit.accountSecret : kit.recoveryCode;
    onValue(found ?? text);
    if (found !== undefined && found !== text.trim()) onKit?.(kit);
  };
  return (
    <TextField
      label={kind === 'account secret' ? 'Account secret' : 'Recovery code'}
      testId={testId}
      value={value}
      autocomplete="off"
      autocapitalize="characters"
      spellcheck={false}
      required
      class="digits"
      hint={<span data-testid={kind === 'account secret' ? 'secret-check' : 'code-check'}>{check || hint}</span>}
      onValue={typed}
    />
  );
}
