/** Every shipped rule fires in some incident of this repository, with all sources: none is kept that nothing ever showed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compileRules, readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import type { IncidentFile } from '../../collector/src/host/incident-file.ts';
import type { Intent, Inventory } from '../../collector/src/contract/inventory.ts';
import { accountStories } from './stories/account-stories.ts';
import { delegationStories } from './stories/delegation-stories.ts';
import { dependentStories } from './stories/dependent-stories.ts';
import { feedStories } from './stories/feed-stories.ts';
import { numberStories } from './stories/number-stories.ts';
import { registryStories } from './stories/registry-stories.ts';
import { incidentOf } from './stories/story-incident.ts';
import { watchStories } from './stories/watch-stories.ts';
import { zoneStories } from './stories/zone-stories.ts';
import { played } from './whole-pipeline.ts';

const own = fileURLToPath(new URL('../fixtures/incidents/', import.meta.url));
const shared = fileURLToPath(new URL('../../../shared/incidents/', import.meta.url));

function filesIn(folder: string): IncidentFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as IncidentFile);
}

const stories = [
  ...accountStories,
  ...delegationStories,
  ...dependentStories,
  ...feedStories,
  ...registryStories,
  ...numberStories,
  ...watchStories,
  ...zoneStories,
].map(incidentOf);

test('every shipped rule fires in an incident', async (t) => {
  const reconstructions = filesIn(shared);
  if (reconstructions.length === 0)
    return t.skip('the incident reconstructions are not beside the repository');
  const fired = new Set<string>();
  for (const { replay } of [...reconstructions, ...filesIn(own), ...stories]) {
    if (replay === null || replay === undefined) continue;
    const { findings } = await played({
      inventory: replay.inventory as Inventory,
      intents: replay.intents as Intent[],
      warmup: replay.warmup.map(({ event }) => event),
      events: replay.events.map(({ event }) => event),
    });
    for (const { rule_id } of findings) fired.add(rule_id);
  }
  const { ruleSet } = compileRules(await readRuleFiles([shippedRulesPath()]));
  const silent = ruleSet.rules
    .filter((rule) => rule.kind !== 'rule' || rule.standalone)
    .filter(({ meta }) => !fired.has(meta.id))
    .map(({ meta }) => `${meta.detection} ${meta.title}`);
  assert.deepEqual(silent, []);
});
