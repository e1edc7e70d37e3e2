import { useState } from 'preact/hooks';
import { CodeBox } from './code-box.tsx';

const WIDTH = 16;
const FIRST = 256;

const line = (bytes: Uint8Array, at: number): string => {
  const row = bytes.subarray(at, at + WIDTH);
  const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0'))
    .join(' ')
    .padEnd(WIDTH * 3 - 1);
  const text = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
  return `${at.toString(16).padStart(6, '0')}  ${hex}  ${text}`;
};

/** The bytes as they are, in hexadecimal and as text where they happen to be text. */
export function HexDump({ bytes, label }: { bytes: Uint8Array; label: string }) {
  const [all, setAll] = useState(false);
  const end = all ? bytes.length : Math.min(FIRST, bytes.length);
  const lines: string[] = [];
  for (let at = 0; at < end; at += WIDTH) lines.push(line(bytes.subarray(0, end), at));
  return (
    <div class="hexdump">
      <CodeBox class="code dump" testId="hexdump" label={label}>
        {lines.join('\n')}
      </CodeBox>
      {bytes.length > FIRST && (
        <button type="button" class="link" onClick={() => setAll(!all)}>
          {all ? 'Show the beginning only' : `Show all ${bytes.length.toLocaleString()} bytes`}
        </button>
      )}
    </div>
  );
}
