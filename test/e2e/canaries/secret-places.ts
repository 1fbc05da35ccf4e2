/** Where the configuration schema takes a secret. */
import { readFileSync } from 'node:fs';

interface SchemaNode {
  readonly 'x-secret'?: boolean;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

function mappings(node: SchemaNode): [string, SchemaNode][] {
  return [
    ...Object.entries(node.properties ?? {}),
    ...Object.values(node.patternProperties ?? {}).map((inner) => ['*', inner] as [string, SchemaNode]),
  ];
}

/** Whether a value can be meant by a form, by the constants the form demands. */
function fits(node: SchemaNode, value: unknown): boolean {
  return Object.entries(node.properties ?? {}).every(
    ([key, inner]) =>
      inner.const === undefined || (value as Record<string, unknown> | undefined)?.[key] === inner.const,
  );
}

/** Places of the configuration schema that take a secret, and whether one of the documents has one there. */
export function secretPlaces(documents: readonly unknown[]): Map<string, boolean> {
  const schema = JSON.parse(
    readFileSync(new URL('../../../docs/schema/config.json', import.meta.url), 'utf8'),
  ) as SchemaNode;
  const places = new Map<string, boolean>();
  const visit = (node: SchemaNode, values: readonly unknown[], path: string): void => {
    const present = values.filter((value) => value !== undefined);
    if (node['x-secret'] === true)
      places.set(path, (places.get(path) ?? false) || present.some((value) => typeof value === 'object'));
    for (const [key, inner] of mappings(node)) {
      const under = (value: unknown): unknown[] =>
        key === '*' ? Object.values(value as object) : [(value as Record<string, unknown>)[key]];
      visit(inner, present.filter((value) => typeof value === 'object').flatMap(under), `${path}.${key}`);
    }
    if (node.items !== undefined)
      visit(
        node.items,
        present.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [])),
        `${path}[]`,
      );
    for (const form of node.anyOf ?? []) {
      const constants = mappings(form).flatMap(([key, inner]) =>
        inner.const === undefined || key === 'id' ? [] : [JSON.stringify(inner.const)],
      );
      const name = constants.length === 0 ? '' : `(${constants.join(' ')})`;
      visit(
        form,
        present.filter((value) => fits(form, value)),
        `${path}${name}`,
      );
    }
  };
  visit(schema, documents, '');
  return places;
}
