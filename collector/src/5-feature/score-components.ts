/** The eleven components of the control score (3.3): value, provenance, age and what to do next. Unknown is neither good nor bad. */
import { ledgerControl, viewSource } from '../contract/ledger.ts';
import type { ScoreComponent } from '../contract/score.ts';
import { recordControl } from '../leaf/control-value.ts';
import { exp, halfLifeDecay, rounded } from '../leaf/deterministic-math.ts';
import { formatInstant, parseInstant } from '../leaf/time.ts';
import { readCaa } from './caa.ts';
import { featureConstants } from './constants.ts';
import { isInGrace, paidUntil } from './expiry.ts';
import { inForce } from './score-input.ts';
import type { ComponentInput, Verdict } from './score-input.ts';
import { mailComponent } from './score-mail.ts';
import { capabilityOf } from './tld-capabilities.ts';

const constants = featureConstants.score;
const dayMs = 86_400_000;

function unknown(reason: string, action?: string): Verdict {
  return { value: null, reason, ...(action === undefined ? {} : { action }) };
}

/**
 * Whether a protection that is missing counts as missing. What the inventory expects does, and so does what the registry is
 * known to offer or what was there before; what the inventory does not expect is not scored (inventory format, `expect`).
 * Undefined: it counts.
 */
function notOwed(
  { state }: ComponentInput,
  expected: boolean | undefined,
  offered: boolean | null | undefined,
  control: string,
): Verdict | undefined {
  const wasThere = (ledgerControl(state, control)?.epoch ?? 0) > 0;
  if (expected === true || wasThere) return undefined;
  if (expected === false) return { value: null, reason: 'not expected by the inventory', applicable: false };
  return offered === true
    ? undefined
    : unknown(
        'not there, and not known whether the registry offers it',
        'say in the inventory what to expect',
      );
}

/** What makes registration data known. */
function connectAction({ domain }: ComponentInput): string {
  return capabilityOf(domain.domain)?.rdap === false
    ? 'connect the registrar: the registry has no RDAP server in the IANA list'
    : 'connect RDAP or the registrar';
}

function transferLock(input: ComponentInput): Verdict {
  const view = inForce(input, 'lock');
  const wasThere = (ledgerControl(input.state, 'lock')?.epoch ?? 0) > 0;
  // What is there, or was taken away, exists whatever a list says.
  if (capabilityOf(input.domain.domain)?.transferLock === false && view?.[0] !== 'enabled' && !wasThere)
    return { value: null, reason: 'the registry has no transfer lock', applicable: false };
  if (view === undefined) return unknown('no status was seen yet', connectAction(input));
  if (view[0] === 'enabled') return { value: 1, reason: 'transfer is prohibited', view };
  const offered = capabilityOf(input.domain.domain)?.transferLock;
  return (
    notOwed(input, input.domain.expect?.transfer_lock, offered, 'lock') ?? {
      value: 0,
      reason: 'transfer is not prohibited',
      view,
      action: 'set the transfer lock at the registrar',
    }
  );
}

const serverLocks = ['serverTransferProhibited', 'serverUpdateProhibited', 'serverDeleteProhibited'];

function registryLock(input: ComponentInput): Verdict {
  const offered = capabilityOf(input.domain.domain)?.registryLock;
  if (offered === false) return { value: null, reason: 'the registry offers no lock', applicable: false };
  const view = inForce(input, 'statuses');
  if (view === undefined || !Array.isArray(view[0]))
    return unknown('no status was seen yet', connectAction(input));
  const statuses = view[0];
  const set = serverLocks.filter((status) => statuses.includes(status)).length;
  const missing =
    set > 0 ? undefined : notOwed(input, input.domain.expect?.registry_lock, offered, 'registry_lock');
  if (missing !== undefined)
    return missing.applicable === false
      ? missing
      : unknown('not known whether the registry offers a lock', 'ask the registrar for a registry lock');
  return {
    value: set / serverLocks.length,
    reason: `${String(set)} of 3 registry locks set`,
    view,
    ...(set < serverLocks.length ? { action: 'order the registry lock' } : {}),
  };
}

const mfaValues: Readonly<Record<string, number>> = {
  webauthn: 1,
  totp: 0.67,
  push: 0.67,
  sms: 0.33,
  none: 0,
};

function accountMfa(input: ComponentInput): Verdict {
  const id = input.domain.registrar_account;
  const account = id === undefined ? undefined : input.context.inventory.account(input.domain.tenant, id);
  const stated = input.memory?.accountMfa;
  const kind = stated ?? account?.mfa;
  if (id === undefined || kind === undefined || kind === 'unknown')
    return unknown(
      'second factor of the account is not known',
      'record the MFA kind of the registrar account',
    );
  const registrar = inForce(input, 'registrar');
  const told = typeof registrar?.[0] === 'string' ? (registrar[0].split('/', 1)[0] ?? '') : undefined;
  const own = id.split('/', 1)[0] ?? '';
  if (told !== undefined && told.toLowerCase() !== own.toLowerCase())
    return unknown('the domain moved to another registrar', 'check the second factor at the new registrar');
  const value = Object.hasOwn(mfaValues, kind) ? (mfaValues[kind] ?? null) : null;
  return {
    value,
    reason: `the weakest admin has ${kind}`,
    source: stated === undefined ? 'inventory' : 'registrar account',
    ...(value !== null && value < 1 ? { action: 'move all admins to phishing-resistant factors' } : {}),
  };
}

function nameServerStability(input: ComponentInput): Verdict {
  const view = inForce(input, 'nameservers');
  if (view === undefined) return unknown('delegation was never seen', 'connect a delegation probe');
  const now = input.context.nowMs;
  const sum = (input.memory?.ns ?? []).reduce(
    (total, at) => total + halfLifeDecay(now - at, constants.nsHalfLifeMs),
    0,
  );
  return {
    value: exp(0 - sum),
    reason: `${String(input.memory?.ns.length ?? 0)} unapproved delegation changes remembered`,
    view,
    ...(sum > 0.1 ? { action: 'approve or undo the delegation change' } : {}),
  };
}

function changeApproval(input: ComponentInput): Verdict {
  if (input.memory === undefined) return unknown('no change was seen yet', 'connect a source of changes');
  const from = Math.floor((input.context.nowMs - constants.approvalWindowMs) / dayMs);
  let approved = 0;
  let total = 0;
  for (const [day, ok, all] of input.memory.weights) {
    if (day <= from) continue;
    approved += ok;
    total += all;
  }
  return {
    value: (approved + 1) / (total + 1),
    reason: `${String(rounded(approved, 1))} of ${String(rounded(total, 1))} change weight approved in 90 days`,
    source: 'change ledger',
    asOfMs: input.context.nowMs,
    ...(total > approved ? { action: 'file intents for changes, by record and value' } : {}),
  };
}

function renewal(input: ComponentInput): Verdict {
  const view = inForce(input, 'expiry');
  const text = typeof view?.[0] === 'string' ? view[0] : input.domain.expires;
  const parsed =
    text === undefined ? undefined : parseInstant(text.length === 10 ? `${text}T00:00:00Z` : text);
  const paid = paidUntil(input.state, input.context.nowMs);
  const untilMs = paid?.paidMs ?? parsed?.ms;
  if (untilMs === undefined)
    return capabilityOf(input.domain.domain)?.publishedExpiry === false
      ? unknown('the registry publishes no expiry date', 'enter the expiry date or connect the registrar')
      : unknown('no expiry date is known', 'connect RDAP or enter the expiry date');
  const statuses = inForce(input, 'statuses')?.[0];
  const days = (untilMs - input.context.nowMs) / dayMs;
  const base = {
    ...(view === undefined ? { source: 'inventory' } : { view }),
    action: 'renew or confirm auto-renew',
  };
  if (paid?.isExtended ?? isInGrace(statuses))
    return { value: 0, reason: 'extended by the registry, not paid', ...base };
  if (days <= 0) return { value: 0, reason: 'expired', ...base };
  const auto = inForce(input, 'auto_renew')?.[0];
  const confirmed = auto === 'enabled' || auto === 'on' || auto === true || auto === 'true';
  const reason = `${String(Math.floor(days))} days left, auto-renew ${confirmed ? 'confirmed' : 'not confirmed'}`;
  if (days >= 90 || (confirmed && days >= 30)) return { value: 1, reason, ...base, action: undefined };
  return { value: Math.min(1, Math.max(0, (days - 14) / (90 - 14))), reason, ...base };
}

function dnssec(input: ComponentInput): Verdict {
  if (capabilityOf(input.domain.domain)?.dnssec === false)
    return { value: null, reason: 'the registry takes no DS records', applicable: false };
  const ds = inForce(input, 'ds');
  if (ds === undefined) return unknown('DS at the parent was never looked at', 'connect a delegation probe');
  const bogus = input.memory?.bogusMs;
  if (bogus !== undefined && bogus > input.context.nowMs - dayMs)
    return { value: 0, reason: 'validation fails', view: ds, action: 'repair the chain of trust' };
  if (Array.isArray(ds[0]) && ds[0].length > 0)
    return { value: 1, reason: 'signed, DS at the parent', view: ds };
  const keys = inForce(input, recordControl(input.domain.domain, 'DNSKEY'))?.[0];
  const signed = inForce(input, 'dnssec')?.[0] === 'signed' || (Array.isArray(keys) && keys.length > 0);
  if (signed)
    return { value: 0.5, reason: 'signed without DS', view: ds, action: 'publish the DS at the parent' };
  const expected = input.domain.expect?.dnssec;
  const offered = capabilityOf(input.domain.domain)?.dnssec;
  return (
    notOwed(input, expected === undefined ? undefined : expected === 'signed', offered, 'ds') ?? {
      value: 0,
      reason: 'not signed',
      view: ds,
      action: 'sign the zone and publish a DS',
    }
  );
}

function caaComponent(input: ComponentInput): Verdict {
  const view = inForce(input, recordControl(input.domain.domain, 'CAA'));
  if (view === undefined) return unknown('CAA was never looked at', 'probe CAA at the apex');
  const set = readCaa(Array.isArray(view[0]) ? view[0] : []);
  const issue = set.filter(({ tag }) => tag === 'issue');
  const bound =
    issue.length > 0 &&
    issue.every(({ issuer, accounts, methods }) => issuer === '' || accounts.length + methods.length > 0);
  const extra = set.some(({ tag }) => tag === 'issuewild') && set.some(({ tag }) => tag === 'iodef');
  const value = issue.length === 0 ? 0 : 0.5 + (bound ? 0.3 : 0) + (extra ? 0.2 : 0);
  return {
    value: rounded(value, 6),
    reason: issue.length === 0 ? 'any authority may issue' : 'issuance is restricted',
    view,
    ...(value < 1 ? { action: 'restrict CAA to issuer, account and method' } : {}),
  };
}

function contactHygiene(input: ComponentInput): Verdict {
  const id = input.domain.registrar_account;
  const mailboxes =
    id === undefined
      ? undefined
      : input.context.inventory.account(input.domain.tenant, id)?.contact_mailboxes;
  if (mailboxes === undefined || mailboxes.length === 0)
    return unknown('contact mailboxes are not known', 'record the contact mailboxes of the account');
  const inside = mailboxes.some((mailbox) => {
    const host = mailbox.slice(mailbox.lastIndexOf('@') + 1).toLowerCase();
    return host === input.domain.domain || host.endsWith(`.${input.domain.domain}`);
  });
  const recoveryMs = input.memory?.recoveryMs;
  const fresh =
    recoveryMs === undefined
      ? undefined
      : recoveryMs > input.context.nowMs - featureConstants.score.recoveryFreshMs;
  // Halves that are not known are left out of both sides, as in the score itself.
  const value = fresh === undefined ? (inside ? 0 : 1) : (inside ? 0 : 0.5) + (fresh ? 0.5 : 0);
  const where = inside
    ? 'a contact mailbox lies inside the domain it protects'
    : 'contact mailboxes lie outside the domain';
  const recovery =
    fresh === undefined
      ? 'recovery contact: not known when it was checked'
      : `recovery contact checked ${fresh ? 'within' : 'more than'} 180 days${fresh ? '' : ' ago'}`;
  const action = inside
    ? 'use a contact mailbox outside the domain'
    : fresh === true
      ? undefined
      : 'check the recovery contact of the account';
  return {
    value,
    reason: `${where}; ${recovery}`,
    source: 'inventory',
    ...(action === undefined || (value === 1 && fresh === undefined) ? {} : { action }),
  };
}

function diversity(input: ComponentInput): Verdict {
  const networks = input.memory?.nsNetworks;
  if (networks === undefined)
    return unknown(
      'networks of the name servers are not known',
      'connect a delegation probe and load an address database',
    );
  const anycast = input.memory?.nsAnycast === true;
  return {
    value: networks[0] >= 2 ? 1 : anycast ? 0.5 : 0,
    reason:
      networks[0] >= 2
        ? `name servers in ${String(networks[0])} origin networks`
        : `name servers in one origin network, ${anycast ? 'anycast' : 'not known to be anycast'}`,
    source: 'enrichment',
    asOfMs: networks[1],
    ...(networks[0] >= 2 ? {} : { action: 'add name servers in a second network' }),
  };
}

type Row = readonly [name: string, weight: number, judge: (input: ComponentInput) => Verdict];

/** Components in fixed order with their weights; together 100. */
export const scoreRows: readonly Row[] = [
  ['transfer_lock', 10, transferLock],
  ['registry_lock', 15, registryLock],
  ['account_mfa', 15, accountMfa],
  ['nameserver_stability', 10, nameServerStability],
  ['change_approval', 10, changeApproval],
  ['renewal_horizon', 10, renewal],
  ['dnssec', 8, dnssec],
  ['caa', 6, caaComponent],
  ['mail_authentication', 8, mailComponent],
  ['contact_hygiene', 4, contactHygiene],
  ['nameserver_diversity', 4, diversity],
];

/** All components of a domain at a moment. */
export function scoreComponents(input: ComponentInput): ScoreComponent[] {
  return scoreRows.map(([name, weight, judge]) => {
    const verdict = judge(input);
    const applicable = verdict.applicable ?? true;
    const asOf = verdict.view?.[2] ?? verdict.asOfMs;
    return {
      name,
      weight,
      value: verdict.value === null ? null : rounded(verdict.value, 6),
      known: verdict.value !== null,
      applicable,
      reason: verdict.reason,
      source: verdict.view === undefined ? (verdict.source ?? null) : viewSource(verdict.view),
      as_of: asOf === undefined ? null : formatInstant(asOf),
      next_action: verdict.action ?? null,
    };
  });
}
