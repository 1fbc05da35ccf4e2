/** Walks of a document along its schema: filling in defaults and reading secrets. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecret, type Secret } from '../leaf/secret.ts';
import { secretKeyword } from './config-fields.ts';
import type { DocumentPath } from './document-problem.ts';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly default?: unknown;
  readonly [secretKeyword]?: boolean;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Copy of `value` with every absent field that has a default filled in, at every depth. Values of the wrong type stay as they are. */
export function withDefaults(schema: object, value: unknown): unknown {
  const node = schema as Node;
  if (Array.isArray(value)) return value.map((item) => (node.items ? withDefaults(node.items, item) : item));
  if (!isMapping(value) || node.properties === undefined) return value;
  const filled: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) {
    const known = Object.hasOwn(node.properties, key) ? node.properties[key] : undefined;
    filled[key] = known === undefined ? inner : withDefaults(known, inner);
  }
  for (const [key, known] of Object.entries(node.properties)) {
    if (!Object.hasOwn(filled, key) && known.default !== undefined)
      filled[key] = withDefaults(known, structuredClone(known.default));
  }
  return filled;
}

/** Where secrets come from. */
export interface SecretPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory that relative file references start from. */
  readonly directory: string;
}

/** A secret that could not be read: where it is asked for, and why, without the secret. */
export interface SecretProblem {
  readonly path: DocumentPath;
  readonly message: string;
}

/** Copy of a checked value with every secret reference replaced by its Secret; problems are added to `problems`. */
export async function withSecrets(
  schema: object,
  value: unknown,
  places: SecretPlaces,
  problems: SecretProblem[],
  path: DocumentPath = [],
): Promise<unknown> {
  const node = schema as Node;
  const forms = node.anyOf ?? [node];
  if (isMapping(value) && forms.some((form) => form[secretKeyword] === true)) {
    const found = await readSecret(value, places);
    if (typeof found !== 'string') return found.secret;
    problems.push({ path, message: found });
    return createSecret('');
  }
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return value;
    return Promise.all(value.map((item, at) => withSecrets(items, item, places, problems, [...path, at])));
  }
  if (!isMapping(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const known = node.properties?.[key] ?? Object.values(node.patternProperties ?? {})[0];
    copy[key] =
      known === undefined ? inner : await withSecrets(known, inner, places, problems, [...path, key]);
  }
  return copy;
}

async function readSecret(
  reference: Record<string, unknown>,
  places: SecretPlaces,
): Promise<{ secret: Secret } | string> {
  const { file, env } = reference as { file?: string; env?: string };
  if ((file === undefined) === (env === undefined)) return 'needs exactly one of file and env';
  if (env !== undefined) {
    const text = places.env[env];
    if (text === undefined) return `environment variable ${env} is not set`;
    return text === '' ? `environment variable ${env} is empty` : { secret: createSecret(text) };
  }
  try {
    const text = (await readFile(resolve(places.directory, file ?? ''), 'utf8')).replace(/\r?\n$/, '');
    return text === '' ? `secret file ${file} is empty` : { secret: createSecret(text) };
  } catch (error) {
    return `secret file ${file} cannot be read (${(error as { code?: string }).code ?? 'unknown error'})`;
  }
}
