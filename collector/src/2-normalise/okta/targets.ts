/** Targets of a System Log event: what kind each is, and which of them are changes of their own. */
import { fieldsOf, loginOf, nameOf, textOf, type Fields } from '../audit-field.ts';

/** The targets of one change, and what tells it from the others of its record. */
export interface TargetGroup {
  readonly atom: string;
  readonly targets: Targets;
}

const personTypes = ['identity.user.', 'identity.role.', 'identity.group.member_'];

/** Several people, or several objects with `changeDetails` of their own, are several changes; everything else is one. */
export function targetGroups(type: string, targets: Targets): readonly TargetGroup[] {
  const isPersonal = personTypes.some((prefix) => type.startsWith(prefix));
  const isChanged = (target: Fields): boolean => fieldsOf(target['changeDetails']) !== undefined;
  const isUser = (target: Fields): boolean => target['type'] === 'User';
  const all = targets.all.flatMap<Fields>((each) => fieldsOf(each) ?? []);
  for (const isPart of isPersonal ? [isUser, isChanged] : [isChanged]) {
    const parts = all.filter(isPart).slice(0, targetsMax);
    const atoms = new Set(parts.map(targetAtom));
    if (parts.length < 2 || atoms.size < parts.length) continue;
    const others = all.filter((target) => !isPart(target));
    return parts.map((part) => ({ atom: targetAtom(part), targets: targetsOf([part, ...others]) }));
  }
  return [{ atom: '', targets }];
}

const targetsMax = 64;

function targetAtom(target: Fields): string {
  return ['type', 'id', 'alternateId'].map((name) => textOf(target[name], 256) ?? '').join('/');
}

/** First target of each kind that matters. Okta lists targets in no promised order. */
export interface Targets {
  readonly all: readonly unknown[];
  user?: Fields;
  appUser?: Fields;
  group?: Fields;
  app?: Fields;
  policy?: Fields;
  token?: Fields;
  role?: Fields;
}

/** Sorts the targets of a record by kind. */
export function targetsOf(all: readonly unknown[]): Targets {
  const found: Targets = { all };
  for (const each of all) {
    const target = fieldsOf(each);
    switch (target?.['type']) {
      case 'User':
        found.user ??= target;
        break;
      case 'AppUser':
        found.appUser ??= target;
        break;
      case 'UserGroup':
        found.group ??= target;
        break;
      case 'AppInstance':
        found.app ??= target;
        break;
      case 'PolicyEntity':
      case 'Policy':
      case 'PolicyRule':
      case 'NetworkZone':
        found.policy ??= target;
        break;
      case 'Token':
      case 'ApiToken':
        found.token ??= target;
        break;
      case 'ROLE':
      case 'Role':
        found.role ??= target;
        break;
      default:
    }
  }
  return found;
}

/** Login of a person, in comparison form, else a name or an id; undefined without a target. */
export function personOf(target: Fields | undefined): string | undefined {
  return target === undefined
    ? undefined
    : (loginOf(target['alternateId']) ?? nameOf(target['displayName']) ?? nameOf(target['id']));
}

/** Name of a target, else its id; undefined without a target. */
export function labelOf(target: Fields | undefined): string | undefined {
  return target === undefined
    ? undefined
    : (nameOf(target['displayName']) ?? nameOf(target['alternateId']) ?? nameOf(target['id']));
}
