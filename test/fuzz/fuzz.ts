/** Fuzzes one target for a time, by seed; says what broke it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bombs } from './bombs.ts';
import { mutated } from './mutate.ts';
import { repository, type Target } from './target.ts';
import { seeded } from '../unit/log/memory-disk.ts';

/** How much processor time one execution may take, ms: far above any real record, far below an attack. */
const slowMs = 3_000;
/** How much more memory one execution may hold at its end, bytes: a bomb that was unpacked, a tree without bound. */
const growthBytesMax = 256 * 1024 * 1024;
/** Inputs kept because they led to something new. */
const keptMax = 400;

/** Result of a run. `failures` hold the input in base64, so that it can be kept. `outcomes`: kinds of result that were seen. */
export interface FuzzResult {
  readonly target: string;
  readonly executions: number;
  readonly outcomes: number;
  readonly slowestMs: number;
  readonly failures: readonly { readonly message: string; readonly input: string }[];
}

/** Folder of the saved inputs of a target, each of which broke it once. */
export function corpusFolder(target: Target): string {
  return join(repository, 'test', 'fuzz', 'corpus', target.name.replace(/[^a-z0-9]+/g, '-'));
}

function savedInputs(target: Target): Buffer[] {
  const folder = corpusFolder(target);
  try {
    return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  } catch {
    return [];
  }
}

const guarded = [Object.prototype, Array.prototype, Function.prototype, String.prototype];

function prototypeNames(): string {
  return guarded.map((each) => Object.getOwnPropertyNames(each).sort().join()).join(';');
}

const cleanNames = prototypeNames();

function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What tells results apart: texts without their numbers and quoted parts. */
function outcomeOf(result: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(result, (_key, value: unknown) => (typeof value === 'bigint' ? 'big' : value));
  } catch {
    text = 'cyclic';
  }
  return (text ?? 'undefined').slice(0, 400).replace(/\d+|\\"[^"]*\\"/g, '0');
}

class Run {
  readonly failures: { message: string; input: string }[] = [];
  readonly outcomes = new Set<string>();
  executions = 0;
  slowestMs = 0;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Whether the input led to a result not seen before. */
  async execute(input: Buffer, label?: string): Promise<boolean> {
    const kept = label ?? input.toString('base64');
    const beforeBytes = heldBytes();
    const before = process.threadCpuUsage();
    let problem: string | undefined;
    let outcome = 'threw';
    try {
      outcome = outcomeOf(await this.#target.run(input));
    } catch (error) {
      problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    const { user, system } = process.threadCpuUsage(before);
    const tookMs = (user + system) / 1000;
    this.slowestMs = Math.max(this.slowestMs, tookMs);
    this.executions++;
    if (tookMs > slowMs) problem ??= `took ${Math.round(tookMs)} ms`;
    const grown = heldBytes() - beforeBytes;
    if (grown > growthBytesMax) problem ??= `held ${Math.round(grown / 2 ** 20)} MiB`;
    if (prototypeNames() !== cleanNames) problem ??= 'changed a prototype';
    if (problem !== undefined) this.failures.push({ message: problem, input: kept });
    const isNew = this.outcomes.size < 5_000 && !this.outcomes.has(outcome);
    if (isNew) this.outcomes.add(outcome);
    return isNew;
  }
}

/** Saved inputs and bombs up to `bombBytesMax` once each, then mutations for `budgetMs`; stops after three failures. */
export async function fuzz(
  target: Target,
  seed: number,
  budgetMs: number,
  bombBytesMax = Infinity,
): Promise<FuzzResult> {
  const random = seeded(seed);
  const run = new Run(target);
  await target.open?.();
  try {
    for (const input of savedInputs(target)) await run.execute(input);
    for (const [name, bytes] of bombs())
      if (bytes.length <= Math.min(bombBytesMax, target.bytesMax ?? Infinity))
        await run.execute(bytes, `bomb: ${name}`);
    const pool: Uint8Array[] = [...target.seeds];
    for (const input of pool) await run.execute(Buffer.from(input));
    const pick = (): Uint8Array => pool[Math.floor(random() * pool.length)] as Uint8Array;
    const startedMs = performance.now();
    while (performance.now() - startedMs < budgetMs && run.failures.length < 3) {
      const input = mutated(pick(), pick(), random);
      const isNew = await run.execute(input);
      // What leads somewhere new is a better start than what does not.
      if (isNew && pool.length < target.seeds.length + keptMax && input.length < 65_536) pool.push(input);
    }
  } finally {
    await target.close?.();
  }
  const { executions, slowestMs, failures, outcomes } = run;
  return {
    target: target.name,
    executions,
    outcomes: outcomes.size,
    slowestMs: Math.round(slowestMs),
    failures,
  };
}
