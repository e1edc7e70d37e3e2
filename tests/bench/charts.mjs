// Bar charts as plain SVG, legible on light and on dark pages.
import { CONTENDERS, nameOf } from './contenders.mjs';
import { median, ratio } from './measure.mjs';
import { sizeOf } from './budget.mjs';

const OURS = 'sealed-notes';
const [WIDTH, LABEL, BAR, GAP, HEAD] = [760, 252, 18, 6, 34];
const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #1c1c1c; } .title { font-weight: 600; font-size: 15px; } .group { font-weight: 600; }
.bar { fill: #8a96a3; } .ours { fill: #0b7a75; } .whisker, .one { stroke: #1c1c1c; } .one { stroke-dasharray: 3 3; opacity: .5; } .page { fill: #ffffff; }
@media (prefers-color-scheme: dark) { text { fill: #ececec; } .bar { fill: #77838f; } .ours { fill: #3fb8b0; } .whisker, .one { stroke: #ececec; } .page { fill: #16191d; } }
</style>`;

/** `groups`: `{ name, bars: [{ label, value, low?, high?, text, ours }] }`; `line`: a value to mark. */
function bars({ title, groups, line }) {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value, high }) => high ?? value)));
  const x = (value) => LABEL + (value / most) * (WIDTH - LABEL - 110);
  let y = HEAD;
  const out = [];
  for (const { name, bars } of groups) {
    if (name) {
      out.push(`<text class="group" x="8" y="${y + 14}">${escape(name)}</text>`);
      y += 22;
    }
    for (const { label, value, low, high, text, ours } of bars) {
      const middle = y + BAR / 2;
      out.push(`<text x="${LABEL - 8}" y="${middle + 4.5}" text-anchor="end">${escape(label)}</text>`);
      out.push(`<rect class="${ours ? 'ours' : 'bar'}" x="${LABEL}" y="${y}" width="${Math.max(1, x(value) - LABEL).toFixed(1)}" height="${BAR}"/>`);
      if (low !== undefined) out.push(`<path class="whisker" d="M${x(low).toFixed(1)} ${middle}H${x(high).toFixed(1)}" stroke-width="2"/>`);
      out.push(`<text x="${(Math.max(x(value), x(high ?? 0)) + 8).toFixed(1)}" y="${middle + 4.5}">${escape(text)}</text>`);
      y += BAR + GAP;
    }
    y += 8;
  }
  const mark = line === undefined ? '' : `<path class="one" d="M${x(line).toFixed(1)} ${HEAD - 4}V${y - 10}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escape(title)}">${STYLE}<rect class="page" width="${WIDTH}" height="${y}" rx="6"/><text class="title" x="8" y="21">${escape(title)}</text>${out.join('')}${mark}</svg>\n`;
}

/** Peers' time as multiples of ours; where ours is not there, nothing. */
function ratios(found, job, title, groupName) {
  const results = found.results.filter((result) => result.engine === 'chromium' && result.job === job && result.samples[OURS]);
  const groups = results.map(({ parameter, samples }) => ({
    name: groupName(parameter),
    bars: Object.keys(samples).map((contender) => {
      if (contender === OURS) return { label: nameOf(contender), value: 1, text: '1x', ours: true };
      const { median: value, low, high } = ratio(samples[contender], samples[OURS]);
      return { label: nameOf(contender), value, low, high, text: `${value.toFixed(value < 10 ? 2 : 0)}x` };
    }),
  }));
  return groups.length && bars({ title, groups, line: 1 });
}

function weights(found) {
  const list = Object.entries(found.weights).filter(([contender]) => !CONTENDERS[contender].byHand);
  const bar = ([contender, files]) => {
    const value = files.reduce((sum, { compressed }) => sum + compressed, 0) / 1000;
    return { label: nameOf(contender), value, text: `${value.toFixed(0)} KB`, ours: contender === OURS };
  };
  return list.length && bars({ title: 'Bytes of a page that seals and opens (brotli)', groups: [{ bars: list.map(bar) }] });
}

function coldPages(found) {
  const results = found.results.filter((result) => result.engine === 'chromium' && result.job === 'cold');
  const groups = results.map(({ parameter, samples }) => ({
    name: parameter,
    bars: Object.entries(samples).filter(([contender]) => !CONTENDERS[contender].byHand).map(([contender, list]) => ({ label: nameOf(contender), value: median(list), text: `${median(list).toFixed(0)} ms`, ours: contender === OURS })),
  }));
  return groups.length && bars({ title: 'Fresh page to the first sealed note, milliseconds', groups });
}

export function charts(found) {
  const recipients = (n) => `${n} recipient${n === 1 ? '' : 's'}`;
  const made = [
    ['seal.svg', 'Sealing a 4 KiB note in Chromium: time, as multiples of ours (longer: ours is faster)', (title) => ratios(found, 'seal', title, recipients)],
    ['open-shared.svg', 'Opening what was shared, in Chromium: time, as multiples of ours (longer: ours is faster)', (title) => ratios(found, 'open-shared', title, (n) => (n === 1 ? 'one note' : `a chart of ${n}`))],
    ['open-own.svg', 'Opening own notes in Chromium: time, as multiples of ours (longer: ours is faster)', (title) => ratios(found, 'open-own', title, (n) => `${n} notes`)],
    ['aead.svg', 'Bulk encryption in Chromium: time, as multiples of ours (longer: ours is faster)', (title) => ratios(found, 'aead', title, sizeOf)],
    ['unlock.svg', 'Argon2id, 64 MiB, in Chromium: time, as multiples of ours (longer: ours is faster)', (title) => ratios(found, 'unlock', title, () => '')],
    ['cold.svg', 'Fresh page to the first sealed note in Chromium', () => coldPages(found)],
    ['bytes.svg', 'Bytes of a page that seals and opens', () => weights(found)],
  ];
  return made.map(([file, title, make]) => ({ file, title, svg: make(title) })).filter(({ svg }) => svg);
}
