/** What a person may do, as far as the page can know; the collector decides. Pure. */
import type { Role, Status } from '../api/shapes.ts';

const includes: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer'],
  responder: ['viewer', 'responder'],
  approver: ['viewer', 'responder', 'approver'],
  rule_editor: ['viewer', 'responder', 'rule_editor'],
  admin: ['viewer', 'responder', 'approver', 'rule_editor', 'admin'],
};

/** True when the person holds the role, or one that includes it. */
export function may(status: Pick<Status, 'user'> | undefined, wanted: Role): boolean {
  return status?.user.roles.some((held) => includes[held].includes(wanted)) ?? false;
}

/** True for people, as the collector tells them from programs: by the realm before the colon. */
export function isPerson(id: string): boolean {
  const realm = id.slice(0, Math.max(0, id.indexOf(':')));
  return realm !== '' && !['system', 'token', 'service', 'api'].includes(realm);
}
