/** `zonewarden drill`: an exercise on a canary domain through the running collector, reported hop by hop. */
import { setTimeout as wait } from 'node:timers/promises';
import type { DrillView } from '../contract/api.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { printable, printableLines } from '../leaf/printable.ts';
import { apiTarget, askApi, type ApiTarget } from './api-client.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine } from './command-line.ts';

function parse(argv: readonly string[]) {
  return commandLine('drill', {
    args: [...argv],
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      'token-file': { type: 'string' },
      tenant: { type: 'string' },
      domain: { type: 'string' },
      timeout: { type: 'string', default: '60' },
      notified: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
}

const lookEveryMs = 100;

/** The command. Exit 0: it arrived everywhere; 1: some hop was not reached; 2: it could not be started. */
export async function drill(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(argv);
  const timeoutS = Number(values.timeout);
  if (positionals.length > 1 || !Number.isInteger(timeoutS) || timeoutS < 1 || timeoutS > 3600)
    throw new UnusableInput(['zonewarden drill: takes one name, and --timeout 1 to 3600 seconds']);
  const [name] = positionals;
  const { tenant, domain, url } = values;
  const tokenFile = values['token-file'];
  const target = await apiTarget({
    ...(url === undefined ? {} : { url }),
    ...(tokenFile === undefined ? {} : { 'token-file': tokenFile }),
  });
  const started = await askApi(target, '/drills', {
    timeout_s: timeoutS,
    ...(values.notified ? { notified: true } : {}),
    ...(name === undefined ? {} : { name }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(domain === undefined ? {} : { domain }),
  });
  if (started.status !== 200) throw new UnusableInput([`${target.url}: ${started.detail}`]);
  const { id } = started.body as { id: string };
  const ended = await follow(target, id, Date.now() + (timeoutS + 10) * 1000, values.json ? undefined : io);
  if (values.json) io.stdout.write(`${JSON.stringify(ended)}\n`);
  else io.stdout.write(`${printableLines(summary(ended))}\n`);
  return ended.state === 'passed' ? exitCodes.held : exitCodes.fellShort;
}

/** Asks until the drill is over or time is up, and tells each hop once. */
async function follow(
  target: ApiTarget,
  id: string,
  untilMs: number,
  io: CommandIo | undefined,
): Promise<DrillView> {
  const told = new Set<string>();
  for (;;) {
    const answer = await askApi(target, `/drills/${encodeURIComponent(id)}`);
    if (answer.status !== 200) throw new UnusableInput([`${target.url}: ${answer.detail}`]);
    const view = answer.body as DrillView;
    if (told.size === 0) {
      told.add('');
      io?.stdout.write(`drill ${view.name} on ${view.domain} (tenant ${view.tenant})\n`);
    }
    for (const { name, after_ms: afterMs, detail } of view.hops) {
      if (afterMs === null || told.has(name)) continue;
      told.add(name);
      io?.stdout.write(`  ${name.padEnd(20)} ${String(afterMs).padStart(6)} ms  ${printable(detail)}\n`);
    }
    if (view.state !== 'running' || Date.now() > untilMs) return view;
    await wait(lookEveryMs);
  }
}

function summary({ state, hops, case_id: caseId }: DrillView): string {
  if (state === 'passed')
    return `passed: case ${caseId ?? ''} reached ${hops.some(({ name }) => name === 'notification') ? 'every sink and the notification was reported' : 'every sink'}`;
  const missing = hops.filter(({ after_ms: afterMs }) => afterMs === null);
  const reasons = missing.map(({ name, detail }) => (detail === '' ? name : `${name} (${detail})`));
  return `missed: ${reasons.join(', ')} not reached`;
}
