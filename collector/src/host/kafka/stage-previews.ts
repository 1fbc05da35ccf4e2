/**
 * The preliminary half of a stage task: a lane over the one operator of this stage. What it says goes to the next stage as
 * previews, so that a page needs no watermark; the sealed half corrects whatever came out of order.
 */
import type { Case } from '../../contract/case.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import type { Finding } from '../../contract/finding.ts';
import type { Message, StateView } from '../../contract/step.ts';
import { LaneSet } from '../../engine/lane-set.ts';
import { OrderBuffer } from '../../engine/message-order.ts';
import type { SealedOperator } from '../../engine/sealed-operator.ts';
import type { EngineTables } from '../../engine/surroundings.ts';
import { nameOf, type MessageName } from './stage-topics.ts';

/** Where previews go. `before`: what was said under the same name, when it differs. */
export interface PreviewOutput {
  preview(preview: Message, before: Message | undefined): void;
  withdraw(preview: Message): void;
  annotated(event: CanonicalEvent, timeMs: number): void;
  finding(finding: Finding, timeMs: number): void;
  caseChanged(changed: Case, timeMs: number): void;
  takingBack(ids: readonly string[]): void;
  spoke(): void;
}

const messageStatement = 'm/';

interface Known {
  readonly text: string;
  readonly message: Message;
}

/** Previews of one task. `output` of a call to `settle` is used only during that call. */
export class StagePreviews {
  readonly #lanes: LaneSet;
  readonly #sealed: SealedOperator;
  readonly #forwards: boolean;
  /** Previews that arrived and are not sealed, by name. */
  readonly #arrived = new Map<MessageName, Known>();
  readonly #order = new OrderBuffer();
  #fresh: Message[] = [];
  /** Tenants of which the sealed half is about to decide what their lane never ran. */
  readonly #skipped = new Set<string>();
  /** What went to the next stage and is not sealed, by name. */
  readonly #said = new Map<MessageName, Known>();
  readonly #saidOrder = new OrderBuffer();
  #output: PreviewOutput | undefined;

  /** `forwards`: there is a next stage. */
  constructor(sealed: SealedOperator, tables: EngineTables, forwards: boolean) {
    this.#sealed = sealed;
    this.#forwards = forwards;
    this.#lanes = new LaneSet([sealed], tables, {
      annotated: (event, timeMs) => {
        if (!forwards) this.#output?.annotated(event, timeMs);
      },
      finding: (finding, timeMs) => this.#output?.finding(finding, timeMs),
      caseChanged: (changed, timeMs) => this.#output?.caseChanged(changed, timeMs),
      takingBack: (ids) => this.#takeBack(ids),
      spoke: () => this.#output?.spoke(),
      ...(forwards ? { message: (message: Message) => this.#forward(message) } : {}),
    });
  }

  /** Takes a preview, or the same one in another form. */
  take(preview: Message): void {
    const name = nameOf(preview);
    const text = JSON.stringify(preview);
    const known = this.#arrived.get(name);
    if (known?.text === text) return;
    if (known !== undefined) this.#drop(known.message);
    this.#arrived.set(name, { text, message: preview });
    this.#order.add(preview);
    this.#fresh.push(preview);
  }

  /** Takes a preview back. */
  withdraw(name: MessageName): void {
    const known = this.#arrived.get(name);
    if (known === undefined) return;
    this.#arrived.delete(name);
    this.#drop(known.message);
  }

  #drop(message: Message): void {
    this.#order.remove(message);
    const waited = this.#fresh.indexOf(message);
    if (waited < 0) this.#lanes.withdraw(message);
    else this.#fresh.splice(waited, 1);
  }

  /**
   * The sealed half is about to pass `watermarkMs`: what has just arrived below it is decided there at once, and running it here
   * first would only cost the half of a catch-up. True when there was any; then seal before the next `settle`.
   */
  skipBelow(watermarkMs: number): boolean {
    const kept = this.#fresh.filter(({ timeMs }) => timeMs >= watermarkMs);
    if (kept.length === this.#fresh.length) return false;
    for (const { tenant, timeMs } of this.#fresh) if (timeMs < watermarkMs) this.#skipped.add(tenant);
    this.#fresh = kept;
    return true;
  }

  /** Runs what arrived and timers due by `nowMs`, and speaks. */
  settle(nowMs: number, output: PreviewOutput): void {
    this.#output = output;
    const fresh = this.#fresh;
    this.#fresh = [];
    this.#lanes.arrive(fresh);
    this.#lanes.settle(nowMs);
    this.#output = undefined;
  }

  /** The sealed half has passed `watermarkMs`. */
  sealedUpTo(watermarkMs: number): void {
    this.#lanes.sealedUpTo(watermarkMs);
    for (const tenant of this.#skipped) this.#lanes.overtaken(tenant);
    this.#skipped.clear();
    for (const message of this.#order.release(watermarkMs)) this.#arrived.delete(nameOf(message));
    for (const message of this.#saidOrder.release(watermarkMs)) {
      const known = this.#said.get(nameOf(message));
      if (known?.message === message) this.#said.delete(nameOf(message));
    }
  }

  /** Continues after a checkpoint with the previews that had arrived. */
  resume(watermarkMs: number, arrived: readonly Message[]): void {
    this.#lanes.resume(watermarkMs);
    for (const message of arrived) this.take(message);
  }

  /** Previews that arrived and are not sealed, in order. */
  waiting(): Message[] {
    return this.#order.waiting();
  }

  /** State of a key with what is not sealed. */
  view(tenant: string, key: string): StateView {
    return this.#lanes.state(tenant, 0)?.view(key) ?? this.#sealed.state.view(key);
  }

  /** Messages run in arrival order because sorting them in was too expensive. */
  get skippedRebuilds(): number {
    return this.#lanes.skippedRebuilds;
  }

  #forward(message: Message): void {
    const name = nameOf(message);
    const text = JSON.stringify(message);
    const known = this.#said.get(name);
    if (known?.text === text) return;
    if (known !== undefined) this.#saidOrder.remove(known.message);
    this.#said.set(name, { text, message });
    this.#saidOrder.add(message);
    this.#output?.preview(message, known?.message);
  }

  #takeBack(ids: readonly string[]): void {
    if (!this.#forwards) {
      this.#output?.takingBack(ids);
      return;
    }
    for (const id of ids) {
      const name = id.slice(messageStatement.length);
      const known = id.startsWith(messageStatement) ? this.#said.get(name) : undefined;
      if (known === undefined) continue;
      this.#said.delete(name);
      this.#saidOrder.remove(known.message);
      this.#output?.withdraw(known.message);
    }
  }
}
