// measure.mjs: how a figure comes about.
//
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

export const BIG = 256 * 2 ** 20; // bytes; a file that is not read for a part of it
const TICK_US = 10_000; // of /proc/PID/stat: 100 in a second on every Linux that Node runs on

/**
 * A closed loop: each of `callers` has one call under way, and makes the next when it is answered, for `ms`.
 * Gives calls per second. The first call that fails ends it.
 */
export async function closedLoop(callers, ms, call) {
  const begin = performance.now();
  const end = begin + ms;
  let done = 0;
  let failed = false;
  const caller = async () => {
    while (!failed && performance.now() < end) {
      await call(done++);
    }
  };
  const all = Array.from({ length: callers }, caller);
  await Promise.all(all).catch(async (error) => {
    failed = true;
    await Promise.allSettled(all); // nothing of this round runs into the next
    throw error;
  });
  return (done / (performance.now() - begin)) * 1000;
}

/** Microseconds of CPU, of all threads of this process, for each call. */
export async function cpuPerCall(callers, ms, call) {
  return cpuOf(callers, ms, call, () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  });
}

/** The same of the server, and of the programs that it has run. */
export async function serverCpuPerCall(pid, callers, ms, call) {
  return cpuOf(callers, Math.max(ms, 400), call, () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_US; // utime to cstime
  });
}

async function cpuOf(callers, ms, call, used) {
  let calls = 0;
  const before = used();
  await closedLoop(callers, ms, (i) => {
    calls++;
    return call(i);
  });
  return (used() - before) / calls;
}

/** The median of the milliseconds that `action` takes, called again for `ms`; once at least. */
export async function repeated(ms, action) {
  const times = [];
  for (const end = performance.now() + ms; times.length === 0 || performance.now() < end;)
    times.push(await time(() => action(times.length)));
  return median(times);
}

/** Milliseconds that `action` takes. */
export async function time(action) {
  const begin = performance.now();
  await action();
  return performance.now() - begin;
}

/**
 * The p99 of how late the event loop is, in milliseconds, while `action` runs: of a timer of 1 ms, beyond that
 * millisecond.
 */
export async function eventLoopDelay(action) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await action();
  histogram.disable();
  return Math.max(0, histogram.percentile(99) / 1e6 - 1);
}

/** The milliseconds that each of `count` calls takes: one every `everyMs`, whatever is under way; 0: one after the other. */
export async function latencies(count, everyMs, call) {
  const times = [];
  const begin = performance.now();
  for (let i = 0; i < count; i++) {
    times.push(time(() => call(i)));
    if (everyMs === 0) await times.at(-1);
    else await setTimeout(Math.max(0, begin + (i + 1) * everyMs - performance.now()));
  }
  return Promise.all(times);
}

export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
