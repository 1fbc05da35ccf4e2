/** Fuzzes one target for a time, by seed; says what broke it. */
import { mutated } from './mutate.ts';
import type { Target } from './targets.ts';
import { seeded } from '../unit/log/memory-disk.ts';

/** How long one execution may take, ms: far above any real record, far below an attack. */
const slowMs = 2_000;

/** Result of a run. `failures` hold the input in base64, so that it can be kept. */
export interface FuzzResult {
  readonly target: string;
  readonly executions: number;
  readonly slowestMs: number;
  readonly failures: readonly { readonly message: string; readonly input: string }[];
}

const prototypeNames = Object.getOwnPropertyNames(Object.prototype).sort().join();

/** Runs for `budgetMs`; stops after three failures. */
export function fuzz(target: Target, seed: number, budgetMs: number): FuzzResult {
  const random = seeded(seed);
  const pick = (): Uint8Array => target.seeds[Math.floor(random() * target.seeds.length)] as Uint8Array;
  const failures: { message: string; input: string }[] = [];
  let executions = 0;
  let slowestMs = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < budgetMs && failures.length < 3) {
    const input = mutated(pick(), pick(), random);
    const beforeMs = performance.now();
    let problem: string | undefined;
    try {
      target.run(input);
    } catch (error) {
      problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    const tookMs = performance.now() - beforeMs;
    slowestMs = Math.max(slowestMs, tookMs);
    executions++;
    if (tookMs > slowMs) problem ??= `took ${Math.round(tookMs)} ms`;
    if (Object.getOwnPropertyNames(Object.prototype).sort().join() !== prototypeNames)
      problem ??= 'changed Object.prototype';
    if (problem !== undefined) failures.push({ message: problem, input: input.toString('base64') });
  }
  return { target: target.name, executions, slowestMs: Math.round(slowestMs), failures };
}
