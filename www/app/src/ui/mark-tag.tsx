import { type Mark, MARKS } from '../audit.ts';
import { CrossIcon, DeviceIcon, ServerIcon, WarnIcon } from './icons.tsx';

const ICONS = { failed: CrossIcon, unverified: WarnIcon, device: DeviceIcon, restored: ServerIcon };

/** A word and an icon: colour alone says nothing to many. */
export function MarkTag({ mark }: { mark: Mark }) {
  const Icon = ICONS[mark];
  return (
    <span class="mark-tag" data-mark={mark}>
      <Icon /> {MARKS[mark].word}
    </span>
  );
}
