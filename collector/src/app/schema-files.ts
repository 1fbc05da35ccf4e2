/** The JSON Schemas published under docs/schema, for editors and for whoever writes these files by program. */
import { CanonicalEventSchema } from '../contract/event.ts';
import { CaseSchema } from '../contract/case.ts';
import { FindingSchema } from '../contract/finding.ts';
import { IntentsSchema, InventorySchema } from '../contract/inventory.ts';
import { ControlScoreSchema } from '../contract/score.ts';
import { configSections } from './config-meanings.ts';
import { ConfigSchema } from './config-schema.ts';

const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** File name under docs/schema to its text, ordered by name. Pure: the caller writes or compares. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const schemas: readonly (readonly [string, object])[] = [
    ['case.json', CaseSchema],
    ['config.json', ConfigSchema],
    ['event.json', CanonicalEventSchema],
    ['finding.json', FindingSchema],
    ['intents.json', IntentsSchema],
    ['inventory.json', InventorySchema],
    ['score.json', ControlScoreSchema],
  ];
  return new Map(
    schemas.map(([name, schema]) => [
      name,
      `${JSON.stringify({ $schema: dialect, ...(published(schema, name === 'config.json') as object) }, null, 2)}\n`,
    ]),
  );
}

// What a source entry may leave out because its feed decides it.
const decidedByFeed = ['via', 'url'];

/** As people may write it: what has a default, or is decided by the feed, is not required. */
function published(node: unknown, config: boolean): unknown {
  if (Array.isArray(node)) return node.map((item) => published(item, config));
  if (typeof node !== 'object' || node === null) return node;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node))
    copy[key] = key === 'default' ? value : published(value, config);
  if (config) describe(node, copy);
  const { required, properties } = copy as { required?: string[]; properties?: Record<string, object> };
  if (Array.isArray(required) && properties !== undefined) {
    const source = config && Object.hasOwn(properties, 'feed');
    const needed = required.filter(
      (name) =>
        !Object.hasOwn(properties[name] ?? {}, 'default') && !(source && decidedByFeed.includes(name)),
    );
    if (needed.length === 0) delete copy['required'];
    else copy['required'] = needed;
  }
  return copy;
}

/** Adds the sentences of docs/configuration.md to the published copy of a section. */
function describe(original: object, copy: Record<string, unknown>): void {
  const keysOf = (schema: object): string =>
    Object.keys((schema as { properties?: object }).properties ?? {}).join(' ');
  const found = configSections.find(({ schema }) => keysOf(schema) === keysOf(original));
  const properties = (found === undefined ? undefined : copy['properties']) as
    Record<string, Record<string, unknown>> | undefined;
  for (const [key, meaning] of Object.entries(found?.keys ?? {}))
    if (properties?.[key] !== undefined) properties[key] = { ...properties[key], description: meaning };
}
