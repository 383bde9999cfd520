// table.mjs: the rows as text. The ratio of a round is ours against the other's, turned so that above 1 ours is
// better; shown is the median of the rounds, and the least and the greatest.
//
// SPDX-License-Identifier: Apache-2.0
import { TITLES } from './drivers.mjs';
import { median } from './measure.mjs';

const LESS_IS_BETTER = new Set(['ms', 'MB']);
const LEFT = new Set([0, 3]); // columns of words
const HEADINGS = ['', 'ours', 'beside it', '', 'ratio', 'min..max', 'expected'];

/**
 * What the rounds of a row come to: the medians of both, and the ratio.
 * @param {{ unit: string }} row
 * @param {{ values: number[], failure?: string }[]} sides
 */
export function sumUp({ unit }, sides) {
  const [ours, other] = sides;
  const medians = sides.map(({ values }) => (values.length > 0 ? median(values) : undefined));
  if (ours.failure || other.failure || unit === 'MB') return { medians }; // memory: the growth of one may be 0
  const ratios = ours.values.map((value, i) => {
    const ratio = value / other.values[i];
    return LESS_IS_BETTER.has(unit) ? 1 / ratio : ratio;
  });
  return { medians, ratio: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) };
}

/** @param {{ row: object, sides: object[], sum: object }[]} results */
export function table(results) {
  const lines = [HEADINGS, ...results.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => line.map((cell, i) => (LEFT.has(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))))
    .map((line) => line.join('  ').trimEnd())
    .join('\n');
}

function cells({ row, sides, sum }) {
  const shown = sides.map(({ failure }, i) =>
    failure === undefined ? `${figure(sum.medians[i])} ${row.unit}` : `fails: ${failure}`,
  );
  const ratio =
    sum.ratio === undefined ? ['–', ''] : [`x${figure(sum.ratio)}`, `${figure(sum.least)}..${figure(sum.greatest)}`];
  const expected = row.expected === undefined ? '' : `x${row.expected}${row.expected < 1 ? ' or more' : ''}`;
  return [row.name, shown[0], shown[1], TITLES[row.sides[1]], ...ratio, expected];
}

/** Three digits are all that a figure of such a run says. */
function figure(value) {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(Math.abs(value) < 1 ? 2 : 3)));
}
