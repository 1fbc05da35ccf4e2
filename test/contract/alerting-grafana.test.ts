/** Grafana's provisioning files against a schema taken from its source (pkg/services/provisioning/alerting, 13.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';
import { alertFiles } from '../../collector/src/app/alert-model/alert-files.ts';

const text = Type.String({ minLength: 1 });
const duration = Type.String({ pattern: '^([0-9]+(ms|[smhdwy]))+$' });
const strict = { additionalProperties: false };
const names = Type.Array(text, { minItems: 1 });
const orgId = Type.Literal(1);

const timings = { group_wait: duration, group_interval: duration, repeat_interval: duration };
const Rule = Type.Object(
  {
    uid: Type.String({ pattern: '^[a-zA-Z0-9_-]{1,40}$' }),
    title: Type.String({ minLength: 1, maxLength: 190 }),
    condition: Type.Literal('C'),
    data: Type.Array(
      Type.Object(
        {
          refId: text,
          queryType: Type.Optional(text),
          relativeTimeRange: Type.Object({ from: Type.Integer(), to: Type.Integer() }, strict),
          datasourceUid: text,
          model: Type.Record(text, Type.Unknown()),
        },
        strict,
      ),
      { minItems: 2, maxItems: 2 },
    ),
    noDataState: Type.Enum(['NoData', 'Alerting', 'OK', 'KeepLast']),
    execErrState: Type.Enum(['Alerting', 'Error', 'OK', 'KeepLast']),
    for: duration,
    keepFiringFor: Type.Optional(duration),
    annotations: Type.Record(text, Type.String()),
    labels: Type.Record(text, Type.String()),
    isPaused: Type.Boolean(),
    dashboardUid: Type.Optional(text),
    panelId: Type.Optional(Type.Integer({ minimum: 1 })),
    notification_settings: Type.Optional(
      Type.Object({ receiver: text, group_by: names, ...timings }, strict),
    ),
  },
  strict,
);
const Interval = Type.Object(
  {
    times: Type.Optional(
      Type.Array(
        Type.Object(
          {
            start_time: Type.String({ pattern: '^\\d\\d:\\d\\d$' }),
            end_time: Type.String({ pattern: '^\\d\\d:\\d\\d$' }),
          },
          strict,
        ),
      ),
    ),
    weekdays: Type.Optional(names),
    location: Type.Optional(text),
  },
  strict,
);
const File = Compile(
  Type.Object(
    {
      apiVersion: Type.Literal(1),
      groups: Type.Optional(
        Type.Array(
          Type.Object(
            { orgId, name: text, folder: text, interval: duration, rules: Type.Array(Rule, { minItems: 1 }) },
            strict,
          ),
        ),
      ),
      deleteRules: Type.Optional(Type.Array(Type.Object({ orgId, uid: text }, strict))),
      contactPoints: Type.Optional(
        Type.Array(
          Type.Object(
            {
              orgId,
              name: text,
              receivers: Type.Array(
                Type.Object(
                  {
                    uid: Type.String({ pattern: '^[a-zA-Z0-9_-]{1,40}$' }),
                    type: Type.Enum(['slack', 'pagerduty', 'jira', 'webhook', 'email']),
                    settings: Type.Record(text, Type.Unknown()),
                    disableResolveMessage: Type.Boolean(),
                  },
                  strict,
                ),
                { minItems: 1 },
              ),
            },
            strict,
          ),
        ),
      ),
      deleteContactPoints: Type.Optional(Type.Array(Type.Object({ orgId, uid: text }, strict))),
      policies: Type.Optional(Type.Array(Type.Record(text, Type.Unknown()), { minItems: 1, maxItems: 1 })),
      resetPolicies: Type.Optional(Type.Array(orgId)),
      muteTimes: Type.Optional(
        Type.Array(Type.Object({ orgId, name: text, time_intervals: Type.Array(Interval) }, strict)),
      ),
      deleteMuteTimes: Type.Optional(Type.Array(Type.Object({ orgId, name: text }, strict))),
      templates: Type.Optional(Type.Array(Type.Object({ orgId, name: text, template: text }, strict))),
      deleteTemplates: Type.Optional(Type.Array(Type.Object({ orgId, name: text }, strict))),
    },
    strict,
  ),
);

interface ParsedRule {
  readonly uid: string;
  readonly annotations: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly notification_settings?: { readonly receiver: string; readonly group_by: string[] };
}
interface ParsedPolicy {
  readonly receiver: string;
  readonly object_matchers?: [string, string, string][];
  readonly mute_time_intervals?: string[];
  readonly active_time_intervals?: string[];
  readonly routes?: ParsedPolicy[];
}
interface ParsedFile {
  readonly groups?: { rules: ParsedRule[] }[];
  readonly contactPoints?: {
    name: string;
    receivers: { uid: string; type: string; settings: Record<string, unknown> }[];
  }[];
  readonly policies?: ParsedPolicy[];
  readonly muteTimes?: { name: string }[];
  readonly templates?: { name: string; template: string }[];
  readonly deleteRules?: { uid: string }[];
  readonly deleteContactPoints?: { uid: string }[];
  readonly deleteTemplates?: { name: string }[];
  readonly deleteMuteTimes?: { name: string }[];
}

const files = alertFiles()
  .filter(([path]) => path.includes('grafana'))
  .map(([path, yaml]) => ({ path, file: parse(yaml) as ParsedFile }));

function folder(part: string): ParsedFile {
  return Object.assign(
    {},
    ...files.filter(({ path }) => path.includes(part)).map(({ file }) => file),
  ) as ParsedFile;
}

const variants = ['grafana/full/', 'grafana/rules-only/', 'deploy/grafana/'];

test('every file has the shape Grafana reads', () => {
  assert.ok(files.length >= 14);
  for (const { path, file } of files)
    assert.deepEqual(
      [...File.Errors(file)].map((error) => `${error.instancePath} ${error.message}`),
      [],
      path,
    );
});

test('`$`: only secrets in contact points, none in labels, never braced in annotations', () => {
  for (const { path, file } of files) {
    for (const { receivers } of file.contactPoints ?? [])
      for (const { uid, settings } of receivers)
        assert.doesNotMatch(
          JSON.stringify(settings).replaceAll(/\$__file\{\/run\/(secrets|zonewarden)\/[a-z_]+\}/g, ''),
          /\$/,
          `${path} ${uid}`,
        );
    for (const { uid, annotations, labels } of (file.groups ?? []).flatMap(({ rules }) => rules)) {
      assert.doesNotMatch(JSON.stringify(labels), /\$/, uid);
      assert.doesNotMatch(JSON.stringify(annotations), /\$\{|\$__/, uid);
    }
  }
});

test('ids are unique; receivers, mute timings and templates that are named exist', () => {
  for (const variant of variants) {
    const {
      groups = [],
      contactPoints = [],
      policies = [],
      muteTimes = [],
      templates = [],
    } = folder(variant);
    const rules = groups.flatMap((group) => group.rules);
    assert.equal(new Set(rules.map(({ uid }) => uid)).size, rules.length);
    const uids = contactPoints.flatMap(({ receivers }) => receivers.map(({ uid }) => uid));
    assert.equal(new Set(uids).size, uids.length);
    const points = new Set(contactPoints.map(({ name }) => name));
    const times = new Set(muteTimes.map(({ name }) => name));
    const visit = (policy: ParsedPolicy): void => {
      assert.ok(points.has(policy.receiver), policy.receiver);
      for (const name of [...(policy.mute_time_intervals ?? []), ...(policy.active_time_intervals ?? [])])
        assert.ok(times.has(name), name);
      policy.routes?.forEach(visit);
    };
    policies.forEach(visit);
    for (const { uid, notification_settings: settings } of rules) {
      if (settings === undefined) continue;
      assert.ok(points.has(settings.receiver), `${uid}: ${settings.receiver}`);
      assert.ok(settings.group_by.includes('grafana_folder') && settings.group_by.includes('alertname'), uid);
    }
    const defined = new Set(
      templates.flatMap(({ template }) =>
        [...template.matchAll(/define "([^"]+)"/g)].map(([, name]) => name),
      ),
    );
    for (const [, name] of JSON.stringify(contactPoints).matchAll(/template \\"([^"\\]+)\\"/g))
      assert.ok(defined.has(name), `${variant}: template ${name}`);
  }
});

test('the variant without a tree has no policies and names a receiver in every rule; the full one names none', () => {
  const plain = folder('grafana/rules-only/');
  assert.equal(plain.policies, undefined);
  assert.ok(
    plain.groups?.every(({ rules }) => rules.every((rule) => rule.notification_settings !== undefined)),
  );
  const full = folder('grafana/full/');
  assert.ok(
    full.groups?.every(({ rules }) => rules.every((rule) => rule.notification_settings === undefined)),
  );
  assert.equal(
    full.groups?.flatMap(({ rules }) => rules).filter(({ labels }) => labels['signal'] === 'case').length,
    1,
  );
});

test('settings that Grafana demands are there', () => {
  const demanded: Readonly<Record<string, readonly string[]>> = {
    slack: ['url'],
    pagerduty: ['integrationKey', 'severity'],
    jira: ['api_url', 'project', 'issue_type', 'user', 'password', 'priority'],
    webhook: ['url'],
    email: ['addresses'],
  };
  for (const { file } of files)
    for (const { uid, type, settings } of (file.contactPoints ?? []).flatMap(({ receivers }) => receivers)) {
      for (const name of demanded[type] ?? []) assert.ok(Object.hasOwn(settings, name), `${uid}: ${name}`);
      assert.ok(!(Object.hasOwn(settings, 'api_token') && Object.hasOwn(settings, 'user')), uid);
    }
});

test('uninstalling removes everything that was installed', () => {
  for (const variant of ['full', 'rules-only']) {
    const installed = folder(`grafana/${variant}/`);
    const removed = folder(`uninstall/${variant}`);
    const uids = (list: readonly { uid: string }[] = []): string[] => list.map(({ uid }) => uid).sort();
    const named = (list: readonly { name: string }[] = []): string[] => list.map(({ name }) => name).sort();
    assert.deepEqual(uids(removed.deleteRules), uids(installed.groups?.flatMap(({ rules }) => rules)));
    assert.deepEqual(
      uids(removed.deleteContactPoints),
      uids(installed.contactPoints?.flatMap(({ receivers }) => receivers)),
    );
    assert.deepEqual(named(removed.deleteTemplates), named(installed.templates));
    assert.deepEqual(named(removed.deleteMuteTimes), named(installed.muteTimes));
  }
});
