/**
 * Change tickets: the webhook body of ServiceNow (`change_request` as the Table API writes it) or Jira (`issue` with string
 * or Atlassian Document Format description). A ticket approves only what stands in a code block marked `zonewarden`: a list
 * of changes as in the intents file. Prose, summaries and windows approve nothing.
 */
import { Compile } from 'typebox/compile';
import { IntentChangeSchema, type Intent, type IntentChange } from '../../contract/inventory.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { formatInstant, parseInstant } from '../../leaf/time.ts';
import { plainYaml } from '../../leaf/yaml-bounds.ts';
import { ImportCollector, memberOf, textOf, type ImportFacts, type IntentImport } from './import-facts.ts';
import { parsePlan } from './plan-text.ts';

interface Ticket {
  readonly id: string;
  readonly state: string;
  readonly texts: readonly string[];
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly requestedBy: string | undefined;
}

const changeShape = Compile(IntentChangeSchema);
const approved = new Set(['approved', 'scheduled', 'implement', 'implementing', 'ready to implement']);
/** ServiceNow keeps the approval of a change that was called off; states as numbers or words (docs.servicenow.com, change states). */
const calledOff = new Set(['4', 'canceled', 'cancelled']);
/** States in which a ticket approves no longer what it approved before. A closed one stays: its changes may be seen late. */
const endsApproval = new Set(['canceled', 'cancelled', 'rejected', 'declined', 'withdrawn', "won't do"]);
const blockCharactersMax = 256 * 1024;

/** ServiceNow gives a field as text or as `{value, display_value}`. */
function fieldText(record: unknown, key: string): string | undefined {
  const field = memberOf(record, key);
  return textOf(record, key) ?? textOf(field, 'display_value') ?? textOf(field, 'value');
}

/** Of `{value, display_value}` a time is the value, UTC: what is displayed is in the zone and form of whoever looked. */
function fieldTime(record: unknown, key: string): string | undefined {
  const field = memberOf(record, key);
  return textOf(record, key) ?? textOf(field, 'value') ?? textOf(field, 'display_value');
}

function isCalledOff(record: unknown): boolean {
  const state = memberOf(record, 'state');
  return [state, memberOf(state, 'value'), memberOf(state, 'display_value')].some((each) =>
    calledOff.has(String(each).toLowerCase()),
  );
}

function serviceNow(record: unknown): Ticket | undefined {
  const id = fieldText(record, 'number');
  if (id === undefined) return undefined;
  return {
    id,
    state: isCalledOff(record) ? 'canceled' : (fieldText(record, 'approval') ?? ''),
    texts: ['description', 'implementation_plan', 'work_notes'].flatMap(
      (key) => fieldText(record, key) ?? [],
    ),
    from: fieldTime(record, 'start_date'),
    until: fieldTime(record, 'end_date'),
    requestedBy: fieldText(record, 'requested_by'),
  };
}

/** A resolution such as Declined counts before the status, which is then no more than Done. */
function jiraState(fields: unknown): string {
  const resolution = textOf(memberOf(fields, 'resolution'), 'name') ?? '';
  return endsApproval.has(resolution.toLowerCase())
    ? resolution
    : (textOf(memberOf(fields, 'status'), 'name') ?? '');
}

function jira(issue: unknown): Ticket | undefined {
  const id = textOf(issue, 'key');
  const fields = memberOf(issue, 'fields');
  if (id === undefined || fields === undefined) return undefined;
  const description = memberOf(fields, 'description');
  return {
    id,
    state: jiraState(fields),
    texts: typeof description === 'string' ? [description] : documentBlocks(description),
    from: textOf(fields, 'change_start'),
    until: textOf(fields, 'change_end'),
    requestedBy: textOf(memberOf(fields, 'reporter'), 'emailAddress'),
  };
}

/** Code blocks of an Atlassian document that are marked `zonewarden`, as fenced text. */
function documentBlocks(document: unknown): string[] {
  const content = memberOf(document, 'content');
  return (Array.isArray(content) ? (content as unknown[]) : []).flatMap((node) => {
    if (textOf(node, 'type') !== 'codeBlock' || textOf(memberOf(node, 'attrs'), 'language') !== 'zonewarden')
      return [];
    const parts = memberOf(node, 'content');
    const text = (Array.isArray(parts) ? (parts as unknown[]) : [])
      .map((part) => textOf(part, 'text') ?? '')
      .join('');
    return [`\`\`\`zonewarden\n${text}\n\`\`\``];
  });
}

/** Blocks between ```` ```zonewarden ```` (or Jira's `{code:zonewarden}`) and its end. */
function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let open: string[] | undefined;
  for (const line of text.split(/\r?\n/u)) {
    const mark = line.trim();
    if (open === undefined && (mark === '```zonewarden' || mark === '{code:zonewarden}')) open = [];
    else if (open !== undefined && (mark === '```' || mark === '{code}')) {
      blocks.push(open.join('\n'));
      open = undefined;
    } else open?.push(line);
  }
  return blocks;
}

/** `2026-11-21 08:00:00` (ServiceNow, UTC in webhooks) or RFC 3339. */
function instantOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const plain = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/u.test(text) ? `${text.replace(' ', 'T')}Z` : text;
  const instant = parseInstant(plain);
  return instant === undefined ? undefined : formatInstant(instant.ms);
}

/** Names as people write them, upper case and final dot included, before the shape is checked. */
function withCanonicalNames(change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const taken: Record<string, unknown> = { ...change };
  for (const field of ['domain', 'name']) {
    const text = taken[field];
    if (typeof text === 'string') taken[field] = canonicalName(text) ?? text;
  }
  return taken;
}

function changesOf(block: string): Outcome<unknown[]> {
  if (block.length > blockCharactersMax) return failed('too_large', 'a change list is at most 256 KiB');
  let value: unknown;
  try {
    value = plainYaml(block);
  } catch (error) {
    return failed('bad_field', `is not readable YAML or JSON: ${(error as Error).message.split('\n')[0]}`);
  }
  const list: unknown = memberOf(value, 'changes') ?? value;
  return Array.isArray(list)
    ? succeeded(list.map(withCanonicalNames))
    : failed('bad_field', 'is not a list of changes as in the intents file');
}

function wrongShape(change: unknown): string {
  const [first] = changeShape.Errors(change);
  const place = first === undefined ? '' : `${first.instancePath} ${first.message}`.trim();
  return `is not a change as in the intents file${place === '' ? '' : `: ${place}`}`;
}

function takeChanges(ticket: Ticket, collector: ImportCollector): void {
  const blocks = ticket.texts.flatMap(blocksOf);
  if (blocks.length === 0)
    collector.refuse('', `${ticket.id} has no code block marked zonewarden, so it names no object and value`);
  for (const [index, block] of blocks.entries()) {
    const changes = changesOf(block);
    if (!changes.ok) {
      collector.refuse(`block ${index + 1}`, `${ticket.id}: ${changes.failure.message}`);
      continue;
    }
    for (const [at, change] of changes.value.entries()) {
      const path = `block ${index + 1}/${at}`;
      if (changeShape.Check(change)) takeChange(path, change, collector);
      else collector.refuse(path, wrongShape(change));
    }
  }
}

function takeChange(path: string, change: IntentChange, collector: ImportCollector): void {
  if (change.new === undefined) {
    collector.refuse(path, 'names no new value, so it approves nothing');
    return;
  }
  if (change.action === 'record' && (change.name === undefined || change.type === undefined)) {
    collector.refuse(path, 'a record needs name and type');
    return;
  }
  const taken = { ...change };
  for (const field of ['domain', 'name'] as const) {
    if (change[field] === undefined) continue;
    const own = collector.ownName(path, change[field]);
    if (own === undefined) return;
    taken[field] = field === 'domain' ? own.domain : own.name;
    if (field === 'domain' && own.name !== own.domain) {
      collector.refuse(path, `${own.name} is no domain of the inventory; write domain: ${own.domain}`);
      return;
    }
    if (field === 'name' && taken.domain !== undefined && own.domain !== taken.domain) {
      collector.refuse(path, `${own.name} is not inside ${taken.domain}`);
      return;
    }
  }
  const { type } = change;
  if (type !== undefined)
    for (const field of ['old', 'new'] as const) {
      const value = change[field];
      if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string'))
        taken[field] = canonicalRecordSet(type, value);
    }
  collector.changes.push(taken);
}

function span(ticket: Ticket, facts: ImportFacts): Partial<Intent> {
  const [from, until] = [instantOf(ticket.from), instantOf(ticket.until)];
  return { id: ticket.id, valid_from: from ?? facts.knownAt, valid_until: until ?? facts.validUntil };
}

function intentsFromTicket(
  text: string,
  facts: ImportFacts,
  read: (body: unknown) => Ticket | undefined,
): ReturnType<IntentImport> {
  const parsed = parsePlan(text);
  if (!parsed.ok) return parsed;
  const ticket = read(parsed.value);
  if (ticket === undefined) return failed('unsupported_format', 'holds no ticket of this kind');
  const collector = new ImportCollector(facts);
  if (!approved.has(ticket.state.toLowerCase())) {
    collector.refuse(
      '',
      `${ticket.id} is ${ticket.state === '' ? 'in no state' : ticket.state}, not approved`,
    );
    const ended = endsApproval.has(ticket.state.toLowerCase());
    return succeeded({ ...collector.finished('ticket'), ...(ended ? { calledOff: ticket.id } : {}) });
  }
  const [fromGiven, untilGiven] = [ticket.from, ticket.until];
  if (
    (fromGiven !== undefined && instantOf(fromGiven) === undefined) ||
    (untilGiven !== undefined && instantOf(untilGiven) === undefined)
  ) {
    collector.refuse(
      '',
      `${ticket.id} has a planned time that cannot be read (RFC 3339, or ServiceNow's UTC form)`,
    );
    return succeeded(collector.finished('ticket'));
  }
  takeChanges(ticket, collector);
  return succeeded(
    collector.finished('ticket', {
      ...span(ticket, facts),
      ...(ticket.requestedBy === undefined ? {} : { requested_by: ticket.requestedBy }),
    }),
  );
}

/** Reads a ServiceNow change request: the record itself, or under `result` or `record`. */
export const intentsFromServiceNow: IntentImport = (text, facts) =>
  intentsFromTicket(text, facts, (body) =>
    serviceNow(memberOf(body, 'result') ?? memberOf(body, 'record') ?? body),
  );

/** Reads a Jira issue: the issue itself or the webhook body around it. */
export const intentsFromJira: IntentImport = (text, facts) =>
  intentsFromTicket(text, facts, (body) => jira(memberOf(body, 'issue') ?? body));
