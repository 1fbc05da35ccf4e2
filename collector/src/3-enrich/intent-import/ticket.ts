/**
 * Change tickets: the webhook body of ServiceNow (`change_request` as the Table API writes it) or Jira (`issue` with string
 * or Atlassian Document Format description). A ticket approves only what stands in a code block marked `zonewarden`: a list
 * of changes as in the intents file. Prose, summaries and windows approve nothing.
 */
import { parse } from 'yaml';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { IntentChangeSchema, type Intent, type IntentChange } from '../../contract/inventory.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { formatInstant, parseInstant } from '../../leaf/time.ts';
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

const changeList = Compile(Type.Array(IntentChangeSchema));
const approved = new Set(['approved', 'scheduled', 'implement', 'implementing', 'ready to implement']);
const blockCharactersMax = 256 * 1024;

/** ServiceNow gives a field as text or as `{value, display_value}`. */
function fieldText(record: unknown, key: string): string | undefined {
  const field = memberOf(record, key);
  return textOf(record, key) ?? textOf(field, 'display_value') ?? textOf(field, 'value');
}

function serviceNow(record: unknown): Ticket | undefined {
  const id = fieldText(record, 'number');
  if (id === undefined) return undefined;
  return {
    id,
    state: fieldText(record, 'approval') ?? '',
    texts: ['description', 'implementation_plan', 'work_notes'].flatMap(
      (key) => fieldText(record, key) ?? [],
    ),
    from: fieldText(record, 'start_date'),
    until: fieldText(record, 'end_date'),
    requestedBy: fieldText(record, 'requested_by'),
  };
}

function jira(issue: unknown): Ticket | undefined {
  const id = textOf(issue, 'key');
  const fields = memberOf(issue, 'fields');
  if (id === undefined || fields === undefined) return undefined;
  const description = memberOf(fields, 'description');
  return {
    id,
    state: textOf(memberOf(fields, 'status'), 'name') ?? '',
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

function changesOf(block: string): Outcome<IntentChange[]> {
  if (block.length > blockCharactersMax) return failed('too_large', 'a change list is at most 256 KiB');
  let value: unknown;
  try {
    value = parse(block, { maxAliasCount: 0 });
  } catch (error) {
    return failed('bad_field', `is not readable YAML or JSON: ${(error as Error).message.split('\n')[0]}`);
  }
  const list: unknown = memberOf(value, 'changes') ?? value;
  return changeList.Check(list)
    ? succeeded(list as IntentChange[])
    : failed('bad_field', 'is not a list of changes as in the intents file');
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
    for (const [at, change] of changes.value.entries())
      takeChange(`block ${index + 1}/${at}`, change, collector);
  }
}

function takeChange(path: string, change: IntentChange, collector: ImportCollector): void {
  if (change.new === undefined) {
    collector.refuse(path, 'names no new value, so it approves nothing');
    return;
  }
  if (change.domain !== undefined && collector.ownName(path, change.domain) === undefined) return;
  if (change.action === 'record' && (change.name === undefined || change.type === undefined)) {
    collector.refuse(path, 'a record needs name and type');
    return;
  }
  const isSet = Array.isArray(change.new) && change.type !== undefined;
  collector.changes.push(
    isSet ? { ...change, new: canonicalRecordSet(change.type as string, change.new as string[]) } : change,
  );
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
    return succeeded(collector.finished('ticket'));
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
