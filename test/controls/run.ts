/** `npm run controls -- [word ...]`: takes each security control away, runs the tests behind it, and says whether one of them noticed. Exit 1 when none did. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { commandLineOf } from '../command-line.ts';
import { missingControls, type MissingControl } from './controls.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preload = new URL('../sim/mutate.ts', import.meta.url).href;
const line = commandLineOf('usage: npm run controls -- [part of a control’s name …]', {}, Infinity);

/** Result of the tests of a control; `name` undefined: with the control in place. */
function tested({ tests }: MissingControl, name?: string): Promise<{ passed: boolean; output: string }> {
  const planted = { NODE_OPTIONS: `--import ${preload}`, ZONEWARDEN_SIM_MUTATION: name };
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', ...tests], {
    cwd: root,
    env: name === undefined ? process.env : { ...process.env, ...planted },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ passed: code === 0, output })));
}

let missed = 0;
const whole = new Map<string, boolean>();
for (const control of line.named(missingControls)) {
  const files = control.tests.join();
  // A test that fails anyway notices nothing.
  if (!whole.has(files)) {
    const before = await tested(control);
    whole.set(files, before.passed);
    if (!before.passed) process.stdout.write(before.output.replace(/^/gm, '        '));
  }
  const { passed, output } = await tested(control, control.name);
  const noticed = /^\s*✖ (.*?) \([\d.]+ms\)$/m.exec(output)?.[1];
  const planted = !output.includes('exactly once');
  const verdict =
    whole.get(files) !== true
      ? 'NOT WHOLE'
      : passed || !planted || noticed === undefined
        ? 'MISSED'
        : 'noticed';
  if (verdict !== 'noticed') missed++;
  process.stdout.write(
    `${verdict.padEnd(10)}${control.name}${verdict === 'noticed' ? `: "${noticed}"` : ''}\n`,
  );
}
process.exitCode = missed === 0 ? 0 : 1;
