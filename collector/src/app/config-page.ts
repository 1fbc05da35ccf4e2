/** docs/configuration.md, from the configuration schema and the sentences beside it. */
import { configSections } from './config-meanings.ts';
import type { ConfigSection } from './config-section.ts';

interface Node {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: object;
  readonly items?: Node;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly 'x-secret'?: boolean;
  readonly required?: readonly string[];
}

/** The page as Markdown. Pure. */
export function configurationPage(): string {
  return [
    '# Configuration',
    '',
    'Generated from the schema by `npm run generate`. YAML or JSON; unknown keys are errors. Relative paths start from the',
    'file itself. A *secret* is `{ file: PATH }` or `{ env: NAME }`; a literal one is refused. Check a file with',
    '`npx zonewarden check --config FILE`. Examples: [examples/config.yaml](examples/config.yaml),',
    '[examples/inventory.yaml](examples/inventory.yaml), [examples/intents.yaml](examples/intents.yaml); schemas for editors:',
    '[schema](schema).',
    '',
    ...configSections.flatMap(section),
  ].join('\n');
}

function section({ title, place, schema, keys }: ConfigSection): string[] {
  const node = schema as Node;
  const rows = Object.entries(node.properties ?? {}).map(([key, field]) => {
    const standard =
      field.default !== undefined
        ? `\`${JSON.stringify(field.default)}\``
        : needed(node, key)
          ? 'required'
          : 'none';
    return `| \`${key}\` | ${cell(typeText(field))} | ${cell(standard)} | ${cell(keys[key] ?? '')} |`;
  });
  const where = place === '' ? [] : [`In \`${place}\`.`, ''];
  return [
    `## ${title}`,
    '',
    ...where,
    '| key | value | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ];
}

// Decided by the feed when left out.
function needed(node: Node, key: string): boolean {
  return (node.required ?? []).includes(key) && key !== 'via' && key !== 'url';
}

function typeText(node: Node): string {
  if (node['x-secret'] === true) return 'secret';
  if (node.const !== undefined) return `\`${JSON.stringify(node.const).replaceAll('"', '')}\``;
  if (node.enum !== undefined)
    return node.enum.length > 8 ? 'a feed name' : node.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (node.type === 'array') {
    const { items } = node;
    return `list of ${items === undefined || (items.type ?? items.enum) === undefined ? 'mappings' : typeText(items)}`;
  }
  if (node.type === 'integer') return `whole number, ${node.minimum} to ${node.maximum}`;
  if (node.type === 'boolean') return 'true or false';
  return node.type === 'object' ? 'mapping' : 'text';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
