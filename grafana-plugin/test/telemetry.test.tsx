import './dom-world.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataFrameFromJSON, FieldType } from '@grafana/data';
import { caseOfAlert, domainOfPanel } from '../src/extensions/links.ts';
import pluginJson from '../src/plugin.json';
import { caseOfLine, caseOfSample, entryOfLine, newestCases } from '../src/api/telemetry/case-lines.ts';
import { linesOf, samplesOf } from '../src/api/telemetry/query.ts';
import { quoted } from '../src/api/telemetry/telemetry-layer.ts';
import { addressProblem, keptAddress } from '../src/settings/settings.ts';

test('frames of an instant query become rows, whether labels are columns or stand at the number', () => {
  const table = dataFrameFromJSON({
    schema: {
      fields: [
        { name: 'Time', type: FieldType.time },
        { name: 'domain', type: FieldType.string },
        { name: 'Value', type: FieldType.number },
      ],
    },
    data: { values: [[1], ['pay.example'], [61.5]] },
  });
  assert.deepEqual(samplesOf([table]), [{ labels: { domain: 'pay.example' }, value: 61.5 }]);
  const series = dataFrameFromJSON({
    schema: {
      fields: [
        { name: 'Time', type: FieldType.time },
        { name: 'Value', type: FieldType.number, labels: { domain: 'shop.example' } },
      ],
    },
    data: { values: [[1], [80]] },
  });
  assert.deepEqual(samplesOf([series]), [{ labels: { domain: 'shop.example' }, value: 80 }]);
});

test('log frames become lines, newest first, with labels and structured metadata', () => {
  const frame = dataFrameFromJSON({
    schema: {
      fields: [
        { name: 'labels', type: FieldType.other },
        { name: 'Time', type: FieldType.time },
        { name: 'Line', type: FieldType.string },
      ],
    },
    data: {
      values: [
        [{ a: '1' }, { a: '2' }],
        [1000, 2000],
        ['older', 'newer'],
      ],
    },
  });
  assert.deepEqual(linesOf([frame]), [
    { at: '1970-01-01T00:00:02.000Z', text: 'newer', fields: { a: '2' } },
    { at: '1970-01-01T00:00:01.000Z', text: 'older', fields: { a: '1' } },
  ]);
});

const line = (revision: string, severity: string) => ({
  at: '2026-11-28T15:00:00.000Z',
  text: `${severity} case case-a new on pay.example: Lock of pay.example removed. Nobody approved it.`,
  fields: {
    zonewarden_case_id: 'case-a',
    zonewarden_revision: revision,
    zonewarden_severity: severity,
    zonewarden_title: 'Lock of pay.example removed',
    zonewarden_domains: '["pay.example"]',
    zonewarden_state: 'new',
  },
});

test('of the lines of a case the highest revision speaks, whatever their order', () => {
  for (const lines of [
    [line('2', 'high'), line('3', 'critical')],
    [line('3', 'critical'), line('2', 'high')],
  ]) {
    const [found, ...more] = newestCases(lines);
    assert.equal(more.length, 0);
    assert.equal(found?.severity, 'critical');
    assert.deepEqual(found?.domains, ['pay.example']);
    assert.equal(found?.summary, 'Nobody approved it.');
  }
  assert.equal(caseOfLine({ at: 'x', text: 'broken', fields: { zonewarden_domains: '[' } }).domains[0], '[');
});

test('a case that only metrics know is shown with what they say, and nothing is invented', () => {
  const sample = { labels: { case_id: 'case-b', severity: 'high', domain: '', kind: 'account' }, value: 1 };
  const found = caseOfSample(sample, undefined);
  assert.deepEqual([found.severity, found.domains, found.team, found.paged_at], ['high', [], null, null]);
});

test('entries say who saw it: a probe observes, a registrar claims', () => {
  const entry = (event_name: string, zonewarden_source_kind: string) =>
    entryOfLine({ at: 'now', text: '', fields: { event_name, zonewarden_source_kind } }).kind;
  assert.equal(entry('registrar.domain.nameservers_changed', 'delegation_probe'), 'observation');
  assert.equal(entry('registrar.domain.lock_disabled', 'registrar_audit'), 'claim');
  assert.equal(entry('identity.session.login_succeeded', 'identity_log'), 'identity');
  assert.equal(entry('cert.issued', 'ct_log'), 'certificate');
});

test('a value cannot leave its quotes in a query', () => {
  assert.equal(quoted('a"} | line_format "x'), '"a\\"} | line_format \\"x"');
});

test('an address is http or https, without user, query and fragment', () => {
  assert.equal(addressProblem(''), 'empty');
  assert.equal(addressProblem('collector:8470'), 'scheme');
  assert.equal(addressProblem('ftp://collector'), 'scheme');
  assert.equal(addressProblem('http://a:b@collector'), 'path');
  assert.equal(addressProblem('https://collector:8470/base/'), undefined);
  assert.equal(keptAddress(' http://collector:8470// '), 'http://collector:8470');
});

test('links appear where they lead somewhere, and are registered in plugin.json as they are in code', () => {
  const declared = pluginJson.extensions.addedLinks;
  for (const [index, link] of [caseOfAlert, domainOfPanel].entries()) {
    assert.equal(declared[index]?.title, link.title);
    assert.equal(declared[index]?.description, link.description);
    assert.deepEqual(declared[index]?.targets, link.targets);
    assert.ok(link.title.length >= 10 && link.path?.startsWith('/a/zonewarden-domains-app/'));
  }
  const open = caseOfAlert.configure;
  assert.equal(open?.(undefined as never), undefined);
  assert.equal(open?.({ instance: { labels: {} } } as never), undefined);
  assert.deepEqual(open?.({ instance: { labels: { case_id: 'case-a' } } } as never), {
    path: '/a/zonewarden-domains-app/cases/case-a',
  });
  const domain = domainOfPanel.configure;
  const chosen = { scopedVars: { domain: { value: 'pay.example' } } };
  assert.equal(domain?.({ ...chosen, dashboard: { uid: 'other' } } as never), undefined);
  assert.deepEqual(domain?.({ ...chosen, dashboard: { uid: 'zonewarden-domain' } } as never), {
    path: '/a/zonewarden-domains-app/domains/pay.example',
  });
});
