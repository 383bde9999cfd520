// table.mjs: the rows as text. The ratio of a round is the row's own side against the one beside it, turned so that
// above 1 ours is better; shown is the median of the rounds, and the least and the greatest.
//
// SPDX-License-Identifier: Apache-2.0
import { median } from './measure.mjs';
import { TITLES } from './sides.mjs';

const MORE_IS_BETTER = new Set(['ops/s', 'MB/s']);
const LEFT = new Set([0, 1, 3, 7]); // columns of words
const HEADINGS = ['', '', '', 'beside it', '', 'ratio', 'min..max', 'target', ''];

/**
 * What the rounds of a row come to: the median of each side, and the ratio of the first to each other.
 * @param {{ unit: string }} row
 * @param {{ name: string, values: number[], failure?: string }[]} sides
 */
export function sumUp({ unit, beside, atMost }, [own, ...others]) {
  const ratios = {};
  for (const other of others) ratios[other.name] = compare(unit, own, other, beside[other.name]);
  const sum = { median: medianOf(own), ratios };
  return atMost === undefined ? sum : { ...sum, reached: own.failure === undefined && sum.median <= atMost };
}

function compare(unit, own, other, target) {
  const sum = { median: medianOf(other) };
  const rounds = Math.min(own.values.length, other.values.length);
  if (own.failure || other.failure || rounds === 0) return sum;
  const ratios = own.values.slice(0, rounds).map((value, i) => {
    const ratio = value / other.values[i];
    return MORE_IS_BETTER.has(unit) ? ratio : 1 / ratio;
  });
  if (!ratios.every((ratio) => Number.isFinite(ratio) && ratio > 0)) return sum; // the growth of memory may be 0
  const ratio = median(ratios);
  const reached = target === null ? undefined : ratio >= target;
  return { ...sum, ratio, least: Math.min(...ratios), greatest: Math.max(...ratios), reached };
}

const medianOf = ({ values }) => (values.length > 0 ? median(values) : undefined);

/** @param {{ row: object, sides: object[], sum: object }[]} results */
export function table(results) {
  const lines = [HEADINGS, ...results.flatMap(linesOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => line.map((cell, i) => (LEFT.has(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))))
    .map((line) => line.join('  ').trimEnd())
    .join('\n');
}

/** A line for the row's own side, and one for each beside it. */
function linesOf({ row, sides: [own, ...others], sum }) {
  const bounded = row.atMost !== undefined; // what counts is the figure itself
  const target = bounded ? [`${figure(row.atMost)} or less`, verdict(sum.reached)] : ['', ''];
  return [
    [row.name, TITLES[own.name], value(own, sum.median, row), '', '', '', bounded ? spread(own.values) : '', ...target],
    ...others.map((other) => comparison(row, other, sum.ratios[other.name])),
  ];
}

function comparison(row, other, sum) {
  const ratio =
    sum.ratio === undefined ? ['–', ''] : [`x${figure(sum.ratio)}`, spread([sum.least, sum.greatest])];
  const target = row.beside[other.name];
  const shown = target === null ? ['', ''] : [`x${target}`, verdict(sum.reached)];
  return ['', '', '', TITLES[other.name], value(other, sum.median, row), ...ratio, ...shown];
}

const spread = (values) => (values.length > 0 ? `${figure(Math.min(...values))}..${figure(Math.max(...values))}` : '');

const verdict = (reached) => (reached === undefined ? 'not measured' : reached ? 'reached' : 'NOT reached');

function value({ failure }, median, { unit }) {
  return failure === undefined ? `${figure(median)} ${unit}` : `fails: ${failure}`;
}

/** Three digits are all that a figure of such a run says. */
export function figure(value) {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(Math.abs(value) < 1 ? 2 : 3)));
}
