/** `zonewarden check`: configuration, inventory, intents and rules, all problems at once; with `--probe` also every source. */
import { loadConfig } from '../app/config-file.ts';
import type { Config } from '../app/config-schema.ts';
import { problemLine, type DocumentProblem } from '../app/document-problem.ts';
import { secretsOf } from '../app/known-secrets.ts';
import { secretHider } from '../leaf/hidden-secrets.ts';
import { printable } from '../leaf/printable.ts';
import { loadIntents } from '../app/intents-file.ts';
import { loadInventory } from '../app/inventory-file.ts';
import { NetworkDatabases } from '../app/network-databases.ts';
import { MonitoredDomains } from '../app/monitored-domains.ts';
import { compileRules, readRuleFiles, shippedRulesPath } from '../app/rule-files.ts';
import { sinksOf } from '../app/sink-list.ts';
import { sourcesOf } from '../app/source-list.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { version } from '../app/version.ts';
import { wallClock } from '../app/wall-clock.ts';
import { createOutgoingPolicy } from '../1-source/address-policy.ts';
import type { SourceRun } from '../contract/component.ts';
import type { Inventory } from '../contract/inventory.ts';
import { failed, type Outcome } from '../contract/outcome.ts';
import { resourceOf } from '../self/tracing.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';

/** Something to contact under `--probe`. */
export interface Probe {
  readonly name: string;
  probe(signal: AbortSignal): Promise<Outcome<string>>;
}

/** What `check` takes from outside; everything has a working default. */
export interface CheckParts {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory?: string;
  /** Further things to probe, beside every source and sink. */
  readonly probes?: readonly Probe[];
  readonly probeTimeoutMs?: number;
}

/**
 * Exit status: 0 everything holds, 1 a probe failed (a line per source and sink on standard output), 2 bad usage or a
 * problem in a file (a line per problem on standard error). Warnings go to standard error and change no status.
 */
export async function check(argv: readonly string[], io: CommandIo, parts: CheckParts = {}): Promise<number> {
  const options = optionsOf(argv);
  const env = parts.env ?? process.env;
  const workingDirectory = parts.workingDirectory ?? process.cwd();
  const loaded = await loadConfig(options.config, { env, workingDirectory });
  const say = (line: string): void => {
    io.stderr.write(`${line}\n`);
  };
  if (!loaded.ok) {
    loaded.problems.forEach((problem) => say(problemLine(problem)));
    return exitCodes.unusable;
  }
  loaded.warnings.forEach((warning) => say(problemLine(warning)));
  await checkNetworkDatabases(loaded.config, (message) =>
    say(
      problemLine({ file: options.config, line: 0, path: ['network_databases'], level: 'warning', message }),
    ),
  );
  const files = await checkFiles(loaded.config, say);
  if (files === undefined) return exitCodes.unusable;
  io.stdout.write(
    `configuration holds: ${loaded.config.sources.length} sources, ${loaded.config.sinks.length} sinks, ` +
      `${files.domains} domains, ${files.intents} intents, ${files.rules} rules\n`,
  );
  return options.probe ? probeAll(loaded.config, files.inventory, io, parts) : exitCodes.held;
}

function optionsOf(argv: readonly string[]): { config: string; probe: boolean } {
  const { config, probe } = commandLine('check', {
    args: [...argv],
    options: { config: { type: 'string' }, probe: { type: 'boolean', default: false } },
  }).values;
  if (config === undefined) throw misuse('check', '--config is required');
  return { config, probe };
}

/** Every file the configuration names; undefined when one has an error. All are read, whatever the first ones said. */
async function checkFiles(
  config: Config,
  say: (line: string) => void,
): Promise<{ inventory: Inventory; domains: number; intents: number; rules: number } | undefined> {
  let sound = true;
  const tell = (problems: readonly DocumentProblem[]): void =>
    problems.forEach((problem) => say(problemLine(problem)));
  let inventory: Inventory | undefined;
  if (config.inventory !== undefined) {
    const loaded = await loadInventory(config.inventory);
    tell(loaded.ok ? loaded.warnings : loaded.problems);
    if (loaded.ok) inventory = loaded.inventory;
    else sound = false;
  }
  let intents = 0;
  if (config.intents !== undefined) {
    const loaded = await loadIntents(config.intents, inventory);
    tell(loaded.ok ? loaded.warnings : loaded.problems);
    if (loaded.ok) intents = loaded.intents.length;
    else sound = false;
  }
  const rules = await checkRules(config, say);
  if (rules === undefined) sound = false;
  for (const source of config.sources) {
    if (source.tenant === undefined || inventory?.tenants === undefined) continue;
    if (inventory.tenants.some((tenant) => tenant.id === source.tenant)) continue;
    say(
      `${config.inventory}: sources.${source.id}.tenant: ${JSON.stringify(source.tenant)} is not among tenants`,
    );
    sound = false;
  }
  if (!sound) return undefined;
  const domains = inventory?.domains?.length ?? 0;
  return { inventory: inventory ?? { version: 1 }, domains, intents, rules: rules ?? 0 };
}

/** Warnings: the collector starts without an address database, and knows no countries and networks until it is there. */
async function checkNetworkDatabases(config: Config, say: (problem: string) => void): Promise<void> {
  const around = { sleep: () => Promise.resolve(), log: (_level: string, message: string) => say(message) };
  await new NetworkDatabases(config.network_databases, around).refresh();
}

async function checkRules(config: Config, say: (line: string) => void): Promise<number | undefined> {
  try {
    const paths = [...(config.bundled_rules ? [shippedRulesPath()] : []), ...config.rules];
    return compileRules(await readRuleFiles(paths)).ruleSet.rules.length;
  } catch (error) {
    if (!(error instanceof UnusableInput)) throw error;
    error.problems.forEach((problem) => say(printable(problem)));
    return undefined;
  }
}

async function probeAll(
  config: Config,
  inventory: Inventory,
  io: CommandIo,
  parts: CheckParts,
): Promise<number> {
  const around = wallClock(() => {});
  const env = parts.env ?? process.env;
  const policy = createOutgoingPolicy({
    allowNetworks: config.outgoing.allow_networks,
    allowPlainHttp: config.outgoing.allow_plain_http,
  });
  const places = {
    around,
    env,
    resource: resourceOf(env, { 'service.version': version }),
    stdout: io.stdout,
  };
  const sinks = sinksOf(config, places);
  const domains = new MonitoredDomains(inventory, around.nowMs);
  const probes: Probe[] = [
    ...sourcesOf(config, policy, around, domains).runs.map((run) =>
      probeOf(`source ${run.identity.id}`, run),
    ),
    ...sinks.map((run) => probeOf(`sink ${run.id}`, run)),
    ...(parts.probes ?? []),
  ];
  const results = await Promise.all(
    probes.map(async (one) => ({ name: one.name, outcome: await bounded(one, parts) })),
  );
  await Promise.all(sinks.map((sink) => sink.close()));
  const hide = secretHider(secretsOf(config, env));
  for (const { name, outcome } of results) {
    const text = outcome.ok ? `ok: ${outcome.value}` : `${outcome.failure.code}: ${outcome.failure.message}`;
    io.stdout.write(`${printable(hide(`${name}: ${text}`))}\n`);
  }
  return results.every(({ outcome }) => outcome.ok) ? exitCodes.held : exitCodes.fellShort;
}

function probeOf(name: string, run: Pick<SourceRun, 'probe'>): Probe {
  return { name, probe: (signal) => run.probe(signal) };
}

async function bounded(one: Probe, parts: CheckParts): Promise<Outcome<string>> {
  const timeoutMs = parts.probeTimeoutMs ?? 15_000;
  const signal = AbortSignal.timeout(timeoutMs);
  const late = new Promise<Outcome<string>>((resolve) => {
    signal.addEventListener('abort', () =>
      resolve(failed('endpoint_timeout', `no answer within ${timeoutMs} ms`)),
    );
  });
  try {
    return await Promise.race([one.probe(signal), late]);
  } catch (error) {
    return failed('endpoint_unreachable', error instanceof Error ? error.message : String(error));
  }
}
