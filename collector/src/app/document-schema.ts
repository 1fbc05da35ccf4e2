/** Holds a parsed document against a TypeBox schema and says everything that is wrong, in words a person can act on. */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { nearestWord, quoted, type DocumentPath } from './document-problem.ts';

/** One difference between document and schema. */
export interface SchemaProblem {
  readonly path: DocumentPath;
  readonly message: string;
}

type SchemaNode = {
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  additionalProperties?: unknown;
  pattern?: string;
  patternProperties?: Record<string, SchemaNode>;
  description?: string;
  'x-secret'?: boolean;
};

interface RawError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Record<string, unknown>;
  readonly message: string;
}

/** A schema compiled once; the returned function lists every problem of a value, at most one per path and keyword. */
export function createSchemaCheck(schema: TSchema): (value: unknown) => SchemaProblem[] {
  const validator = Compile(schema);
  const check = (value: unknown): SchemaProblem[] => {
    if (validator.Check(value)) return [];
    const problems = new Map<string, SchemaProblem>();
    const errors = allErrors(() => validator.Errors(value) as Iterable<RawError>);
    for (const error of errors) {
      for (const problem of problemsOf(schema as SchemaNode, value, error)) {
        problems.set(`${JSON.stringify(problem.path)} ${problem.message}`, problem);
      }
    }
    const told = withoutConsequences([...problems.values()]);
    if (errors.length >= errorsMax)
      told.push({ path: [], message: `has more problems than the ${errorsMax} looked at` });
    return told;
  };
  return (value) => {
    try {
      return check(value);
    } catch (error) {
      // A value that did not come through a file has no bound on its depth yet.
      if (error instanceof RangeError)
        return [{ path: [], message: 'is too deep or too large to be judged' }];
      throw error;
    }
  };
}

const errorsMax = 20_000;

/** The library stops at eight errors unless told otherwise, and its setting is global: raised for this call alone. */
function allErrors(read: () => Iterable<RawError>): RawError[] {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: errorsMax });
  try {
    return [...read()];
  } finally {
    Settings.Set({ maxErrors });
  }
}

/** "Matches none of the forms" says nothing once a deeper problem of the same value is known. */
function withoutConsequences(problems: readonly SchemaProblem[]): SchemaProblem[] {
  const generic = 'has none of the allowed forms';
  return problems.filter(
    (one) =>
      one.message !== generic ||
      !problems.some((other) => other !== one && one.path.every((step, at) => other.path[at] === step)),
  );
}

function problemsOf(root: SchemaNode, value: unknown, error: RawError): SchemaProblem[] {
  const path = pathOf(error.instancePath, value);
  const found = valueAt(value, path);
  if (isSecret(schemaAt(root, path)) && error.keyword !== 'additionalProperties')
    return [{ path, message: 'must be {file: PATH} or {env: NAME}; secrets are not written into this file' }];
  switch (error.keyword) {
    case 'boolean':
    case 'const':
      return error.keyword === 'const' ? [constProblem(path, found, error)] : [];
    case 'additionalProperties':
      return unknownKeys(root, path, error.params['additionalProperties'] as string[]);
    case 'required':
      return (error.params['requiredProperties'] as string[]).map((key) => ({
        path: [...path, key],
        message: `is required and missing`,
      }));
    case 'type':
      return [{ path, message: `must be ${typeWord(error.params['type'])}, found ${quoted(found)}` }];
    case 'enum':
      return [{ path, message: enumMessage(found, error.params['allowedValues'] as unknown[]) }];
    case 'pattern':
      return [{ path, message: patternMessage(schemaAt(root, path), found) }];
    case 'anyOf':
      return [{ path, message: 'has none of the allowed forms' }];
    default:
      return [{ path, message: `${boundMessage(error)}, found ${quoted(found)}` }];
  }
}

function boundMessage({ keyword, params, message }: RawError): string {
  const limit = String(params['limit']);
  if (keyword === 'minimum') return `must be at least ${limit}`;
  if (keyword === 'maximum') return `must be at most ${limit}`;
  if (keyword === 'minItems') return `must have at least ${limit === '1' ? 'one entry' : `${limit} entries`}`;
  if (keyword === 'minLength' && limit === '1') return 'must not be empty';
  return message;
}

function constProblem(path: DocumentPath, found: unknown, error: RawError): SchemaProblem {
  return { path, message: `must be ${quoted(error.params['allowedValue'])}, found ${quoted(found)}` };
}

function enumMessage(found: unknown, allowed: readonly unknown[]): string {
  const words = allowed.map(String);
  const near = typeof found === 'string' ? nearestWord(found, words) : undefined;
  const hint = near === undefined ? '' : `; did you mean ${quoted(near)}?`;
  return `must be one of ${words.join(', ')}; found ${quoted(found)}${hint}`;
}

function patternMessage(node: SchemaNode | undefined, found: unknown): string {
  const form =
    node?.description ?? (node?.pattern === undefined ? 'another form' : `of the form ${node.pattern}`);
  return `must be ${form}, found ${quoted(found)}`;
}

const unknownKeysMax = 100;

function unknownKeys(root: SchemaNode, path: DocumentPath, keys: readonly string[]): SchemaProblem[] {
  const told = keys.slice(0, unknownKeysMax).map((key) => unknownKey(root, path, key));
  const left = keys.length - told.length;
  if (left > 0) told.push({ path, message: `has ${left} more unknown keys` });
  return told;
}

function unknownKey(root: SchemaNode, path: DocumentPath, key: string): SchemaProblem {
  const known = Object.keys(schemaAt(root, path)?.properties ?? {});
  const near = nearestWord(key, known);
  const hint =
    near !== undefined
      ? `did you mean ${quoted(near)}?`
      : known.length > 0
        ? `known keys: ${known.join(', ')}`
        : 'no keys are allowed here';
  return { path: [...path, key], message: `unknown key; ${hint}` };
}

function typeWord(type: unknown): string {
  const words: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    string: 'text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    null: 'null',
  };
  return words[String(type)] ?? String(type);
}

function schemaAt(root: SchemaNode, path: DocumentPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const step of path) {
    if (node === undefined) return undefined;
    const forms: SchemaNode[] = node.anyOf ?? [node];
    node = forms
      .map((form) =>
        typeof step === 'number'
          ? form.items
          : (ownProperty(form.properties, step) ?? Object.values(form.patternProperties ?? {})[0]),
      )
      .find((inner) => inner !== undefined);
  }
  return node;
}

function isSecret(node: SchemaNode | undefined): boolean {
  return (node?.anyOf ?? [node]).some((form) => form?.['x-secret'] === true);
}

function ownProperty(
  properties: Record<string, SchemaNode> | undefined,
  key: string,
): SchemaNode | undefined {
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

/** JSON pointer to path; steps into lists become numbers. */
function pathOf(pointer: string, value: unknown): DocumentPath {
  if (pointer === '') return [];
  const path: (string | number)[] = [];
  let at: unknown = value;
  for (const raw of pointer.slice(1).split('/')) {
    const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(step) : step);
    at = valueAt(at, path.slice(-1));
  }
  return path;
}

function valueAt(value: unknown, path: DocumentPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}
