/** Where mail is sent on to: the parameters of mailbox, inbox-rule and transport-rule operations. */
import { fieldsOf, listOf, loginOf, textOf } from '../audit-field.ts';
import { parseJsonText } from '../json-record.ts';
import { tenantDomain } from '../microsoft-activity.ts';
import type { EventDraft } from '../../contract/normaliser.ts';

/** Name and value pairs of `Parameters`, `OperationProperties`, `ExtendedProperties` or `DeviceProperties`. */
export type NamedValues = ReadonlyMap<string, string>;

const pairsMax = 256;

const noValues: NamedValues = new Map();

/** Reads a list of `{Name, Value}`; values that are no text are kept as JSON. Empty when absent. */
export function namedValues(value: unknown): NamedValues {
  if (value === undefined) return noValues;
  const pairs = new Map<string, string>();
  for (const each of listOf(value)) {
    const pair = fieldsOf(each);
    const name = textOf(pair?.['Name'], 128);
    if (pair === undefined || name === undefined || pairs.size >= pairsMax) continue;
    const content = pair['Value'];
    pairs.set(name, typeof content === 'string' ? content : (JSON.stringify(content) ?? ''));
  }
  return pairs;
}

const forwardingParameters: readonly string[] = [
  'ForwardTo',
  'RedirectTo',
  'ForwardAsAttachmentTo',
  'ForwardingSmtpAddress',
  'ForwardingAddress',
  'BlindCopyTo',
  'CopyTo',
  'AddToRecipients',
  'RedirectMessageTo',
  'JournalEmailAddress',
];

/** What an operation does to forwarding. `present` false: it does not touch forwarding; `sends`: mail is sent on, even if no target is named. */
export interface Forwarding {
  readonly present: boolean;
  readonly sends: boolean;
  readonly to: readonly string[];
}

const addressesMax = 64;

/** Targets of all forwarding parameters, and of a client-side rule's actions. Present with no target: switched off. */
export function forwardingOf(parameters: NamedValues): Forwarding {
  const to: string[] = [];
  let present = false;
  for (const name of forwardingParameters) {
    const value = parameters.get(name);
    if (value === undefined) continue;
    present = true;
    addAddresses(to, value);
  }
  const actions = parameters.get('RuleActions');
  const byAction = actions !== undefined && addRuleActions(to, actions);
  return { present: present || byAction, sends: byAction || to.length > 0, to: [...new Set(to)].sort() };
}

function addAddresses(to: string[], value: string): void {
  if (value === '' || value === '$null' || value.length > 16_384) return;
  for (const part of value.split(';', addressesMax)) {
    let address = part.trim();
    const open = address.lastIndexOf('[SMTP:');
    if (open >= 0) address = address.slice(open + 6, address.length - 1);
    const angle = /<([^<>\s]+@[^<>\s]+)>$/.exec(address)?.[1];
    if (angle !== undefined) address = angle;
    if (address.toLowerCase().startsWith('smtp:')) address = address.slice(5);
    const login = loginOf(address);
    if (login !== undefined && to.length < addressesMax) to.push(login);
  }
}

/** `[{"ActionType":"Forward","Recipients":["…"]}]` of Outlook's own rules. True when an action sends mail on. */
function addRuleActions(to: string[], text: string): boolean {
  const parsed = parseJsonText(text);
  if (!parsed.ok) return text.includes('"Forward') || text.includes('"Redirect');
  let forwards = false;
  for (const each of listOf(parsed.value)) {
    const action = fieldsOf(each);
    const type = textOf(action?.['ActionType'], 64) ?? '';
    if (action === undefined || !(type.startsWith('Forward') || type.startsWith('Redirect'))) continue;
    forwards = true;
    const recipients = action['Recipients'] ?? action['ForwardTo'];
    for (const recipient of Array.isArray(recipients) ? (recipients as unknown[]) : [recipients])
      if (typeof recipient === 'string') addAddresses(to, recipient);
  }
  return forwards;
}

/** Type of an operation that may forward: a target makes a forwarding, a switched-off target ends one, else as before. */
export function forwardingType(type: string, forwarding: Forwarding): string {
  if (!forwarding.present) return type;
  if (forwarding.sends) return 'mail.rule.forwarding_created';
  return type === 'mail.settings.changed' ? 'mail.rule.forwarding_removed' : type;
}

/** Sets `mail.forward_to`, its first target's registrable domain, and the change; the previous target is never in this feed. */
export function describeForwarding(draft: EventDraft, forwarding: Forwarding): void {
  if (!forwarding.present) return;
  draft.attribute = 'forwarding';
  draft.old_known = false;
  const to = [...forwarding.to];
  if (draft.event_type === 'mail.rule.forwarding_removed' && to.length > 0) draft.removed = to;
  else draft.new_value = to;
  if (to.length === 0) return;
  draft.mail = { ...draft.mail, forward_to: to };
  for (const address of to) {
    const at = address.lastIndexOf('@');
    const host = at < 0 ? undefined : tenantDomain(address.slice(at + 1));
    if (host === undefined) continue;
    draft.mail.forward_to_domain = host.domain;
    return;
  }
}
