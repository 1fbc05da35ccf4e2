/** Our own stories (stories/), each with all sources and with the minimal ones, and with every disturbance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayParts } from '../../collector/src/app/replay-parts.ts';
import { intentsFromValue, inventoryFromValue } from '../../collector/src/app/documents.ts';
import { detectorFrom, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { runIncident, type Disturbance } from '../../collector/src/host/incident-run.ts';
import { judgeIncident } from '../../collector/src/host/incident-verdict.ts';
import { accountStories } from './stories/account-stories.ts';
import { aliasStories } from './stories/alias-stories.ts';
import { delegationStories } from './stories/delegation-stories.ts';
import { feedStories } from './stories/feed-stories.ts';
import { dependentStories } from './stories/dependent-stories.ts';
import { numberStories } from './stories/number-stories.ts';
import { registryStories } from './stories/registry-stories.ts';
import { watchStories } from './stories/watch-stories.ts';
import { zoneStories } from './stories/zone-stories.ts';
import { incidentOf } from './stories/story-incident.ts';

const still: Disturbance = {
  minimalSources: false,
  shuffleSeconds: 0,
  seed: 1,
  duplicate: false,
  lateAuditSeconds: 0,
  restart: false,
};

const disturbances: readonly (readonly [string, Partial<Disturbance>])[] = [
  ['all sources', {}],
  ['minimal sources', { minimalSources: true }],
  ['shuffled within five minutes', { shuffleSeconds: 300, seed: 7 }],
  ['minimal sources, shuffled', { minimalSources: true, shuffleSeconds: 300, seed: 11 }],
  ['everything twice', { duplicate: true }],
  ['audit events ten minutes late', { lateAuditSeconds: 600 }],
  ['restarted in the middle', { restart: true }],
  ['minimal, twice, restarted', { minimalSources: true, duplicate: true, restart: true }],
];

const stories = [
  ...accountStories,
  ...feedStories,
  ...delegationStories,
  ...zoneStories,
  ...registryStories,
  ...dependentStories,
  ...numberStories,
  ...watchStories,
  ...aliasStories,
];
const { detector } = await detectorFrom([shippedRulesPath()]);

test('every story has a name of its own', () => {
  assert.equal(new Set(stories.map(({ id }) => id)).size, stories.length);
});

for (const story of stories)
  test(story.id, async (t) => {
    const incident = incidentOf(story);
    const inventory = inventoryFromValue(story.id, incident.replay.inventory);
    const intents = intentsFromValue(story.id, incident.replay.intents);
    for (const [name, disturbance] of disturbances)
      await t.test(name, () => {
        const parts = replayParts(inventory, detector);
        const seen = runIncident({
          incident,
          inventory,
          intents,
          parts,
          disturbance: { ...still, ...disturbance },
        });
        const verdict = judgeIncident(incident, seen);
        if (process.env['STORY_DETAILS'] !== undefined)
          for (const found of seen.cases)
            t.diagnostic(
              JSON.stringify([
                found.case_id.slice(0, 4),
                found.severity,
                found.paged_at,
                found.domains,
                found.detections,
              ]),
            );
        const { failures, must_not_violated: forbidden, page } = verdict;
        assert.deepEqual({ failures, forbidden }, { failures: [], forbidden: [] }, JSON.stringify(page));
      });
  });
