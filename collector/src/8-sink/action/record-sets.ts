/** Record sets compared: what a plan would change, what it has changed already, and what somebody else changed meanwhile. */
import type { RecordSet } from '../../contract/api-bodies.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import type { ActionTask, Before, Executor, FixedPlan, Preview } from './executor.ts';

/** One set from what stands there to what is wanted. */
export interface SetChange {
  readonly from: RecordSet;
  readonly to: RecordSet;
}

/** Records of one provider or server. */
export interface RecordBackend {
  /** What stands there now for the given names and types, in the same order; no values: nothing. */
  read(
    zone: string,
    wanted: readonly RecordSet[],
    signal: AbortSignal,
  ): Promise<Outcome<readonly RecordSet[]>>;
  /** Changes these sets; all or none where the other side can. */
  apply(zone: string, changes: readonly SetChange[], signal: AbortSignal): Promise<Outcome<undefined>>;
  /** Asks whether the changes would be permitted, without making them; absent: reading is the only test there is. */
  rehearse?(zone: string, changes: readonly SetChange[], signal: AbortSignal): Promise<Outcome<undefined>>;
}

/** The transfer lock of one registrar. */
export interface LockBackend {
  isLocked(domain: string, signal: AbortSignal): Promise<Outcome<boolean>>;
  lock(domain: string, signal: AbortSignal): Promise<Outcome<undefined>>;
}

function sameValues(a: RecordSet, b: RecordSet): boolean {
  const text = ({ type, values }: RecordSet): string => canonicalRecordSet(type, values).join('\n');
  return text(a) === text(b);
}

/** True when `now` is as wanted; the TTL counts only when the plan names one. */
export function isAsWanted(now: RecordSet, wanted: RecordSet): boolean {
  return (
    sameValues(now, wanted) &&
    (wanted.ttl === undefined || wanted.values.length === 0 || now.ttl === wanted.ttl)
  );
}

function shown({ values, ttl }: RecordSet): string {
  if (values.length === 0) return 'nothing';
  return `${values.join(', ')}${ttl === undefined ? '' : ` (TTL ${ttl})`}`;
}

/** Sentences about what would change. */
export function changeSentences(changes: readonly SetChange[]): string[] {
  return changes.map(({ from, to }) => `${to.name} ${to.type}: ${shown(from)} becomes ${shown(to)}`);
}

function differences(now: readonly RecordSet[], wanted: readonly RecordSet[]): SetChange[] {
  return wanted.flatMap((to, at) => {
    const from = now[at];
    return from === undefined || isAsWanted(from, to) ? [] : [{ from, to }];
  });
}

/** Fails when a set is neither as at the dry run nor as wanted: somebody else changed it, and nobody approved over that. */
function remaining(
  now: readonly RecordSet[],
  before: readonly RecordSet[],
  wanted: readonly RecordSet[],
): Outcome<SetChange[]> {
  const changes = differences(now, wanted);
  for (const { from, to } of changes) {
    const then = before.find(({ name, type }) => name === to.name && type === to.type);
    if (then === undefined || !sameValues(then, from))
      return failed(
        'endpoint_refused',
        `${to.name} ${to.type} is ${shown(from)} now; at the dry run it was ${then === undefined ? 'not looked at' : shown(then)}. Propose again.`,
      );
  }
  return succeeded(changes);
}

async function previewRecords(
  backend: RecordBackend,
  plan: Extract<FixedPlan, { kind: 'set_records' }>,
  signal: AbortSignal,
): Promise<Outcome<Preview>> {
  const now = await backend.read(plan.zone, plan.records, signal);
  if (!now.ok) return now;
  const changes = differences(now.value, plan.records);
  const permitted = await backend.rehearse?.(plan.zone, changes, signal);
  if (permitted !== undefined && !permitted.ok) return permitted;
  return succeeded({ changes: changeSentences(changes), before: { records: now.value } });
}

async function setRecords(
  backend: RecordBackend,
  plan: Extract<FixedPlan, { kind: 'set_records' }>,
  before: Before,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  const now = await backend.read(plan.zone, plan.records, signal);
  if (!now.ok) return now;
  const changes = remaining(now.value, 'records' in before ? before.records : [], plan.records);
  if (!changes.ok) return changes;
  const { value } = changes;
  if (value.length === 0) return succeeded('everything was as wanted already');
  const applied = await backend.apply(plan.zone, value, signal);
  if (!applied.ok) return applied;
  return succeeded(`${changeSentences(value).join('; ')}`);
}

async function previewLock(
  backend: LockBackend,
  domain: string,
  signal: AbortSignal,
): Promise<Outcome<Preview>> {
  const locked = await backend.isLocked(domain, signal);
  if (!locked.ok) return locked;
  const changes = locked.value ? [] : [`the transfer lock of ${domain} is switched on`];
  return succeeded({ changes, before: { locked: locked.value } });
}

async function lockTransfer(
  backend: LockBackend,
  domain: string,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  const locked = await backend.isLocked(domain, signal);
  if (!locked.ok) return locked;
  if (locked.value) return succeeded('the transfer lock was on already');
  const done = await backend.lock(domain, signal);
  return done.ok ? succeeded(`the transfer lock of ${domain} was switched on`) : done;
}

function cannot(plan: FixedPlan): Outcome<never> {
  return failed('bad_field', `this executor cannot do ${plan.kind}`);
}

/** An executor over what one provider can do. */
export function createExecutor(
  id: string,
  backends: { readonly records?: RecordBackend; readonly lock?: LockBackend },
): Executor {
  const { records, lock } = backends;
  return {
    id,
    kinds: [
      ...(records === undefined ? [] : (['set_records'] as const)),
      ...(lock === undefined ? [] : (['lock_transfer'] as const)),
    ],
    preview(plan, signal) {
      if (plan.kind === 'set_records' && records !== undefined) return previewRecords(records, plan, signal);
      if (plan.kind === 'lock_transfer' && lock !== undefined) return previewLock(lock, plan.domain, signal);
      return Promise.resolve(cannot(plan));
    },
    carryOut({ plan, before }: ActionTask, signal) {
      if (plan.kind === 'set_records' && records !== undefined)
        return setRecords(records, plan, before, signal);
      if (plan.kind === 'lock_transfer' && lock !== undefined) return lockTransfer(lock, plan.domain, signal);
      return Promise.resolve(cannot(plan));
    },
  };
}
