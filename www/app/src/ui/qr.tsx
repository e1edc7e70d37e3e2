import { useMemo } from 'preact/hooks';
import { encode } from 'uqr';

interface QrCodeProps {
  text: string;
  /** What it is, for those who cannot see it; the text itself must be there in words as well. */
  label: string;
  testId?: string;
}

/** Dark on white whatever the theme: that is what cameras read. */
export function QrCode({ text, label, testId = 'qr' }: QrCodeProps) {
  const { size, path } = useMemo(() => {
    const code = encode(text, { ecc: 'M', border: 3 });
    const rows = code.data.flatMap((row, y) => {
      const runs: string[] = [];
      for (let x = 0; x < row.length; x += 1) {
        if (!row[x]) continue;
        const from = x;
        while (row[x + 1]) x += 1;
        runs.push(`M${from} ${y}h${x - from + 1}v1h-${x - from + 1}z`);
      }
      return runs;
    });
    return { size: code.size, path: rows.join('') };
  }, [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} data-testid={testId} data-text={text}>
      <rect class="qr-paper" width={size} height={size} />
      <path class="qr-ink" d={path} shape-rendering="crispEdges" />
    </svg>
  );
}
