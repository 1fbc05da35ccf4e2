/** `npm run faults -- [--long] [word ...]`: every fault, or those whose name has one of the words; amount and verdict a line. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { commandLineOf } from '../command-line.ts';
import { faults, type Fault } from './faults.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const usage = `usage: npm run faults -- [--long] [part of a fault’s name …]
  --long  the amounts of the reference instead of those of CI`;
const line = commandLineOf(usage, { long: { type: 'boolean' } }, Infinity);
const { values } = line;

function inject(fault: Fault): Promise<{ readonly passed: boolean; readonly output: string }> {
  const child = spawn(
    process.execPath,
    [
      '--test',
      '--test-reporter=spec',
      ...(fault.only === undefined ? [] : [`--test-name-pattern=${fault.only}`]),
      ...fault.tests,
    ],
    {
      cwd: root,
      env: { ...process.env, ...(values.long === true ? fault.long : {}) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ passed: code === 0, output })));
}

let broken = 0;
for (const fault of line.named(faults)) {
  const started = performance.now();
  const { passed, output } = await inject(fault);
  const seconds = Math.round((performance.now() - started) / 1000);
  const count = /^ℹ pass (\d+)/m.exec(output)?.[1] ?? '0';
  const skipped = Number(/^ℹ skipped (\d+)/m.exec(output)?.[1] ?? 0);
  const verdict = !passed ? 'BROKEN' : count === '0' ? 'NOT RUN' : 'held';
  process.stdout.write(
    `${verdict.padEnd(8)}${fault.name}: ${fault.amount}; ${count} tests${skipped > 0 ? `, ${skipped} skipped` : ''}, ${seconds} s\n`,
  );
  if (verdict === 'held') continue;
  broken++;
  process.stdout.write(output.replace(/^/gm, '        '));
}
process.exitCode = broken === 0 ? 0 : 1;
