/** The preliminary lanes over one list of operators: one per tenant that has something unsettled, made and dropped as needed. */
import type { Message } from '../contract/step.ts';
import type { OverlayState } from './keyed-state.ts';
import { compareMessages } from './message-order.ts';
import { PreliminaryLane, type LaneOutput, type Statement } from './preliminary-lane.ts';
import type { SealedOperator, SealedOutput } from './sealed-operator.ts';
import type { EngineTables } from './surroundings.ts';

/** Lanes by tenant. Everything before the watermark given to `sealedUpTo` is settled. */
export class LaneSet {
  readonly #lanes = new Map<string, PreliminaryLane>();
  readonly #operators: readonly SealedOperator[];
  readonly #tables: EngineTables;
  readonly #output: LaneOutput;
  #watermarkMs = -Infinity;
  /** Edits of the inventory that the lanes have heard of. */
  #edits: number;
  #skippedBefore = 0;

  constructor(operators: readonly SealedOperator[], tables: EngineTables, output: LaneOutput) {
    this.#operators = operators;
    this.#tables = tables;
    this.#output = output;
    this.#edits = tables.inventory.edits;
  }

  /** Continues at a watermark; call it before anything arrives. */
  resume(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
  }

  /** Messages run in arrival order because sorting them in was too expensive. */
  get skippedRebuilds(): number {
    let sum = this.#skippedBefore;
    for (const lane of this.#lanes.values()) sum += lane.skippedRebuilds;
    return sum;
  }

  /** Takes messages that came together: they are run in order; only what disturbs earlier ones has to be sorted in. */
  arrive(messages: Message[]): void {
    for (const message of messages.sort(compareMessages)) this.#lane(message.tenant).arrive(message);
  }

  /** Takes back a message that arrived. */
  withdraw(message: Message): void {
    this.#lanes.get(message.tenant)?.withdraw(message);
  }

  /** End of a batch: order, timers due by `nowMs`, and words. */
  settle(nowMs: number): void {
    const { inventory } = this.#tables;
    const disturbedMs = inventory.changedAfter(this.#edits);
    this.#edits = inventory.edits;
    for (const [tenant, lane] of this.#lanes)
      lane.disturb(Math.min(disturbedMs, this.#tables.sources.takeChanged(tenant)));
    for (const tenant of this.#tenantsWithDueTimers(nowMs + 1)) this.#lane(tenant);
    for (const lane of this.#lanes.values()) lane.settle(nowMs);
  }

  /**
   * The watermark is about to pass `watermarkMs`: takes over into the sealed operators what lanes computed in order;
   * returns the tenants, whose messages need not run again.
   */
  adopt(watermarkMs: number, output: SealedOutput): ReadonlySet<string> {
    const done = new Set<string>();
    const statements: Statement[] = [];
    for (const [tenant, lane] of this.#lanes) {
      const adopted = lane.adopt(watermarkMs, (words) => {
        for (const statement of words.statements.values()) statements.push(statement);
        for (const [index, counts] of words.leftOut.entries())
          for (const [name, by] of counts) this.#operators[index]?.noteLeftOut(name, by);
      });
      if (adopted) done.add(tenant);
    }
    // Tenants share nothing but the place where their words come out: oldest first, as if all had run here.
    for (const statement of statements.sort((a, b) => a.timeMs - b.timeMs))
      if ('finding' in statement) output.finding(statement.finding, statement.timeMs);
      else if ('case' in statement) output.caseChanged(statement.case, statement.timeMs);
    return done;
  }

  /** The sealed lane has passed `watermarkMs`. */
  sealedUpTo(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
    for (const [tenant, lane] of this.#lanes) {
      lane.sealedUpTo(watermarkMs);
      if (!lane.idle) continue;
      this.#skippedBefore += lane.skippedRebuilds;
      this.#lanes.delete(tenant);
    }
  }

  /** The sealed state of a tenant holds what its lane never ran: the lane is made anew over it. */
  overtaken(tenant: string): void {
    this.#lanes.get(tenant)?.overtaken();
  }

  /** Due time of the next timer below `beforeMs` that no lane has fired; undefined when there is none. */
  nextTimerMs(beforeMs: number): number | undefined {
    let next: number | undefined;
    for (const tenant of this.#tenantsWithDueTimers(beforeMs)) {
      const atMs = this.#lane(tenant).nextTimerMs(next ?? beforeMs);
      if (atMs !== undefined) next = atMs;
    }
    for (const lane of this.#lanes.values()) next = lane.nextTimerMs(next ?? beforeMs) ?? next;
    return next;
  }

  /** State of an operator as a tenant's lane sees it; undefined when nothing of the tenant is unsettled. */
  state(tenant: string, operator: number): OverlayState | undefined {
    return this.#lanes.get(tenant)?.state(operator);
  }

  #lane(tenant: string): PreliminaryLane {
    let lane = this.#lanes.get(tenant);
    if (lane === undefined) {
      lane = new PreliminaryLane(tenant, this.#operators, this.#tables, this.#watermarkMs, this.#output);
      this.#lanes.set(tenant, lane);
    }
    return lane;
  }

  #tenantsWithDueTimers(beforeMs: number): Set<string> {
    const tenants = new Set<string>();
    for (const sealed of this.#operators) {
      sealed.timers.visitDue(beforeMs, (id) => {
        // The key is the tenant, or begins with it.
        tenants.add(id.slice(0, id.search(/[|\0]/)));
      });
    }
    return tenants;
  }
}
