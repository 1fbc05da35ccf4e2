/** Values of the `|expand` placeholders of rules, per tenant: a file beside the rules, reloaded and logged with them. */
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { ExpandLists } from '../6-detect/sigma-item.ts';
import type { RuleFile } from '../6-detect/sigma-document.ts';
import { UnusableInput } from './unusable-input.ts';
import { plainYaml } from '../leaf/yaml-bounds.ts';

const schema = Compile(
  Type.Record(Type.String(), Type.Record(Type.String(), Type.Array(Type.String({ maxLength: 4096 })))),
);

/** True for `expand.yaml` and `expand.yml` in any folder of rules. */
export function isExpandFile({ path }: Pick<RuleFile, 'path'>): boolean {
  return /(?:^|\/)expand\.ya?ml$/u.test(path);
}

/** All lists together; later files add to earlier ones and replace lists of the same tenant and name. */
export function expandListsOf(files: readonly RuleFile[]): ExpandLists {
  const lists = new Map<string, Map<string, readonly string[]>>();
  for (const { path, text } of files) {
    let value: unknown;
    try {
      value = plainYaml(text) ?? {};
    } catch (error) {
      throw new UnusableInput([`${path}: ${(error as Error).message.split('\n')[0]}`]);
    }
    if (!schema.Check(value))
      throw new UnusableInput([
        `${path}: must be {tenant: {placeholder: [values]}}, values in quotes where needed`,
      ]);
    for (const [tenant, named] of Object.entries(value as Record<string, Record<string, string[]>>)) {
      const own = lists.get(tenant) ?? new Map<string, readonly string[]>();
      for (const [name, values] of Object.entries(named)) own.set(name, values);
      lists.set(tenant, own);
    }
  }
  return Object.fromEntries([...lists].map(([tenant, named]) => [tenant, Object.fromEntries(named)]));
}
