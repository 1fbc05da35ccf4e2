/**
 * Two collectors beside one: each of two processes takes in and decides as many records as one alone, at the same moment. By the clock,
 * so a machine that is busy gives less than twice; the floor is what it gives two processes that only parse, in the same rounds.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { benchFlags, median, rounded, spreadOf, type Figure } from './figure.ts';

/** What a process is told to do. */
export type ScaleWork = 'decide' | 'parse';

/** Records are made before, so that all begin at the same moment. */
export type ScaleOrder = 'prepare' | ScaleWork;

const goal = 0.85;

async function order(children: readonly ChildProcess[], what: ScaleOrder): Promise<void> {
  const answers = children.map((child) => once(child, 'message'));
  for (const child of children) child.send(what);
  await Promise.all(answers);
}

/** Milliseconds by the clock. */
async function together(children: readonly ChildProcess[], work: ScaleWork): Promise<number> {
  await order(children, 'prepare');
  const started = performance.now();
  await order(children, work);
  return performance.now() - started;
}

/** How many times as much two processes do in the same time. */
async function gain(children: readonly ChildProcess[], work: ScaleWork): Promise<number> {
  const [first] = children as [ChildProcess];
  const alone = await together([first], work);
  const both = await together(children, work);
  return (children.length * alone) / both;
}

/** Records of two processes over those of one in the same time, beside what the machine gives. */
export async function* scaleFigures(rounds: number): AsyncGenerator<Figure> {
  const worker = fileURLToPath(new URL('scale-worker.ts', import.meta.url));
  const children = [0, 1].map(() => fork(worker, { execArgv: [...benchFlags] }));
  await Promise.all(children.map((child) => once(child, 'message')));
  const gains: Record<ScaleWork, number[]> = { decide: [], parse: [] };
  for (let round = 0; round <= rounds; round++)
    for (const work of ['parse', 'decide'] as const) {
      const found = await gain(children, work);
      if (round > 0) gains[work].push(found);
    }
  const value = rounded(median(gains.decide));
  const floor = rounded(median(gains.parse));
  yield {
    name: 'scale.processes',
    value,
    unit: 'times the records of one process',
    floor,
    ratio: rounded(value / floor),
    goal,
    held: value / floor >= goal,
    spread: spreadOf(gains.decide),
    floor_spread: rounded(2 * spreadOf(gains.parse)),
    note: 'two collectors of 10,000 domains, Okta with the durable log, by the clock; floor: two processes that only parse',
  };
  const exited = children.map((child) => once(child, 'exit'));
  for (const child of children) child.disconnect();
  await Promise.all(exited);
}
