/** 200 Sigma rules over one event: the shipped rules, repeated under other ids until there are 200. */
import { hash } from 'node:crypto';
import { compileRules, readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { createInventoryIndex } from '../../collector/src/3-enrich/inventory-index.ts';
import { enrichForTenants } from '../../collector/src/3-enrich/index.ts';
import { normaliserFor } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { StateView } from '../../collector/src/contract/step.ts';
import { memoryState } from '../../collector/src/6-detect/detector-run.ts';
import type { RuleFile } from '../../collector/src/6-detect/sigma-document.ts';
import { SourceDirectory, stepContext, Versions } from '../../collector/src/engine/surroundings.ts';
import { benchInventory, benchRecords } from './bench-records.ts';
import { cpuMs, median, rounded, spreadOf, type Figure } from './figure.ts';

const rulesWanted = 200;
const eventsOfRound = 2_000;
const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

/** The same rules once more: other ids and names, so that nothing can be shared. */
export function copyOf({ path, text }: RuleFile, copy: number): RuleFile {
  const ids = [...text.matchAll(/^(?:id|name): *['"]?([\w-]+)/gmu)].map(([, id]) => id ?? '');
  let changed = text;
  for (const id of ids) {
    const start = ((Number.parseInt(id.slice(0, 2), 16) + copy * 37) & 0xff).toString(16).padStart(2, '0');
    const other = /^[0-9a-f]{8}-/u.test(id) ? start + id.slice(2) : `${id}_${copy}`;
    changed = changed.replaceAll(new RegExp(`(?<![\\w-])${id}(?![\\w-])`, 'gu'), other);
  }
  return { path: `copy-${copy}/${path}`, text: changed };
}

async function manyRules(): Promise<{ files: RuleFile[]; count: number }> {
  const shipped = await readRuleFiles([shippedRulesPath()]);
  const perCopy = compileRules(shipped).ruleSet.rules.length;
  const files = [...shipped];
  const copied = shipped.filter(({ path }) => !path.endsWith('expand.yaml'));
  for (let missing = rulesWanted - perCopy, copy = 1; missing > 0; missing -= perCopy, copy++) {
    const part = copied.slice(0, Math.ceil((copied.length * missing) / perCopy));
    files.push(...part.map((file) => copyOf(file, copy)));
  }
  return { files, count: compileRules(files).ruleSet.rules.length };
}

function events(): CanonicalEvent[] {
  const inventory = createInventoryIndex(benchInventory(10_000));
  return (['okta', 'dnsimple'] as const).flatMap((kind) => {
    const normaliser = normaliserFor(kind);
    if (normaliser === undefined) throw new Error(`no normaliser for ${kind}`);
    return benchRecords(kind, eventsOfRound / 2, Date.UTC(2026, 0, 1), 10_000).flatMap((record) => {
      const outcome = normaliseRecord(record, normaliser, record.receivedAtMs, { sha256 });
      return outcome.ok ? outcome.value.events.flatMap((event) => enrichForTenants(event, inventory)) : [];
    });
  });
}

/** CPU microseconds per event, all scopes, state in memory. */
export async function* sigmaFigures(rounds: number): AsyncGenerator<Figure> {
  const { files, count } = await manyRules();
  const { detector } = compileRules(files);
  const all = events();
  const tables = {
    inventory: new Versions(createInventoryIndex(benchInventory(10_000))),
    sources: new SourceDirectory(),
    sha256,
  };
  const values: number[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    const states = new Map<string, StateView>();
    const started = cpuMs();
    for (const event of all)
      for (const scope of detector.scopesOf(event)) {
        const key = `${scope}|${scope === 'domain' ? (event.domain ?? '') : event.actor_id}`;
        let state = states.get(key);
        if (state === undefined) states.set(key, (state = memoryState()));
        const atMs = Date.parse(event.timestamp);
        detector.step(state, scope, event, stepContext(tables, atMs, atMs, false, false));
      }
    if (round >= 2) values.push((1000 * (cpuMs() - started)) / all.length);
  }
  const value = rounded(median(values));
  yield {
    name: 'sigma.200-rules',
    value,
    unit: 'cpu us/event',
    floor: null,
    ratio: null,
    goal: 50,
    goalOf: 'value',
    held: value <= 50,
    spread: spreadOf(values),
    note: `${count} rules, Okta and DNSimple events half and half, without features`,
  };
}
