import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CanonicalEventSchema } from '../../../collector/src/contract/event.ts';
import { FindingSchema } from '../../../collector/src/contract/finding.ts';
import { CaseSchema } from '../../../collector/src/contract/case.ts';
import type { MetricDefinition } from '../../../collector/src/contract/names.ts';
import { attributeNames, metricNames, prometheusName } from '../../../collector/src/contract/names.ts';

const definitions: readonly MetricDefinition[] = Object.values(metricNames);

test('names follow the translation of OpenTelemetry names into Prometheus', () => {
  const names: [keyof typeof metricNames, string][] = [
    ['case_open', 'zonewarden_case_open'],
    ['source_lag', 'zonewarden_source_lag_seconds'],
    ['source_records', 'zonewarden_source_records_total'],
    ['source_bytes', 'zonewarden_source_received_bytes_total'],
    ['source_gap', 'zonewarden_source_gap_seconds_total'],
    ['log_bytes', 'zonewarden_log_size_bytes'],
    ['event_loop_delay', 'zonewarden_event_loop_delay_seconds'],
    ['control_score', 'zonewarden_control_score'],
    ['control_score_coverage', 'zonewarden_control_score_coverage'],
  ];
  for (const [key, name] of names) assert.equal(prometheusName(metricNames[key]), name);
  assert.equal(prometheusName({ name: 'a.b', kind: 'gauge', unit: '1' }), 'a_b_ratio');
});

test('metric names are unique, their labels valid, no unit adds a surprising suffix', () => {
  const names = definitions.map(prometheusName);
  assert.equal(new Set(names).size, names.length);
  for (const { name, unit, labels, bound, help } of definitions) {
    assert.match(name, /^zonewarden(\.[a-z][a-z_]*)+$/);
    assert.notEqual(unit, '1');
    assert.ok(
      labels.every((label) => /^[a-z][a-z_]*$/.test(label)) && new Set(labels).size === labels.length,
    );
    assert.ok(bound >= 1 && help.length > 10 && !help.endsWith('.'));
  }
});

test('attribute tables name existing fields, once each', () => {
  const schemas = { event: CanonicalEventSchema, finding: FindingSchema, case: CaseSchema };
  for (const [kind, schema] of Object.entries(schemas)) {
    const table = attributeNames[kind as keyof typeof schemas];
    for (const { field } of table)
      assert.ok(Object.hasOwn(schema.properties, field.split('.')[0] ?? ''), `${kind}: ${field}`);
    assert.equal(new Set(table.map(({ attribute }) => attribute)).size, table.length);
  }
});
