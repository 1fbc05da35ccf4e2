/** Who asks, and what that person or program may do in which tenant. Nothing is allowed that no grant names. */
import type { Role } from '../contract/api.ts';

/** Roles held in one tenant; `*` for all tenants. */
export interface Grant {
  readonly tenant: string;
  readonly roles: readonly Role[];
}

/** Somebody known. `id` is `<realm>:<id>`; realm `service` for programs. */
export interface Identity {
  readonly id: string;
  /** A person; programs never approve, whatever their roles. */
  readonly person: boolean;
  /** False for the local console, which trusts whoever sits at the machine. */
  readonly verified: boolean;
  readonly grants: readonly Grant[];
}

/** Tenant word of a grant that holds everywhere. */
export const everyTenant = '*';

const includes: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer'],
  responder: ['viewer', 'responder'],
  approver: ['viewer', 'responder', 'approver'],
  rule_editor: ['viewer', 'responder', 'rule_editor'],
  admin: ['viewer', 'responder', 'approver', 'rule_editor', 'admin'],
};

/** True when holding `held` is enough where `wanted` is asked for. */
export function includesRole(held: Role, wanted: Role): boolean {
  return includes[held].includes(wanted);
}

/** True when the identity may act with this role in this tenant. */
export function mayIn(identity: Pick<Identity, 'grants'>, tenant: string, wanted: Role): boolean {
  return identity.grants.some(
    (grant) =>
      (grant.tenant === everyTenant || grant.tenant === tenant) &&
      grant.roles.some((held) => includesRole(held, wanted)),
  );
}

/** Of the known tenants those in which the identity has the role, in the given order. */
export function tenantsWith(
  identity: Pick<Identity, 'grants'>,
  wanted: Role,
  known: readonly string[],
): string[] {
  return known.filter((tenant) => mayIn(identity, tenant, wanted));
}

/** True when the role is held in some tenant, known or not. */
export function hasRoleSomewhere(identity: Identity, wanted: Role): boolean {
  return identity.grants.some(({ roles }) => roles.some((held) => includesRole(held, wanted)));
}

/** Grants cut down to the tenants of another set of grants; roles of `narrowed` stay. */
export function narrowedTo(narrowed: readonly Grant[], bounds: readonly Grant[]): Grant[] {
  const allowed = new Set(bounds.map(({ tenant }) => tenant));
  if (allowed.has(everyTenant)) return [...narrowed];
  return narrowed.flatMap(({ tenant, roles }) =>
    tenant === everyTenant
      ? [...allowed].sort().map((one) => ({ tenant: one, roles }))
      : allowed.has(tenant)
        ? [{ tenant, roles }]
        : [],
  );
}
