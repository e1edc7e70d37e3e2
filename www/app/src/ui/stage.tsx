import type { OnProgress } from 'sealed-notes';
import { FormError } from './fields.tsx';

export type StageName = Parameters<OnProgress>[0];

const WORDS: Record<StageName, string> = {
  loading: 'Getting ready…',
  stretching: 'Working out the key; slow on purpose…',
  opening: 'Opening…',
};

/** How a form ended or how far it is: one place for both, since they never come together. */
export const Outcome = ({ error, stage }: { error: string; stage: StageName | undefined }) => (
  <div class="outcome">
    <FormError text={error} reserved />
    <Stage stage={stage} />
  </div>
);

/** How far it is. Its place is kept free, so that nothing moves. */
export const Stage = ({ stage }: { stage: StageName | undefined }) => (
  <div class="stage" data-testid="stage" data-stage={stage}>
    {stage && <progress aria-label="Working" />}
    <p class="hint" role="status">
      {stage ? WORDS[stage] : ''}
    </p>
  </div>
);
