// chart.mjs: ratios as an SVG, without a dependency: a bar for each, on a scale of powers of two, with a line from the
// least to the greatest round and a tick where the target is. It is read on light and on dark ground.
//
// SPDX-License-Identifier: Apache-2.0
import { figure } from './table.mjs';

const ROW = 26; // units of the drawing, as all below
const BAR = 14;
const LABELS = 230;
const PLOT = 400;
const VALUES = 130;
const TOP = 58;
const BOTTOM = 34;
const WIDTH = LABELS + PLOT + VALUES;

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 } .soft { fill: #59636e; font-size: 12px }
  .grid { stroke: #d1d9e0 } .one { stroke: #59636e } .bar { fill: #2f6fdb } .below { fill: #c4622d }
  .spread { stroke: #1f2328; stroke-width: 1.5 } .target { stroke: #1a7f37; stroke-width: 2.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .soft { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
    .bar { fill: #58a6ff } .below { fill: #e0823d } .spread { stroke: #e6edf3 } .target { stroke: #3fb950 }
  }`;

/**
 * @param {{ title: string, subtitle: string, bars: Bar[] }} chart
 * @typedef {{ label: string, ratio: number, least: number, greatest: number, target: number | null }} Bar
 */
export function drawChart({ title, subtitle, bars }) {
  const scale = scaleOf(bars);
  const height = TOP + bars.length * ROW + BOTTOM;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title><style>${STYLE}\n</style>`,
    `<text class="title" x="8" y="20">${escaped(title)}</text>`,
    `<text class="soft" x="8" y="39">${escaped(subtitle)}</text>`,
    ...scale.marks.map((mark) => gridLine(mark, scale, height)),
    ...bars.map((bar, i) => drawBar(bar, TOP + i * ROW, scale)),
    '</svg>\n',
  ].join('\n');
}

/** Powers of two, from 1 or what is below it to the greatest figure. */
function scaleOf(bars) {
  const all = bars.flatMap(({ least, greatest, target }) => [least, greatest, target ?? 1]);
  const low = Math.floor(Math.log2(Math.min(1, ...all)));
  const high = Math.max(low + 1, Math.ceil(Math.log2(Math.max(1, ...all))));
  const step = Math.ceil((high - low) / 10);
  const marks = [];
  for (let power = Math.ceil(low / step) * step; power <= high; power += step) marks.push(2 ** power); // 1 is one of them
  return { marks, x: (value) => round(LABELS + ((Math.log2(value) - low) / (high - low)) * PLOT) };
}

function gridLine(mark, { x }, height) {
  const at = x(mark);
  const end = height - BOTTOM;
  return (
    `<line class="${mark === 1 ? 'one' : 'grid'}" x1="${at}" y1="${TOP - 6}" x2="${at}" y2="${end}"/>` +
    `<text class="soft" x="${at}" y="${end + 18}" text-anchor="middle">x${figure(mark)}</text>`
  );
}

function drawBar({ label, ratio, least, greatest, target }, top, { x }) {
  const middle = top + ROW / 2;
  const [from, to] = [x(1), x(ratio)].sort((a, b) => a - b);
  const bar = middle - BAR / 2;
  const goal = target === null ? '' : tick('target', x(target), bar - 3, BAR + 6);
  return (
    `<text x="${LABELS - 10}" y="${middle + 4.5}" text-anchor="end">${escaped(label)}</text>` +
    `<rect class="${ratio < 1 ? 'below' : 'bar'}" x="${from}" y="${bar}" width="${round(to - from)}" height="${BAR}"/>` +
    `<line class="spread" x1="${x(least)}" y1="${middle}" x2="${x(greatest)}" y2="${middle}"/>${goal}` +
    `<text x="${LABELS + PLOT + 14}" y="${middle + 4.5}">x${figure(ratio)}` +
    `${target === null ? '' : ` <tspan class="soft">of x${target}</tspan>`}</text>`
  );
}

function tick(kind, at, top, length) {
  return `<line class="${kind}" x1="${at}" y1="${top}" x2="${at}" y2="${top + length}"/>`;
}

const round = (value) => Number(value.toFixed(1));

function escaped(text) {
  return text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
