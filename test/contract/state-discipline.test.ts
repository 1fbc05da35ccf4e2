/**
 * Nobody changes what `StateView.get` returned, nor stores it for changing later: the preliminary lane would write into
 * sealed state, and a checkpoint would miss the change. Every operator runs here on views that freeze what they show.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { intentsFromValue, inventoryFromValue } from '../../collector/src/app/documents.ts';
import { detectorFrom, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { replayParts } from '../../collector/src/app/replay-parts.ts';
import type { StateView } from '../../collector/src/contract/step.ts';
import { copyJson } from '../../collector/src/engine/keyed-state.ts';
import type { Operator } from '../../collector/src/engine/operator.ts';
import type { IncidentFile } from '../../collector/src/host/incident-file.ts';
import { runIncident, type IncidentObservation } from '../../collector/src/host/incident-run.ts';

function frozen<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}

/** A view that shows copies nobody can change. */
function showing(view: StateView): StateView {
  return {
    get: <T>(name: string) => frozen(copyJson(view.get<T>(name))),
    edit: (name, initial) => view.edit(name, initial),
    put: (name, value) => view.put(name, value),
    delete: (name) => view.delete(name),
    names: (prefix) => view.names(prefix),
  };
}

function strict(operator: Operator): Operator {
  return {
    name: operator.name,
    keysOf: (message) => operator.keysOf(message),
    step: (state, key, message, primary, context) =>
      operator.step(showing(state), key, message, primary, context),
    due: (state, key, timer, context) => operator.due(showing(state), key, timer, context),
  };
}

const folders = ['../fixtures/incidents/', '../../../shared/incidents/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

function incidentsIn(folder: string): IncidentFile[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as IncidentFile)
      .filter(({ replay }) => replay !== null);
  } catch {
    return [];
  }
}

async function play(
  incident: IncidentFile,
  wrap: (operator: Operator) => Operator,
): Promise<IncidentObservation> {
  const { replay } = incident;
  assert.ok(replay);
  const inventory = inventoryFromValue('inventory', replay.inventory);
  const { detector } = await detectorFrom([shippedRulesPath()]);
  const parts = replayParts(inventory, detector);
  return runIncident({
    incident: { ...incident, replay },
    inventory,
    intents: intentsFromValue('intents', replay.intents),
    parts: { ...parts, operators: () => parts.operators().map(wrap) },
    disturbance: {
      minimalSources: false,
      shuffleSeconds: 300,
      seed: 5,
      duplicate: true,
      lateAuditSeconds: 0,
      restart: false,
    },
  });
}

test('every step leaves alone what it was only shown', async (t) => {
  const incidents = folders.flatMap(incidentsIn);
  for (const incident of incidents) {
    const plain = await play(incident, (operator) => operator);
    const shown = await play(incident, strict);
    assert.deepEqual(shown.findings, plain.findings, incident.id);
    assert.deepEqual(shown.cases, plain.cases, incident.id);
  }
  t.diagnostic(`${incidents.length} incidents`);
});
