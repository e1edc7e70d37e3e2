// What this was measured on; nothing that would name it.
import { cpus, release, type } from 'node:os';

export const machine = () => ({ processor: cpus()[0]?.model?.trim() ?? 'unknown processor', cores: cpus().length, system: `${type()} ${release().match(/^[\d.]*\d/)?.[0] ?? ''}` });
