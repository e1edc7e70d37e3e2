import type { Audit } from '../audit.ts';
import { CheckIcon, WarnIcon } from './icons.tsx';

/** What colleagues were told of this ledger whenever records were shared: a server that shows them another one is found out. */
export function CrossReferences({ audit: { crossReferences, people } }: { audit: Audit }) {
  if (crossReferences.length === 0) return null;
  const wrong = crossReferences.filter(({ agreement }) => agreement !== 'same');
  const handleOf = (account: string): string => people.get(account)?.handle ?? 'Somebody';
  return (
    <section class="card stack no-print" aria-labelledby="cross-references-heading">
      <h3 id="cross-references-heading">Do colleagues see the same ledger?</h3>
      {wrong.length === 0 ? (
        <p class="verified" data-testid="cross-references-fine">
          <CheckIcon /> Every entry that colleagues were told of, {crossReferences.length} so far, is in your ledger.
        </p>
      ) : (
        <ul class="findings" data-testid="cross-references-wrong">
          {wrong.map(({ person, sequence, agreement }) => (
            <li key={person} data-agreement={agreement}>
              <p>
                <WarnIcon />{' '}
                <strong>
                  {agreement === 'behind'
                    ? `${handleOf(person)} was told of entry ${sequence} of your ledger, and the server shows you no such entry.`
                    : `${handleOf(person)} was told of another entry ${sequence} of your ledger than the server shows you.`}
                </strong>
              </p>
              <p>
                Ask them on a call what they have shared with you lately. If they know nothing of a mistake, the server
                may be withholding part of your ledger: tell whoever runs it.
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
